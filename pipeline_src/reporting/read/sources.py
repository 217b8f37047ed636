"""Which result files stand behind each table and figure, relative to `results/SCALE`.

[no torch, no pandas]
"""

from __future__ import annotations

from pipeline_src.config.grid import Grid
from pipeline_src.config.runs import Architecture, Evaluation, Search, Speed
from pipeline_src.errors import ConfigError

TABLES: tuple[str, ...] = tuple(f"table_{number}" for number in range(1, 11))
FIGURES: tuple[str, ...] = ("figure_1", "figure_5", "figure_6")

PREDICTED: tuple[str, ...] = ("figure_8", "figure_9")

_BEHIND_FIGURE = {"figure_1": "table_1", "figure_6": "figure_6"}
_NEEDS_GENOTYPE = ("table_4", "table_5")


def evaluation_path(evaluation: Evaluation) -> str:
    """Where an evaluation's metrics lie."""
    return f"evaluate/{evaluation.path}"


def speed_path(speed: Speed) -> str:
    """Where a timing lies."""
    return f"speed/{speed.path}"


def genotype_path(architecture: Architecture) -> str:
    """Where a genotype lies: with its search, or among the sampled ones."""
    if architecture.search is not None:
        return f"search/{architecture.search.name}/genotype.json"
    return f"architectures/{architecture.name}/genotype.json"


def search_log_path(search: Search) -> str:
    """Where the epochs of a search are logged."""
    return f"search/{search.name}/log.csv"


def prediction_path(figure: str) -> str:
    """The index of the frames of figure 8 or 9; the pictures that it names lie beside it."""
    return f"predictions/{figure}/index.json"


def predictions_of(grid: Grid, figure: str) -> dict[str, Evaluation]:
    """The networks that figure 8 or 9 shows, by their headings; none where the figure is not run."""
    return {row.label: one for row in grid.of_table(figure) for one in (*row.val, *row.test)}


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
        return (search_log_path(grid.network_a.search),)
    paths: list[str] = []
    for row in grid.of_table(_BEHIND_FIGURE.get(artefact, artefact)):
        paths += [evaluation_path(one) for one in (*row.val, *row.test)]
        paths += [speed_path(one) for one in row.speeds]
        if artefact in _NEEDS_GENOTYPE:
            paths += [genotype_path(one.architecture) for one in row.speeds]
    return tuple(dict.fromkeys(paths))
