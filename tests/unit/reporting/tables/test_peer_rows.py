"""Rows of a system that is run here: measured, and told apart from the published one."""

from __future__ import annotations

import pytest
from fabricate import Folder

from pipeline_src.config.grid import Grid
from pipeline_src.config.models import Config, ExperimentsConfig
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
