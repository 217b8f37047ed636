"""Predictions as pictures: coloured masks, overlays and class shares. [no torch]"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline_src.data.classes import colourise

__all__ = ["class_shares", "colourise", "overlay"]


def overlay(image: NDArray[np.uint8], mask: NDArray[np.uint8], opacity: float = 0.5) -> NDArray[np.uint8]:
    """Blend a coloured mask (H, W, 3) into its image (H, W, 3); opacity 1 shows the mask alone."""
    blended = image.astype(np.float32) * (1.0 - opacity) + mask.astype(np.float32) * opacity
    return np.round(blended).astype(np.uint8)


def class_shares(prediction: NDArray[np.integer], class_names: Sequence[str]) -> list[tuple[str, float]]:
    """Share of the pixels (0..1) of every predicted class, the largest first; absent classes are left out."""
    counts = np.bincount(prediction.ravel(), minlength=len(class_names))
    shares = [(name, float(n) / prediction.size) for name, n in zip(class_names, counts, strict=True) if n]
    return sorted(shares, key=lambda share: -share[1])
