"""Which result files the judgement of the claims reads, relative to `results/SCALE`.

[no torch, no pandas, no scipy]
"""

from __future__ import annotations

from pipeline_src import places
from pipeline_src.config.grid import Grid
from pipeline_src.reporting.read.sources import TABLES, artifacts_of

_JUDGED = (*(table for table in TABLES if table not in ("table_8", "table_9", "table_10")), "figure_6")


def claim_sources(grid: Grid) -> tuple[str, ...]:
    """The files behind the claims, each once: of the tables, every genotype, and the logs of searches and
    pretraining.
    """
    paths: list[str] = []
    for artefact in _JUDGED:
        paths += artifacts_of(grid, artefact)
    searched = [one for one in grid.architectures if one.search is not None]
    paths += [places.genotype(one) for one in searched]
    paths += [places.pretraining_log(one) for one in grid.backbones]
    paths += [places.genotype(one) for one in grid.architectures if not one.is_peer]
    paths += [places.search_log(one.search) for one in searched if one.search is not None]
    return tuple(dict.fromkeys(paths))
