"""The forms in which a network can be run, each held against eager mode before it is timed (Sec. 4.5)."""

from __future__ import annotations

import difflib
import itertools
from collections.abc import Callable, Sequence
from dataclasses import replace
from types import FunctionType
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from pipeline_src.config.models import LatencyConfig, Precision, Runtime, SpeedForm
from pipeline_src.errors import UserError
from pipeline_src.evaluation.folding import fold_batch_norm
from pipeline_src.latency.runtimes import Runnable, require_runtime, runnable
from pipeline_src.latency.timing import fastest_kernels

if TYPE_CHECKING:
    from numpy.typing import NDArray

FORMS: dict[SpeedForm, str] = {
    "eager": "as it is trained, by latency.runtime and latency.precision (PyTorch's eager mode, float32)",
    "folded": "the same with batch norm folded",
    "channels_last": "batch norm folded, channels last",
    "onnxruntime": "batch norm folded, ONNX Runtime on the CPU",
    "half": "batch norm folded, channels last, float16 on a GPU",
    "compiled": "batch norm folded, torch.compile, on a GPU",
    "cuda_graphs": "as half, replayed as a CUDA graph",
}
"""What each form is; the first is what the others are held against."""
REFERENCE = "eager"
GRAPH_WARMUP = 3
"""Passes before a graph is recorded, in which cuDNN and cuBLAS choose what they run."""
EQUAL_PIXELS_MIN = 0.999
"""Share of pixels that must keep their class: a faster form must see the same."""

_RUNTIMES: dict[str, Runtime] = {
    "channels_last": "channels_last",
    "onnxruntime": "onnxruntime",
    "half": "channels_last",
    "compiled": "eager",
    "cuda_graphs": "channels_last",
}
MAY_FAIL = ("compiled", "cuda_graphs")
"""Forms that a version or a card may not be able to give of a network: that is a finding, and ends no run."""
Backend = Callable[[torch.fx.GraphModule, list[Tensor]], Callable[..., Any]]
"""What makes something to call of a graph, as `torch.compile` takes it."""
_COMPILED = itertools.count()

_ON_GPU = ("half", "compiled", "cuda_graphs")
_IN_FLOAT16 = ("half", "cuda_graphs")


def require_forms(forms: Sequence[str], device: torch.device) -> None:
    """Refuse forms that are unknown or that cannot be run here, before anything is measured.

    Raises:
        UserError: with the nearest name, the missing package or the missing device.
    """
    for form in forms:
        if form not in FORMS:
            near = difflib.get_close_matches(form, FORMS, n=1, cutoff=0.4)
            hint = f"Did you mean {near[0]!r}?" if near else f"Choose among {', '.join(FORMS)}."
            raise UserError("--at", f"{form!r} is no form of a network.", hint)
        if form in _ON_GPU and device.type != "cuda":
            raise UserError("--at", f"{form} needs a GPU, and the device is the CPU.", "Leave it out here.")
        require_runtime(_RUNTIMES.get(form, "eager"), device, "float32", "--at")


def prepare(
    network: nn.Module, form: str, sample: Tensor, *, device: torch.device, latency: LatencyConfig
) -> Runnable:
    """A network in a form; call it in inference mode. `network` stays as it is.

    Args:
        network: (1, 3, H, W) -> logits (1, K, H, W).
        form: one of `FORMS`.
        sample: (1, 3, H, W) float32 on the CPU, of the size that it will be run at.
        latency: `runtime` and `precision` of the forms `eager` and `folded`; `threads` of ONNX Runtime.
    """
    ready = runnable(
        network if form == REFERENCE else fold_batch_norm(network),
        sample,
        runtime=_RUNTIMES.get(form, latency.runtime),
        device=device,
        precision=_precision(form, latency),
        threads=latency.threads,
    )
    if form == "compiled":
        return compiled(ready)
    return captured(ready, sample) if form == "cuda_graphs" else ready


def _precision(form: str, latency: LatencyConfig) -> Precision:
    if form not in _RUNTIMES:
        return latency.precision
    return "float16" if form in _IN_FLOAT16 else "float32"


def compiled(ready: Runnable, backend: str | Backend = "inductor") -> Runnable:
    """The same through torch.compile, for the size that it is first run at; it is compiled then.

    PyTorch keeps what it has compiled by the Python code that was run, tries one after another at each call,
    and runs the ninth as it is, with no more than a warning. Networks share their code: each gets a copy.
    """

    def forward(image: Tensor) -> Tensor:
        return ready.run(image)  # type: ignore[no-any-return]

    own = forward.__code__.replace(co_name=f"forward_{next(_COMPILED)}")
    alone = FunctionType(own, forward.__globals__, own.co_name, None, forward.__closure__)
    return replace(ready, run=torch.compile(alone, backend=backend, dynamic=False))


def captured(ready: Runnable, sample: Tensor) -> Runnable:
    """The same recorded as a CUDA graph: a run copies its input to where the graph reads, and replays it."""
    given = ready.convert(sample).clone()
    with fastest_kernels(), torch.inference_mode():
        stream = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(GRAPH_WARMUP):
                ready.run(given)
        torch.cuda.current_stream().wait_stream(stream)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            made = ready.run(given)

    def replay(image: Tensor) -> Tensor:
        given.copy_(image)
        graph.replay()
        return made  # type: ignore[no-any-return]

    return replace(ready, run=replay)


def classes_of(reference: Runnable, images: Sequence[Tensor]) -> list[Tensor]:
    """The classes (1, H, W) that the form of reference gives to the pixels of each image.

    Raises:
        UserError: its logits are not finite: there is nothing to compare with.
    """
    found = []
    for image in images:
        with torch.inference_mode():
            logits = _logits(reference.on(image)())
        if not bool(torch.isfinite(logits).all()):
            problem = "gives logits that are not finite."
            raise UserError("the network", problem, "Time it with trained weights.")
        found.append(logits.argmax(dim=1))
    return found


def equal_pixels(expected: Sequence[Tensor], other: Runnable, images: Sequence[Tensor]) -> float:
    """Share of the pixels of all images to which a form gives the class that is expected (`classes_of`)."""
    shares = []
    for classes, image in zip(expected, images, strict=True):
        with torch.inference_mode():
            found = _logits(other.on(image)()).argmax(dim=1)
        shares.append(float((classes == found).float().mean()))
    return sum(shares) / len(shares)


def _logits(value: Tensor | NDArray[Any]) -> Tensor:
    return value.cpu() if isinstance(value, Tensor) else torch.from_numpy(value)
