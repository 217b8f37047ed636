"""The data behind figures 1, 5 and 6."""

from __future__ import annotations

from pathlib import Path

import pytest
from fabricate import Folder

from pipeline_src.config.grid import Grid
from pipeline_src.errors import ConfigError, UserError
from pipeline_src.reporting.tables.cells import _numbers, write_csv
from pipeline_src.reporting.tables.figures import figure_data
from pipeline_src.reporting.tables.measures import Reading


def test_figure_1_tells_quoted_and_measured_points_apart(grid: Grid, folder: Folder) -> None:
    row = next(row for row in grid.of_table("table_1") if row.label == "AutoRTNet-B*")
    folder.evaluation(row.test[0], 0.5)
    folder.speed(row.speeds[0], 4.0)
    data = figure_data("figure_1", grid, folder.root)
    quoted, ours = data[data["status"] == "quoted"], data[data["status"] != "quoted"]
    assert len(quoted) == 21 and len(ours) == 4
    assert quoted.set_index("name").loc["DFANet†", ["fps", "miou"]].tolist() == ["48.5", "71.3"]
    best = ours.set_index("name").loc["AutoRTNet-B*"]
    assert best[["fps", "miou", "status", "n", "scale"]].tolist() == [
        "250.0",
        "50.0",
        "measured",
        "1",
        "paper",
    ]
    half = ours.set_index("name").loc["AutoRTNet-B"]
    assert half["status"] == "not_run" and "evaluate/" in half["reason"] and half["miou"] == ""


def test_figure_5_follows_the_search_log(grid: Grid, folder: Folder) -> None:
    folder.log(grid)
    data = figure_data("figure_5", grid, folder.root)
    quoted, ours = data[data["status"] == "quoted"], data[data["status"] == "measured"]
    assert quoted[["epoch", "hyper_cell", "argmax", "initial"]].to_numpy().tolist() == [
        ["150", "1", "2", "5"],
        ["150", "2", "4", "10"],
        ["150", "3", "6", "10"],
    ]
    assert len(ours) == 12
    assert ours.iloc[3].to_dict() == {
        "epoch": "2",
        "hyper_cell": "1",
        "argmax": "4",
        "sampled": "1",
        "expected": "4.5",
        "beta_frozen": "true",
        "initial": "5",
        "status": "measured",
        "scale": "paper",
        "reason": "",
        "source": "search/cityscapes-g0.01-s2-d5.10.10/log.csv",
    }
    assert ours.iloc[-1][["expected", "beta_frozen"]].tolist() == ["0.333333", "false"]


def test_figure_5_without_a_log_says_so(grid: Grid, folder: Folder) -> None:
    data = figure_data("figure_5", grid, folder.root)
    absent = data[data["status"] == "not_run"]
    assert absent["hyper_cell"].tolist() == ["1", "2", "3"]
    assert set(absent["reason"]) == {"search/cityscapes-g0.01-s2-d5.10.10/log.csv is missing"}


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("argmax_depth_2", "argmax_depth_two", "lacks argmax_depth_2"),
        ("True", "maybe", "neither true nor false"),
        ("900.0,1,", "900.0,one,", "could not convert"),
        ("900.0,1,", "900.0,,", "could not convert"),
        ("900.0,1,", "900.0,nan,", "not finite"),
    ],
)
def test_a_malformed_log_is_an_error(grid: Grid, folder: Folder, old: str, new: str, problem: str) -> None:
    path = folder.log(grid)
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(UserError, match=problem) as caught:
        figure_data("figure_5", grid, folder.root)
    assert str(path) in str(caught.value)


def test_an_empty_log_is_an_error(grid: Grid, folder: Folder) -> None:
    folder.log(grid).write_text("")
    with pytest.raises(UserError, match="is not a search log"):
        figure_data("figure_5", grid, folder.root)


def test_of_several_networks_each_counts_once() -> None:
    """A is trained three times and the other seeds of its gamma once: a mean of trainings would be A's."""
    own = [Reading(value, "evaluate/a.json", network="a") for value in (30.0, 36.0)]
    absent = Reading(None, "evaluate/c/train/v.json", "is missing")
    assert _numbers([*own, absent]) == [30.0, 36.0]  # of one network over its trainings
    assert _numbers([*own, Reading(40.0, "evaluate/b.json", network="b"), absent]) == [33.0, 40.0]
    assert _numbers([Reading("A", "search/a/genotype.json"), absent]) == []


def test_figure_6_has_the_papers_gammas_and_ours(small_grid: Grid, folder: Folder) -> None:
    row = small_grid.of_table("figure_6")[1]
    assert row.label == "0.2"
    folder.evaluation(row.test[0], 0.2)
    folder.speed(row.speeds[0], 10.0)
    data = figure_data("figure_6", small_grid, folder.root)
    assert data[["gamma", "status"]].to_numpy().tolist() == [
        ["0.001", "quoted"],
        ["0.01", "quoted"],
        ["0.05", "quoted"],
        ["0.1", "quoted"],
        ["0.001", "not_run"],
        ["0.01", "not_run"],
        ["0.05", "not_run"],
        ["0.1", "not_run"],
        ["0.2", "measured"],
    ]
    assert data.iloc[-1][["fps", "miou", "kind"]].tolist() == ["100.0", "20.0", "beyond"]
    assert "experiments.camvid_gammas" in data.iloc[4]["reason"]


def test_the_same_results_give_the_same_bytes(grid: Grid, folder: Folder, tmp_path: Path) -> None:
    folder.everything(grid)
    for figure in ("figure_1", "figure_5", "figure_6"):
        paths = [tmp_path / name / f"{figure}.csv" for name in "ab"]
        for path in paths:
            write_csv(figure_data(figure, grid, folder.root), path)
        assert paths[0].read_bytes() == paths[1].read_bytes()
        assert b"not_run" not in paths[0].read_bytes()


def test_an_unknown_figure_is_refused(grid: Grid, folder: Folder) -> None:
    with pytest.raises(ConfigError, match="figure_2"):
        figure_data("figure_2", grid, folder.root)
