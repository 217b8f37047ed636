"""Networks A, B and C side by side, cell by cell, from the words of their pictures. [no torch]"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pipeline_src.reporting.page.figures import FigureView

NETWORKS = {"figure_7": "A", "architecture_b": "B", "architecture_c": "C"}


@dataclass(frozen=True)
class NetworkColumn:
    """One network: its letter, its picture's place, the lookup table behind it, the sum over its cells."""

    letter: str
    anchor: str
    at: str
    total_us: float


@dataclass(frozen=True)
class SideBySide:
    """The networks that were drawn with their latency, and a row for each place of a cell in any of them."""

    networks: tuple[NetworkColumn, ...]
    rows: tuple[tuple[str, tuple[dict[str, Any] | None, ...]], ...]


def side_by_side(figures: Sequence[FigureView]) -> SideBySide:
    """The cells of each network that has some, in the order of A, B, C."""
    by_name = {one.name: one for one in figures}
    shown = [by_name[name] for name in NETWORKS if name in by_name and by_name[name].cells]
    columns = tuple(
        NetworkColumn(
            NETWORKS[one.name], one.anchor, one.cells_at, sum(cell["latency_us"] for cell in one.cells)
        )
        for one in shown
    )
    by_place = [{cell["where"]: cell for cell in one.cells} for one in shown]
    where = sorted({place for cells in by_place for place in cells}, key=_order)
    return SideBySide(
        columns, tuple((place, tuple(cells.get(place) for cells in by_place)) for place in where)
    )


def _order(place: str) -> tuple[int, ...]:
    return tuple(int(part) for part in place.split("."))
