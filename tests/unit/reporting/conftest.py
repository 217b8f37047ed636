"""Grids and an empty results folder for the tests of the report."""

from __future__ import annotations

from pathlib import Path

import pytest
from fabricate import Folder

from pipeline_src.config.grid import Grid
from pipeline_src.config.models import CamvidConfig, Config, DataConfig, ExperimentsConfig, RobustnessRun


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """An empty results folder."""
    return Folder(tmp_path / "results")


@pytest.fixture
def grid() -> Grid:
    """The paper's own grid."""
    return Grid(Config(scale="paper"))


@pytest.fixture
def small_grid() -> Grid:
    """A reduced grid on Cityscapes: other initial numbers of cells, fewer repeats, no coarse set."""
    experiments = ExperimentsConfig(
        depths=(2, 3, 3),
        robustness=(
            RobustnessRun(seed=1, depths=(2, 3, 3)),
            RobustnessRun(seed=2, depths=(2, 3, 3)),
            RobustnessRun(seed=2, depths=(2, 3, 4)),
            RobustnessRun(seed=9, depths=(2, 3, 3)),
        ),
        camvid_gammas=(0.1, 0.2),
        random_networks=2,
        matched_networks=0,
        downsampling_positions=((1, 5, 10), (2, 3, 5)),
        random_aggregations=2,
        coarse=False,
    )
    return Grid(Config(scale="tiny", experiments=experiments))


@pytest.fixture
def camvid_grid() -> Grid:
    """Every experiment on CamVid."""
    camvid = CamvidConfig(input_height_px=180, input_width_px=240, full_height_px=None, full_width_px=None)
    return Grid(Config(scale="camvid", data=DataConfig(main="camvid", cityscapes=None, camvid=camvid)))


@pytest.fixture(params=["grid", "small_grid", "camvid_grid"])
def any_grid(request: pytest.FixtureRequest) -> Grid:
    """Each of the three grids."""
    value: Grid = request.getfixturevalue(request.param)
    return value
