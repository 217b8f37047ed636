"""A picture of the report: a matplotlib figure with its words, in one style, saved in three formats."""

from __future__ import annotations

import base64
import io
import logging
import re
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

import matplotlib as mpl
from matplotlib.figure import Figure
from PIL import Image

from pipeline_src.artifacts import write_bytes, write_json

Status = Literal["measured", "quoted", "not_run", "drawn"]

WIDTH_IN = 7.0
"""Width of every picture: two columns of a paper, 640 px on a page."""
FORMATS = ("svg", "pdf", "png")
COLOURS: tuple[str, ...] = (
    "#0173b2", "#de8f05", "#029e73", "#d55e00", "#cc78bc",
    "#ca9161", "#fbafe4", "#949494", "#ece133", "#56b4e9",
)  # fmt: skip
"""seaborn's palette `colorblind`, in the order of use; marks and line styles must differ as well.

Written out, because most pictures need nothing else of seaborn, whose import takes a second.
"""
QUOTED_COLOUR = "#777777"
"""Everything that the paper prints and nothing here measured."""
STYLE: Any = {
    "figure.dpi": 150,
    "savefig.dpi": 200,
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "axes.titlesize": 9,
    "axes.labelsize": 9,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "legend.fontsize": 8,
    "legend.frameon": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#e5e5e5",
    "pdf.fonttype": 42,
    "svg.fonttype": "path",
    "svg.hashsalt": "autortnet",
    "text.parse_math": False,
}

_EMBEDDED = re.compile(rb"data:image/png;base64,([A-Za-z0-9+/=\s]+)")
_REASON_CHARACTERS, _REASON_LINE_IN = 92, 0.15
"""Of the lines that say why a picture is not drawn."""
_MOST_COLOURS, _JPEG_QUALITY = 256, 88
"""A picture of more colours is a photograph."""

# Embedding a font in a PDF is no news that a user needs.
logging.getLogger("fontTools").setLevel(logging.WARNING)


@dataclass(frozen=True)
class Spot:
    """Where a point lies, so that the page can lead from it to what is known of it.

    Attributes:
        x, y: shares of the picture's width and height, from its left and its top.
        key: of the cell or row that it shows, such as `table_1/autortnet_a/fps`.
        label: its name and its numbers.
    """

    x: float
    y: float
    key: str
    label: str


@dataclass(frozen=True)
class CellShown:
    """One cell of a drawn network.

    Attributes:
        where: `1.2` is the second cell of hyper-cell 1; `0.1` stands before the first.
        kind: reduction or normal.
        operations: of its edges, as `0-2 conv 3x3`.
        latency_us: by the lookup table, the sum of its measured medians.
    """

    where: str
    kind: str
    operations: tuple[str, ...]
    latency_us: float


@dataclass(frozen=True)
class Words:
    """What is said of a picture; the page shows it, and screen readers read it.

    Attributes:
        name: its file's stem, such as `figure_5` or `lut_check`.
        title: a short heading.
        caption: what is drawn, from which runs, and how to read it.
        alt: what the picture shows, for those who do not see it; with its main numbers.
        status: `measured` here, `quoted` from the paper, `drawn` from the code's own objects, or `not_run`.
        reason: why something of it, or all, was not run; empty otherwise.
        sources: the files it is from, relative to `results/SCALE`.
        spots: its points, of a picture that leads to rows.
        cells: of a drawn network whose lookup table is at hand, from the stem on.
        cells_at: the set, the size and the device of that table.
    """

    name: str
    title: str
    caption: str
    alt: str
    status: Status
    reason: str = ""
    sources: tuple[str, ...] = ()
    spots: tuple[Spot, ...] = ()
    cells: tuple[CellShown, ...] = ()
    cells_at: str = ""


@dataclass(frozen=True)
class Picture:
    """A figure and its words."""

    figure: Figure = field(repr=False)
    words: Words


@contextmanager
def house_style() -> Iterator[None]:
    """Draw and save in the report's style, whatever the user's own matplotlib settings are."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(STYLE)
        yield


def saved(figure: Figure, kind: str) -> bytes:
    """A figure as a file of one of `FORMATS`, the same bytes for the same figure."""
    without_date = {"svg": {"Date": None}, "pdf": {"CreationDate": None}, "png": {"Software": None}}
    stream = io.BytesIO()
    with house_style():
        figure.savefig(stream, format=kind, metadata=without_date[kind])
    return _lighter(stream.getvalue()) if kind == "svg" else stream.getvalue()


def _lighter(svg: bytes) -> bytes:
    """The photographs of an SVG as JPEG: as PNG, some frames weigh half a megabyte. Label maps stay exact."""
    return _EMBEDDED.sub(_as_jpeg, svg)


def _as_jpeg(found: re.Match[bytes]) -> bytes:
    image = Image.open(io.BytesIO(base64.b64decode(found[1]))).convert("RGB")
    if image.getcolors(_MOST_COLOURS) is not None:  # none: there are more
        return found[0]
    stream = io.BytesIO()
    image.save(stream, format="jpeg", quality=_JPEG_QUALITY)
    return b"data:image/jpeg;base64," + base64.b64encode(stream.getvalue())


def save_picture(picture: Picture, folder: Path) -> None:
    """Write NAME.svg, NAME.pdf, NAME.png and NAME.json, the same bytes for the same picture.

    Raises:
        UserError: a file cannot be written.
    """
    for kind in FORMATS:
        write_bytes(folder / f"{picture.words.name}.{kind}", saved(picture.figure, kind))
    write_json(folder / f"{picture.words.name}.json", asdict(picture.words))


def not_run(name: str, title: str, reason: str) -> Picture:
    """The picture of something that was not run: it says so and why."""
    lines = textwrap.wrap(reason, _REASON_CHARACTERS, break_on_hyphens=False)
    height = 0.6 + _REASON_LINE_IN * len(lines)
    with house_style():
        figure = Figure(figsize=(WIDTH_IN, height))
        figure.text(0.5, 1 - 0.15 / height, f"{title}: not drawn", ha="center", va="top", weight="bold")
        figure.text(0.5, 1 - 0.42 / height, "\n".join(lines), ha="center", va="top", size=8)
    words = Words(name, title, f"Not drawn: {reason}.", f"Nothing was drawn: {reason}.", "not_run", reason)
    return Picture(figure, words)
