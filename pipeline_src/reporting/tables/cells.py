"""The numbers behind a table: what the paper prints beside what was measured here, and from which files.

A cell is `measured` when at least one of its runs has a value, `quoted` when only the paper has one, and
`not_run`, with the reason, otherwise.
"""

from __future__ import annotations

import re
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Literal

import pandas as pd

from pipeline_src.artifacts import write_text
from pipeline_src.config.grid import Grid
from pipeline_src.config.runs import Row
from pipeline_src.reporting.paper.quoted import footnotes_at
from pipeline_src.reporting.read.liveness import liveness_of
from pipeline_src.reporting.read.reasons import first_reasons
from pipeline_src.reporting.read.records import Results
from pipeline_src.reporting.read.sources import architectures_of
from pipeline_src.reporting.tables.columns import Column
from pipeline_src.reporting.tables.conditions import (
    PAPER_DEVICE,
    SET_NAMES,
    Conditions,
    differences,
    papers_size,
    printed_size,
)
from pipeline_src.reporting.tables.layout import Layout, layout_of, with_classes, with_forms
from pipeline_src.reporting.tables.matching import Kind, Pair, pairs
from pipeline_src.reporting.tables.measures import Reading
from pipeline_src.reporting.tables.stored import cells_path
from pipeline_src.spreadsheets import guarded, joined

Status = Literal["quoted", "measured", "not_run"]

PEER_NOT_RUN = "this system is not run here, and the paper does not print this column"
REASONS_SHOWN = 3
DECIMALS = 6
"""Of a number in a table's file."""


@dataclass(frozen=True)
class Cell:
    """One cell of a table, with everything that says where its value is from.

    Attributes:
        row_id, row: the row's short name and the paper's name for it.
        kind: `ours`, `peer`, or `beyond` the paper.
        column_id, column: the column's short name and its heading.
        quoted: what the paper prints; empty where it prints nothing.
        measured: what was measured here, as shown; empty where nothing was.
        mean, std, min, max: over the runs; None for text, and std for fewer than two runs (n - 1 below). Of
            several networks over these: one that was trained more often counts once, by its mean.
        n: number of runs behind the value, or of networks where there are several.
        unit: of the numbers.
        status: quoted, measured or not_run.
        reason: why a run, or all of them, gave no value.
        sources: the files the value is from, relative to `results/SCALE`.
        data: on which training, split and size it was measured.
        scale: the scale of everything measured here.
        footnotes: ids of the paper's contradictions that stand here.
        q1, q3: quartiles of a single run's timing over its repeats; None for all else.
        differs: why a number here is not set against the printed one: `data set: Cityscapes, here CamVid`.
        sets: the data sets measured on, as the paper calls them: `Cityscapes`, `CamVid (rendered)`.
        spread: of its timings the widest, between the quartiles as a share of the median.
        spread_max: the widest that was accepted without measuring again.
        load: of the machine before its timings, the highest; None where it is not known.
        attempts: at its timings, the most; 0 where it is not known.
        readings: what each run gave, a value or a reason; no part of a stored table.
    """

    row_id: str
    row: str
    kind: Kind
    column_id: str
    column: str
    quoted: str
    measured: str
    mean: float | None
    std: float | None
    min: float | None
    max: float | None
    n: int
    unit: str
    status: Status
    reason: str
    sources: tuple[str, ...]
    data: str
    scale: str
    footnotes: tuple[str, ...]
    q1: float | None = None
    q3: float | None = None
    differs: tuple[str, ...] = ()
    sets: tuple[str, ...] = ()
    spread: float | None = None
    spread_max: float | None = None
    load: float | None = None
    attempts: int = 0
    readings: tuple[Reading, ...] = field(default=(), compare=False, repr=False)

    @property
    def is_noisy(self) -> bool:
        """Whether a timing behind it spreads wider than was to be accepted: the machine was busy."""
        return self.spread is not None and self.spread_max is not None and self.spread > self.spread_max


def timing_range(cell: Cell) -> tuple[float | None, float | None]:
    """Where a timing lies: the quartiles of one run's repeats, smallest and largest of several runs."""
    return (cell.min, cell.max) if cell.q1 is None or cell.q3 is None else (cell.q1, cell.q3)


STORED = tuple(one.name for one in fields(Cell) if one.name != "readings")
"""What of a cell is a column of a table's long form; another is `dead`, of the cell's row."""


@dataclass(frozen=True)
class Table:
    """One table: its layout, the ids of its rows in order, and a cell for every row and column.

    `dead` says of a row's id which of its networks are dead, and why.
    """

    layout: Layout
    rows: tuple[str, ...]
    cells: tuple[Cell, ...]
    scale: str
    dead: Mapping[str, str] = field(default_factory=dict)

    def cell(self, row_id: str, column_id: str) -> Cell:
        """The cell of a row and a column.

        Raises:
            KeyError: there is none.
        """
        for cell in self.cells:
            if (cell.row_id, cell.column_id) == (row_id, column_id):
                return cell
        raise KeyError((row_id, column_id))

    def of_row(self, row_id: str) -> tuple[Cell, ...]:
        """The cells of one row, in the order of the columns."""
        return tuple(cell for cell in self.cells if cell.row_id == row_id)

    def wide(self) -> pd.DataFrame:
        """The paper's rows and columns as text; beside each measurable column `X (here)` and `X (status)`."""
        return pd.DataFrame([self._wide_row(row_id) for row_id in self.rows], dtype="object")

    def _wide_row(self, row_id: str) -> dict[str, str]:
        cells = self.of_row(row_id)
        line: dict[str, str] = {}
        for column, cell in zip(self.layout.columns, cells, strict=True):
            if column.printed:
                line[column.title] = cell.quoted
            if column.measure is not None:
                line[f"{column.title} (here)"] = cell.measured
                line[f"{column.title} (status)"] = cell.status
        line["n"] = str(max(cell.n for cell in cells))
        line["data"] = "; ".join(
            dict.fromkeys(
                cell.data
                for column, cell in zip(self.layout.columns, cells, strict=True)
                if column.quantity.name == "mIoU"
            )
        )
        return line | {"row": row_id, "kind": cells[0].kind, "scale": self.scale}

    def long(self) -> pd.DataFrame:
        """One line for each cell, with every attribute of `Cell` as text, and which networks are dead."""
        lines = (
            {name: as_text(getattr(cell, name)) for name in STORED} | {"dead": self.dead.get(cell.row_id, "")}
            for cell in self.cells
        )
        return pd.DataFrame(lines, columns=(*STORED, "dead"))


def write_table(table: Table, path: Path) -> None:
    """Write both forms, the same bytes for the same cells."""
    write_csv(table.wide(), path)
    write_csv(table.long(), cells_path(path))


def write_csv(frame: pd.DataFrame, path: Path) -> None:
    """Write a frame of text as UTF-8 CSV, whole or not at all."""
    write_text(path, csv_text(frame))


def csv_text(frame: pd.DataFrame) -> str:
    """A frame of text as CSV with `\\n` line ends and nothing that a spreadsheet takes for a formula."""
    shown = frame.map(lambda value: guarded(value) if isinstance(value, str) else value)
    return shown.to_csv(index=False, lineterminator="\n")


def tabulate(table: str, grid: Grid, results: Path) -> Table:
    """Gather one table from result files; an absent file leaves its cells `not_run`.

    Args:
        table: `table_1`..`table_10`, or `figure_6`, whose points are gathered alike.
        grid: the runs of the configuration.
        results: the folder `results/SCALE`.

    Raises:
        ConfigError: there is no such table.
        UserError: a result file is malformed or belongs to another run.
    """
    own = grid.config.data.own
    layout = with_forms(layout_of(table), grid.experiments.speed_forms)
    layout = with_classes(layout, own.class_names if own else ())
    reader = Results(results)
    scale = grid.config.scale
    rendered = frozenset(SET_NAMES[name] for name in SET_NAMES if grid.is_rendered(name))
    rows: list[str] = []
    cells: list[Cell] = []
    dead: dict[str, str] = {}
    for pair in pairs(table, grid):
        row_id = _unique_id(pair.key, rows)
        rows.append(row_id)
        fault = _faults(pair.row, reader) if pair.row else ""
        if fault:
            dead[row_id] = fault
        cells += [_cell(layout, column, pair, row_id, reader, scale, rendered) for column in layout.columns]
    return Table(layout, tuple(rows), tuple(cells), scale, dead)


def _faults(row: Row, reader: Results) -> str:
    """Which of a row's networks are dead, and why; empty where all that are known are live."""
    known = (liveness_of(one, reader) for one in architectures_of(row))
    return "; ".join(one.fault for one in known if one is not None and one.fault)


def _unique_id(key: str, taken: Sequence[str]) -> str:
    words = key.replace("*", " star ").replace("†", " dagger ").casefold()
    plain = re.sub(r"[^\w]+", "_", words).strip("_") or "row"
    number = 2
    row_id = plain
    while row_id in taken:
        row_id = f"{plain}_{number}"
        number += 1
    return row_id


def _cell(
    layout: Layout,
    column: Column,
    pair: Pair,
    row_id: str,
    results: Results,
    scale: str,
    rendered: frozenset[str],
) -> Cell:
    quoted = _quoted(layout, column, pair)
    measured = column.measure(pair.row, results) if column.measure and pair.row else ()
    readings = tuple(_told_rendered(reading, rendered) for reading in measured)
    good = [reading for reading in readings if reading.value is not None]
    status: Status
    if good:
        status = "measured"
    elif column.measure is None or (pair.kind == "peer" and quoted):
        status = "quoted"
    else:
        status = "not_run"
    numbers = _numbers(good)
    quartiles = good[0].quartiles if len(good) == 1 else None
    conditions = (reading.conditions for reading in good if reading.conditions)
    moments = [reading.moment for reading in good if reading.moment]
    return Cell(
        row_id=row_id,
        row=pair.key,
        kind=pair.kind,
        column_id=column.id,
        column=column.title,
        quoted=quoted,
        measured=_shown(column, good, numbers),
        mean=as_stored(statistics.fmean(numbers) if numbers else None),
        std=as_stored(statistics.stdev(numbers) if len(numbers) > 1 else None),
        min=as_stored(min(numbers, default=None)),
        max=as_stored(max(numbers, default=None)),
        n=len(numbers) or len(good),
        unit=column.unit,
        status=status,
        reason=_reason(status, pair, readings, len(good)),
        sources=tuple(dict.fromkeys(reading.source for reading in good)),
        data="; ".join(dict.fromkeys(reading.data for reading in good if reading.data)),
        scale=scale,
        footnotes=footnotes_at(layout.name, pair.key, column.title) if column.printed else (),
        q1=as_stored(quartiles[0] if quartiles else None),
        q3=as_stored(quartiles[1] if quartiles else None),
        differs=_differs(layout, column, pair, good) if quoted or (column.beside and pair.printed) else (),
        sets=tuple(dict.fromkeys(one.dataset for one in conditions if one.dataset)),
        spread=as_stored(max((one.spread for one in moments), default=None)),
        spread_max=as_stored(min((one.spread_max for one in moments), default=None)),
        load=as_stored(max((one.load for one in moments if one.load is not None), default=None)),
        attempts=max((one.attempts or 0 for one in moments), default=0),
        readings=readings,
    )


def _told_rendered(reading: Reading, rendered: frozenset[str]) -> Reading:
    """The reading, its data set named as rendered where the project draws it."""
    found = reading.conditions
    if found is None or found.dataset not in rendered:
        return reading
    return replace(reading, conditions=replace(found, dataset=f"{found.dataset} (rendered)"))


def _differs(layout: Layout, column: Column, pair: Pair, good: Sequence[Reading]) -> tuple[str, ...]:
    """What keeps the runs' numbers from being set against the printed one; nothing for text."""
    if not any(isinstance(reading.value, float) for reading in good):
        return ()
    found = [("unit", column.printed_unit, column.unit)] if column.printed_unit else []
    if column.quantity.is_accuracy or column.quantity.is_timing:
        paper = _papers_conditions(layout, column, pair)
        for here in dict.fromkeys(reading.conditions for reading in good if reading.conditions):
            found += differences(paper, here, column.quantity.is_timing)
    return tuple(dict.fromkeys(f"{name}: {printed}, here {own}" for name, printed, own in found))


def _papers_conditions(layout: Layout, column: Column, pair: Pair) -> Conditions:
    """What the paper measured a cell on: its table's data set, the row's size and, where printed, device."""
    printed = dict(zip((one.id for one in layout.printed), pair.printed or (), strict=False))
    own_device = printed.get("original_gpu", "-").strip("- ")
    return Conditions(
        SET_NAMES[layout.dataset],
        column.split,
        printed_size(printed.get("input_size", "")) or papers_size(layout.dataset),
        own_device if column.id == "original_fps" and own_device else PAPER_DEVICE,
    )


def _quoted(layout: Layout, column: Column, pair: Pair) -> str:
    if not column.printed:
        return ""
    if pair.printed is not None:
        return pair.printed[layout.printed.index(column)]
    return pair.key if column.measure is None and column is layout.columns[0] else ""


def _numbers(readings: Sequence[Reading]) -> list[float]:
    """One a run; of several networks one a network, so that none weighs more for having been repeated."""
    by_network: dict[str, list[float]] = {}
    for reading in readings:
        if isinstance(reading.value, float):
            by_network.setdefault(reading.network, []).append(reading.value)
    if len(by_network) == 1:
        return next(iter(by_network.values()))
    return [statistics.fmean(values) for values in by_network.values()]


def _shown(column: Column, readings: Sequence[Reading], numbers: Sequence[float]) -> str:
    words = [reading.value for reading in readings if isinstance(reading.value, str)]
    if words:
        return " / ".join(dict.fromkeys(words))
    if not numbers:
        return ""
    digits = column.decimals
    if len(numbers) == 1:
        return f"{numbers[0]:.{digits}f}"
    low, high = f"{min(numbers):.{digits}f}", f"{max(numbers):.{digits}f}"
    if column.spread == "spread":
        return f"{statistics.fmean(numbers):.{digits}f}±{statistics.stdev(numbers):.{digits}f}"
    return f"{low}~{high}" if column.spread == "range" else f"{high}~{low}"


def _reason(status: Status, pair: Pair, readings: Sequence[Reading], good: int) -> str:
    if status == "quoted":
        return ""
    if not readings:
        if pair.kind == "peer" and not (pair.row and pair.row.not_run):
            return PEER_NOT_RUN
        return pair.reason or (pair.row.not_run if pair.row else "") or "no run of the grid gives this value"
    faults = first_reasons((reading.reason for reading in readings if reading.reason), REASONS_SHOWN)
    return f"{good} of {len(readings)} runs: {faults}" if 0 < good < len(readings) else faults


def as_stored(number: float | None) -> float | None:
    """A number to the six decimals that a table's file has, so that what is read back is the same cell."""
    return None if number is None else round(number, DECIMALS)


def as_text(value: object) -> str:
    """Text that reads back to the same number to six decimals, whatever the machine."""
    if value is None:
        return ""
    if isinstance(value, float):
        return repr(as_stored(value))
    return joined(value) if isinstance(value, tuple) else str(value)
