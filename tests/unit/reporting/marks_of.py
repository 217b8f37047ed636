"""What is drawn on axes: the centres of marks and the lines, by their labels."""

from __future__ import annotations

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
