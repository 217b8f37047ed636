"""What runs a module's forward pass: eager PyTorch, channels last, or ONNX Runtime (`latency.runtime`).

Lookup table, its check and the speed of networks all come here: a search for a device sees that device's
own runtime.
"""

from __future__ import annotations

import copy
import importlib.util
import logging
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from pipeline_src.config.models import Precision, Runtime
from pipeline_src.errors import UserError

DTYPES: dict[Precision, torch.dtype] = {
    "float32": torch.float32,
    "bfloat16": torch.bfloat16,
    "float16": torch.float16,
}
_PACKAGES = ("onnx", "onnxruntime", "onnxscript")
INPUT = "image"
"""The input of every ONNX graph; a network's is float32 (1, 3, H, W), RGB in 0..1 less `mean`, over `std`."""

Forward = Callable[[], Any]


@dataclass(frozen=True)
class Runnable:
    """A module as a runtime has it; call in inference mode.

    Attributes:
        convert: a (1, C, H, W) float32 input on the CPU -> what `run` takes, so that timing leaves it out.
        run: -> the outputs, as a tensor or an array.
    """

    convert: Callable[[Tensor], Any]
    run: Callable[[Any], Any]

    def on(self, sample: Tensor) -> Forward:
        """The forward pass of one input."""
        given = self.convert(sample)
        return lambda: self.run(given)


def require_runtime(runtime: Runtime, device: torch.device, precision: Precision, setting: str) -> None:
    """Refuse a runtime that cannot be had here, before anything is measured.

    Args:
        setting: what errors name, such as `latency.runtime`.

    Raises:
        UserError: with the missing package, or the device or precision that it does not take.
    """
    if runtime != "onnxruntime":
        return
    if device.type != "cpu":
        raise UserError(setting, "onnxruntime runs on the CPU here.", "Set runtime.device: cpu.")
    if precision != "float32":
        raise UserError(setting, f"onnxruntime is not run in {precision}.", "Set latency.precision: float32.")
    require_onnx(setting)


def runnable(
    module: nn.Module,
    sample: Tensor,
    *,
    runtime: Runtime,
    device: torch.device,
    precision: Precision = "float32",
    threads: int,
) -> Runnable:
    """A module in evaluation mode as a runtime has it; the module itself stays as it is.

    Args:
        module: takes one tensor.
        sample: (1, C, H, W) float32 on the CPU; ONNX Runtime's graph is for inputs of its size.
        threads: of ONNX Runtime; PyTorch's are the stopwatch's affair.
    """
    subject = copy.deepcopy(module).eval().requires_grad_(False)
    if runtime == "onnxruntime":
        return _with_onnxruntime(subject, sample, threads)
    dtype = DTYPES[precision]
    layout = torch.channels_last if runtime == "channels_last" else torch.contiguous_format
    subject = subject.to(device, dtype).to(memory_format=layout)  # type: ignore[call-overload]
    return Runnable(lambda image: image.to(device=device, dtype=dtype, memory_format=layout), subject)


def _with_onnxruntime(module: nn.Module, sample: Tensor, threads: int) -> Runnable:
    session = open_session(onnx_graph(module, sample).SerializeToString(), threads)
    return Runnable(
        lambda image: {INPUT: image.contiguous().numpy()}, lambda given: session.run(None, given)[0]
    )


def onnx_graph(
    module: nn.Module, sample: Tensor, *, output: str = "output", dynamic_shapes: Any = None
) -> Any:
    """The ONNX model (a `ModelProto`) of a module in evaluation mode.

    Args:
        sample: (1, C, H, W) float32; the graph takes its size.
        output: the name of what the graph gives.
        dynamic_shapes: as of `torch.onnx.export`, for a graph that takes other sizes.
    """
    with _quiet_exporter(), torch.no_grad():
        program = torch.onnx.export(
            module, (sample,), dynamo=True, verbose=False,
            input_names=[INPUT], output_names=[output], dynamic_shapes=dynamic_shapes,
        )  # fmt: skip
    assert program is not None
    return program.model_proto


@contextmanager
def _quiet_exporter() -> Iterator[None]:
    """The exporter tells of packages that are not there and not needed."""
    loggers = [logging.getLogger(name) for name in ("torch.onnx", "onnxscript", "onnx_ir")]
    levels = [one.level for one in loggers]
    try:
        for one in loggers:
            one.setLevel(logging.ERROR)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for one, level in zip(loggers, levels, strict=True):
            one.setLevel(level)


def open_session(content: bytes, threads: int) -> Any:
    """ONNX Runtime's session of a graph, on the CPU; errors are ONNX Runtime's own."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])


def require_onnx(source: object) -> None:
    """Refuse where the packages of the extra `onnx` are absent.

    Args:
        source: what errors name: a setting, an option or a file.

    Raises:
        UserError: with the command that installs them.
    """
    absent = [name for name in _PACKAGES if importlib.util.find_spec(name) is None]
    if absent:
        remedy = "Install them: pip install 'autortnet-pipeline[onnx]'."
        raise UserError(source, f"needs {', '.join(absent)}.", remedy)
