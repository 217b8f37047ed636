"""Every picture of the report: which module draws it and which result files it needs.

Modules are named, not imported: the workflow lists pictures without loading matplotlib. [no torch, no pandas]
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pipeline_src.config.grid import Grid
from pipeline_src.errors import ConfigError
from pipeline_src.reporting.sources import PREDICTED, prediction_path, predictions_of


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


def _predictions(figure: str) -> Entry:
    """Figure 8 or 9; without networks to show there is no file to read."""
    return Entry(
        "predictions", lambda grid: (prediction_path(figure),) if predictions_of(grid, figure) else ()
    )


PICTURES: dict[str, Entry] = {
    **{figure: _predictions(figure) for figure in PREDICTED},
}


def entry_of(name: str) -> Entry:
    """The entry of a picture.

    Raises:
        ConfigError: there is no such picture.
    """
    if name not in PICTURES:
        raise ConfigError(name, "is not a picture of the report.", f"Choose one of {', '.join(PICTURES)}.")
    return PICTURES[name]
