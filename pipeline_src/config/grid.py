"""The grid of runs behind T1..T10, F1, F5, F6, F8 and F9, declared once and shared by workflow and report.

`rows` says which runs stand behind each row of a table. Everything that has to be searched,
sampled, pretrained, finetuned, evaluated and timed is collected from the rows, so a run that
two tables use is listed, and run, once (Table 4's seed 2 at the initial depths is network A).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cached_property
from typing import TypeVar, get_args

from pipeline_src.config.models import SpeedForm
from pipeline_src.config.rows import all_rows
from pipeline_src.config.runs import (
    PAPER_SIZES,
    Architecture,
    Evaluation,
    Row,
    Runs,
    Search,
    Speed,
    Training,
)

T = TypeVar("T")
COMPARING = tuple(PAPER_SIZES)
"""The tables that compare speeds with other systems."""
DEPLOYED: tuple[SpeedForm, ...] = ("eager", "folded")
"""The forms in which every network is timed at the sizes deployed here: batch norm unfolded and folded."""


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
    def speeds(self) -> Mapping[Speed, tuple[SpeedForm, ...]]:
        """Every timing once, with its forms; network A is the first at each size of a data set.

        All are measured in one interleaved run: at the sizes deployed here with batch norm unfolded and
        folded, in the tables that compare speeds with other systems in `experiments.speed_forms` too, and
        there at the paper's sizes as well.
        """
        found: dict[Speed, dict[SpeedForm, None]] = {}

        def add(speed: Speed, forms: tuple[SpeedForm, ...]) -> None:
            for one in (replace(speed, architecture=self.network_a), speed):
                found.setdefault(one, {}).update(dict.fromkeys(forms))

        further = self.experiments.speed_forms
        for row in self.rows:
            for speed in row.speeds:
                add(speed, (*DEPLOYED, *further) if row.table in COMPARING else DEPLOYED)
            for speed in row.at_paper_size:
                add(speed, ("eager", *further))
        order = get_args(SpeedForm)
        return {speed: tuple(sorted(forms, key=order.index)) for speed, forms in found.items()}

    @cached_property
    def trainings(self) -> tuple[Training, ...]:
        """Every finetuning once."""
        return _unique(one.training for one in self.evaluations)

    @cached_property
    def architectures(self) -> tuple[Architecture, ...]:
        """Every architecture once, network A first."""
        used = [one.architecture for one in self.trainings]
        used += [speed.architecture for row in self.rows for speed in row.speeds]
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
