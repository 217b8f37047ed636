"""The twelve claims of the paper, judged from the results of one grid. [no torch]"""

from __future__ import annotations

from pathlib import Path

from pipeline_src.config.grid import Grid
from pipeline_src.reporting.claims.ablations import aggregation_helps, beats_random_search, gamma_trades
from pipeline_src.reporting.claims.claim import Claim
from pipeline_src.reporting.claims.depths import depths_are_robust, early_downsampling, first_settles_first
from pipeline_src.reporting.claims.evidence import Evidence
from pipeline_src.reporting.claims.fronts import best_downsampling, on_the_front
from pipeline_src.reporting.claims.operations import operations_by_depth, third_hyper_cell
from pipeline_src.reporting.claims.transfer import networks_transfer, small_and_accurate

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


def judge(grid: Grid, results: Path) -> tuple[Claim, ...]:
    """Judge C1 to C12; what was not run leaves a claim undecided, with the reason.

    Args:
        grid: the runs of the configuration.
        results: the folder `results/SCALE`.

    Raises:
        UserError: a result file is malformed or belongs to another run.
    """
    evidence = Evidence(grid, results)
    return tuple(judgement(evidence) for judgement in JUDGEMENTS)
