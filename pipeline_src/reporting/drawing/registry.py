"""Every picture of the report: which module draws it and which result files it needs.

Modules are named, not imported: the workflow lists pictures without loading matplotlib. [no torch, no pandas]
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pipeline_src.config.grid import Grid
from pipeline_src.errors import ConfigError
from pipeline_src.reporting.sources import genotype_path


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


def _nothing(grid: Grid) -> tuple[str, ...]:
    return ()


PICTURES: dict[str, Entry] = {
    "figure_2": Entry("framework", _nothing),
    "figure_3": Entry("cells", _nothing),
    "figure_4": Entry("aggregation", _nothing),
    "figure_7": Entry("architecture", lambda grid: (genotype_path(grid.network_a),)),
    "architecture_b": Entry("architecture", lambda grid: (genotype_path(grid.network_b),)),
    "architecture_c": Entry("architecture", lambda grid: (genotype_path(grid.network_c),)),
}


def entry_of(name: str) -> Entry:
    """The entry of a picture.

    Raises:
        ConfigError: there is no such picture.
    """
    if name not in PICTURES:
        raise ConfigError(name, "is not a picture of the report.", f"Choose one of {', '.join(PICTURES)}.")
    return PICTURES[name]
