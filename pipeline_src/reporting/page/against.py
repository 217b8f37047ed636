"""Another report's values beside those of this page: two runs in one. [no torch]

What differs, and whether by more than noise, is judged by `autortnet compare`'s own code.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline_src import places
from pipeline_src.reporting.compare.comparison import FAILING, compare
from pipeline_src.reporting.compare.sides import Key, read_side
from pipeline_src.reporting.compare.text import Section, method, sections, summary

HERE = "this report"


@dataclass(frozen=True)
class Other:
    """The other report's value of a cell, and whether ours differs by more than noise or tolerance."""

    value: str
    moved: bool


@dataclass(frozen=True)
class Against:
    """What the page says of another report.

    Attributes:
        name: what the user called it.
        summary, method, warnings: as `autortnet compare` tells them.
        sections: what differs, by kind.
        cells: its value of every number that both measured.
    """

    name: str
    summary: str
    method: str
    warnings: tuple[str, ...]
    sections: tuple[Section, ...]
    cells: Mapping[Key, Other]


def read_against(other: Path, reports: Path) -> Against:
    """Compare another report with this one.

    Args:
        other, reports: two folders `reports/SCALE`.

    Raises:
        UserError: a folder has no tables, or one is malformed.
    """
    sides = read_side(other / places.TABLES, other.as_posix()), read_side(reports / places.TABLES, HERE)
    found = compare(*sides)
    cells = {
        key: Other(sides[0].numbers[key].measured, one.verdict in FAILING)
        for one in found.changes
        for key in one.cells
    }
    return Against(other.as_posix(), summary(found), method(found), found.warnings, sections(found), cells)
