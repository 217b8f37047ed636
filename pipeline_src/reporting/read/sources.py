"""Which result files stand behind each table and figure, relative to `results/SCALE`.

[no torch, no pandas]
"""

from __future__ import annotations

from pipeline_src import places
from pipeline_src.config.grid import Grid
from pipeline_src.config.runs import Architecture, Row
from pipeline_src.errors import ConfigError

TABLES: tuple[str, ...] = tuple(f"table_{number}" for number in range(1, 11))
FIGURES: tuple[str, ...] = ("figure_1", "figure_5", "figure_6")

_BEHIND_FIGURE = {"figure_1": "table_1", "figure_6": "figure_6"}


def architectures_of(row: Row) -> tuple[Architecture, ...]:
    """The networks behind a row that have a genotype, each once."""
    used = [one.training.architecture for one in (*row.val, *row.test)]
    used += [one.architecture for one in row.speeds]
    return tuple(one for one in dict.fromkeys(used) if not one.is_peer)


def artifacts_of(grid: Grid, artefact: str) -> tuple[str, ...]:
    """The result files behind a table or a figure's data, each once, in the order of its rows.

    Args:
        grid: the runs of one configuration.
        artefact: one of `TABLES` or `FIGURES`.

    Raises:
        ConfigError: there is no such table or figure.
    """
    if artefact not in TABLES + FIGURES:
        raise ConfigError(
            artefact, "is not a table or figure.", f"Choose one of {', '.join(TABLES + FIGURES)}."
        )
    if artefact == "figure_5":
        assert grid.network_a.search is not None
        return (places.search_log(grid.network_a.search),)
    paths: list[str] = []
    for row in grid.of_table(_BEHIND_FIGURE.get(artefact, artefact)):
        paths += [places.evaluation(one) for one in (*row.val, *row.test)]
        paths += [places.SPEEDS] if row.speeds or row.at_paper_size else []
        for one in architectures_of(row):
            paths += liveness_sources(grid, one)
    return tuple(dict.fromkeys(paths))


def liveness_sources(grid: Grid, one: Architecture) -> tuple[str, ...]:
    """What tells whether a network is live: its genotype, and where it is pretrained, the log of that."""
    log = [places.pretraining_log(one.backbone)] if one.backbone in grid.backbones else []
    return (places.genotype(one), *log)
