"""What the pictures of numbers share: panels, names at points, shaded warm-up, words on what is absent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import matplotlib as mpl
import textalloc
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.lines import Line2D
from matplotlib.text import Text
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from pipeline_src.config.grid import Grid
from pipeline_src.reporting.drawing.leaders import LEADER, clear_of_lines
from pipeline_src.reporting.drawing.picture import WIDTH_IN, Spot, house_style
from pipeline_src.reporting.tables.conditions import set_title

TEXT_PT, SMALL_PT = 10.0, 9.0
"""Larger than the house style's: seven inches are shrunk to 390 px on a phone."""
DASHES: tuple[Any, ...] = (
    "",
    (5, 2),
    (1, 1.2),
    (5, 1.5, 1, 1.5),
    (8, 2, 2, 2),
    (3, 1, 1, 1, 1, 1),
    (1, 3),
)
"""As seaborn takes them; a solid line is empty."""
MARKERS = ("o", "s", "^", "D", "v", "<", ">", "p", "h")
"""Line styles and markers go with `COLOURS`, so that no line is known by its colour alone."""
_SIZES: Any = {
    **dict.fromkeys(("font.size", "axes.titlesize", "axes.labelsize"), TEXT_PT),
    **dict.fromkeys(("xtick.labelsize", "ytick.labelsize", "legend.fontsize"), SMALL_PT),
    "axes.titlelocation": "left",
    "hatch.linewidth": 0.6,
}
NAME_CHARACTERS = 22
_MISSING_GLYPH = "\N{WHITE SQUARE}"
MARK_AREA = 36.0
"""Of a point in square points, as `scatter` takes it."""
_MARK_RADIUS_PT = 4.0
"""Half of its width, and its edge."""
PAPER: dict[str, Any] = {"facecolor": "white", "alpha": 0.75, "linewidth": 0.0, "pad": 0.3}
_WARM_UP: dict[str, Any] = {
    "facecolor": "#f0f0f0",
    "edgecolor": "#cfcfcf",
    "hatch": "//",
    "linewidth": 0.0,
    "zorder": 0,
}


@contextmanager
def data_style() -> Iterator[None]:
    """The report's style with letters that stay readable on a phone."""
    with house_style():
        mpl.rcParams.update(_SIZES)
        yield


def panels(rows: int, columns: int, height_in: float, **keywords: Any) -> tuple[Figure, NDArray[Any]]:
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


def place_names(
    axes: Axes,
    x: Sequence[float],
    y: Sequence[float],
    names: Sequence[str],
    lines: Sequence[Line2D],
    unnamed: Sequence[tuple[float, float]] = (),
    size_pt: float = SMALL_PT,
) -> list[Text]:
    """Write a name beside each mark, clear of the other names, of all marks and of lines, inside the axes.

    The limits of the axes must be final. Names never count in the layout, which would move the axes.

    Args:
        axes: where marks of `MARK_AREA` are drawn.
        x, y: centres of the marks.
        names: in the order of the marks.
        lines: what no name shall cover, as straight pieces.
        unnamed: centres of marks that have no name and that none shall cover.
        size_pt: of the names.
    """
    radius_px = _MARK_RADIUS_PT * axes.figure.dpi / 72
    all_x, all_y = [*x, *(one for one, _ in unnamed)], [*y, *(one for _, one in unnamed)]
    # Its annotations are narrower than what its documentation takes.
    allocate: Any = textalloc.allocate
    _, _, texts, leaders = allocate(
        axes,
        x,
        y,
        [printable(name) for name in names],
        x_scatter=all_x,
        y_scatter=all_y,
        scatter_sizes=[radius_px] * len(all_x),
        text_scatter_sizes=[radius_px] * len(x),
        x_lines=[line.get_xdata() for line in lines],
        y_lines=[line.get_ydata() for line in lines],
        textsize=size_pt,
        min_distance=0.008,
        max_distance=0.25,
        margin=0.006,
        linecolor=LEADER["color"],
        linewidth=LEADER["linewidth"],
        avoid_label_lines_overlap=True,
        avoid_crossing_label_lines=True,
    )
    marks = list(zip(all_x, all_y, strict=True))
    leaders = clear_of_lines(axes, marks, texts, leaders, lines, radius_px)
    for artist in (*texts, *leaders):
        artist.set_in_layout(False)
    return list(texts)


def spots_of(
    axes: Axes, x: Sequence[float], y: Sequence[float], named: Iterable[tuple[str, str]]
) -> list[Spot]:
    """Where points lie in a finished picture; `named` has the key and label of each.

    The figure must have been laid out: `figure.draw_without_rendering()`.
    """
    size_px = axes.figure.bbox.size
    places = axes.transData.transform(list(zip(x, y, strict=True))) / size_px
    return [
        Spot(round(float(across), 4), round(1 - float(up), 4), key, label)
        for (across, up), (key, label) in zip(places, named, strict=True)
    ]


def shade_warm_up(axes: Axes, epochs: Sequence[float], frozen: Sequence[bool]) -> None:
    """Shade the epochs in which beta is frozen, each from half an epoch before to half an epoch after it."""
    shaded = [epoch for epoch, is_frozen in zip(epochs, frozen, strict=True) if is_frozen]
    if shaded:
        axes.axvspan(min(shaded) - 0.5, max(shaded) + 0.5, label="warm-up: beta frozen", **_WARM_UP)


def whole_epochs(axes: Axes) -> None:
    """Ticks of the x axis at whole numbers only."""
    axes.xaxis.set_major_locator(MaxNLocator("auto", integer=True, steps=[1, 2, 5, 10]))


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


def set_name(grid: Grid, dataset: str) -> str:
    """The name of a segmentation set, which says where its images are rendered by the project."""
    block = grid.dataset_config(dataset)
    rendered = block.path is None and block.render is not None
    return set_title(dataset) + (" (rendered)" if rendered else "")


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
