"""The values that the paper prints, as data: its tables, two figures given in words, its contradictions.

Transcribed in `paper/` (see its README); nothing here is measured. [no torch]
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import yaml

_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_CITATION = re.compile(r"\s*\[\d+\]$")


@dataclass(frozen=True)
class QuotedTable:
    """One table as printed: `keys[i]` names `rows[i]` without its citation mark."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    keys: tuple[str, ...]

    def cell(self, key: str, column: str) -> str:
        """The printed text of a cell."""
        return self.rows[self.keys.index(key)][self.columns.index(column)]


@dataclass(frozen=True)
class Place:
    """The cells a footnote belongs to: without a row the whole column, without a column the whole row."""

    table: str
    row: str | None = None
    column: str | None = None

    def covers(self, table: str, row: str, column: str) -> bool:
        """Whether the footnote stands at this cell."""
        return self.table == table and self.row in (None, row) and self.column in (None, column)


@dataclass(frozen=True)
class Footnote:
    """One contradiction of the paper with itself, and where it stands."""

    id: str
    text: str
    places: tuple[Place, ...]


@cache
def quoted_table(name: str) -> QuotedTable:
    """A transcribed table: `table_1`..`table_10`, `figure_5` or `figure_6`."""
    text = files("pipeline_src.reporting.paper").joinpath(f"{name}.csv").read_text(encoding="utf-8")
    columns, *rows = (tuple(line) for line in csv.reader(text.splitlines()))
    return QuotedTable(name, columns, tuple(rows), tuple(_key(name, row) for row in rows))


def _key(table: str, row: tuple[str, ...]) -> str:
    if table == "table_4":
        return f"seed {row[0]} {row[1]}"
    if table == "table_5":
        return "hyper-cell" if row[3] == "Hyper Cell" else ".".join(_NUMBER.findall(row[0]))
    return _CITATION.sub("", row[0])


@cache
def footnotes() -> tuple[Footnote, ...]:
    """The paper's contradictions, in the order of `footnotes.yaml`."""
    text = files("pipeline_src.reporting.paper").joinpath("footnotes.yaml").read_text(encoding="utf-8")
    return tuple(
        Footnote(note["id"], note["text"], tuple(Place(**place) for place in note["at"]))
        for note in yaml.safe_load(text)
    )


def footnotes_at(table: str, row: str, column: str) -> tuple[str, ...]:
    """The ids of the footnotes that stand at a cell."""
    return tuple(note.id for note in footnotes() if any(at.covers(table, row, column) for at in note.places))


def quoted_number(text: str) -> float | None:
    """The number in a printed cell, None for `-`, words and ranges; `20.6 †` is 20.6, `66.7±2.5` is 66.7."""
    value = text.split("±")[0].replace("†", "").strip()
    return float(value) if _NUMBER.fullmatch(value) else None
