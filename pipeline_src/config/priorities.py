"""Which jobs come first: in the order of the claims, so that a run that is cut short tells the most.

[no torch]
"""

from __future__ import annotations

from pipeline_src.config.grid import Grid
from pipeline_src.config.rows import CONTROL
from pipeline_src.config.runs import Architecture, Row, Training

ORDER = ("C2", "C6", "C5", "C4", "C3", "C8")
"""Claims in the order in which their runs are made; what none of them needs comes last."""
STEP = 10
READY = STEP * (len(ORDER) + 1)
"""Of short jobs that others wait for."""
FIRST = READY + STEP
"""Of figures that need no results: they show within a minute that the workflow works."""


class Priorities:
    """The priority of a grid's jobs, larger first; 0 for what no claim of `ORDER` needs."""

    def __init__(self, grid: Grid) -> None:
        self._trainings: dict[Training, int] = {}
        self._architectures: dict[str, int] = {}
        for place, claim in enumerate(ORDER):
            value = STEP * (len(ORDER) - place)
            for row in _rows(grid, claim):
                for one in (*row.val, *row.test):
                    # Of each network its first training decides C2: repeats can wait for C5 and C4.
                    if claim != "C2" or one.training.seed is None:
                        self._trainings.setdefault(one.training, value)
                        self._add(one.training.architecture, value)
                for speed in row.speeds:
                    self._add(speed.architecture, value)

    def _add(self, architecture: Architecture, value: int) -> None:
        for name in filter(None, (architecture.name, architecture.backbone)):
            self._architectures.setdefault(name, value)

    def of_architecture(self, name: str) -> int:
        """Of a search, a pretraining or a timing, by the architecture or the backbone."""
        return self._architectures.get(name, 0)

    def of_training(self, training: Training) -> int:
        """Of a finetuning and its evaluations."""
        return self._trainings.get(training, 0)


def _rows(grid: Grid, claim: str) -> tuple[Row, ...]:
    if claim == "C2":
        wanted = ("AutoRTNet", "latency-matched random search", CONTROL)
        own = tuple(row for row in grid.of_table("table_3") if row.label in wanted)
        return (*own, *grid.of_table("table_4"))
    tables = {"C6": "figure_6", "C5": "table_6", "C4": "table_5"}
    return grid.of_table(tables.get(claim, "nulls"))
