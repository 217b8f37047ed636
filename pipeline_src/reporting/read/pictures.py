"""Every picture of the report: which module draws it and which result files it needs.

Modules are named, not imported: the workflow lists pictures without loading matplotlib. [no torch, no pandas]
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pipeline_src import places
from pipeline_src.config.grid import Grid
from pipeline_src.errors import ConfigError
from pipeline_src.reporting.read import picture_sources as behind


@dataclass(frozen=True)
class Entry:
    """One picture.

    Attributes:
        module: below `pipeline_src.reporting.drawing`; its function `draw(name, grid, results)` returns a
            `Picture` and draws what is there where result files are absent.
        sources: the result files that it reads, relative to `results/SCALE`.
    """

    module: str
    sources: Callable[[Grid], tuple[str, ...]]

    @property
    def full_name(self) -> str:
        """Of the module, for an import."""
        return f"pipeline_src.reporting.drawing.{self.module}"


def _nothing(grid: Grid) -> tuple[str, ...]:
    return ()


def _predictions(figure: str) -> Entry:
    """Figure 8 or 9; without networks to show there is no file to read."""
    return Entry("predictions", lambda grid: behind.prediction_sources(grid, figure))


PICTURES: dict[str, Entry] = {
    "figure_1": Entry("speed_accuracy", behind.points_sources),
    "figure_2": Entry("framework", _nothing),
    "figure_3": Entry("cells", _nothing),
    "figure_4": Entry("aggregation", _nothing),
    "figure_5": Entry("cell_numbers", behind.cell_number_sources),
    "figure_6": Entry("gamma", behind.gamma_sources),
    "figure_7": Entry("architecture", lambda grid: behind.network_sources(grid, grid.network_a, grid.main)),
    **{figure: _predictions(figure) for figure in places.SHOWN_FIGURES},
    "architecture_b": Entry(
        "architecture", lambda grid: behind.network_sources(grid, grid.network_b, grid.main)
    ),
    "architecture_c": Entry(
        "architecture", lambda grid: behind.network_sources(grid, grid.network_c, grid.second)
    ),
    "lut_check": Entry("agreement", behind.lut_check_sources),
    "soft_to_hard": Entry("soft_to_hard", behind.search_picture_sources),
    "search_curves": Entry("search_curves", behind.search_curve_sources),
    "training_curves": Entry("training_curves", behind.training_picture_sources),
    "confusion": Entry("confusion", behind.confusion_sources),
    "class_difference": Entry("class_difference", behind.class_difference_sources),
    "matched_random": Entry("matched_random", behind.matched_sources),
}


def entry_of(name: str) -> Entry:
    """The entry of a picture.

    Raises:
        ConfigError: there is no such picture.
    """
    if name not in PICTURES:
        raise ConfigError(name, "is not a picture of the report.", f"Choose one of {', '.join(PICTURES)}.")
    return PICTURES[name]
