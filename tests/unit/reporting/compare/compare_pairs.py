"""Two checkouts with all results of a grid, to change one and compare."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path

from fabricate import Folder, write_tables

from pipeline_src import places
from pipeline_src.artifacts import read_json, write_json
from pipeline_src.config.grid import Grid
from pipeline_src.reporting.compare.comparison import Comparison, compare
from pipeline_src.reporting.compare.noise import Change
from pipeline_src.reporting.compare.sides import Side, read_side

NAMES = ("before", "after")
Edit = Callable[[dict[str, str]], dict[str, str] | None]


class Pair:
    """Two checkouts with all results of a grid and the tables made of them."""

    def __init__(self, root: Path, grid: Grid) -> None:
        self.root, self.grid = root, grid
        self.folders = [Folder(root / name / "results/tiny") for name in NAMES]
        for folder in self.folders:
            folder.everything(grid)
            self.timing(folder, 0.1)

    def timing(self, folder: Folder, share: float) -> None:
        """Let the quartiles of every timing lie a share of the mean apart."""
        run = read_json(folder.root / places.SPEEDS)
        for form in (form for timing in run["timings"] for form in timing["forms"].values()):
            mean = form["latency_ms"]["mean"]
            form["latency_ms"] |= {"q1": mean * (1 - share / 2), "q3": mean * (1 + share / 2)}
        write_json(folder.root / places.SPEEDS, run)

    @property
    def reports(self) -> list[Path]:
        return [self.root / name / "reports/tiny" for name in NAMES]

    def tabulated(self) -> list[Path]:
        """The two folders reports/tiny."""
        for folder, report in zip(self.folders, self.reports, strict=True):
            write_tables(self.grid, folder.root, report)
        return self.reports

    def compared(self) -> Comparison:
        reports = self.tabulated()
        return compare(
            *(read_side(report / "tables", name) for report, name in zip(reports, NAMES, strict=True))
        )


def edit(report: Path, table: str, change: Edit) -> None:
    """Change or drop lines of a table's cells."""
    path = report / "tables" / f"{table}.cells.csv"
    rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"), newline="")))
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(row for row in map(change, rows) if row is not None)
    path.write_text(text.getvalue(), encoding="utf-8")


def sides(reports: list[Path]) -> list[Side]:
    """The two as they are read where no results are at hand."""
    return [read_side(report / "tables", name) for report, name in zip(reports, NAMES, strict=True)]


def change_of(found: Comparison, table: str, row_id: str, column_id: str) -> Change:
    (one,) = [one for one in found.changes if one.a.key == (table, row_id, column_id)]
    return one
