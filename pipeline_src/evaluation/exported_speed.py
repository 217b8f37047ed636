"""Exported files timed beside the network that they were made from, all in one interleaved run (Sec. 4.5)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import nn

from pipeline_src.config.models import LatencyConfig
from pipeline_src.errors import UserError
from pipeline_src.evaluation.exporting import agreement
from pipeline_src.evaluation.forms import EQUAL_PIXELS_MIN, REFERENCE, prepare
from pipeline_src.evaluation.interleaved import streets, time_interleaved, timings_of
from pipeline_src.evaluation.onnx_file import OnnxNetwork
from pipeline_src.latency.timing import Progress

EAGER_FORMS = (REFERENCE, "folded")


def time_exported(
    network: nn.Module,
    exported: Mapping[str, OnnxNetwork],
    input_hw: tuple[int, int],
    latency: LatencyConfig,
    progress: Progress = iter,
) -> dict[str, Any]:
    """Time a network and its exported files in turns on the CPU, again where the machine was restless.

    Args:
        network: (1, 3, H, W) -> logits, trained, in evaluation mode.
        exported: by the file's name.
        latency: at most `attempts_max` attempts, until the widest `spread` is within `spread_max`.
        progress: wraps the iteration over the rounds of an attempt, to show how far it is.

    Returns:
        `forms`: times of each and its ratio to eager mode; `attempts`; `spread`, `load` of the steadiest.

    Raises:
        UserError: a file takes another size only, or gives other classes than the network.
    """
    sample = torch.randn(1, 3, *input_hw, generator=torch.Generator().manual_seed(0))
    device = torch.device("cpu")
    own = latency.model_copy(update={"runtime": "eager", "precision": "float32"})
    works: dict[str, Callable[[], object]] = {
        form: prepare(network, form, sample, device=device, latency=own).on(sample) for form in EAGER_FORMS
    }
    equal = dict.fromkeys(EAGER_FORMS, 1.0)
    for name, one in exported.items():
        equal[name] = _equal_pixels(network, one, input_hw, name)
        works[name] = lambda one=one: one(sample)  # type: ignore[misc]
    run = time_interleaved(works, latency, device, progress=progress)
    if run.too_large:
        raise UserError(
            "--input-size", f"{input_hw[0]}x{input_hw[1]} does not fit the memory.", "Give a smaller one."
        )
    forms = {
        form: {"equal_pixels": equal[form], **timings_of(taken, None, run.samples_us[REFERENCE])}
        for form, taken in run.samples_us.items()
    }
    return {"forms": forms, "attempts": run.attempts, "spread": run.spread, "load": run.load}


def _equal_pixels(network: nn.Module, one: OnnxNetwork, input_hw: tuple[int, int], name: str) -> float:
    if not one.dynamic and one.description.input_hw != input_hw:
        height, width = one.description.input_hw
        raise UserError(
            name,
            f"was exported for {height}x{width} only.",
            "Time it at that size, or export with --dynamic-size.",
        )
    found = agreement(network, one, streets(input_hw))
    if found.equal_pixels < EQUAL_PIXELS_MIN:
        raise UserError(
            name,
            f"gives {found.equal_pixels:.2%} of the pixels the class that the weights give; "
            f"{EQUAL_PIXELS_MIN:.1%} is the least.",
            "Give the weights that it was exported from.",
        )
    return found.equal_pixels
