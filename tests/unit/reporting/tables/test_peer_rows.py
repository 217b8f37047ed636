"""Rows of a system that is run here: measured, and told apart from the published one."""

from __future__ import annotations

import pytest
from fabricate import Folder

from pipeline_src import places
from pipeline_src.config.grid import Grid
from pipeline_src.config.models import Config, ExperimentsConfig
from pipeline_src.errors import UserError
from pipeline_src.reporting.tables.cells import Table, tabulate
from pipeline_src.reporting.tables.figures import figure_data

ICNET_TABLES = ("table_1", "table_2", "table_7", "table_8", "table_9", "table_10")


def miou_column(table: Table) -> str:
    return next(one.id for one in table.layout.columns if one.id.startswith("miou"))


@pytest.mark.parametrize("name", ICNET_TABLES)
def test_a_peer_is_measured_and_says_that_it_is_not_the_published_one(
    grid: Grid, folder: Folder, name: str
) -> None:
    folder.everything(grid)
    for evaluation in grid.evaluations:
        if evaluation.training.architecture.is_peer:
            folder.evaluation(evaluation, 0.31, pretrained=False, epochs=6)
    table = tabulate(name, grid, folder.root)
    cell = table.cell("icnet", miou_column(table))
    assert (cell.kind, cell.status, cell.measured) == ("peer", "measured", "31.0")
    assert cell.quoted
    assert "from scratch, without pretraining, 6 epochs" in cell.data
    assert cell.sources == (next(path for path in cell.sources if path.startswith("evaluate/icnet/")),)
    assert table.cell("icnet", "fps").status == "measured"
    ours = table.cell("autortnet_a", miou_column(table))
    assert ours.status == "measured" and "from scratch" not in ours.data


def test_the_count_of_parameters_says_what_was_counted_and_why_the_printed_figure_differs(
    grid: Grid, folder: Folder
) -> None:
    folder.everything(grid)
    table = tabulate("table_2", grid, folder.root)
    cell = table.cell("icnet", "parameters")
    assert (cell.quoted, cell.status) == ("26.5", "measured")
    assert cell.data.startswith(
        "camvid 720x960; 6.70 M parameters counted here with 19 classes and no auxiliary"
    )
    assert (
        "The printed figure is no count: it is close to the size of the float32 weights, 25.6 MiB"
        in cell.data
    )
    assert table.cell("autortnet_a", "parameters").data == "camvid 720x960"


def test_figure_1_has_the_measured_peer_beside_the_quoted_one(grid: Grid, folder: Folder) -> None:
    folder.everything(grid)
    points = figure_data("figure_1", grid, folder.root)
    assert points[points["name"] == "ICNet"]["status"].tolist() == ["quoted", "measured"]


@pytest.mark.parametrize("name", ICNET_TABLES)
def test_without_peers_their_rows_are_quoted(folder: Folder, name: str) -> None:
    without = Grid(Config(scale="paper", experiments=ExperimentsConfig(peers=())))
    folder.everything(without)
    cells = tabulate(name, without, folder.root).of_row("icnet")
    assert {cell.status for cell in cells} <= {"quoted", "not_run"}
    assert any(cell.status == "quoted" for cell in cells)
    assert not any(cell.measured or cell.sources for cell in cells)


COMPARED = [name for name in ICNET_TABLES if name != "table_8"]


@pytest.mark.parametrize("name", COMPARED)
def test_speeds_are_compared_with_a_within_the_run(grid: Grid, folder: Folder, name: str) -> None:
    folder.everything(grid)
    table = tabulate(name, grid, folder.root)
    peer, ours = table.cell("icnet", "times_of_a"), table.cell("autortnet_a", "times_of_a")
    assert peer.sources == ours.sources == (places.SPEEDS,)
    rows = {row.label: row.speeds[0] for row in grid.of_table(name) if row.label in ("AutoRTNet-A", "ICNet")}
    ms = {label: 10.0 + list(grid.speeds).index(speed) for label, speed in rows.items()}
    assert ours.measured == "1.00"
    assert peer.measured == f"{ms['ICNet'] / ms['AutoRTNet-A']:.2f}"
    assert table.cell("icnet", "fps_onnxruntime").measured == f"{4000 / ms['ICNet']:.1f}"


def test_a_form_that_was_refused_says_why(grid: Grid, folder: Folder) -> None:
    folder.everything(grid)
    speed = next(row for row in grid.of_table("table_1") if row.label == "ICNet").speeds[0]
    refused = "98.20 % of the pixels keep their class, under 99.9 %"
    folder.speed(speed, forms={"channels_last": {"equal_pixels": 0.982, "refused": refused}})
    table = tabulate("table_1", grid, folder.root)
    cell = table.cell("icnet", "fps_channels_last")
    assert (cell.status, cell.reason) == ("not_run", f"channels_last: {refused}")
    assert "experiments.speed_forms leaves onnxruntime out" in table.cell("icnet", "fps_onnxruntime").reason


def test_a_run_that_is_missing_or_malformed_is_reported(grid: Grid, folder: Folder) -> None:
    folder.everything(grid)
    path = folder.root / places.SPEEDS
    path.write_text(path.read_text().replace('"parameters"', '"weights"', 1))
    with pytest.raises(UserError, match=r"networks\.json: is not a result file: timings.*parameters"):
        tabulate("table_1", grid, folder.root)
    path.unlink()
    cell = tabulate("table_1", grid, folder.root).cell("icnet", "times_of_a")
    assert (cell.status, cell.reason) == ("not_run", f"{places.SPEEDS} is missing")
