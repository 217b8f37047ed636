"""Names on a line, or whose leaders cross one or a mark, move to a free place (Figure 1). [no torch]"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.text import Text
from matplotlib.transforms import Bbox
from numpy.typing import NDArray

Point = NDArray[np.float64]
Piece = tuple[Point, Point]
LEADER = {"color": "#777777", "linewidth": 0.7, "zorder": 1}
_CLEAR_SHARE = 0.15
"""Of a name's height, between it and any line."""
_DIRECTIONS = 24
_DISTANCES_PT = tuple(range(6, 120, 3))


def clear_of_lines(
    axes: Axes,
    marks: Sequence[tuple[float, float]],
    texts: Sequence[Text],
    leaders: Sequence[Line2D],
    lines: Sequence[Line2D],
    radius_px: float,
) -> list[Line2D]:
    """Move each name that lies on a line, or whose leader crosses one or a mark, to the nearest free place.

    Args:
        axes: with final limits.
        marks: their centres in data, in the order of the texts, then those without a name.
        texts: a name of each mark.
        leaders: from marks to names; not every name has one.
        lines: what no leader shall cross and no name shall lie on.
        radius_px: of a mark.

    Returns:
        The leaders as they are now. A name for which there is no such place stays.
    """
    centres = axes.transData.transform(np.asarray(marks, dtype=float).reshape(-1, 2))
    pieces = [piece for line in lines for piece in _pieces(axes, line)]
    boxes = {number: text.get_window_extent() for number, text in enumerate(texts)}
    on_a_line = {owner for owner, box in boxes.items() if any(_meet(box, piece) for piece in pieces)}
    kept, moving = list(leaders), dict[int, Line2D | None]()
    for leader in leaders:
        ends = axes.transData.transform(leader.get_xydata())
        owner = _owner(ends, centres)
        ends = ends[np.argsort(np.linalg.norm(ends - centres[owner], axis=1))]  # from the mark on
        reach = _shortened(ends, radius_px)
        apart = [one for one in centres if np.linalg.norm(one - centres[owner]) > 2 * radius_px]
        over_a_mark = any(_distance(one, reach) < radius_px for one in apart)
        if owner in on_a_line or over_a_mark or any(_cross(reach, piece) for piece in pieces):
            moving[owner] = leader
            kept.remove(leader)
    moving = dict.fromkeys(on_a_line) | moving  # not every name has a leader
    # From the top down: the room below the highest is the narrowest.
    order = sorted(moving, key=lambda owner: -centres[owner][1])
    held = [*pieces, *(piece for one in kept for piece in _pieces(axes, one))]
    found, stuck = dict[int, tuple[Bbox, Piece]](), set[int]()
    while True:  # a name that finds no place stays where it is, so no other may take its room
        found.clear()
        for owner in (one for one in order if one not in stuck):
            others = [box for number, box in boxes.items() if number not in order or number in stuck]
            others += [box for box, _ in found.values()]
            drawn = [*held, *(leader for _, leader in found.values())]
            place = _free_place(axes, centres, owner, boxes[owner], others, drawn, radius_px)
            if place is None:
                stuck.add(owner)
                break
            found[owner] = place
        else:
            break
    to_data = axes.transData.inverted()
    for owner, old in moving.items():
        if owner in stuck:
            kept += [old] if old else []
            continue
        box, ends_px = found[owner]
        texts[owner].set(ha="left", va="bottom", position=to_data.transform((box.x0, box.y0)))
        if old:
            old.remove()
        xs, ys = to_data.transform(ends_px).T
        kept += axes.plot(xs, ys, **LEADER)  # type: ignore[arg-type]
    return kept


def _pieces(axes: Axes, line: Line2D) -> Iterator[Piece]:
    corners = axes.transData.transform(line.get_xydata())
    yield from pairwise(corners)


def _owner(ends: NDArray[np.float64], centres: NDArray[np.float64]) -> int:
    """The mark that a leader starts or ends at."""
    distances = np.linalg.norm(centres[None] - ends[:, None], axis=2)
    return int(np.argmin(distances.min(axis=0)))


def _shortened(ends: NDArray[np.float64], radius_px: float) -> Piece:
    """A leader from the edge of its mark on: marks may lie on the lines."""
    start, end = ends[0], ends[-1]
    length = float(np.linalg.norm(end - start)) or 1.0
    return start + (end - start) * min(1.0, radius_px / length), end


def _cross(one: Piece, other: Piece) -> bool:
    """Whether two pieces of straight lines meet."""

    def side(a: Point, b: Point, c: Point) -> float:
        return float((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]))

    (a, b), (c, d) = one, other
    return side(a, b, c) * side(a, b, d) <= 0 and side(c, d, a) * side(c, d, b) <= 0


def _meet(box: Bbox, piece: Piece) -> bool:
    """Whether a straight piece touches a box, or all but does."""
    roomy = box.padded(_CLEAR_SHARE * box.height)
    left, right, low, high = roomy.x0, roomy.x1, roomy.y0, roomy.y1
    around = np.array([(left, low), (right, low), (right, high), (left, high), (left, low)])
    return (left < piece[0][0] < right and low < piece[0][1] < high) or any(
        _cross(edge, piece) for edge in pairwise(around)
    )


def _distance(point: Point, piece: Piece) -> float:
    """From a point to the nearest one of a piece."""
    start, along = piece[0], piece[1] - piece[0]
    share = float(np.clip((point - start) @ along / ((along @ along) or 1.0), 0, 1))
    return float(np.linalg.norm(point - start - share * along))


def _free_place(
    axes: Axes,
    centres: NDArray[np.float64],
    owner: int,
    size: Bbox,
    others: Sequence[Bbox],
    pieces: Sequence[Piece],
    radius_px: float,
) -> tuple[Bbox, Piece] | None:
    centre, px = centres[owner], axes.figure.dpi / 72
    for distance in _DISTANCES_PT:
        for number in range(_DIRECTIONS):
            angle = 2 * math.pi * number / _DIRECTIONS
            toward = np.array([math.cos(angle), math.sin(angle)])
            middle = centre + toward * (distance * px + np.array([size.width, size.height]) / 2)
            box = Bbox.from_bounds(
                middle[0] - size.width / 2, middle[1] - size.height / 2, size.width, size.height
            )
            end = np.clip(centre, (box.x0, box.y0), (box.x1, box.y1))
            if float(np.linalg.norm(end - centre)) < 1.3 * radius_px:
                continue
            leader = _shortened(np.array([centre, end]), radius_px)
            if _is_free(axes.bbox, box, leader, np.delete(centres, owner, axis=0), others, pieces, radius_px):
                return box, leader
    return None


def _is_free(
    inside: Bbox,
    box: Bbox,
    leader: Piece,
    marks: NDArray[np.float64],
    others: Sequence[Bbox],
    pieces: Sequence[Piece],
    radius_px: float,
) -> bool:
    roomy = box.padded(radius_px)
    if not (inside.x0 < box.x0 and box.x1 < inside.x1 and inside.y0 < box.y0 and box.y1 < inside.y1):
        return False
    if any(roomy.contains(x, y) for x, y in marks) or any(box.padded(1).overlaps(other) for other in others):
        return False
    if any(_distance(mark, leader) < 1.3 * radius_px for mark in marks):
        return False
    if any(_cross(leader, piece) or _meet(box, piece) for piece in pieces):
        return False
    frames = [[(o.x0, o.y0), (o.x1, o.y1)] for o in others]
    return not any(_cross(leader, (np.array(a), np.array(b))) for a, b in frames)
