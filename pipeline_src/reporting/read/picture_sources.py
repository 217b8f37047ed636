"""Which result files stand behind each picture of numbers, relative to `results/SCALE`.

Pictures and workflow read these lists, so that neither reads what the other does not know of.
[no torch, no pandas]
"""

from __future__ import annotations

from collections.abc import Sequence

from pipeline_src import places
from pipeline_src.config.grid import Grid
from pipeline_src.config.runs import Architecture, Evaluation, Search, Training
from pipeline_src.reporting.read.sources import artifacts_of, liveness_sources


def points_sources(grid: Grid) -> tuple[str, ...]:
    """Figure 1: what stands behind Table 1."""
    return artifacts_of(grid, "figure_1")


def cell_number_sources(grid: Grid) -> tuple[str, ...]:
    """Figure 5: the log of A's search."""
    return artifacts_of(grid, "figure_5")


def gamma_sources(grid: Grid) -> tuple[str, ...]:
    """Figure 6: accuracy and speed of CamVid's searches."""
    return artifacts_of(grid, "figure_6")


def lut_check_sources(grid: Grid) -> tuple[str, ...]:
    """The check of the main set's lookup table, as the workflow asks for it."""
    return (places.lookup_check(grid.main),)


def search_sources(grid: Grid) -> tuple[str, ...]:
    """The logs of all searches."""
    return tuple(places.search_log(one) for one in grid.searches)


def datasets_of(items: Sequence[Search | Training]) -> tuple[str, ...]:
    """The data sets of runs, each once, in the order of the runs."""
    return tuple(dict.fromkeys(one.dataset for one in items))


def training_sources(grid: Grid) -> tuple[str, ...]:
    """The logs of all pretrainings and finetunings."""
    return (
        *(places.pretraining_log(one) for one in grid.backbones),
        *(places.finetuning_log(one) for one in grid.trainings),
    )


def confusions_of_a(grid: Grid) -> tuple[Evaluation, ...]:
    """A's evaluation on each data set: the main set's judging split, and CamVid's test set."""
    datasets = dict.fromkeys((grid.main, grid.second))
    return tuple(grid.evaluation(grid.training(grid.network_a, one), "val") for one in datasets)


def confusion_sources(grid: Grid) -> tuple[str, ...]:
    """The evaluations of network A that confusion matrices are drawn from."""
    return tuple(places.evaluation(one) for one in confusions_of_a(grid))


def class_tables(grid: Grid) -> tuple[str, ...]:
    """The tables of class IoU that A has a row in: Table 8, and Table 10 on CamVid."""
    return ("table_8", "table_10")


def class_difference_sources(grid: Grid) -> tuple[str, ...]:
    """A's evaluations behind its rows of Tables 8 and 10."""
    rows = [row for table in class_tables(grid) for row in grid.of_table(table) if row.label == "AutoRTNet-A"]
    return tuple(dict.fromkeys(places.evaluation(one) for row in rows for one in row.test))


def matched_sources(grid: Grid) -> tuple[str, ...]:
    """What stands behind Table 3: A, random networks, and random networks of A's latency."""
    return artifacts_of(grid, "table_3")


def network_sources(grid: Grid, one: Architecture, dataset: str) -> tuple[str, ...]:
    """A drawn network: what tells whether it is live, and the lookup table with its cells' latency."""
    return (*liveness_sources(grid, one), places.lookup_table(dataset))
