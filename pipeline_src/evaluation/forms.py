"""The forms in which a network can be run, each held against eager mode before it is timed (Sec. 4.5)."""

from __future__ import annotations

import copy
import difflib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from pipeline_src.config.models import SpeedForm
from pipeline_src.errors import UserError
from pipeline_src.evaluation.onnx_file import INPUT, graph_of, require_onnx, session_of
from pipeline_src.evaluation.speed import fold_batch_norm

if TYPE_CHECKING:
    from numpy.typing import NDArray

FORMS: dict[SpeedForm, str] = {
    "eager": "float32, as it is trained",
    "folded": "batch norm folded",
    "channels_last": "batch norm folded, channels last",
    "onnxruntime": "batch norm folded, ONNX Runtime on the CPU",
    "half": "batch norm folded, channels last, float16 on a GPU",
}
"""What each form is; the first is what the others are held against."""
REFERENCE = "eager"
EQUAL_PIXELS_MIN = 0.999
"""Share of pixels that must keep their class: a faster form must see the same."""

Forward = Callable[[], Any]


def require_forms(forms: Sequence[str], device: torch.device) -> None:
    """Refuse forms that are unknown or that cannot be run here, before anything is measured.

    Raises:
        UserError: with the nearest name, the missing package or the missing device.
    """
    for form in forms:
        if form not in FORMS:
            near = difflib.get_close_matches(form, FORMS, n=1, cutoff=0.4)
            hint = f"Did you mean {near[0]!r}?" if near else f"Choose among {', '.join(FORMS)}."
            raise UserError("--forms", f"{form!r} is no form of a network.", hint)
        if form == "half" and device.type != "cuda":
            raise UserError("--forms", "half needs a GPU, and the device is the CPU.", "Leave it out here.")
        if form == "onnxruntime":
            if device.type != "cpu":
                raise UserError("--forms", "onnxruntime runs on the CPU here.", "Set runtime.device: cpu.")
            require_onnx("--forms")


def prepare(network: nn.Module, form: str, sample: Tensor, *, device: torch.device, threads: int) -> Forward:
    """A forward pass of `sample` in a form, to be called in inference mode; `network` stays as it is.

    Args:
        network: (1, 3, H, W) -> logits (1, K, H, W).
        form: one of `FORMS`.
        sample: (1, 3, H, W) float32 on the CPU.
        threads: of ONNX Runtime; PyTorch's are the stopwatch's affair.

    Returns:
        What gives the logits, as a tensor or an array.
    """
    subject = copy.deepcopy(network).eval() if form == REFERENCE else fold_batch_norm(network)
    subject.requires_grad_(False)
    if form == "onnxruntime":
        return _with_onnxruntime(subject, sample, threads)
    dtype = torch.float16 if form == "half" else torch.float32
    layout = torch.channels_last if form in ("channels_last", "half") else torch.contiguous_format
    subject = subject.to(device, dtype).to(memory_format=layout)  # type: ignore[call-overload]
    given = sample.to(device=device, dtype=dtype, memory_format=layout)
    return lambda: subject(given)


def _with_onnxruntime(network: nn.Module, sample: Tensor, threads: int) -> Forward:
    """ONNX Runtime's forward pass on the CPU, of a graph for this one size."""
    session = session_of(graph_of(network, sample).SerializeToString(), "the network", threads)
    given = {INPUT: sample.contiguous().numpy()}
    return lambda: session.run(None, given)[0]


def equal_pixels(reference: Forward, other: Forward) -> float:
    """Share of pixels to which two forward passes give the same class.

    Raises:
        UserError: the reference is not finite: there is nothing to compare with.
    """
    with torch.inference_mode():
        expected, found = _logits(reference()), _logits(other())
    if not bool(torch.isfinite(expected).all()):
        raise UserError("the network", "gives logits that are not finite.", "Time it with trained weights.")
    return float((expected.argmax(dim=1) == found.argmax(dim=1)).float().mean())


def _logits(value: Tensor | NDArray[Any]) -> Tensor:
    return value.cpu() if isinstance(value, Tensor) else torch.from_numpy(value)
