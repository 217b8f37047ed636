"""An exported network against the one it was made from: the same classes, or it is not written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from pipeline_src.errors import CheckpointError
from pipeline_src.evaluation.forms import EQUAL_PIXELS_MIN


@dataclass(frozen=True)
class Agreement:
    """How near an exported network is to its original.

    Attributes:
        images: compared.
        equal_pixels: share of pixels (0..1) with the same class.
        largest_difference: of a logit; None where the exported network gives classes.
    """

    images: int
    equal_pixels: float
    largest_difference: float | None

    def require(self, source: object) -> None:
        """Refuse an export that sees other classes.

        Raises:
            CheckpointError: fewer than `EQUAL_PIXELS_MIN` of the pixels keep their class.
        """
        if self.equal_pixels < EQUAL_PIXELS_MIN:
            raise CheckpointError(
                source,
                f"gives {self.equal_pixels:.2%} of the pixels the class that PyTorch gives them; "
                f"{EQUAL_PIXELS_MIN:.1%} is the least.",
                "Nothing was written. Export with other versions of onnx and onnxruntime, or another form.",
            )


@torch.inference_mode()
def agreement(original: nn.Module, exported: nn.Module, images: Iterable[Tensor]) -> Agreement:
    """Compare two networks on images (1, 3, H, W), each at its own size.

    Args:
        original: -> logits (1, K, H, W); in evaluation mode on the CPU.
        exported: -> the same, or class indices (1, H, W).

    Raises:
        CheckpointError: the original's logits are not finite.
    """
    equal = pixels = count = 0
    largest: float | None = None
    for image in images:
        count += 1
        expected, found = original(image), exported(image)
        if not bool(torch.isfinite(expected).all()):
            raise CheckpointError("network", "yields values that are not finite numbers.", "Train it again.")
        if found.ndim == expected.ndim:
            largest = max(largest or 0.0, float((expected - found).abs().max()))
            found = found.argmax(dim=1)
        equal += int((expected.argmax(dim=1) == found).sum())
        pixels += found.numel()
    return Agreement(count, equal / pixels if pixels else 0.0, largest)


def sizes_to_try(size: tuple[int, int]) -> Sequence[tuple[int, int]]:
    """Five heights and widths, odd ones among them, that a network of any size must take."""
    height, width = size
    half = (max(32, height // 2), max(32, width // 2))
    return (size, (height + 1, width + 3), half, (half[0] + 1, width), (height, half[1] + 1))
