"""Grids and an empty results folder for the tests of the report."""

from __future__ import annotations

from pathlib import Path

import pytest
from fabricate import NO_MATCH, Folder, genotype

from pipeline_src import places
from pipeline_src.config.grid import Grid
from pipeline_src.config.models import CamvidConfig, Config, DataConfig, ExperimentsConfig, RobustnessRun
from pipeline_src.not_run import NotRun


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


@pytest.fixture
def collapsed(small_grid: Grid, folder: Folder) -> Grid:
    """A grid with two matched networks that are not run, and a first moved setting that is network A."""
    own = small_grid.experiments.model_copy(update={"matched_networks": 2, "training_seeds": 2})
    grid = Grid(small_grid.config.model_copy(update={"experiments": own}))
    folder.everything(grid)
    same = NotRun("the same network as A", grid.network_a.name, genotype().model_dump(mode="json"))
    kinds = {"matched": NotRun(NO_MATCH), "downsampling": same}
    given = {one.name: kinds[one.kind] for one in grid.architectures if one.kind in kinds}
    del given["downsampling-2.3.5"]
    for architecture in grid.architectures:
        if architecture.name in given:
            given[architecture.name].save(folder.root / places.genotype(architecture))
    for evaluation in grid.evaluations:
        name = evaluation.training.architecture.name
        if name in given:
            given[name].save(folder.root / places.evaluation(evaluation))
            given[name].save(folder.root / places.finetuning_log(evaluation.training))
    folder.untimed(*(speed for speed in grid.speeds if speed.architecture.name in given))
    for name in given:
        given[name].save(folder.root / places.pretraining_log(name))
    return grid
