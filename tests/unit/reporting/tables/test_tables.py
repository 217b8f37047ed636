"""Cells of the tables against a results folder with known numbers."""

from __future__ import annotations

import csv
import io
import json
import math
import statistics
from pathlib import Path

import pandas as pd
import pytest
from fabricate import Folder, genotype
from known_sets import CAMVID_CLASSES, CITYSCAPES_CLASSES

from pipeline_src import places
from pipeline_src.config.grid import Grid
from pipeline_src.config.runs import Architecture, Evaluation, Row, Speed, Training
from pipeline_src.errors import ConfigError, UserError
from pipeline_src.reporting.paper.classes import class_named
from pipeline_src.reporting.paper.quoted import quoted_table
from pipeline_src.reporting.read.sources import TABLES, artifacts_of
from pipeline_src.reporting.tables.cells import PEER_NOT_RUN, cells_path, tabulate, write_table
from pipeline_src.reporting.tables.measures import NO_BEST_EPOCH
from pipeline_src.spreadsheets import parted


def _read(path: Path) -> list[list[str]]:
    return list(csv.reader(io.StringIO(path.read_text(encoding="utf-8"), newline="")))


def test_a_row_of_table_1(grid: Grid, folder: Folder) -> None:
    row = next(row for row in grid.of_table("table_1") if row.label == "AutoRTNet-A")
    evaluation = folder.evaluation(row.test[0], 0.61234)
    speed = folder.speed(row.speeds[0], 8.0)
    table = tabulate("table_1", grid, folder.root)

    miou = table.cell("autortnet_a", "miou")
    assert (miou.status, miou.quoted, miou.measured, miou.unit, miou.n) == (
        "measured",
        "72.2",
        "61.2",
        "%",
        1,
    )
    assert miou.mean == pytest.approx(61.234) and miou.std is None
    assert miou.sources == (evaluation.relative_to(folder.root).as_posix(),)
    assert miou.data == "cityscapes-trainval, test 768x1536" and miou.scale == "paper" and miou.reason == ""
    best = table.cell("autortnet_a", "miou_best")
    assert (best.status, best.reason, best.quoted) == ("not_run", NO_BEST_EPOCH, "")
    assert table.cell("autortnet_a", "input_size").measured == "768 × 1536"
    latency = table.cell("autortnet_a", "latency")
    assert (latency.quoted, latency.measured) == ("9.09", "8.00")
    assert latency.sources == (speed.relative_to(folder.root).as_posix(),)
    shown = {
        name: table.cell("autortnet_a", name).measured for name in ("fps", "latency_folded", "fps_folded")
    }
    assert shown == {"fps": "125.0", "latency_folded": "4.00", "fps_folded": "250.0"}
    assert table.cell("autortnet_a", "device").measured == "Test Processor 9000"
    peer = table.cell("dfanet_dagger", "fps")
    assert (peer.status, peer.quoted, peer.measured, peer.kind) == ("quoted", "48.5 †", "", "peer")
    assert peer.footnotes == ("dfanet_speed",)
    assert table.cell("segnet", "latency_folded").status == "not_run"
    assert table.cell("segnet", "latency_folded").reason == PEER_NOT_RUN


def test_the_best_epoch_stands_in_a_column_of_its_own(grid: Grid, folder: Folder) -> None:
    row = grid.of_table("table_9")[0]
    folder.evaluation(row.val[0], 0.61234)
    table = tabulate("table_9", grid, folder.root)
    assert table.cell("autortnet_a", "miou").measured == "61.2"
    assert table.cell("autortnet_a", "miou_best").measured == "66.2"
    folder.evaluation(row.val[0], 0.61234, best=None)
    best = tabulate("table_9", grid, folder.root).cell("autortnet_a", "miou_best")
    assert best.status == "not_run" and best.reason.endswith("has no score of the best epoch")


def test_table_3_gives_mean_spread_and_range(small_grid: Grid, folder: Folder) -> None:
    row = small_grid.of_table("table_3")[1]
    for evaluation, miou in zip(row.val, (0.30, 0.40), strict=True):
        folder.evaluation(evaluation, miou)
    for speed, milliseconds in zip(row.speeds, (20.0, 10.0), strict=True):
        folder.speed(speed, milliseconds)
    table = tabulate("table_3", small_grid, folder.root)
    miou, latency, fps = (table.cell("random_search", name) for name in ("miou", "latency", "fps"))
    assert (miou.measured, miou.n, miou.mean) == ("35.0±7.1", 2, pytest.approx(35.0))
    assert miou.std == pytest.approx(statistics.stdev([30.0, 40.0]))
    assert (latency.measured, latency.min, latency.max) == ("10.00~20.00", 10.0, 20.0)
    assert (fps.measured, fps.mean) == ("100.0~50.0", pytest.approx(75.0))
    assert len(miou.sources) == 2 and latency.sources == (places.SPEEDS,)
    matched = table.cell("latency_matched_random_search", "miou")
    assert (matched.status, matched.reason, matched.kind) == ("not_run", "none asked for", "beyond")


def test_half_finished_repeats_say_how_many_there_are(grid: Grid, folder: Folder) -> None:
    row = grid.of_table("table_6")[1]
    folder.evaluation(row.val[0], 0.3)
    folder.evaluation(row.val[1], 0.5)
    cell = tabulate("table_6", grid, folder.root).cell("b_random_aggregation_cell", "miou")
    assert (cell.status, cell.n, cell.measured) == ("measured", 2, "40.0±14.1")
    assert (
        cell.reason.startswith("2 of 10 runs: evaluate/aggregation-random-2/") and "and 5 more" in cell.reason
    )


def test_table_4_reads_depths_from_genotypes(small_grid: Grid, folder: Folder) -> None:
    row = next(row for row in small_grid.of_table("table_4") if row.label == "seed 2 {2, 3, 4}")
    path = folder.genotype(row.speeds[0].architecture, genotype((1, 2, 3)))
    table = tabulate("table_4", small_grid, folder.root)
    row_id = "seed_2_5_10_15"
    found = {name: table.cell(row_id, name) for name in ("seed", "initial_cells", "final_cells")}
    assert [cell.measured for cell in found.values()] == ["2", "{2, 3, 4}", "{1, 2, 3}"]
    assert [cell.quoted for cell in found.values()] == ["2", "{5, 10, 15}", "{2, 4, 6}"]
    assert found["final_cells"].sources == (path.relative_to(folder.root).as_posix(),)
    assert table.cell(row_id, "miou").status == "not_run"
    asked = table.cell("seed_3_5_10_10", "final_cells")
    assert asked.status == "not_run" and "experiments.robustness" in asked.reason


def test_table_5_shows_where_the_reductions_really_are(grid: Grid, folder: Folder) -> None:
    rows = grid.of_table("table_5")
    folder.genotype(rows[0].speeds[0].architecture, genotype((2, 2, 2)))
    folder.genotype(rows[2].speeds[0].architecture, genotype((2, 2, 1), leading=1))
    table = tabulate("table_5", grid, folder.root)
    assert table.cell("hyper_cell", "positions").measured == "(1, 3, 5)"
    assert table.cell("3_5_8", "positions").measured == "(2, 4, 6)"
    assert table.cell("3_5_8", "positions").quoted == "(3, 5, 8)"
    assert table.cell("3_5_8", "total_cells").measured == "6"
    assert table.cell("1_2_4", "positions").status == "not_run"


def test_tables_7_and_9_name_the_device_and_the_size(grid: Grid, folder: Folder) -> None:
    folder.everything(grid)
    seven, nine = tabulate("table_7", grid, folder.root), tabulate("table_9", grid, folder.root)
    assert seven.cell("autortnet_b_star", "original_gpu").measured == "Test Processor 9000"
    assert seven.cell("autortnet_b_star", "input_size").measured == "768x1536"
    assert seven.cell("autortnet_b_star", "miou_val").data == "cityscapes-train-coarse, val 768x1536"
    assert seven.cell("autortnet_b_star", "miou").data == "cityscapes-trainval-coarse, test 768x1536"
    assert nine.cell("autortnet_a", "input_size").measured == "1024x2048"
    assert nine.cell("icnet", "original_gpu").quoted == "Titan X(M)"


def test_classes_on_cityscapes(grid: Grid, folder: Folder) -> None:
    row = grid.of_table("table_8")[0]
    folder.evaluation(row.test[0])
    table = tabulate("table_8", grid, folder.root)
    titles = quoted_table("table_8").columns[1:-2]
    shown = [cell.measured for cell in table.of_row("autortnet_a") if cell.column in titles]
    assert shown == [f"{30 + index}.0" for index in range(19)]


def test_classes_on_camvid(camvid_grid: Grid, folder: Folder) -> None:
    folder.everything(camvid_grid)
    ten = tabulate("table_10", camvid_grid, folder.root)
    assert [
        ten.cell("autortnet_c", f"iou_{name}").measured for name in ("sign", "sidewalk", "bicyclist")
    ] == [
        "36.0",
        "34.0",
        "40.0",
    ]
    assert all(cell.status == "measured" for cell in ten.of_row("autortnet_a")[1:])
    eight = tabulate("table_8", camvid_grid, folder.root)
    tree, wall = eight.cell("autortnet_a", "iou_vegetation"), eight.cell("autortnet_a", "iou_wall")
    assert tree.measured == "35.0" and tree.data.endswith("test 180x240, class Tree")
    assert (wall.status, wall.measured, wall.reason) == ("not_run", "", "camvid has no class 'Wall'")
    full = tabulate("table_9", camvid_grid, folder.root).cell("autortnet_a", "miou")
    assert full.status == "not_run" and "full_height_px" in full.reason
    coarse = tabulate("table_1", camvid_grid, folder.root).cell("autortnet_a_star", "miou")
    assert coarse.status == "not_run" and "coarse" in coarse.reason
    assert tabulate("table_2", camvid_grid, folder.root).cell("autortnet_a", "parameters").measured == "1.23"


@pytest.mark.parametrize(("table", "names"), [("table_8", CITYSCAPES_CLASSES), ("table_10", CAMVID_CLASSES)])
def test_the_class_columns_are_the_data_sets_classes(table: str, names: tuple[str, ...]) -> None:
    titles = quoted_table(table).columns[1:-2]
    assert sorted(str(class_named(title, names)) for title in titles) == sorted(names)


def test_scores_that_do_not_exist_are_not_run_with_a_reason(grid: Grid, folder: Folder) -> None:
    a, b, _ = grid.of_table("table_8")
    unlabelled = {"last": {"miou": None, "per_class_iou": {}}, "best": None}
    folder.evaluation(a.test[0], labelled=False, **unlabelled)
    folder.evaluation(b.test[0], last={"miou": 0.4, "per_class_iou": {"train": None}}, best=None)
    table = tabulate("table_8", grid, folder.root)
    withheld = "test labels are withheld: send the submission folder to the benchmark server"
    assert {table.cell("autortnet_a", name).reason for name in ("miou", "iou_road")} == {withheld}
    train = table.cell("autortnet_b", "iou_train")
    assert train.status == "not_run" and "in no label and no prediction" in train.reason
    best = table.cell("autortnet_b", "miou_best")
    assert (best.status, best.reason) == ("not_run", NO_BEST_EPOCH)
    assert table.cell("autortnet_b", "miou").measured == "40.0"


def test_with_no_results_every_row_is_there_and_every_reason_names_a_file(
    any_grid: Grid, folder: Folder
) -> None:
    for name in TABLES:
        table = tabulate(name, any_grid, folder.root)
        wide, quoted = table.wide(), quoted_table(name)
        assert list(map(tuple, wide[list(quoted.columns)].to_numpy()[: len(quoted.rows)])) == list(
            quoted.rows
        )
        files = artifacts_of(any_grid, name)
        for cell in table.cells:
            assert cell.status in ("quoted", "not_run") and cell.measured == "" and cell.n == 0
            assert (cell.status == "not_run") == bool(cell.reason), cell
            if cell.reason.endswith(" is missing"):
                assert all(part.removesuffix(" is missing") in files for part in cell.reason.split("; "))


def test_with_all_results_every_cell_of_ours_is_measured(grid: Grid, folder: Folder) -> None:
    folder.everything(grid)
    for name in TABLES:
        for cell in tabulate(name, grid, folder.root).cells:
            if cell.reason == NO_BEST_EPOCH:
                assert cell.status == "not_run" and name in ("table_1", "table_7", "table_8")
            elif cell.kind != "peer" and cell.column_id not in ("method", "rule"):
                assert cell.status == "measured" and cell.sources and cell.reason == "", cell
    seen = {
        source
        for name in TABLES
        for cell in tabulate(name, grid, folder.root).cells
        for source in cell.sources
    }
    asked = {path for name in TABLES for path in artifacts_of(grid, name)}
    assert seen <= asked
    assert {Path(path).name for path in asked - seen} == {"genotype.json", "log.csv"}, "what tells of life"


def test_both_files_hold_the_same_cells_and_are_written_alike_twice(
    grid: Grid, folder: Folder, tmp_path: Path
) -> None:
    folder.everything(grid)
    for name in TABLES:
        first, second = tmp_path / "a" / f"{name}.csv", tmp_path / "b" / f"{name}.csv"
        for path in (first, second):
            write_table(tabulate(name, grid, folder.root), path)
        assert first.read_bytes() == second.read_bytes()
        assert cells_path(first).read_bytes() == cells_path(second).read_bytes()
        wide = pd.read_csv(first, dtype=str, keep_default_na=False)
        long = pd.read_csv(cells_path(first), dtype=str, keep_default_na=False)
        assert set(wide["scale"]) == set(long["scale"]) == {"paper"}
        for _, line in long[long["status"] == "measured"].iterrows():
            row = wide[wide["row"] == line["row_id"]].iloc[0]
            assert row[f"{line['column']} (here)"] == line["measured"]
            assert row[f"{line['column']} (status)"] == "measured"
            assert line["mean"] == "" or math.isfinite(float(line["mean"]))


@pytest.mark.parametrize(
    "name", ['<script>alert("1")</script>', "a,b;c 'd' \\LaTeX_{} $%&#~^", "列車" * 40, "=1+2"]
)
def test_hostile_names_come_out_as_text(grid: Grid, folder: Folder, tmp_path: Path, name: str) -> None:
    safe_for_a_file = name.replace("/", "|")[:80]
    architecture = Architecture(safe_for_a_file, "random", safe_for_a_file)
    evaluation = Evaluation(Training(architecture, "cityscapes", "train"), "val", (768, 1536))
    speed = Speed(architecture, "cityscapes", (768, 1536))
    runs = {"val": (evaluation,), "speeds": (speed,)}
    grid.__dict__["rows"] = (Row("table_3", "random search", **runs), Row("table_3", name, **runs))
    folder.evaluation(evaluation, last={"miou": 0.25, "per_class_iou": {name: 0.5}})
    folder.speed(speed, fingerprint={"device": name + "\n\r x"})
    path = tmp_path / "table_3.csv"
    write_table(tabulate("table_3", grid, folder.root), path)
    wide, long = _read(path), _read(cells_path(path))
    assert {len(line) for line in wide} == {len(wide[0])} and {len(line) for line in long} == {len(long[0])}
    stored = f"'{name}" if name.startswith("=") else name  # no spreadsheet takes it for a formula
    assert [line[0] for line in wide[1:]] == ["AutoRTNet", "random search", stored]
    assert wide[2][wide[0].index("Device (here)")] == f"{stored} x"
    assert wide[2][wide[0].index("mIoU (%) (here)")] == "25.0"
    source = json.loads((folder.root / places.evaluation(evaluation)).read_text())["architecture"]
    assert any(source in text for line in long for text in parted(line[long[0].index("sources")]))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{", "not readable JSON"),
        ("[]", "not a result file"),
        ('{"architecture": "x"}', "training"),
        ("miou", "less than or equal to 1"),
        ("nan", "no number"),
        ("other", "belongs to another run"),
    ],
)
def test_a_malformed_file_is_an_error_that_names_it(
    grid: Grid, folder: Folder, text: str, problem: str
) -> None:
    one = grid.of_table("table_3")[0].val[0]
    path = folder.evaluation(one)
    if text == "miou":
        folder.evaluation(one, 61.2)
    elif text == "nan":
        path.write_text(path.read_text().replace('"miou": 0.5,', '"miou": NaN,', 1))
    elif text == "other":
        folder.evaluation(one, split="test")
    else:
        path.write_text(text)
    with pytest.raises(UserError, match=problem) as caught:
        tabulate("table_3", grid, folder.root)
    assert str(path) in str(caught.value)


def test_a_latency_of_zero_and_a_broken_genotype_are_errors(grid: Grid, folder: Folder) -> None:
    row = grid.of_table("table_4")[0]
    folder.speed(row.speeds[0], 1.0)
    path = folder.root / places.SPEEDS
    path.write_text(path.read_text().replace('"median": 1.0', '"median": 0.0'))
    with pytest.raises(UserError, match=r"latency_ms\.median"):
        tabulate("table_4", grid, folder.root)
    path.unlink()
    broken = folder.genotype(row.speeds[0].architecture, genotype())
    broken.write_text(broken.read_text().replace("skip", "skipp"))
    with pytest.raises(UserError, match="skipp"):
        tabulate("table_4", grid, folder.root)


def test_an_unknown_table_is_refused(grid: Grid, folder: Folder) -> None:
    with pytest.raises(ConfigError, match="table_11"):
        tabulate("table_11", grid, folder.root)
    with pytest.raises(ConfigError, match="figure_2"):
        artifacts_of(grid, "figure_2")
