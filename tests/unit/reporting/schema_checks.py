"""What every schematic picture must keep to, measured on the rendered figure."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from matplotlib.text import Text

from pipeline_src.reporting.drawing.picture import STYLE

SLACK_PX = 1.0


def texts(figure: Figure) -> list[Text]:
    """All texts, titles of axes aside."""
    return list(figure.axes[0].texts)


def labelled(figure: Figure, start: str) -> Counter[tuple[str, str]]:
    """(label, text) of every text whose label begins so, counted; the text on one line."""
    return Counter(
        (str(one.get_label()).removeprefix(start), one.get_text().replace("\n", " "))
        for one in texts(figure)
        if str(one.get_label()).startswith(start)
    )


def extents(figure: Figure) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Places (left, lower, right, upper) in pixels of texts and of boxes, (N, 4), and which boxes are opaque.

    Taken at the resolution that pictures are saved in.
    """
    figure.set_dpi(STYLE["savefig.dpi"])
    renderer = FigureCanvasAgg(figure).get_renderer()
    patches = [one for one in figure.axes[0].patches if isinstance(one, FancyBboxPatch)]
    words = np.array([one.get_window_extent(renderer).extents for one in texts(figure)])
    boxes = np.array([one.get_window_extent(renderer).extents for one in patches])
    return words, boxes, np.array([one.get_zorder() > 2 for one in patches])


def overlap(some: np.ndarray, others: np.ndarray) -> np.ndarray:
    """(N, 4), (M, 4) -> (N, M): whether two rectangles share more than an edge."""
    lower = np.maximum(some[:, None, :2], others[None, :, :2])
    upper = np.minimum(some[:, None, 2:], others[None, :, 2:])
    return (upper - lower > SLACK_PX).all(axis=-1)


def inside(some: np.ndarray, others: np.ndarray) -> np.ndarray:
    """(N, 4), (M, 4) -> (N, M): whether a rectangle of the first lies in one of the others."""
    above = some[:, None, :2] >= others[None, :, :2] - SLACK_PX
    below = some[:, None, 2:] <= others[None, :, 2:] + SLACK_PX
    return (above & below).all(axis=-1)


def assert_tidy(figure: Figure) -> None:
    """Texts overlap neither each other, nor sides of boxes, nor lines, nor the edge; boxes do not cross."""
    words, boxes, opaque = extents(figure)
    names = [one.get_text() for one in texts(figure)]
    assert len(words) > 5
    page = np.array([figure.bbox.extents])
    assert inside(boxes, page).all()
    for index, name in enumerate(names):
        assert inside(words[[index]], page).all(), f"{name!r} leaves the picture"
    for index, box in np.argwhere(overlap(words, boxes) & ~inside(words, boxes)):
        raise AssertionError(f"{names[index]!r} crosses the box at {boxes[box]}")
    for one, other in np.argwhere(np.triu(overlap(words, words), 1)):
        raise AssertionError(f"{names[one]!r} lies on {names[other]!r}")
    nested = inside(boxes, boxes)
    assert not (overlap(boxes, boxes) & ~nested & ~nested.T).any(), "two boxes cross"
    points = line_points(figure)
    for index in np.flatnonzero(~inside(words, boxes[opaque]).any(axis=1)):
        left, lower, right, upper = words[index] + np.array([0, SLACK_PX, 0, -SLACK_PX])
        hit = (points[:, 0] > left) & (points[:, 0] < right) & (points[:, 1] > lower) & (points[:, 1] < upper)
        assert not hit.any(), f"a line runs through {names[index]!r}"


def line_points(figure: Figure) -> np.ndarray:
    """Points in pixels, (N, 2), close to each other along every line."""
    steps = np.linspace(0, 1, 40)[:, None]
    found = []
    for patch in figure.axes[0].patches:
        if isinstance(patch, FancyArrowPatch):
            path = patch.get_transform().transform_path(patch.get_path())
            for corners in path.to_polygons(closed_only=False):
                found += [a + steps * (b - a) for a, b in pairwise(corners)]
    return np.concatenate(found)
