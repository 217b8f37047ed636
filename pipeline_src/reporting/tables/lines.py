"""A table as it is shown, on the page, in Markdown and in LaTeX: printed values, measured ones, the gap.

Each row of a table becomes up to three lines: the paper's values, those measured here, and measured minus
printed where both are numbers of the same thing, else what differs. So the paper's columns stay as they are
and the two kinds of values never share a cell. [no torch]
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pipeline_src.config.peers import stand_in_for
from pipeline_src.reporting.paper.quoted import footnotes, quoted_number
from pipeline_src.reporting.tables.cells import PEER_NOT_RUN, Cell, Table, timing_range
from pipeline_src.reporting.tables.columns import Column
from pipeline_src.reporting.tables.conditions import PAPER_DEVICE, SET_NAMES
from pipeline_src.reporting.tables.layout import Layout
from pipeline_src.reporting.tables.matching import Kind

Which = Literal["paper", "here", "difference"]
State = Literal["value", "partly", "not_run", "empty", "apart"]

NOT_RUN = "not run"
STAND_IN = "stand-in"
NOT_IN_PAPER = "not in the paper"
BEST_RULE = (
    "Bold: the best value measured here in its column, where at least two rows were measured: the highest "
    "mIoU, IoU and FPS, the lowest latency and number of parameters; ties share bold, "
    "and none is bold where all are equal, where timings are of different sizes, or where the quartiles of "
    "the best timing overlap another's; rows with a dead network are left out. "
    "Brackets after a timing hold the quartiles of its repeats."
)


@dataclass(frozen=True)
class Entry:
    """One shown value.

    Attributes:
        cell: the cell that it is from.
        text: as shown, empty where nothing belongs.
        number: to sort by; None for words.
        state: a value, one of which some runs are missing, `not run`, nothing that could be there, or two
            values `apart`: not of the same thing, so no difference is told but what differs.
        best: whether it is the best of its column, by `BEST_RULE`.
        noise: quartiles of a timing, and that they are wide apart where they are; that it is a stand-in's.
    """

    cell: Cell
    text: str
    number: float | None
    state: State
    best: bool = False
    noise: str = ""


@dataclass(frozen=True)
class Line:
    """One line of a row; `entries` follow `columns_shown`."""

    which: Which
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class Group:
    """One row of a table.

    Attributes:
        row_id, kind: of the row.
        heading: as the paper prints the row's name, or ours.
        lines: at least one.
        n: runs behind the row, 0 where none were made.
        data: on which training, split and size it was measured.
        dead: which of its networks are dead, and why; empty where none is known to be.
    """

    row_id: str
    kind: Kind
    heading: str
    lines: tuple[Line, ...]
    n: int
    data: str
    dead: str = ""


def heading_of(layout: Layout) -> str:
    """The title of the column that names the rows: the paper's, or `Row` where the first is measured."""
    first = layout.columns[0]
    return first.title if first.measure is None else "Row"


def columns_shown(layout: Layout) -> tuple[Column, ...]:
    """All columns but the one that names the rows."""
    return layout.columns[1:] if layout.columns[0].measure is None else layout.columns


def groups(table: Table) -> tuple[Group, ...]:
    """The rows of a table in its order."""
    best = {column.id: _best(table, column) for column in columns_shown(table.layout)}
    return tuple(_group(table, row_id, best) for row_id in table.rows)


@dataclass(frozen=True)
class Marks:
    """Letters of footnotes by where they stand: a row's name, a column's heading, one printed value."""

    rows: dict[str, tuple[str, ...]]
    columns: dict[str, tuple[str, ...]]
    cells: dict[tuple[str, str], tuple[str, ...]]


def marks(table: Table) -> Marks:
    """Where the footnotes of a table stand: once for a whole row or column."""
    letters = {name: letter for letter, name, _ in table_footnotes(table)}
    found = Marks({}, {}, {})
    for note in footnotes():
        for place in (place for place in note.places if place.table == table.layout.name):
            letter = (letters[note.id],)
            for cell in table.cells:
                if note.id not in cell.footnotes or not place.covers(place.table, cell.row, cell.column):
                    continue
                if place.column is None:
                    found.rows[cell.row_id] = tuple(dict.fromkeys(found.rows.get(cell.row_id, ()) + letter))
                elif place.row is None:
                    found.columns[cell.column_id] = letter
                else:
                    key = cell.row_id, cell.column_id
                    found.cells[key] = found.cells.get(key, ()) + letter
    return found


def table_footnotes(table: Table) -> tuple[tuple[str, str, str], ...]:
    """(letter, id, text) of the paper's contradictions that stand in a table, in the order of its cells."""
    texts = {note.id: note.text for note in footnotes()}
    used = dict.fromkeys(name for cell in table.cells for name in cell.footnotes)
    return tuple((chr(ord("a") + place), name, texts[name]) for place, name in enumerate(used))


def _best(table: Table, column: Column) -> str | None:
    """The best mean of a column as it is shown, None where no two differ."""
    sign = column.quantity.better
    cells = _rivals(table, column)
    if column.quantity.is_timing and len({cell.data for cell in cells}) > 1:
        return None
    means = [cell.mean for cell in cells if cell.mean is not None]
    if not sign or len({f"{mean:.{column.decimals}f}" for mean in means}) < 2:
        return None
    best = f"{max(means, key=lambda mean: sign * mean):.{column.decimals}f}"
    return None if column.quantity.is_timing and _overlaps(table, column, best) else best


def _rivals(table: Table, column: Column) -> list[Cell]:
    """What was measured in a column, of rows whose networks are live."""
    return [
        cell
        for cell in table.cells
        if cell.column_id == column.id and cell.mean is not None and cell.row_id not in table.dead
    ]


def _overlaps(table: Table, column: Column, best: str) -> bool:
    """Whether the best timing cannot be told from another by quartiles or, of several runs, their range."""
    cells = _rivals(table, column)
    first = [_range(cell) for cell in cells if f"{cell.mean:.{column.decimals}f}" == best]
    others = [_range(cell) for cell in cells if f"{cell.mean:.{column.decimals}f}" != best]
    return any(low <= high2 and low2 <= high for low, high in first for low2, high2 in others)


def _range(cell: Cell) -> tuple[float, float]:
    low, high = timing_range(cell)
    assert low is not None and high is not None
    return low, high


def _noise(column: Column, cell: Cell, stand_in: bool) -> str:
    """`[5.46 to 6.31]`, with `noisy` where the repeats spread wide; of several runs only that.

    Behind it stands `stand-in` where another network than the row's was measured.
    """
    flags = ["noisy"] * cell.is_noisy + [STAND_IN] * stand_in
    if cell.q1 is not None and cell.q3 is not None:
        digits = column.decimals
        flags.insert(0, f"[{cell.q1:.{digits}f} to {cell.q3:.{digits}f}]")
    return " ".join(flags)


def _group(table: Table, row_id: str, best: dict[str, str | None]) -> Group:
    every = table.of_row(row_id)
    first, shown = every[0], every if table.layout.columns[0].measure else every[1:]
    columns = columns_shown(table.layout)
    has_here = first.kind != "peer" or any(_is_asked_for(cell) for cell in shown)
    stand_in = stand_in_for(table.layout.name, first.row)
    lines = []
    if first.kind != "beyond":
        entries = (_paper(column, cell, has_here) for column, cell in zip(columns, shown, strict=True))
        lines.append(Line("paper", tuple(entries)))
    if has_here:
        here = (
            _here(column, cell, None if row_id in table.dead else best[column.id], stand_in is not None)
            for column, cell in zip(columns, shown, strict=True)
        )
        lines.append(Line("here", tuple(here)))
        printed = {cell.column_id: cell.quoted for cell in shown}
        gaps = tuple(
            _difference(column, cell, printed.get(column.beside, cell.quoted))
            for column, cell in zip(columns, shown, strict=True)
        )
        if any(entry.text for entry in gaps):
            lines.append(Line("difference", gaps))
    heading = first.row if table.layout.columns[0].measure else first.quoted or first.row
    pairs = zip(columns, shown, strict=True)
    scores = (cell.data for column, cell in pairs if column.quantity.name == "mIoU" and cell.data)
    data = "; ".join(dict.fromkeys(scores)) or next((cell.data for cell in shown if cell.data), "")
    return Group(
        row_id,
        first.kind,
        heading,
        tuple(lines),
        max(cell.n for cell in every),
        f"{data}; {STAND_IN}: {stand_in.note}" if data and stand_in else data,
        table.dead.get(row_id, ""),
    )


def _is_asked_for(cell: Cell) -> bool:
    """Whether the grid has runs for a peer's cell, be they made or not."""
    return cell.status == "measured" or (cell.status == "not_run" and cell.reason != PEER_NOT_RUN)


def _paper(column: Column, cell: Cell, has_here: bool) -> Entry:
    if column.printed:
        return Entry(cell, cell.quoted, quoted_number(cell.quoted), "value" if cell.quoted else "empty")
    if column.quantity.name == "class IoU":
        return Entry(cell, NOT_IN_PAPER, None, "not_run")
    return Entry(cell, "", None, "empty") if has_here else Entry(cell, NOT_RUN, None, "not_run")


def _here(column: Column, cell: Cell, best: str | None, stand_in: bool) -> Entry:
    if column.measure is None:
        return Entry(cell, "", None, "empty")
    if cell.status != "measured":
        return Entry(cell, NOT_RUN, None, "not_run")
    is_best = best is not None and cell.mean is not None and f"{cell.mean:.{column.decimals}f}" == best
    state: State = "partly" if cell.reason else "value"
    return Entry(cell, cell.measured, cell.mean, state, is_best, _noise(column, cell, stand_in))


def _difference(column: Column, cell: Cell, printed: str) -> Entry:
    """Measured minus `printed`, what the paper prints in the column or in the one that it stands beside."""
    quoted = quoted_number(printed) if column.printed or column.beside else None
    if quoted is None or cell.mean is None:
        return Entry(cell, "", None, "empty")
    if cell.differs:
        names = ", ".join(dict.fromkeys(reason.partition(":")[0] for reason in cell.differs))
        return Entry(cell, f"other {names}", None, "apart")
    gap = cell.mean - quoted
    return Entry(cell, f"{gap:+.{column.decimals}f}".replace("-", "−"), gap, "value")


def measured_on(table: Table) -> str:
    """The data sets that a table was measured on here, where they are not all the paper's; else empty."""
    paper = SET_NAMES[table.layout.dataset]
    here = dict.fromkeys(name for cell in table.cells for name in cell.sets)
    return ", ".join(here) if here and tuple(here) != (paper,) else ""


def another_device(table: Table, column: Column) -> bool:
    """Whether a column that the paper heads with its device holds times of another one here."""
    cells = (cell for cell in table.cells if cell.column_id == column.id)
    return PAPER_DEVICE in column.title and any(
        reason.startswith("device:") for cell in cells for reason in cell.differs
    )
