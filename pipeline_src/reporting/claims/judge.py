"""The twelve claims of the paper, judged from the results of one grid. [no torch]"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from pipeline_src.config.grid import Grid
from pipeline_src.config.models import SearchConfig
from pipeline_src.reporting.claims.ablations import aggregation_helps, beats_random_search
from pipeline_src.reporting.claims.control import held_against_control
from pipeline_src.reporting.claims.depths import depths_are_robust, early_downsampling, first_settles_first
from pipeline_src.reporting.claims.evidence import Evidence
from pipeline_src.reporting.claims.fronts import best_downsampling, on_the_front
from pipeline_src.reporting.claims.gammas import gamma_trades
from pipeline_src.reporting.claims.operations import operations_by_depth, third_hyper_cell
from pipeline_src.reporting.claims.statistics import holm
from pipeline_src.reporting.claims.transfer import networks_transfer, small_and_accurate
from pipeline_src.reporting.read.claims import Claim

JUDGEMENTS = (
    on_the_front,
    beats_random_search,
    depths_are_robust,
    best_downsampling,
    aggregation_helps,
    gamma_trades,
    first_settles_first,
    early_downsampling,
    third_hyper_cell,
    operations_by_depth,
    networks_transfer,
    small_and_accurate,
)

OPTIONS = (
    "level",
    "sampling",
    "latency_offset_us",
    "latency_warmup",
    "derive_zero",
    "architecture_accumulation",
    "warmup_depth",
    "entropy_stop",
)
"""Settings that change what a search does, not how long it takes."""


def judge(grid: Grid, results: Path) -> tuple[Claim, ...]:
    """Judge C1 to C12; what was not run leaves a claim undecided, with the reason.

    Args:
        grid: the runs of the configuration.
        results: the folder `results/SCALE`.

    Raises:
        UserError: a result file is malformed or belongs to another run.
    """
    return judged(Evidence(grid, results))


def judged(evidence: Evidence) -> tuple[Claim, ...]:
    """As `judge`, of evidence that is gathered already."""
    grid = evidence.grid
    claims = [held_against_control(judgement(evidence), evidence) for judgement in JUDGEMENTS]
    corrected = holm([claim.p_value for claim in claims])
    beyond = search_beyond_the_paper(grid.config.search)
    return tuple(
        replace(
            claim,
            p_holm=None if p is None else float(f"{p:.6g}"),
            settings=beyond,
        )
        for claim, p in zip(claims, corrected, strict=True)
    )


def search_beyond_the_paper(search: SearchConfig) -> tuple[str, ...]:
    """What the search does that the paper's does not, as `search.KEY VALUE`; without budgets and rates."""
    plain = SearchConfig()
    return tuple(
        f"search.{key} {getattr(search, key)}"
        for key in OPTIONS
        if key in type(search).model_fields and getattr(search, key) != getattr(plain, key)
    )
