"""Class tables of a data set: a name a line (`codes.txt`), or names with colours (CSV, or R G B NAME)."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import NamedTuple

from pipeline_src.config.dataset import Colour
from pipeline_src.data.split_lists import text_of
from pipeline_src.errors import DataError

_COLOUR_LINE = re.compile(r"\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S.*?)\s*")
_COLUMNS = {"r": ("r", "red"), "g": ("g", "green"), "b": ("b", "blue")}
_REMEDY = "Write a name a line, or CSV with the columns name, r, g, b."


class TableRow(NamedTuple):
    """A label of a class table; its id is its place."""

    name: str
    colour: Colour | None


def read_class_table(path: Path) -> tuple[TableRow, ...]:
    """The rows of a class table, in its order.

    Raises:
        DataError: it cannot be read, has no name, or a colour that is none.
    """
    lines = [line for line in text_of(path).splitlines() if line.strip()]
    if not lines:
        raise DataError(path, "is empty.", _REMEDY)
    header = [word.strip().lower() for word in next(csv.reader(lines[:1]))]
    rows = _of_csv(lines, header, path) if "name" in header else [_of_line(line, path) for line in lines]
    names = [row.name for row in rows]
    for name in names:
        if names.count(name) > 1:
            raise DataError(path, f"has {name!r} {names.count(name)} times.", "A label may stand once.")
    return tuple(rows)


def _of_csv(lines: list[str], header: list[str], path: Path) -> list[TableRow]:
    places = {
        key: next((header.index(word) for word in words if word in header), None)
        for key, words in _COLUMNS.items()
    }
    rows = []
    for number, cells in enumerate(csv.reader(lines[1:]), start=2):
        try:
            name = cells[header.index("name")].strip()
            parts = [cells[place].strip() for place in places.values() if place is not None]
        except IndexError:
            raise DataError(path, f"has too few columns in line {number}.", _REMEDY) from None
        rows.append(TableRow(name, _colour(parts, path, number) if len(parts) == 3 else None))
    return rows


def _of_line(line: str, path: Path) -> TableRow:
    found = _COLOUR_LINE.fullmatch(line)
    if found is None:
        return TableRow(line.strip(), None)
    return TableRow(found[4], _colour([found[1], found[2], found[3]], path, line.strip()))


def _colour(parts: list[str], path: Path, where: object) -> Colour:
    numbers = [int(part) if part.isdigit() else -1 for part in parts]
    if not all(0 <= number <= 255 for number in numbers):
        raise DataError(path, f"has the colour {', '.join(parts)} ({where}).", "Colours are 0 to 255.")
    return numbers[0], numbers[1], numbers[2]
