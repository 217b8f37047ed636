"""The first screen as one picture to cite: the sentence, verdicts, three comparisons, Figure 1. [no torch]"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.figure import Figure

from pipeline_src import places
from pipeline_src.reporting.drawing.panels import place_names, printable, sound
from pipeline_src.reporting.drawing.picture import WIDTH_IN, house_style, saved
from pipeline_src.reporting.drawing.speed_accuracy import draw_panel, ours_first
from pipeline_src.reporting.page.first import First
from pipeline_src.reporting.page.sections import SELF_TEST, ClaimView
from pipeline_src.reporting.paper import citation
from pipeline_src.reporting.tables.cells import Table
from pipeline_src.reporting.tables.figures import point_data

CHIPS: dict[str, tuple[str, str]] = {
    "reproduced": ("#0b4f6c", "#e3f3fa"),
    "not-reproduced": ("#7f2a00", "#fdebe1"),
    "undecided": ("#424a53", "#eef0f2"),
    "not-testable-here": ("#424a53", "#ffffff"),
}
"""Ink and ground of a verdict, as on the page."""
_MARGIN_IN, _LINE = 0.2, 1.35
_PLOT_IN, _LEGEND_IN = 2.5, 0.95
_CHIPS_A_ROW = 6
_ROOM = 1.25
"""So much wider is a panel, for names at the right of the fastest networks."""


def summary_pictures(context: Mapping[str, Any], main: Table) -> tuple[bytes, ...]:
    """The picture's files, in the order of `places.SUMMARY_PICTURES`; the same facts give the same bytes.

    Args:
        context: of the page's template.
        main: Table 1, for the points of Figure 1.
    """
    with house_style():
        figure = _drawn(context, main)
    return tuple(saved(figure, name.rpartition(".")[2]) for name in places.SUMMARY_PICTURES)


class _Column:
    """Text from the top down, in inches; the figure's height is what was needed."""

    def __init__(self) -> None:
        self.y = _MARGIN_IN
        self.texts: list[tuple[float, float, str, dict[str, Any]]] = []

    def add(
        self, text: str, size: float, x: float = _MARGIN_IN, width: float | None = None, **style: Any
    ) -> None:
        """Wrapped text below what is there; `width` in inches."""
        room = WIDTH_IN - 2 * _MARGIN_IN if width is None else width
        letters = max(12, int(room / (size * 0.0083)))
        for line in textwrap.wrap(printable(text, 2000), letters) or [""]:
            self.texts.append((x, self.y, line, {"size": size, **style}))
            self.y += size / 72 * _LINE


def _drawn(context: Mapping[str, Any], main: Table) -> Figure:
    first: First = context["first"]
    claims: Sequence[ClaimView] = context["claims"]
    column = _Column()
    column.add("AutoRTNet: a reproduction report", 14, weight="bold")
    column.add(
        f"of “{citation.TITLE}” ({citation.AUTHORS[0]} et al., {citation.YEAR}, arXiv {citation.ARXIV})", 8
    )
    column.y += 0.08
    column.add(context["banner"].headline, 9, weight="bold")
    column.add(first.sentence, 9)
    column.y += 0.08
    chips_at = column.y
    column.y += 0.27 * -(-len(claims) // _CHIPS_A_ROW) + 0.05
    _headlines(column, first)
    for letter, said in first.names:
        column.add(f"{letter}: {said}", 7.5, color="#57606a")
    plot_at = column.y + 0.25
    column.y = plot_at + _PLOT_IN + _LEGEND_IN
    commits = ", ".join(commit[:12] for commit in context["commits"])
    made = f"; code at commit {commits}" if commits else ""
    column.add(f"Scale {context['scale']}{made}. Drawn by autortnet render-report from the result files.", 7)
    height = column.y + 0.1
    figure = Figure(figsize=(WIDTH_IN, height))
    for x, y, text, style in column.texts:
        figure.text(x / WIDTH_IN, 1 - y / height, text, va="top", **style)
    _chips(figure, claims, chips_at, height)
    _points(figure, main, plot_at, height)
    return figure


def _headlines(column: _Column, first: First) -> None:
    """The comparisons side by side."""
    top, bottom = column.y, column.y
    room = WIDTH_IN - 2 * _MARGIN_IN
    letters = [30 + min(60, len(one.here)) for one in first.headlines]
    x = _MARGIN_IN
    for one, share in zip(first.headlines, letters, strict=True):
        column.y, width = top, room * share / sum(letters)
        column.add(one.title, 9, x, width - 0.15, weight="bold")
        column.add(f"paper: {sound(one.paper)}", 8, x, width - 0.15, color="#57606a")
        column.add(f"here: {sound(one.here)}", 8, x, width - 0.15, color="#0b3d6b")
        column.add(one.remark, 7, x, width - 0.15, color="#57606a")
        bottom, x = max(bottom, column.y), x + width
    column.y = bottom + 0.08


def _chips(figure: Figure, claims: Sequence[ClaimView], top: float, height: float) -> None:
    step = (WIDTH_IN - 2 * _MARGIN_IN) / _CHIPS_A_ROW
    for number, view in enumerate(claims):
        row, place = divmod(number, _CHIPS_A_ROW)
        ink, ground = CHIPS[view.verdict_class]
        prefix = SELF_TEST["undecided"].partition(":")[0]
        figure.text(
            (_MARGIN_IN + place * step + 0.05) / WIDTH_IN,
            1 - (top + row * 0.27 + 0.08) / height,
            f"{view.icon} {view.claim.id} {view.verdict.removeprefix(f'{prefix}: ')}",
            size=7,
            color=ink,
            va="center",
            bbox={"boxstyle": "round,pad=0.3", "facecolor": ground, "edgecolor": ink, "linewidth": 0.7},
        )


def _points(figure: Figure, main: Table, top: float, height: float) -> None:
    """Figure 1: what the paper prints at the left, what was measured here at the right."""
    data = point_data(main)
    parts = [(status, data[data["status"] == status]) for status in ("quoted", "measured")]
    parts = [(status, points) for status, points in parts if len(points)]
    devices = dict.fromkeys(main.cell(row, "device").measured for row in main.rows)
    device = printable(" / ".join(filter(None, devices)), 34)
    heads = {"quoted": "Printed (Cityscapes test, Titan XP)", "measured": f"Here ({device})"}
    step = WIDTH_IN / max(1, len(parts))
    for number, (status, points) in enumerate(parts):
        left, bottom = number * step + 0.55, 1 - (top + _PLOT_IN) / height
        box = (left / WIDTH_IN, bottom, (step - 0.75) / WIDTH_IN, _PLOT_IN / height)
        axes = figure.add_axes(box)
        axes.set_title(heads[status], size=8)
        lines = draw_panel(axes, status, points)
        axes.set_xlim(axes.get_xlim()[0], axes.get_xlim()[1] * _ROOM)
        named = ours_first(points if status == "measured" else points[points["kind"] == "ours"])
        others = points.drop(named.index)
        unnamed = list(zip(others["fps"].tolist(), others["miou"].tolist(), strict=True))
        x, y, names = (named[column].tolist() for column in ("fps", "miou", "name"))
        place_names(axes, x, y, names, lines, unnamed, 7.5)
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.2), fontsize=6.5, ncols=2, borderpad=0)
