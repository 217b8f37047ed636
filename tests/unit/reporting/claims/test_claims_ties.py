"""Claims where every value is the same, down to one network a side: as smallest runs make them."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest
from fabricate import Folder, genotype

from pipeline_src.config.grid import Grid
from pipeline_src.config.models import Config, ExperimentsConfig, RobustnessRun
from pipeline_src.reporting.claims.judge import judge
from pipeline_src.reporting.read.claims import read_claims, write_claims


def _grid(networks: int) -> Grid:
    experiments = ExperimentsConfig(
        depths=(1, 1, 1),
        robustness=(RobustnessRun(seed=2, depths=(1, 1, 1)),),
        camvid_gammas=(0.1,),
        random_networks=networks,
        matched_networks=networks,
        random_aggregations=networks,
        coarse=False,
    )
    return Grid(Config(scale="tiny", experiments=experiments))


@pytest.mark.parametrize("networks", [1, 3])
@pytest.mark.parametrize("miou", [0.0, 0.5, 1.0])
def test_equal_values_are_no_difference_and_no_fault(
    networks: int, miou: float, folder: Folder, tmp_path: Path
) -> None:
    grid = _grid(networks)
    for evaluation in grid.evaluations:
        folder.evaluation(evaluation, miou, best=None)
    for speed in grid.speeds:
        folder.speed(speed)
    for architecture in (one for one in grid.architectures if not one.is_peer):
        folder.genotype(architecture, genotype((1, 1, 1)))
    folder.log(grid)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        claims = judge(grid, folder.root)
    write_claims(claims, tmp_path / "claims.json")
    assert read_claims(tmp_path / "claims.json") == claims
    by_id = {claim.id: claim for claim in claims}
    assert not {claim.verdict for claim in claims} & {"reproduced", "not reproduced"}
    assert by_id["C2"].p_value in (None, 1.0)
