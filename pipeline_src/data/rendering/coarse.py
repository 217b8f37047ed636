"""Coarse labels in the manner of gtCoarse: polygons well inside the things, and void between them."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

_VOID = 0
Run = tuple[int, int, int]


def coarsen(raw_ids: np.ndarray) -> np.ndarray:
    """Coarse form of an exact label map.

    Args:
        raw_ids: Cityscapes raw ids, uint8 (H, W).

    Returns:
        uint8 (H, W) that agrees with `raw_ids` wherever it is not 0 (unlabeled): labels shrink from their
        borders, thin things vanish, outlines become polygons.
    """
    height = raw_ids.shape[0]
    window = 2 * max(1, round(height / 128)) + 1
    image = Image.fromarray(raw_ids)
    inner = np.asarray(image.filter(ImageFilter.MinFilter(window))) == np.asarray(
        image.filter(ImageFilter.MaxFilter(window))
    )
    eroded = np.where(inner, raw_ids, np.uint8(_VOID))
    simple = _polygons(eroded, max(2, height // 24))
    return np.where(simple == eroded, eroded, np.uint8(_VOID))


def _polygons(labels: np.ndarray, step: int) -> np.ndarray:
    """Redraw a label map from every `step`-th row only, joining the runs of equal label by straight edges."""
    height, width = labels.shape
    canvas = Image.new("L", (width, height), _VOID)
    draw = ImageDraw.Draw(canvas)
    rows = [*range(0, height - 1, step), height - 1]
    above = _runs(labels[rows[0]])
    for top, bottom in pairwise(rows):
        below = _runs(labels[bottom])
        for label, left, right in above:
            for other, other_left, other_right in below:
                if label == other and left <= other_right and other_left <= right:
                    draw.polygon(
                        [(left, top), (right, top), (other_right, bottom), (other_left, bottom)], fill=label
                    )
        above = below
    return np.asarray(canvas)


def _runs(row: np.ndarray) -> list[Run]:
    """Stretches (label, first, last) of equal label of a row, those of void left out."""
    edges = np.flatnonzero(np.diff(row)) + 1
    starts, ends = [0, *edges.tolist()], [*edges.tolist(), len(row)]
    return [
        (int(row[start]), start, end - 1)
        for start, end in zip(starts, ends, strict=True)
        if row[start] != _VOID
    ]
