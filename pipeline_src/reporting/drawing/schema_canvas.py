"""A sheet for schematic pictures: boxes, texts and arrows placed in inches from the upper left corner."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from matplotlib.path import Path
from matplotlib.textpath import text_to_path

from pipeline_src.reporting.drawing.picture import COLOURS, WIDTH_IN
from pipeline_src.reporting.drawing.schema_operations import Family

MARGIN_IN = 0.1
"""White space around a picture."""
SIZE_PT = 11.0
"""Size of all texts but titles: 14 px at 640 px, and 8.5 px on a phone of 390 px."""
TITLE_PT = 12.0
LINE_IN = 0.19
"""From one line of a paragraph to the next."""
INK = "#1a1a1a"
QUIET = "#595959"
"""Of texts that only explain, and of boxes' outlines; 7:1 on white."""
FAINT = "#6a6a6a"
"""Of what is not part of the network; 5:1 on white, 4.5:1 on pale grey."""
HINTING = 1.055
"""Letters in a pixel image are this much wider than their outlines, at most."""
Point = tuple[float, float]


@dataclass(frozen=True)
class Box:
    """A rectangle by its centre, in inches."""

    x: float
    y: float
    width: float
    height: float

    @property
    def left(self) -> float:
        """Its left side."""
        return self.x - self.width / 2

    @property
    def right(self) -> float:
        """Its right side."""
        return self.x + self.width / 2

    @property
    def top(self) -> float:
        """Its upper side."""
        return self.y - self.height / 2

    @property
    def bottom(self) -> float:
        """Its lower side."""
        return self.y + self.height / 2


def colour_of(family: Family) -> str:
    """A family's colour."""
    return COLOURS[family.colour] if isinstance(family.colour, int) else family.colour


def tint(colour: str, share: float = 0.2) -> tuple[float, float, float]:
    """A colour mixed into white, pale enough for dark text."""
    red, green, blue = (1 - share * (1 - part) for part in to_rgb(colour))
    return red, green, blue


@cache
def text_width_in(text: str, size_pt: float = SIZE_PT, bold: bool = False) -> float:
    """Width of the widest line of a text in the report's font, in inches.

    It is that of the outlines, as SVG and PDF have them, and what pixel images add at most by hinting.
    """
    font = FontProperties(family="DejaVu Sans", weight="bold" if bold else "normal", size=size_pt)
    measure = text_to_path.get_text_width_height_descent
    widest = max(measure(line, font, ismath=False)[0] for line in text.split("\n"))
    return float(HINTING * widest / 72)


def subscript(number: int) -> str:
    """A number in small digits below the line."""
    return str(number).translate(str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"))


def text_height_in(text: str) -> float:
    """Height of a box that holds a text, its padding included, in inches."""
    return 0.18 * (text.count("\n") + 1) + 0.09


def wrapped(text: str, width_in: float, size_pt: float = SIZE_PT) -> list[str]:
    """A text in lines that are no wider than `width_in`, broken at blanks, not at no-break spaces."""
    lines: list[str] = []
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_width_in(longer, size_pt) <= width_in:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


class Canvas:
    """A figure that grows downwards; `finish` gives it its height.

    To be used inside `picture.house_style()`.
    """

    def __init__(self, width_in: float = WIDTH_IN) -> None:
        self.width_in = width_in
        self.figure = Figure(figsize=(width_in, 1))
        self.axes = self.figure.add_axes((0, 0, 1, 1))
        self.axes.set_axis_off()

    @property
    def inner_in(self) -> float:
        """Width between the margins."""
        return self.width_in - 2 * MARGIN_IN

    def finish(self, height_in: float) -> Figure:
        """The figure, so high."""
        self.figure.set_size_inches(self.width_in, height_in)
        self.axes.set_xlim(0, self.width_in)
        self.axes.set_ylim(height_in, 0)
        return self.figure

    def text(
        self,
        x: float,
        y: float,
        text: str,
        *,
        size_pt: float = SIZE_PT,
        bold: bool = False,
        align: str = "center",
        colour: str = INK,
        label: str = "",
    ) -> None:
        """Write lines whose block is centred at height y; `label` names the text for tests."""
        # Centring by the ink would set `conv` higher than `dil_`: a line stands on a computed baseline.
        single = "\n" not in text
        self.axes.text(
            x,
            y + 0.36 * size_pt / 72 if single else y,
            text,
            size=size_pt,
            weight="bold" if bold else "normal",
            ha=align,
            va="baseline" if single else "center",
            color=colour,
            linespacing=1.15,
            zorder=5,
            label=label,
        )

    def paragraph(self, y: float, text: str) -> float:
        """Write wrapped lines between the margins, below y; returns the y below them."""
        for line in wrapped(text, self.inner_in):
            self.text(MARGIN_IN, y + LINE_IN / 2, line, align="left", colour=QUIET)
            y += LINE_IN
        return y

    def heading(self, y: float, title: str, rest: str = "") -> float:
        """Write a bold title below y, and quietly what belongs to it; returns the y below them."""
        x = MARGIN_IN
        self.text(x, y + 0.1, title, size_pt=TITLE_PT, bold=True, align="left")
        if not rest:
            return y + 0.24
        start = x + text_width_in(title, TITLE_PT, bold=True) + 0.08
        if start + text_width_in(rest) <= self.width_in - MARGIN_IN:
            self.text(start, y + 0.1, rest, align="left", colour=QUIET)
            return y + 0.24
        return self.paragraph(y + 0.22, rest) + 0.04

    def box(
        self,
        box: Box,
        text: str = "",
        *,
        fill: object = "white",
        edge: str = QUIET,
        ink: str = INK,
        dashed: bool = False,
        line_pt: float = 1.0,
        rounding: float = 0.06,
        title: str = "",
        label: str = "",
        zorder: float = 3,
    ) -> None:
        """A rounded box with text in its middle, below a bold title where one is given."""
        patch = FancyBboxPatch(
            (box.left, box.top),
            box.width,
            box.height,
            boxstyle=f"round,pad=0,rounding_size={min(rounding, box.width / 2, box.height / 2)}",
            facecolor=fill,
            edgecolor=edge,
            linewidth=line_pt,
            linestyle=(0, (3, 2)) if dashed else "solid",
            zorder=zorder,
        )
        self.axes.add_patch(patch)
        if title:
            self.text(box.x, box.y - 0.09 * (text.count("\n") + 1), title, bold=True, colour=ink)
        if text:
            self.text(box.x, box.y + (0.1 if title else 0.0), text, colour=ink, label=label)

    def line(
        self,
        points: Sequence[Point],
        *,
        colour: str = QUIET,
        dashed: bool = False,
        arrow: bool = True,
        width_pt: float = 1.4,
    ) -> None:
        """A line through points; a step that changes both x and y is a curve that starts and ends level."""
        vertices, codes = [points[0]], [Path.MOVETO]
        for (x0, y0), (x1, y1) in pairwise(points):
            if np.isclose(x0, x1) or np.isclose(y0, y1):
                vertices.append((x1, y1))
                codes.append(Path.LINETO)
            else:
                middle = (x0 + x1) / 2
                vertices += [(middle, y0), (middle, y1), (x1, y1)]
                codes += [Path.CURVE4] * 3
        self._stroke(Path(vertices, codes), colour, dashed, arrow, width_pt)

    def fall(self, points: Sequence[Point]) -> None:
        """An arrow from the top down through points: upright at each of them."""
        vertices, codes = [points[0]], [Path.MOVETO]
        for (x0, y0), (x1, y1) in pairwise(points):
            middle = (y0 + y1) / 2
            vertices += [(x0, middle), (x1, middle), (x1, y1)]
            codes += [Path.CURVE4] * 3
        self._stroke(Path(vertices, codes), QUIET, dashed=False, arrow=True, width_pt=1.1)

    def arc(self, start: Point, end: Point, rise: float, *, colour: str = QUIET) -> None:
        """An arrow from one point to another, as a bow that rises by about so many inches between them."""
        over = [(start[0], start[1] - rise * 4 / 3), (end[0], end[1] - rise * 4 / 3)]
        codes = [Path.MOVETO, Path.CURVE4, Path.CURVE4, Path.CURVE4]
        self._stroke(Path([start, *over, end], codes), colour, dashed=False, arrow=True, width_pt=1.2)

    def _stroke(self, path: Path, colour: str, dashed: bool, arrow: bool, width_pt: float) -> None:
        self.axes.add_patch(
            FancyArrowPatch(
                path=path,
                arrowstyle="-|>,head_length=4.5,head_width=2.2" if arrow else "-",
                mutation_scale=1,
                color=colour,
                fill=arrow,
                linewidth=width_pt,
                linestyle=(0, (3, 2)) if dashed else "solid",
                joinstyle="round",
                capstyle="butt",
                zorder=2,
            )
        )
