"""Which row of the grid stands behind which row of the paper. [no torch, no pandas]

Nearly everywhere the two have the same name. Table 4's initial numbers of cells may be smaller at a
reduced scale, so there a run also answers the paper's row of the same kind: same change against the base.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from pipeline_src.config.grid import Grid
from pipeline_src.config.runs import Row
from pipeline_src.reporting.paper.quoted import QuotedTable, quoted_table

Kind = Literal["ours", "peer", "beyond"]

_ALL_OURS = ("table_3", "table_4", "table_5", "table_6", "figure_6")
_NOT_ASKED = {
    "table_4": "experiments.robustness asks for no such run at this scale",
    "table_5": "experiments.downsampling_positions does not ask for this one at this scale",
    "figure_6": "experiments.camvid_gammas does not ask for this gamma at this scale",
}
_PAPER_BASE = (2, (5, 10, 10))


@dataclass(frozen=True)
class Pair:
    """One row of a table: what the paper prints, and the runs behind it.

    Attributes:
        key: the paper's name of the row, or ours where the paper has none.
        kind: `ours` (the paper's AutoRTNet), `peer` (only quoted unless it has runs), `beyond` the paper.
        printed: the paper's cells, None beyond the paper.
        row: the runs, None where the grid has none.
        reason: why there are none; empty otherwise.
    """

    key: str
    kind: Kind
    printed: tuple[str, ...] | None
    row: Row | None
    reason: str = ""


def pairs(table: str, grid: Grid) -> tuple[Pair, ...]:
    """The paper's rows in the paper's order, each with its runs; then our rows beyond the paper."""
    quoted = quoted_table(table)
    rows = grid.of_table(table)
    found = _by_kind_of_run(quoted, rows, grid) if table == "table_4" else _by_label(quoted, rows)
    result = []
    for key, printed in zip(quoted.keys, quoted.rows, strict=True):
        ours = table in _ALL_OURS or key.startswith("AutoRTNet")
        row = found.get(key)
        reason = "" if row else _NOT_ASKED.get(table, "no run of the grid stands behind this row")
        result.append(Pair(key, "ours" if ours else "peer", printed, row, reason))
    used = set(found.values())
    result += [Pair(row.label, "beyond", None, row) for row in rows if row not in used]
    return tuple(result)


def _by_label(quoted: QuotedTable, rows: tuple[Row, ...]) -> dict[str, Row]:
    return {row.label: row for row in reversed(rows) if row.label in quoted.keys}


RunKind = tuple[int | None, tuple[bool, ...]]


def _run_kind(seed: int, depths: tuple[int, ...], base: tuple[int, tuple[int, ...]]) -> RunKind:
    """The seed unless it is the base's, and which hyper-cells start with more cells than the base's."""
    return (None if seed == base[0] else seed), tuple(a > b for a, b in zip(depths, base[1], strict=True))


def _by_kind_of_run(quoted: QuotedTable, rows: tuple[Row, ...], grid: Grid) -> dict[str, Row]:
    """Table 4: runs of the paper's own seed and numbers first, then those that differ alike from the base."""
    found = _by_label(quoted, rows)
    base = (grid.experiments.seed, grid.experiments.depths)
    left = [row for row in rows if row not in found.values()]
    for key, cells in zip(quoted.keys, quoted.rows, strict=True):
        if key in found:
            continue
        depths = tuple(int(number) for number in re.findall(r"\d+", cells[1]))
        wanted = _run_kind(int(cells[0]), depths, _PAPER_BASE)
        row = next((row for row in left if _kind_of_row(row, base) == wanted), None)
        if row is not None:
            found[key] = row
            left.remove(row)
    return found


def _kind_of_row(row: Row, base: tuple[int, tuple[int, ...]]) -> RunKind | None:
    search = row.speeds[0].architecture.search if row.speeds else None
    return None if search is None else _run_kind(search.seed, search.depths, base)
