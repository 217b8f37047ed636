"""What every schematic picture must keep to, measured on the rendered figure."""

from __future__ import annotations

from collections import Counter
from itertools import combinations, pairwise

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from matplotlib.text import Text
from matplotlib.transforms import Bbox

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


def extents(figure: Figure) -> tuple[list[tuple[str, Bbox]], list[tuple[FancyBboxPatch, Bbox]]]:
    """Texts and boxes with their places in pixels, at the resolution that pictures are saved in."""
    figure.set_dpi(STYLE["savefig.dpi"])
    renderer = FigureCanvasAgg(figure).get_renderer()
    words = [(one.get_text(), one.get_window_extent(renderer)) for one in texts(figure)]
    patches = [one for one in figure.axes[0].patches if isinstance(one, FancyBboxPatch)]
    return words, [(one, one.get_window_extent(renderer)) for one in patches]


def overlap(one: Bbox, other: Bbox) -> bool:
    """Whether two rectangles share more than an edge."""
    shared = Bbox.intersection(one, other)
    return shared is not None and min(shared.width, shared.height) > SLACK_PX


def inside(one: Bbox, other: Bbox) -> bool:
    """Whether a rectangle lies in another one."""
    return (
        one.x0 >= other.x0 - SLACK_PX
        and one.x1 <= other.x1 + SLACK_PX
        and one.y0 >= other.y0 - SLACK_PX
        and one.y1 <= other.y1 + SLACK_PX
    )


def assert_tidy(figure: Figure) -> None:
    """Texts overlap neither each other, nor sides of boxes, nor lines, nor the edge; boxes do not cross."""
    words, boxes = extents(figure)
    assert len(words) > 5
    page = figure.bbox
    for text, place in words:
        assert inside(place, page), f"{text!r} leaves the picture"
        for _, box in boxes:
            assert inside(place, box) or not overlap(place, box), f"{text!r} crosses a box"
    for (text, place), (other, its) in combinations(words, 2):
        assert not overlap(place, its), f"{text!r} lies on {other!r}"
    for (_, one), (_, other_box) in combinations(boxes, 2):
        nested = inside(one, other_box) or inside(other_box, one)
        assert nested or not overlap(one, other_box), "two boxes cross"
        assert inside(one, page)
    opaque = [place for box, place in boxes if box.get_zorder() > 2]
    bare = [(text, place) for text, place in words if not any(inside(place, box) for box in opaque)]
    points = line_points(figure)
    for text, place in bare:
        hit = (points[:, 0] > place.x0) & (points[:, 0] < place.x1)
        hit &= (points[:, 1] > place.y0 + SLACK_PX) & (points[:, 1] < place.y1 - SLACK_PX)
        assert not hit.any(), f"a line runs through {text!r}"


def line_points(figure: Figure) -> np.ndarray:
    """Points in pixels, (N, 2), close to each other along every line."""
    found = []
    for patch in figure.axes[0].patches:
        if isinstance(patch, FancyArrowPatch):
            path = patch.get_path().interpolated(1)
            for corners in patch.get_transform().transform_path(path).to_polygons(closed_only=False):
                steps = np.linspace(0, 1, 60)[:, None]
                found += [a + steps * (b - a) for a, b in pairwise(corners)]
    return np.concatenate(found)
