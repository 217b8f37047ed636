"""What `dvc metrics` and `dvc plots` read."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from fabricate import Folder, genotype
from fabricate_epochs import write_logs

from pipeline_src import places
from pipeline_src.cli.main import main
from pipeline_src.config.grid import Grid
from pipeline_src.errors import ConfigError, UserError
from pipeline_src.reporting.tables.overview import (
    CURVES,
    curve_sources,
    curves,
    metric_sources,
    network_metrics,
)
from pipeline_src.space.genotype import HyperCellGenotype


def test_each_network_has_its_accuracy_and_speed(small_grid: Grid, folder: Folder) -> None:
    for evaluation in small_grid.evaluations:
        folder.evaluation(evaluation, 0.25, labelled=True)
    for speed in small_grid.speeds:
        folder.speed(speed, 8.0)
    found = network_metrics(small_grid, folder.root)
    assert set(found) == {one.name for one in small_grid.architectures}
    size = "x".join(map(str, small_grid.input_size("cityscapes")))
    assert found["random-1"] == {
        f"cityscapes-train_val-{size}_miou_percent": 25.0,
        f"cityscapes-{size}_latency_ms": 8.0,
        f"cityscapes-{size}_fps": 125.0,
    }


def test_what_was_not_measured_has_no_key(small_grid: Grid, folder: Folder) -> None:
    first, second = small_grid.evaluations[:2]
    folder.evaluation(first, 0.5)
    folder.evaluation(second, None)  # a test set whose labels are withheld
    found = network_metrics(small_grid, folder.root)
    assert [list(numbers.values()) for numbers in found.values()] == [[50.0]]


@pytest.mark.parametrize("kind", CURVES)
def test_curves_hold_every_epoch_of_every_run(small_grid: Grid, folder: Folder, kind: str) -> None:
    write_logs(small_grid, folder, kind)
    columns, lines = curves(small_grid, kind, folder.root)
    runs = list(curve_sources(small_grid, kind))
    assert tuple(columns) == ("run", "epoch", *CURVES[kind])
    assert [line["run"] for line in lines] == [run for run in runs for _ in (1, 2)]
    assert [line[CURVES[kind][0]] for line in lines[-2:]] == [str(len(runs)), str(len(runs) + 1)]


def test_a_log_without_its_columns_is_named(small_grid: Grid, folder: Folder) -> None:
    write_logs(small_grid, folder, "pretrain")
    name = f"pretrain/{small_grid.backbones[-1]}/log.csv"
    (folder.root / name).write_text("epoch,loss\n1,2\n")
    with pytest.raises(UserError, match=f"{name}.*lacks val_top1"):
        curves(small_grid, "pretrain", folder.root)
    (folder.root / name).unlink()
    runs = {line["run"] for line in curves(small_grid, "pretrain", folder.root)[1]}
    assert runs == {*small_grid.backbones[:-1]}  # a part of a run shows what there is
    (folder.root / name).mkdir()
    with pytest.raises(UserError, match="cannot be read"):
        curves(small_grid, "pretrain", folder.root)
    with pytest.raises(ConfigError, match="not a kind of run"):
        curve_sources(small_grid, "speed")


def test_the_command_writes_numbers_curves_and_a_record(
    small_grid: Grid, folder: Folder, tmp_path: Path
) -> None:
    for kind in CURVES:
        write_logs(small_grid, folder, kind)
    for speed in small_grid.speeds:
        folder.speed(speed, 4.0)
    output = tmp_path / "reports"
    settings = json.dumps(small_grid.config.model_dump(mode="json"))
    words = ["--settings", settings, "--results", str(folder.root), "--output", str(output)]
    assert main(["collect-overview", *words]) == 0
    metrics = json.loads((output / "metrics.json").read_text())
    assert all(250.0 in numbers.values() for numbers in metrics.values())
    for kind in CURVES:
        with (output / "curves" / f"{kind}.csv").open(newline="") as stream:
            assert len(list(csv.DictReader(stream))) == 2 * len(curve_sources(small_grid, kind))
    record = json.loads((output / "metrics.json.run.json").read_text())
    assert record["command"][1] == "collect-overview" and record["inputs"]


def test_a_run_of_a_dead_network_says_so_in_its_name(small_grid: Grid, folder: Folder) -> None:
    zero = HyperCellGenotype(depth=1, reduction=("zero",) * 5, normal=("zero",) * 5)
    live = genotype()
    dead = live.model_copy(update={"hyper_cells": (*live.hyper_cells[:2], zero)})
    folder.genotype(small_grid.network_b, live)
    folder.genotype(small_grid.network_a, dead)
    name = small_grid.network_a.name
    for kind in ("search", "finetune"):
        write_logs(small_grid, folder, kind)
        runs = {line["run"] for line in curves(small_grid, kind, folder.root)[1]}
        marked = {run for run in runs if run.endswith(" (dead)")}
        assert marked == {run for run in runs if run.split("/")[0].removesuffix(" (dead)") == name}
        assert 0 < len(marked) < len(runs)
    assert places.genotype(small_grid.network_a) in metric_sources(small_grid)
