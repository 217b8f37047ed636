"""A trained network in half precision, held against itself, and run records without folders."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from pipeline_src.data.datasets import SegmentationDataset
from pipeline_src.errors import CheckpointError
from pipeline_src.evaluation.confusion import ConfusionMatrix
from pipeline_src.evaluation.exporting import agreement
from pipeline_src.evaluation.metrics import evaluate_set

LARGEST_BYTES = 5_000_000
"""What a package, or a git repository, should carry at most."""
_FULL = ("running_mean", "running_var")
"""Batch norm's statistics stay float32: they are few, and a variance can leave the range of float16."""
_ABSOLUTE = re.compile(r"(?<![\w.~:/-])~?/(?:[^\s\"',/]+/)*([^\s\"',/]+)")
_UPWARD = re.compile(r"(?<![\w./])(?:\.\./)+(?:[^\s\"',/]+/)*([^\s\"',/]*)")


@dataclass(frozen=True)
class Judged:
    """A network and its half-precision copy on the frames of one split.

    Attributes:
        full, half: what each answered.
        equal_pixels: share of the pixels, 0..1, that have the same class, at the network's input size.
    """

    full: ConfusionMatrix
    half: ConfusionMatrix
    equal_pixels: float


def half_precision(weights: Mapping[str, Tensor], source: object) -> dict[str, Tensor]:
    """Weights as float16, batch norm's statistics and whole numbers as they are.

    Raises:
        CheckpointError: a weight is not finite, or too large for float16.
    """
    found: dict[str, Tensor] = {}
    for name, value in weights.items():
        keep = not value.is_floating_point() or name.endswith(_FULL)
        found[name] = value if keep else value.to(torch.float16)
        if not bool(torch.isfinite(found[name]).all()):
            problem = f"has values of {name} that float16 cannot hold, or that are not finite."
            raise CheckpointError(source, problem, "Train it again, with weight decay.")
    return found


def judge(full: nn.Module, half: nn.Module, data: SegmentationDataset, batch_size: int) -> Judged:
    """Both networks on every frame of a set: class scores, and how often they agree.

    Args:
        full, half: (B, 3, h, w) -> logits, in evaluation mode on the CPU.
        data: with an EvalTransform.

    Raises:
        CheckpointError, DataError: as `evaluate_set`.
    """
    matrices = evaluate_set([full, half], data, batch_size, torch.device("cpu"), "float32")
    images = (data[index][0][None] for index in range(len(data)))
    return Judged(matrices[0], matrices[1], agreement(full, half, images).equal_pixels)


def without_folders(value: Any) -> Any:
    """A run record in which every path that leads out of the working folder is cut to `.../NAME`."""
    if isinstance(value, str):
        return _UPWARD.sub(r".../\1", _ABSOLUTE.sub(r".../\1", value))
    if isinstance(value, dict):
        return {without_folders(name): without_folders(one) for name, one in value.items()}
    return [without_folders(one) for one in value] if isinstance(value, list) else value
