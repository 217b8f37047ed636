"""What is drawn on axes: the centres of marks and the lines, by their labels."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.lines import Line2D


def marks(axes: Axes) -> dict[str, np.ndarray]:
    """The centres of each kind of mark, by its label."""
    return {
        str(one.get_label()): np.asarray(one.get_offsets())
        for one in axes.collections
        if isinstance(one, PathCollection)
    }


def line(axes: Axes, label: str) -> Line2D:
    return next(one for one in axes.lines if one.get_label() == label)


def crossings(steps: np.ndarray, axes: Axes, front: Line2D) -> list[bool]:
    """For each level or upright piece of a front, whether a path of (N, 2) pixels crosses it."""
    found = []
    for (x0, y0), (x1, y1) in pairwise(axes.transData.transform(front.get_xydata())):
        level = abs(y0 - y1) < 1e-6
        off = steps[:, 1] - y0 if level else steps[:, 0] - x0
        along = steps[:, 0] if level else steps[:, 1]
        low, high = sorted((x0, x1) if level else (y0, y1))
        within = (along > low) & (along < high)
        found.append(bool(((np.sign(off[:-1]) != np.sign(off[1:])) & within[:-1]).any()))
    return found
