"""Train ids: the value of ignored pixels, the colours of the others, and what raw ids become."""

from __future__ import annotations

import numpy as np

from pipeline_src.config.dataset import Description

Colour = tuple[int, int, int]

IGNORE = 255
"""Label value of pixels that neither the loss nor the metric may see."""


def train_id_of_raw(found: Description) -> dict[int, int]:
    """Train id by raw id of a set whose labels have ids; IGNORE for what is no class."""
    return {
        one.id: IGNORE if one.becomes is None else found.train_ids[one.becomes]
        for one in found.raw
        if one.id is not None
    }


def colourise(train_ids: np.ndarray, palette: tuple[Colour, ...]) -> np.ndarray:
    """Colour a map of train ids: uint8 (H, W) to uint8 (H, W, 3); everything outside the palette is black."""
    table = np.zeros((256, 3), dtype=np.uint8)
    table[: len(palette)] = palette
    return table[train_ids]
