"""Rows of a system that is run here: measured, and told apart from the published one."""

from __future__ import annotations

import pytest
from fabricate import Folder

from pipeline_src.config.grid import COMPARING, Grid
from pipeline_src.config.models import Config, ExperimentsConfig
from pipeline_src.config.runs import Row
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
def test_printed_and_measured_speeds_stand_apart_and_all_are_of_one_run(
    grid: Grid, folder: Folder, name: str
) -> None:
    folder.everything(grid)
    table = tabulate(name, grid, folder.root)
    networks = {row.label: number for number, row in enumerate(_compared_rows(grid, name))}
    peer, ours = table.cell("icnet", "fps_together"), table.cell("autortnet_a", "fps_together")
    assert table.cell("icnet", "fps").quoted and not peer.quoted
    assert ours.measured == f"{1000 / 8:.1f}"
    milliseconds = 8 + 2 * networks["ICNet"]
    assert peer.measured == f"{1000 / milliseconds:.1f}"
    assert peer.sources == ours.sources and peer.sources[0].startswith("speed/")
    assert table.cell("autortnet_a", "times_of_a").measured == "1.00"
    assert table.cell("icnet", "times_of_a").measured == f"{milliseconds / 8:.2f}"
    assert table.cell("icnet", "fps_onnxruntime").measured == f"{4000 / milliseconds:.1f}"


def _compared_rows(grid: Grid, name: str) -> list[Row]:
    """The first row of each network that is timed at the size of a table's rows, in the order of the run."""
    speed = next(row for row in grid.of_table(name) if row.label == "ICNet").speeds[0]
    (run,) = (one for one in grid.together if (one.dataset, one.size) == (speed.dataset, speed.size))
    rows = [row for table in COMPARING for row in grid.of_table(table)]
    return [
        next(row for row in rows if one in [s.architecture for s in row.speeds]) for one in run.architectures
    ]


def test_the_first_network_of_every_run_is_a() -> None:
    for scale in ("tiny", "paper"):
        grid = Grid(Config(scale=scale))
        assert all(one.architectures[0] == grid.network_a for one in grid.together)
        sizes = {(one.dataset, one.size) for one in grid.together}
        assert len(sizes) == len(grid.together) == 3, "two data sets, and full resolution"


@pytest.mark.parametrize(
    ("withheld", "refused", "reason"),
    [
        ("41 % between the quartiles", None, "eager: 41 % between the quartiles"),
        (None, "98.20 % of the pixels keep their class", "eager: 98.20 % of the pixels"),
    ],
)
def test_a_speed_that_was_not_published_says_why(
    grid: Grid, folder: Folder, withheld: str | None, refused: str | None, reason: str
) -> None:
    run = grid.together[0]
    folder.everything(grid)
    forms = {"eager": {"equal_pixels": 0.982, "refused": refused}}
    networks = [{"label": one.name, "forms": forms} for one in run.architectures]
    folder.together(run, withheld, networks=networks)
    table = tabulate("table_1", grid, folder.root)
    cell = table.cell("icnet", "fps_together")
    assert cell.status == "not_run" and reason in cell.reason
    assert "experiments.speed_forms leaves onnxruntime out" in table.cell("icnet", "fps_onnxruntime").reason


def test_an_interleaved_run_that_is_missing_or_of_another_size_is_told(grid: Grid, folder: Folder) -> None:
    folder.everything(grid)
    path = folder.together(grid.together[0], input_height_px=7)
    with pytest.raises(UserError, match="input_height_px is 7"):
        tabulate("table_1", grid, folder.root)
    path.unlink()
    assert "is missing" in tabulate("table_1", grid, folder.root).cell("icnet", "fps_together").reason
