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
    """Figure 5: the log of A's search, and what tells whether A is live."""
    return (*artifacts_of(grid, "figure_5"), *liveness_sources(grid, grid.network_a))


def gamma_sources(grid: Grid) -> tuple[str, ...]:
    """Figure 6: accuracy and speed of CamVid's searches."""
    return artifacts_of(grid, "figure_6")


def lut_check_sources(grid: Grid) -> tuple[str, ...]:
    """The check of the main set's lookup table, as the workflow asks for it."""
    return (places.lookup_check(grid.main),)


def search_sources(grid: Grid) -> tuple[str, ...]:
    """The logs of all searches."""
    return tuple(places.search_log(one) for one in grid.searches)


def searched(grid: Grid) -> tuple[Architecture, ...]:
    """The networks that the searches end with."""
    return tuple(one for one in grid.architectures if one.search is not None)


def trained(grid: Grid) -> tuple[Architecture, ...]:
    """The networks of the search space that are pretrained or finetuned, each once."""
    backbones = [one for one in grid.architectures if one.name in grid.backbones]
    found = dict.fromkeys([*backbones, *(one.architecture for one in grid.trainings)])
    return tuple(one for one in found if not one.is_peer)


def with_liveness(grid: Grid, paths: Sequence[str], networks: Sequence[Architecture]) -> tuple[str, ...]:
    """Files of a picture, and what tells of each network in it whether it is live."""
    told = (path for one in networks for path in liveness_sources(grid, one))
    return tuple(dict.fromkeys((*paths, *told)))


def search_picture_sources(grid: Grid) -> tuple[str, ...]:
    """Networks made hard: the logs of all searches, and which of them ended in a dead network."""
    return with_liveness(grid, search_sources(grid), searched(grid))


def search_curve_sources(grid: Grid) -> tuple[str, ...]:
    """The curves of all searches: besides, the tables that their expected latency is of."""
    tables = (places.lookup_table(one) for one in datasets_of(grid.searches))
    return (*search_picture_sources(grid), *tables)


def datasets_of(items: Sequence[Search | Training]) -> tuple[str, ...]:
    """The data sets of runs, each once, in the order of the runs."""
    return tuple(dict.fromkeys(one.dataset for one in items))


def training_sources(grid: Grid) -> tuple[str, ...]:
    """The logs of all pretrainings and finetunings."""
    return (
        *(places.pretraining_log(one) for one in grid.backbones),
        *(places.finetuning_log(one) for one in grid.trainings),
    )


def training_picture_sources(grid: Grid) -> tuple[str, ...]:
    """The curves of all trainings: their logs, and which of their networks are dead."""
    return with_liveness(grid, training_sources(grid), trained(grid))


def confusions_of_a(grid: Grid) -> tuple[Evaluation, ...]:
    """A's evaluation on each data set: the main set's judging split, and CamVid's test set."""
    datasets = dict.fromkeys((grid.main, grid.second))
    return tuple(grid.evaluation(grid.training(grid.network_a, one), "val") for one in datasets)


def confusion_sources(grid: Grid) -> tuple[str, ...]:
    """The evaluations of network A that confusion matrices are drawn from, and whether A is live."""
    evaluations = [places.evaluation(one) for one in confusions_of_a(grid)]
    return with_liveness(grid, evaluations, [grid.network_a])


def class_tables(grid: Grid) -> tuple[str, ...]:
    """The tables of class IoU that A has a row in: Table 8, and Table 10 on CamVid."""
    return ("table_8", "table_10")


def class_difference_sources(grid: Grid) -> tuple[str, ...]:
    """A's evaluations behind its rows of Tables 8 and 10, and what tells whether A is live."""
    rows = [row for table in class_tables(grid) for row in grid.of_table(table) if row.label == "AutoRTNet-A"]
    evaluations = [places.evaluation(one) for row in rows for one in row.test]
    return with_liveness(grid, evaluations, [grid.network_a])


def matched_sources(grid: Grid) -> tuple[str, ...]:
    """What stands behind Table 3, and the lookup table by which random networks were matched to A."""
    return (*artifacts_of(grid, "table_3"), places.lookup_table(grid.main))


def shown_networks(grid: Grid, figure: str) -> tuple[Architecture, ...]:
    """The networks of the search space whose predictions Figure 8 or 9 shows."""
    shown = (one.training.architecture for one in places.predictions_of(grid, figure).values())
    return tuple(one for one in dict.fromkeys(shown) if not one.is_peer)


def prediction_sources(grid: Grid, figure: str) -> tuple[str, ...]:
    """Figure 8 or 9: the index of its pictures, and which networks are live; none where not run."""
    index = [places.predictions(figure)] if places.predictions_of(grid, figure) else []
    return with_liveness(grid, index, shown_networks(grid, figure))


def network_sources(grid: Grid, one: Architecture, dataset: str) -> tuple[str, ...]:
    """A drawn network: what tells whether it is live, and the lookup table with its cells' latency."""
    return (*liveness_sources(grid, one), places.lookup_table(dataset))
