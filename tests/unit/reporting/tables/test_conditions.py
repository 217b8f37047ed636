"""A number is set against the paper's only where both are of the same thing; else what differs is told."""

from __future__ import annotations

import pytest
from fabricate import Folder

from pipeline_src.config.grid import Grid
from pipeline_src.config.models import CamvidConfig, CityscapesConfig, Config, DataConfig, RenderConfig
from pipeline_src.reporting.tables.cells import Table, tabulate
from pipeline_src.reporting.tables.conditions import Conditions, differences, printed_size
from pipeline_src.reporting.tables.formats import markdown
from pipeline_src.reporting.tables.lines import another_device, columns_shown, groups, measured_on

TITAN = {"device": "NVIDIA TITAN Xp"}
PAPER = Conditions("Cityscapes", "test", (768, 1536), "Titan XP")


@pytest.mark.parametrize(
    ("here", "timing", "told"),
    [
        (PAPER, False, []),
        (PAPER, True, []),
        (Conditions("CamVid", "test", (768, 1536), "Titan XP"), False, ["data set"]),
        (Conditions("CamVid", "test", (768, 1536), "Titan XP"), True, ["classes"]),
        (Conditions("Cityscapes (rendered)", "test", (768, 1536), "TITANXP"), False, ["data set"]),
        (Conditions("Cityscapes (rendered)", "test", (768, 1536), "TITANXP"), True, []),
        (Conditions("Cityscapes", "val", (768, 1536)), False, ["split"]),
        (Conditions("Cityscapes", "test", (96, 192)), False, ["size"]),
        (Conditions("Cityscapes", "test", (1536, 768)), False, []),
        (Conditions("CamVid", "val", (1, 2), "A CPU"), False, ["data set", "split", "size"]),
        (Conditions("CamVid", "val", (1, 2), "A CPU"), True, ["size", "classes", "device"]),
        (Conditions(), False, []),
    ],
)
def test_what_differs_is_named(here: Conditions, timing: bool, told: list[str]) -> None:
    assert [name for name, _, _ in differences(PAPER, here, timing)] == told


def test_the_papers_sizes_are_read_as_printed() -> None:
    assert printed_size("768 × 1536") == printed_size("768x1536") == (768, 1536)
    assert printed_size("-") is None


def _gaps(table: Table, row_id: str) -> dict[str, str]:
    (group,) = (group for group in groups(table) if group.row_id == row_id)
    (line,) = (line for line in group.lines if line.which == "difference")
    return {entry.cell.column_id: entry.text for entry in line.entries if entry.text}


def _measured(grid: Grid, folder: Folder, device: dict[str, str]) -> None:
    for evaluation in grid.evaluations:
        folder.evaluation(evaluation, 0.5)
    for speed in grid.speeds:
        folder.speed(speed, 10.0, fingerprint=device)


def test_at_the_papers_own_settings_everything_but_the_mixed_unit_is_subtracted(
    grid: Grid, folder: Folder
) -> None:
    _measured(grid, folder, TITAN)
    assert _gaps(tabulate("table_1", grid, folder.root), "autortnet_a") == {
        "miou": "−22.2",
        "latency": "+0.91",
        "fps": "−10.0",
        "fps_paper_size": "−10.0",
    }
    camvid = _gaps(tabulate("table_2", grid, folder.root), "autortnet_a")
    assert camvid == {
        "miou": "−23.5",
        "latency": "+2.86",
        "fps": "−40.0",
        "parameters": "other unit",
        "fps_paper_size": "−40.0",
    }
    assert _gaps(tabulate("table_9", grid, folder.root), "autortnet_a")["miou"] == "−25.0"
    assert not measured_on(tabulate("table_1", grid, folder.root))


def test_another_device_is_told_and_no_heading_claims_the_papers(grid: Grid, folder: Folder) -> None:
    _measured(grid, folder, {"device": "Some Processor"})
    table = tabulate("table_7", grid, folder.root)
    gaps = _gaps(table, "autortnet_a")
    assert gaps["latency"] == gaps["fps"] == gaps["original_fps"] == "other device"
    assert gaps["miou"] == "−22.2"
    cell = table.cell("autortnet_a", "latency")
    assert cell.differs == ("device: Titan XP, here Some Processor",)
    told = {column.id for column in columns_shown(table.layout) if another_device(table, column)}
    assert told == {"latency", "fps"}


def test_camvid_in_place_of_cityscapes_is_told_in_title_and_cells(camvid_grid: Grid, folder: Folder) -> None:
    _measured(camvid_grid, folder, TITAN)
    table = tabulate("table_1", camvid_grid, folder.root)
    assert _gaps(table, "autortnet_a")["miou"].startswith("other data set")
    assert measured_on(table) == "CamVid"
    assert "here: CamVid (scale " in markdown(table).splitlines()[0]
    classes = tabulate("table_8", camvid_grid, folder.root)
    assert {text.split(",")[0] for text in _gaps(classes, "autortnet_a").values()} <= {
        "other data set",
        "other size",
        "other classes",
    }


def test_rendered_images_are_another_data_set(folder: Folder) -> None:
    render = RenderConfig()
    data = DataConfig(cityscapes=CityscapesConfig(render=render), camvid=CamvidConfig(render=render))
    grid = Grid(Config(scale="tiny", data=data))
    _measured(grid, folder, TITAN)
    table = tabulate("table_1", grid, folder.root)
    assert _gaps(table, "autortnet_a") == {
        "miou": "other data set",
        "latency": "+0.91",
        "fps": "−10.0",
        "fps_paper_size": "−10.0",
    }
    assert table.cell("autortnet_a", "miou").differs == ("data set: Cityscapes, here Cityscapes (rendered)",)
