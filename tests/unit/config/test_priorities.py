"""Jobs come in the order in which claims become decidable."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline_src.config.grid import Grid
from pipeline_src.config.load import SCALES, resolve
from pipeline_src.config.priorities import READY, Priorities

SCALE_FILES = Path(__file__).resolve().parents[3] / "workflow" / "scales"


@pytest.mark.parametrize("scale", SCALES)
def test_runs_of_c2_come_first_then_c6_c5_c4_c3_and_c8(scale: str) -> None:
    experiments = {"null_seeds": [1, 3], "training_seeds": 2, "gamma_seeds": [1, 3]}
    grid = Grid(resolve({"scale": scale, "experiments": experiments}, SCALE_FILES))
    found = Priorities(grid)
    tables = {row.label: row for row in (*grid.of_table("table_3"), *grid.of_table("table_6"))}

    def training(label: str, repeat: int = 0) -> int:
        return found.of_training(tables[label].val[repeat].training)

    c2 = training("AutoRTNet")
    assert training("latency-matched random search") == c2
    assert {found.of_training(row.val[0].training) for row in grid.of_table("table_4")} == {c2}
    gamma = next(row for row in grid.of_table("figure_6") if row.label == "0.05")
    c6 = found.of_training(gamma.test[0].training)
    c5 = training("a) without aggregation cell")
    moved = grid.of_table("table_5")[1]
    c4 = found.of_training(moved.val[-1].training)
    nulls = {found.of_architecture(one.architecture.name) for r in grid.of_table("nulls") for one in r.speeds}
    (null,) = nulls
    assert READY > c2 > c6 > c5 > c4 > null > training("random search") == 0
    assert found.of_architecture(moved.speeds[0].architecture.name) == c4
    assert found.of_architecture(grid.network_a.name) == c2
    # A's repeats wait for C5, unless Figure 6 holds A too, as where CamVid is the main set.
    assert training("AutoRTNet", 1) == (c6 if grid.main == "camvid" else c5)
