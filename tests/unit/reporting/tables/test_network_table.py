"""The table of all networks: a line wherever one is judged or timed, and what is missing is said."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

from fabricate import NO_MATCH, Folder
from fabricate_epochs import write_logs

from pipeline_src import places
from pipeline_src.cli.main import main
from pipeline_src.config.grid import Grid
from pipeline_src.reporting.tables.networks import network_table
from pipeline_src.reporting.tables.overview import CURVES


def test_every_network_stands_there_with_all_that_was_measured(any_grid: Grid, folder: Folder) -> None:
    folder.everything(any_grid)
    columns, lines = network_table(any_grid, folder.root)
    assert {line["network"] for line in lines} == {one.name for one in any_grid.architectures}
    assert all(list(line) == list(columns) for line in lines)
    keys = [(line["network"], line["training"], line["split"], line["input"]) for line in lines]
    assert len(set(keys)) == len(keys)
    judged = [line for line in lines if line["training"]]
    assert len(judged) == len(any_grid.evaluations)
    assert all(line["miou_percent"] and line["judged_at"] == "2026-01-02T03:04:05+00:00" for line in judged)
    timed = {(one.architecture.name, places.size_text(one.size)) for one in any_grid.speeds}
    assert {(line["network"], line["input"]) for line in lines if line["latency_ms"]} == timed
    assert not any("not judged" in line["missing"] for line in lines)


def test_a_line_of_a_network(camvid_grid: Grid, folder: Folder) -> None:
    a = camvid_grid.network_a
    evaluation = next(one for one in camvid_grid.evaluations if one.training.architecture == a)
    speed = next(one for one in camvid_grid.speeds if one.architecture == a)
    folder.evaluation(evaluation, 0.4321)
    folder.speed(speed, 8.0)
    line = _only(network_table(camvid_grid, folder.root)[1], a.name, evaluation.training.name)
    expected = {
        "kind": "searched", "data_set": "camvid", "split": "test", "input": "180x240", "missing": "",
        "miou_percent": 43.21, "miou_best_epoch_percent": 48.21, "iou_Sky_percent": 30.0,
        "iou_Building_percent": 31.0, "parameters": 1_234_567, "multiply_adds": 1, "latency_ms": 8.0,
        "latency_folded_ms": 4.0, "channels_last_ms": 4.0,
        "judged_on": "Test Processor 9000", "timed_on": "Test Processor 9000",
    }  # fmt: skip
    assert {name: line[name] for name in expected} == expected


def test_what_is_missing_is_said(small_grid: Grid, folder: Folder) -> None:
    """One set whose labels are withheld is there, and one network that is timed and not judged."""
    withheld = small_grid.evaluations[0]
    other = next(one for one in small_grid.evaluations if one.training.architecture.kind == "random")
    folder.evaluation(withheld, None, labelled=False)
    speed = next(one for one in small_grid.speeds if one.architecture == other.training.architecture)
    folder.speed(speed, 5.0)
    lines = network_table(small_grid, folder.root)[1]
    first = _only(lines, withheld.training.architecture.name, withheld.training.name, withheld.split)
    assert first["missing"] == f"{withheld.split} labels are withheld; not timed at this size"
    assert first["miou_percent"] == "" and first["judged_at"]
    last = _only(lines, other.training.architecture.name, other.training.name, other.split)
    assert last["missing"] == "not judged" and last["latency_ms"] == 5.0 and last["parameters"]
    both = [line for line in lines if line["missing"] == "not judged; not timed at this size"]
    assert len(both) > 3 and not any(line["miou_percent"] or line["latency_ms"] for line in both)


def test_a_network_that_is_not_run_says_why_and_an_equal_one_has_the_others_numbers(
    collapsed: Grid, folder: Folder
) -> None:
    lines = network_table(collapsed, folder.root)[1]
    reasons = {line["kind"]: line["missing"] for line in lines if line["kind"] == "matched"}
    assert reasons == {"matched": NO_MATCH}
    assert not any(line["miou_percent"] for line in lines if line["kind"] == "matched")
    same = [line for line in lines if line["missing"] == "the same network as A"]
    own = {_at(line): line["miou_percent"] for line in lines if line["network"] == collapsed.network_a.name}
    assert same and all(line["miou_percent"] == own[_at(line)] for line in same)


def test_what_a_peer_was_timed_at_alone_is_a_line_of_its_own(camvid_grid: Grid, folder: Folder) -> None:
    folder.everything(camvid_grid)
    alone = [line for line in network_table(camvid_grid, folder.root)[1] if not line["training"]]
    assert {line["missing"] for line in alone} == {""}
    assert "180x240" not in {line["input"] for line in alone if line["kind"] != "peer"}
    assert all(line["parameters"] and line["latency_ms"] for line in alone)


def test_the_command_writes_it_for_spreadsheets(camvid_grid: Grid, folder: Folder, tmp_path: Path) -> None:
    evaluation = camvid_grid.evaluations[0]
    folder.evaluation(evaluation, last={"miou": 0.5, "per_class_iou": {"=1+1": 0.5}, "pixel_accuracy": 0.5})
    for kind in CURVES:
        write_logs(camvid_grid, folder, kind)
    output = tmp_path / "reports"
    words = ["--settings", json.dumps(camvid_grid.config.model_dump(mode="json"))]
    assert main(["collect-overview", *words, "--results", str(folder.root), "--output", str(output)]) == 0
    with (output / places.NETWORKS).open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == len(network_table(camvid_grid, folder.root)[1])
    assert "iou_=1+1_percent" in rows[0]  # within a name nothing is calculated


def _at(line: dict[str, Any]) -> tuple[Any, ...]:
    return line["training"], line["split"], line["input"]


def _only(
    lines: list[dict[str, Any]], network: str, training: str, split: str | None = None
) -> dict[str, Any]:
    found = [
        line
        for line in lines
        if (line["network"], line["training"]) == (network, training) and split in (None, line["split"])
    ]
    assert len(found) == 1
    return found[0]
