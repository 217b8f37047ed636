"""Beyond the paper: IoU of each class measured here, minus what the paper prints for network A."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from matplotlib.axes import Axes

from pipeline_src.config.grid import Grid
from pipeline_src.reporting.drawing.dead import mark, words_on
from pipeline_src.reporting.drawing.panels import (
    SMALL_PT,
    data_style,
    listed,
    panels,
    present,
    printable,
    scale_words,
    set_name,
    sound,
    with_reason,
)
from pipeline_src.reporting.drawing.picture import COLOURS, Picture, Words, not_run
from pipeline_src.reporting.paper.quoted import quoted_number
from pipeline_src.reporting.read.liveness import faults_of
from pipeline_src.reporting.read.picture_sources import class_difference_sources, class_tables
from pipeline_src.reporting.read.reasons import first_reasons
from pipeline_src.reporting.tables.cells import Cell, tabulate

TITLE = "IoU of classes: measured here minus the paper's"
ROW, ROW_ID = "AutoRTNet-A", "autortnet_a"
_BAR_IN = 0.25
_QUOTED_ON = {"table_8": "Cityscapes", "table_10": "CamVid"}


@dataclass(frozen=True)
class _Part:
    """One table's classes in the paper's order, and the data set that they were measured on here."""

    table: str
    dataset: str
    cells: tuple[Cell, ...]

    @property
    def number(self) -> str:
        """`Table 8`."""
        return self.table.replace("table_", "Table ")

    @property
    def head(self) -> str:
        """Where both numbers are from: at some scales Table 8 is measured on CamVid."""
        return f"{self.number} ({_QUOTED_ON[self.table]} test)\nhere: {self.dataset} test"

    @property
    def differences(self) -> tuple[float | None, ...]:
        """Measured minus quoted of each class, in percentage points; None where they do not compare."""
        found: list[float | None] = []
        for cell in self.cells:
            quoted = quoted_number(cell.quoted)
            if quoted is None or cell.mean is None or cell.differs:
                found.append(None)
            else:
                found.append(cell.mean - quoted)
        return tuple(found)


def draw(name: str, grid: Grid, results: Path) -> Picture:
    """Bars of percentage points, a panel for each of Tables 8 and 10 that A was measured for.

    Raises:
        UserError: a result file is malformed.
    """
    parts, reasons = [], []
    for table in class_tables(grid):
        row = next(one for one in grid.of_table(table) if one.label == ROW)
        whole = tabulate(table, grid, results)
        told = zip(whole.layout.columns, whole.of_row(ROW_ID), strict=True)
        classes = tuple(cell for column, cell in told if column.quantity.is_accuracy and cell.quoted)
        part = _Part(table, set_name(grid, row.test[0].training.dataset), classes)
        missing = first_reasons(cell.reason for cell in classes if cell.reason)
        apart = dict.fromkeys(reason for cell in classes for reason in cell.differs)
        not_compared = [f"not compared with the paper ({'; '.join(apart)})"] if apart else []
        why = "; ".join([*([missing] if missing else []), *not_compared])
        if any(one is not None for one in part.differences):
            parts.append(part)
        if why:
            reasons.append(f"{part.number}: {why}")
    reason = "; ".join(reasons)
    if not parts:
        return not_run(name, TITLE, reason)
    faults = faults_of([grid.network_a], results)
    with data_style():
        height = 1.0 + _BAR_IN * max(len(part.cells) for part in parts)
        figure, axes = panels(1, len(parts), height)
        for axis, part in zip(axes[0], parts, strict=True):
            _bars(axis, part)
        if faults:
            mark(figure, "AutoRTNet-A")
    sources = present(results, class_difference_sources(grid))
    return Picture(figure, _words(name, grid, parts, reason, words_on(faults.values()), sources))


def _bars(axes: Axes, part: _Part) -> None:
    places = range(len(part.cells))
    values = part.differences
    for place, value in zip(places, values, strict=True):
        missing = "not compared" if part.cells[place].differs else "not measured"
        shown = missing if value is None else f"{value:+.1f}".replace("-", "\N{MINUS SIGN}")
        at = value or 0.0
        better = at >= 0
        if value is not None:
            axes.barh(
                place,
                value,
                height=0.72,
                color=COLOURS[0 if better else 1],
                edgecolor="#222222",
                linewidth=0.5,
                hatch="" if better else "///",
            )
        axes.annotate(
            shown,
            (at, place),
            (3 if better else -3, 0),
            textcoords="offset points",
            ha="left" if better else "right",
            va="center",
            size=SMALL_PT,
        )
    axes.axvline(0.0, color="#222222", linewidth=0.9)
    axes.set_yticks(list(places), [_class_label(cell) for cell in part.cells])
    axes.tick_params(axis="y", length=0)
    axes.invert_yaxis()
    axes.use_sticky_edges = False
    axes.margins(x=0.34, y=0.02)
    axes.grid(visible=False, axis="y")
    axes.set_title(part.head)
    axes.set_xlabel("difference (percentage points)")


def _class_label(cell: Cell) -> str:
    return "mean" if cell.column_id == "miou" else printable(cell.column, 16)


def _words(
    name: str, grid: Grid, parts: list[_Part], reason: str, dead: str, sources: tuple[str, ...]
) -> Words:
    on = "; ".join(f"{part.number}: {_measured_on(part)}" for part in parts)
    caption = (
        f"IoU of each class of AutoRTNet-A ({grid.network_a.name}) measured here minus the value that the "
        "paper prints "
        "for AutoRTNet-A, in percentage points; hatched bars are below the paper. The lowest bar is the "
        "mean over "
        f"classes. One run, last epoch. {on}.{dead} {scale_words(grid.config.scale)}"
    )
    return Words(
        name=name,
        title=TITLE,
        caption=with_reason(caption, reason),
        alt=" ".join(_numbers(part) for part in parts) + dead,
        status="measured",
        reason=reason,
        sources=sources,
    )


def _measured_on(part: _Part) -> str:
    mean = next(cell for cell in part.cells if cell.column_id == "miou")
    return sound(mean.data) or "the mean was not measured"


def _numbers(part: _Part) -> str:
    told = [
        f"{sound(_class_label(cell))} {value:+.1f}"
        for cell, value in zip(part.cells, part.differences, strict=True)
        if value is not None
    ]
    return f"{part.number}, points: {listed(told)}."
