"""The claims of the paper and their parts, assessed from the results of one grid. [no torch]"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from pipeline_src.config.grid import Grid
from pipeline_src.config.models import SearchConfig
from pipeline_src.reporting.claims.ablations import aggregation_helps, beats_random_search
from pipeline_src.reporting.claims.depths import depths_are_robust, early_downsampling, first_settles_first
from pipeline_src.reporting.claims.evidence import Evidence
from pipeline_src.reporting.claims.fronts import best_downsampling, dominates
from pipeline_src.reporting.claims.gammas import gamma_costs_accuracy, gamma_gives_speed
from pipeline_src.reporting.claims.operations import PARTS_OF_C10, third_hyper_cell
from pipeline_src.reporting.claims.statistics import ERROR, holm
from pipeline_src.reporting.claims.transfer import networks_transfer, small_and_accurate
from pipeline_src.reporting.read.claims import Claim

JUDGEMENTS: tuple[Callable[[Evidence], Claim], ...] = (
    dominates,
    beats_random_search,
    depths_are_robust,
    best_downsampling,
    aggregation_helps,
    gamma_gives_speed,
    gamma_costs_accuracy,
    first_settles_first,
    early_downsampling,
    third_hyper_cell,
    *PARTS_OF_C10,
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
    """Assess C1 to C12; what the runs at hand cannot test is "not testable here", with what is missing.

    Args:
        grid: the runs of the configuration.
        results: the folder `results/SCALE`.

    Raises:
        UserError: a result file is malformed or belongs to another run.
    """
    return judged(Evidence(grid, results))


def judged(evidence: Evidence) -> tuple[Claim, ...]:
    """As `judge`, of evidence that is gathered already."""
    claims = [judgement(evidence) for judgement in JUDGEMENTS]
    corrected = holm([claim.p_value for claim in claims])
    family = sum(p is not None for p in corrected)
    beyond = search_beyond_the_paper(evidence.grid.config.search)
    return tuple(
        replace(_decided(claim, p, family), settings=beyond)
        for claim, p in zip(claims, corrected, strict=True)
    )


def _decided(claim: Claim, p_holm: float | None, family: int) -> Claim:
    """The claim with its verdict: what its test means, if that holds after the correction."""
    if p_holm is None:
        return claim
    verdict = claim.verdict if p_holm <= ERROR else "undecided"
    reason = f"{claim.reason} Corrected for the {family} claims that are testable here, p = {p_holm:.2g}."
    return replace(claim, verdict=verdict, reason=reason, p_holm=float(f"{p_holm:.6g}"))


def search_beyond_the_paper(search: SearchConfig) -> tuple[str, ...]:
    """What the search does that the paper's does not, as `search.KEY VALUE`; without budgets and rates."""
    plain = SearchConfig()
    return tuple(
        f"search.{key} {getattr(search, key)}"
        for key in OPTIONS
        if key in type(search).model_fields and getattr(search, key) != getattr(plain, key)
    )
