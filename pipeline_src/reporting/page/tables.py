"""The ten tables as the templates need them. [no torch]"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pipeline_src.reporting.page.facts import Facts
from pipeline_src.reporting.read.reasons import first_reasons
from pipeline_src.reporting.tables.cells import Table
from pipeline_src.reporting.tables.columns import Column
from pipeline_src.reporting.tables.lines import (
    Entry,
    Group,
    Line,
    Marks,
    another_device,
    columns_shown,
    groups,
    heading_of,
    marks,
    measured_on,
    table_footnotes,
)

if TYPE_CHECKING:  # comparing loads scipy, which a page of one report does not need
    from pipeline_src.reporting.compare.sides import Key
    from pipeline_src.reporting.page.against import Other

LINE_NAMES = {"paper": "paper", "here": "here", "difference": "here − paper"}
WIDE_FROM = 10
"""Columns from which print turns the sheet."""
LONG_WORDS = 18
"""Letters from which a value may take several lines."""


@dataclass(frozen=True)
class Head:
    """A column's heading.

    `hint` says which way is better, `first` how the first click sorts, `here` that this device is another.
    """

    title: str
    here: str
    printed: bool
    hint: str
    first: str
    marks: tuple[str, ...]


@dataclass(frozen=True)
class Value:
    """One value: `key` opens its facts, empty where there are none; `marks` are letters of footnotes.

    `other` is another report's value of the same cell, `moved` whether it differs by more than noise.
    `anchor` is the key again where it is the value's address: on one of the lines that show a cell.

    `shape` says how it is set: `words` to the left, `long` ones over several lines, all else to the right.
    """

    text: str
    state: str
    shape: str
    best: bool
    key: str
    anchor: str
    label: str
    number: str
    marks: tuple[str, ...]
    note: str
    noise: str
    other: str = ""
    moved: bool = False


@dataclass(frozen=True)
class LineView:
    """One line of a row; n and data are empty but on the line `here`.

    Of a row that was not run it is the only line, `paper` or `absent`, and `absent_key` opens why.
    """

    which: str
    name: str
    values: tuple[Value, ...]
    n: str
    data: str
    absent_key: str = ""


@dataclass(frozen=True)
class RowView:
    """One row."""

    row_id: str
    heading: str
    kind: str
    marks: tuple[str, ...]
    lines: tuple[LineView, ...]
    dead: str
    measured: bool


@dataclass(frozen=True)
class TableView:
    """One table with its anchors, headings, rows, footnotes and counts of cells by status."""

    name: str
    anchor: str
    number: str
    caption: str
    here: str
    row_title: str
    heads: tuple[Head, ...]
    rows: tuple[RowView, ...]
    footnotes: tuple[tuple[str, str], ...]
    counts: dict[str, int]
    wide: bool


def view(table: Table, facts: Facts, others: Mapping[Key, Other] | None = None) -> TableView:
    """A table's view; the facts of its cells go to `facts`.

    Args:
        table: one of the ten.
        facts: where what is known of its cells is kept.
        others: another report's values, by table, row and column.

    Raises:
        UserError: a measured cell has no provenance.
    """
    name = table.layout.name
    at = marks(table)
    columns = columns_shown(table.layout)
    rows = []
    for group in groups(table):
        measured = any(entry.cell.status == "measured" for line in group.lines for entry in line.entries)
        told = group.lines if measured else _folded(group)
        here = {
            entry.cell.column_id
            for line in told
            for entry in line.entries
            if line.which == "here" and entry.text
        }
        lines = tuple(
            LineView(
                line.which,
                LINE_NAMES[line.which],
                tuple(
                    _value(
                        name, line, entry, at, facts, line.which == "here" or entry.cell.column_id not in here
                    )
                    for entry in line.entries
                ),
                str(group.n) if line.which == "here" and group.n else "",
                "; ".join(filter(None, (group.data, group.dead))) if line.which == "here" else "",
            )
            for line in told
        )
        lines = tuple(
            _with_others(name, group, line, shown, others or {})
            for line, shown in zip(told, lines, strict=True)
        )
        if told != group.lines or not told:
            lines = _with_absence(name, group, lines, facts)
        notes = at.rows.get(group.row_id, ())
        rows.append(RowView(group.row_id, group.heading, group.kind, notes, lines, group.dead, measured))
    return TableView(
        name=name,
        anchor=name.replace("_", "-"),
        number=name.removeprefix("table_"),
        caption=table.layout.caption,
        here=measured_on(table),
        row_title=heading_of(table.layout),
        heads=tuple(_head(table, column, at) for column in columns),
        rows=tuple(rows),
        footnotes=tuple((letter, text) for letter, _, text in table_footnotes(table)),
        counts=_counts(table),
        wide=len(columns) >= WIDE_FROM,
    )


def _with_others(
    table: str, group: Group, line: Line, shown: LineView, others: Mapping[Key, Other]
) -> LineView:
    """The line with another report's values, where it is that of ours."""
    if line.which != "here":
        return shown
    found = [others.get((table, group.row_id, entry.cell.column_id)) for entry in line.entries]
    values = tuple(
        one if other is None else replace(one, other=other.value, moved=other.moved)
        for one, other in zip(shown.values, found, strict=True)
    )
    return replace(shown, values=values)


def _folded(group: Group) -> tuple[Line, ...]:
    """The lines of a row of which nothing was measured: the paper's, if it has the row."""
    return tuple(line for line in group.lines if line.which == "paper")


def _with_absence(
    table: str, group: Group, lines: tuple[LineView, ...], facts: Facts
) -> tuple[LineView, ...]:
    """A row that was not run as one line, which opens the reasons."""
    here = (entry.cell for line in group.lines if line.which == "here" for entry in line.entries)
    reasons = dict.fromkeys(cell.reason for cell in here if cell.reason)
    key = facts.add_absence(table, group.row_id, group.heading, tuple(reasons))
    told = first_reasons(reasons)
    if lines:
        return (replace(lines[0], data=told, absent_key=key),)
    return (LineView("absent", "", (), "", told, key),)


def _head(table: Table, column: Column, at: Marks) -> Head:
    hints = {1: "higher is better", -1: "lower is better", 0: ""}
    here = "here: another device" if another_device(table, column) else ""
    better = column.quantity.better
    first = "descending" if better == 1 else "ascending"
    return Head(column.title, here, column.printed, hints[better], first, at.columns.get(column.id, ()))


def _value(table: str, line: Line, entry: Entry, at: Marks, facts: Facts, addressed: bool) -> Value:
    cell = entry.cell
    key = (
        facts.add_cell(table, cell)
        if entry.text and (line.which != "difference" or entry.state == "apart")
        else ""
    )
    return Value(
        text=entry.text,
        state=entry.state,
        shape=_shape(entry),
        best=entry.best,
        key=key,
        anchor=key if addressed else "",
        label=f"{cell.row}, {cell.column}, {LINE_NAMES[line.which]}",
        number="" if entry.number is None else repr(round(entry.number, 6)),
        marks=at.cells.get((cell.row_id, cell.column_id), ()) if line.which == "paper" else (),
        note=f"n={cell.n}" if entry.state == "partly" else "",
        noise=entry.noise,
    )


def _shape(entry: Entry) -> str:
    if entry.state == "apart":
        return "words long"
    if entry.number is not None or entry.state in ("not_run", "empty") or not entry.text[:1].isalpha():
        return "long" if len(entry.text) > LONG_WORDS else ""
    return "words long" if len(entry.text) > LONG_WORDS else "words"


def _counts(table: Table) -> dict[str, int]:
    """Cells by status; columns that only name something are not counted."""
    counted = {column.id for column in table.layout.columns if column.measure is not None}
    found = {"measured": 0, "quoted": 0, "not_run": 0, "peer": 0}
    for cell in table.cells:
        if cell.column_id in counted:
            found["peer" if cell.status == "not_run" and cell.kind == "peer" else cell.status] += 1
    return found
