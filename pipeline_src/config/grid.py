"""The grid of runs behind T1..T10, F1, F5, F6, F8 and F9, declared once and shared by workflow and report.

`rows` says which runs stand behind each row of a table. Everything that has to be searched,
sampled, pretrained, finetuned, evaluated and timed is collected from the rows, so a run that
two tables use is listed, and run, once (Table 4's seed 2 at the initial depths is network A).
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import TypeVar

from pipeline_src.config.rows import all_rows
from pipeline_src.config.runs import (
    PAPER_SIZES,
    Architecture,
    Evaluation,
    Row,
    Runs,
    Search,
    Size,
    Speed,
    Together,
    Training,
)

T = TypeVar("T")
COMPARING = tuple(PAPER_SIZES)
"""The tables that compare speeds with other systems."""


def _unique(items: Iterable[T]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(items))


class Grid(Runs):
    """Every run of one configuration, derived from its rows."""

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """All rows of T1..T10, F6, the nulls, F8 and F9, in the paper's order; peers below ours."""
        return all_rows(self)

    def of_table(self, table: str) -> tuple[Row, ...]:
        """The rows of one artefact, `table_1`..`table_10`, `figure_6`, `figure_8`, `figure_9` or `nulls`."""
        return tuple(row for row in self.rows if row.table == table)

    @cached_property
    def evaluations(self) -> tuple[Evaluation, ...]:
        """Every evaluation once."""
        return _unique(one for row in self.rows for one in (*row.val, *row.test))

    @cached_property
    def speeds(self) -> tuple[Speed, ...]:
        """Every timing once."""
        return _unique(one for row in self.rows for one in row.speeds)

    @cached_property
    def together(self) -> tuple[Together, ...]:
        """Every interleaved run: what the tables that compare with other systems time at one size, and A."""
        found: dict[tuple[str, Size], list[Architecture]] = {}
        for row in (one for table in COMPARING for one in self.of_table(table)):
            for speed in (*row.speeds, *row.at_paper_size):
                found.setdefault((speed.dataset, speed.size), [self.network_a]).append(speed.architecture)
        return tuple(Together(*key, _unique(networks)) for key, networks in found.items())

    @cached_property
    def trainings(self) -> tuple[Training, ...]:
        """Every finetuning once."""
        return _unique(one.training for one in self.evaluations)

    @cached_property
    def architectures(self) -> tuple[Architecture, ...]:
        """Every architecture once, network A first."""
        used = [one.architecture for one in self.trainings] + [one.architecture for one in self.speeds]
        return _unique([self.network_a, *used])

    @cached_property
    def searches(self) -> tuple[Search, ...]:
        """Every search once."""
        return _unique(one.search for one in self.architectures if one.search is not None)

    @cached_property
    def backbones(self) -> tuple[str, ...]:
        """Every backbone of a network that is trained, by the architecture it is named for."""
        trained = (one.architecture for one in self.trainings)
        return _unique(one.backbone for one in trained if one.backbone)

    @cached_property
    def datasets(self) -> tuple[str, ...]:
        """Every data set that a run needs; the class-folder set is last, where a backbone is pretrained."""
        used = {one.dataset for one in self.trainings} | {one.dataset for one in self.searches}
        return (*sorted(used), *(["imagenet"] if self.backbones else []))
