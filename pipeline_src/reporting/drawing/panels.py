"""What the pictures of numbers share: panels, names at points, shaded warm-up, and words on what is absent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from adjustText import adjust_text
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.text import Text
from numpy.typing import NDArray

from pipeline_src.reporting.drawing.picture import WIDTH_IN, house_style

TEXT_PT, SMALL_PT = 10.0, 9.0
"""Larger than the house style's: seven inches are shrunk to 390 px on a phone."""
LINE_STYLES: tuple[Any, ...] = ("-", (0, (5, 2)), (0, (1, 1.2)), (0, (5, 1.5, 1, 1.5)), (0, (8, 2, 2, 2)))
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">")
"""Line styles and markers go with `COLOURS`, so that no line is known by its colour alone."""
NAME_CHARACTERS = 22
LINE_OF_WORDS = 95
_MISSING_GLYPH = "\N{WHITE SQUARE}"
_MARKER_RADIUS_PX = 5.0
_PLACING_STEPS = 600
_PAPER = {"facecolor": "white", "alpha": 0.75, "linewidth": 0.0, "pad": 0.3}
_WARM_UP = {"facecolor": "#f0f0f0", "edgecolor": "#cfcfcf", "hatch": "//", "linewidth": 0.0, "zorder": 0}


@contextmanager
def data_style() -> Iterator[None]:
    """The report's style with letters that stay readable on a phone."""
    with house_style():
        sizes = dict.fromkeys(("font.size", "axes.titlesize", "axes.labelsize"), TEXT_PT)
        small = dict.fromkeys(("xtick.labelsize", "ytick.labelsize", "legend.fontsize"), SMALL_PT)
        mpl.rcParams.update({**sizes, **small, "axes.titlelocation": "left", "hatch.linewidth": 0.6})
        yield


def panels(rows: int, columns: int, height_in: float, **keywords: Any) -> tuple[Figure, NDArray[np.object_]]:
    """A figure of full width with a grid of axes (rows, columns); to be called within `data_style`."""
    figure = Figure(figsize=(WIDTH_IN, height_in), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False, **keywords)
    for one in axes.flat:
        # Ticks come into being when a picture is saved, outside of this style.
        one.tick_params(which="both", labelsize=SMALL_PT)
        one.set_axisbelow(True)
    return figure, axes


@cache
def _glyphs() -> Any:
    return get_font(findfont(FontProperties(family="DejaVu Sans")))


def printable(text: str, most: int = NAME_CHARACTERS) -> str:
    """A name in one line of at most `most` characters; a letter that the font lacks is a white square."""
    one_line = " ".join(text.split())
    short = one_line if len(one_line) <= most else one_line[: most - 1].rstrip() + "\N{HORIZONTAL ELLIPSIS}"
    return "".join(letter if _glyphs().get_char_index(ord(letter)) else _MISSING_GLYPH for letter in short)


def sound(text: str) -> str:
    """A name for a caption: in one line, and without halves of letters that UTF-8 cannot hold."""
    return " ".join(text.encode("utf-8", "replace").decode("utf-8").split())


def place_names(axes: Axes, x: Sequence[float], y: Sequence[float], names: Sequence[str]) -> list[Text]:
    """Write a name beside each point, clear of the others and of all points, inside the axes.

    The limits of the axes must be final. Names never count in the layout, which would move the axes.
    """
    texts = [
        axes.text(at_x, at_y, printable(name), size=SMALL_PT, bbox=_PAPER, zorder=4)
        for at_x, at_y, name in zip(x, y, names, strict=True)
    ]
    for text in texts:
        text.set_in_layout(False)
    figure = axes.get_figure()
    assert figure is not None
    figure.draw_without_rendering()
    centres = axes.transData.transform(np.column_stack([x, y]))
    corners = [
        axes.transData.inverted().transform(centres + _MARKER_RADIUS_PX * np.array(corner))
        for corner in ((-1, -1), (-1, 1), (1, -1), (1, 1))
    ]
    around = np.concatenate(corners) if texts else np.empty((0, 2))
    adjust_text(
        texts,
        x=around[:, 0],
        y=around[:, 1],
        ax=axes,
        expand=(1.08, 1.25),
        force_static=(0.15, 0.3),
        max_move=(6, 6),
        iter_lim=_PLACING_STEPS,  # a limit of time would give other pictures on slower machines
        min_arrow_len=9,
        arrowprops={"arrowstyle": "-", "color": "#777777", "linewidth": 0.7, "zorder": 2},
    )
    for patch in axes.patches:
        patch.set_in_layout(False)
    return texts


def shade_warm_up(axes: Axes, epochs: Sequence[float], frozen: Sequence[bool]) -> None:
    """Shade the epochs in which beta is frozen, each from half an epoch before to half an epoch after it."""
    shaded = [epoch for epoch, is_frozen in zip(epochs, frozen, strict=True) if is_frozen]
    if shaded:
        axes.axvspan(min(shaded) - 0.5, max(shaded) + 0.5, label="warm-up: beta frozen", **_WARM_UP)


def whole_epochs(axes: Axes) -> None:
    """Ticks of the x axis at whole numbers only."""
    axes.xaxis.get_major_locator().set_params(integer=True)


def absence(missing: Sequence[str], of: int) -> str:
    """Which of so many files are missing, in one clause; empty where none is."""
    if not missing:
        return ""
    if of == 1:
        return f"{missing[0]} is missing"
    return f"{len(missing)} of {of} files are missing, the first is {missing[0]}"


def absent(results: Path, sources: Sequence[str]) -> str:
    """`absence` of files below `results/SCALE`."""
    return absence([path for path in sources if not (results / path).exists()], len(sources))


def present(results: Path, sources: Sequence[str]) -> tuple[str, ...]:
    """The files of `sources` that are there."""
    return tuple(path for path in sources if (results / path).exists())


def scale_words(scale: str) -> str:
    """What a caption says of the scale that its numbers were measured at."""
    if scale == "tiny":
        return "Scale tiny: these numbers show that the pipeline works and say nothing about the paper."
    return f"Scale {scale}."


def with_reason(caption: str, reason: str) -> str:
    """A caption that ends with what is not drawn."""
    return f"{caption} Not drawn: {reason}." if reason else caption


def counted(number: int, one: str, many: str = "") -> str:
    """`1 run`, `3 runs`."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def listed(words: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)
