"""A report's tables as numbers, read back for a comparison. [no torch, no pandas]"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from pipeline_src import places
from pipeline_src.errors import UserError
from pipeline_src.reporting.compare.repeats import Origins, read_origins
from pipeline_src.reporting.tables.columns import Column
from pipeline_src.reporting.tables.layout import column_of
from pipeline_src.reporting.tables.stored import not_cells, read_lines
from pipeline_src.spreadsheets import parted

Key = tuple[str, str, str]


@dataclass(frozen=True)
class Number:
    """One cell as `tables/NAME.cells.csv` has it; see `Cell` in `pipeline_src/reporting/tables/cells.py`."""

    artefact: str
    row_id: str
    row: str
    column_id: str
    column: str
    quoted: str
    measured: str
    mean: float | None
    std: float | None
    n: int
    unit: str
    status: str
    sources: tuple[str, ...]
    data: str
    scale: str
    spread_of_passes: float | None = None
    """Third minus first quartile of a timing's repeats, in the number's unit; None for all else."""

    @property
    def key(self) -> Key:
        """Its table, row and column."""
        return self.artefact, self.row_id, self.column_id

    @property
    def told(self) -> Column | None:
        """Its column; None where only another version of this project has it."""
        return column_of(self.artefact, self.column_id)

    @property
    def names_a_device(self) -> bool:
        """Whether it is the name of what was timed on."""
        return self.told is not None and self.told.quantity.name == "device"


@dataclass(frozen=True)
class Side:
    """One report.

    Attributes:
        name: what the user called it.
        numbers: its cells by table, row and column, tables in the order of their numbers.
        origins: the runs behind its cells; empty where its provenance is not at hand.
    """

    name: str
    numbers: dict[Key, Number]
    origins: Origins = field(default_factory=Origins)

    @cached_property
    def scales(self) -> tuple[str, ...]:
        """The scales of its cells."""
        return tuple(sorted({one.scale for one in self.numbers.values()}))

    @cached_property
    def devices(self) -> tuple[str, ...]:
        """The devices that were timed."""
        cells = (one for one in self.numbers.values() if one.names_a_device)
        return tuple(sorted({one.measured for one in cells if one.status == "measured"}))


def read_side(folder: Path, name: str) -> Side:
    """Read a report's tables.

    Args:
        folder: with `NAME.cells.csv` of each table; `provenance.csv` of its report is looked for above it.
        name: what the user called the report.

    Raises:
        UserError: the folder has no tables, or one is malformed.
    """
    paths = sorted(folder.glob(f"*{places.CELLS_SUFFIX}"), key=lambda path: _by_number(path.name))
    if not paths:
        raise UserError(
            folder,
            f"has no table (*{places.CELLS_SUFFIX}).",
            "Give a folder reports/SCALE of a finished run, or a git revision.",
        )
    numbers = [number for path in paths for number in _read_cells(path)]
    return Side(name, {one.key: one for one in numbers}, read_origins(folder.parent / places.PROVENANCE))


def _by_number(name: str) -> list[tuple[int, str]]:
    """`table_2` before `table_10`."""
    return [(int(part), "") if part.isdigit() else (0, part) for part in re.split(r"(\d+)", name)]


def _read_cells(path: Path) -> list[Number]:
    lines = read_lines(path)
    try:
        return [_number(path.name.removesuffix(places.CELLS_SUFFIX), line) for line in lines]
    except (ValueError, KeyError) as error:
        raise not_cells(path, error) from error


def _finite(text: str) -> float | None:
    """A number, None where there is none; ValueError for NaN and infinity, which nothing could judge."""
    if not text:
        return None
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is no number")
    return number


def _number(artefact: str, line: dict[str, str]) -> Number:
    # Reports of earlier versions lack some of these.
    q1, q3 = (_finite(line.get(name, "")) for name in ("q1", "q3"))
    for name in ("min", "max"):
        _finite(line.get(name, ""))
    return Number(
        artefact=artefact,
        **{
            name: line[name]
            for name in ("row_id", "row", "column_id", "column", "quoted", "measured", "unit", "status")
        },
        mean=_finite(line["mean"]),
        std=_finite(line["std"]),
        n=int(line["n"]),
        sources=parted(line["sources"]),
        data=line["data"],
        scale=line["scale"],
        spread_of_passes=None if q1 is None or q3 is None else q3 - q1,
    )
