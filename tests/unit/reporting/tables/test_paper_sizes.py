"""Speeds at the sizes of the paper's rows: apart from the printed ones, and never silently left out."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from fabricate import Folder

from pipeline_src import places
from pipeline_src.config.grid import COMPARING, Grid
from pipeline_src.config.models import Config, ExperimentsConfig, SpeedForm
from pipeline_src.config.rows import NO_PAPER_SIZE, TIMED_ONLY
from pipeline_src.config.runs import Speed
from pipeline_src.reporting.tables.cells import Table, tabulate, write_table
from pipeline_src.reporting.tables.columns import FORMS
from pipeline_src.reporting.tables.formats import markdown
from pipeline_src.reporting.tables.layout import column_of
from pipeline_src.reporting.tables.lines import columns_shown, groups
from pipeline_src.reporting.tables.reread import read_table

COLUMN = "fps_paper_size"


def grid_with(**experiments: Any) -> Grid:
    return Grid(Config(scale="paper", experiments=ExperimentsConfig(**experiments)))


def timings_at(grid: Grid, size: tuple[int, int]) -> dict[str, tuple[Speed, float]]:
    """What is timed at a size of the main set, and the milliseconds that `Folder.everything` gives it."""
    return {
        one.architecture.name: (one, 10.0 + number)
        for number, one in enumerate(grid.speeds)
        if (one.dataset, one.size) == (grid.main, size)
    }


def gap(table: Table, row_id: str) -> str:
    """What stands in the column on the line of differences."""
    (group,) = (one for one in groups(table) if one.row_id == row_id)
    place = [column.id for column in columns_shown(table.layout)].index(COLUMN)
    return next(line.entries[place].text for line in group.lines if line.which == "difference")


def test_fps_and_the_ratio_to_a_are_of_the_run_at_the_rows_own_size(folder: Folder) -> None:
    grid = grid_with(peers=("icnet",), timed_peers=("pspnet", "enet"))
    folder.everything(grid)
    table = tabulate("table_1", grid, folder.root)
    for row_id, size in (("pspnet", (713, 713)), ("enet", (360, 640)), ("icnet", (1024, 2048))):
        timings = timings_at(grid, size)
        first, milliseconds = next(iter(timings)), timings[row_id][1]
        assert first == grid.network_a.name
        cell = table.cell(row_id, COLUMN)
        assert (cell.status, cell.measured, cell.quoted) == ("measured", f"{1000 / milliseconds:.1f}", "")
        assert cell.sources == (places.SPEEDS,)
        assert cell.data == f"cityscapes {size[0]}x{size[1]}"
        ratio = table.cell(row_id, "times_of_a_paper_size")
        assert ratio.measured == f"{milliseconds / timings[first][1]:.2f}"
    assert table.cell("autortnet_a", "times_of_a_paper_size").measured == "1.00"


def test_speeds_of_different_sizes_have_no_best(folder: Folder) -> None:
    grid = grid_with(peers=("icnet",), timed_peers=("enet",))
    folder.everything(grid)

    def best(table: Table, column: str) -> set[str]:
        place = [one.id for one in columns_shown(table.layout)].index(column)
        lines = [(group.row_id, line) for group in groups(table) for line in group.lines]
        return {row_id for row_id, line in lines if line.which == "here" and line.entries[place].best}

    one, nine = (tabulate(name, grid, folder.root) for name in ("table_1", "table_9"))
    assert best(one, COLUMN) == best(one, "times_of_a_paper_size") == set()
    assert best(nine, COLUMN) == {"autortnet_a"}, "all of one size"
    assert best(one, "fps") != set()


def test_a_system_that_is_timed_alone_says_so_where_it_has_no_value(folder: Folder) -> None:
    grid = grid_with(peers=(), timed_peers=("enet",))
    folder.everything(grid)
    table = tabulate("table_1", grid, folder.root)
    assert (table.cell("enet", "miou").status, table.cell("enet", "miou").quoted) == ("quoted", "58.3")
    left_out = table.cell("enet", "fps_channels_last")
    assert (left_out.status, left_out.reason) == ("not_run", TIMED_ONLY)
    (group,) = (one for one in groups(table) if one.row_id == "enet")
    assert [line.which for line in group.lines] == ["paper", "here", "difference"]


@pytest.mark.parametrize(
    ("device", "told"), [("NVIDIA TITAN Xp", "+62.3"), ("Some Processor", "other device")]
)
def test_it_is_set_against_the_printed_speed_where_size_and_device_are_equal(
    folder: Folder, device: str, told: str
) -> None:
    grid = grid_with(peers=("icnet",))
    folder.everything(grid)
    speed, _ = timings_at(grid, (1024, 2048))["icnet"]
    folder.speed(speed, 10.0, fingerprint={"device": device})
    table = tabulate("table_1", grid, folder.root)
    assert table.cell("icnet", "fps").quoted == "37.7"
    assert table.cell("icnet", COLUMN).measured == "100.0", "10 ms"
    assert gap(table, "icnet") == told


def test_another_size_than_the_papers_is_no_comparison(folder: Folder) -> None:
    grid = grid_with(peers=("icnet",), paper_size_share=0.125)
    folder.everything(grid)
    table = tabulate("table_1", grid, folder.root)
    assert table.cell("icnet", COLUMN).data == "cityscapes 128x256"
    assert gap(table, "icnet") == "other size, device"
    assert table.cell("icnet", COLUMN).differs[0] == "size: 1024 × 2048, here 128 × 256"


@pytest.mark.parametrize("name", COMPARING)
def test_off_is_told_in_every_cell(folder: Folder, name: str) -> None:
    grid = grid_with(peers=("icnet",), paper_size_share=None)
    folder.everything(grid)
    table = tabulate(name, grid, folder.root)
    for row_id in ("autortnet_a", "icnet"):
        cell = table.cell(row_id, COLUMN)
        assert (cell.status, cell.reason) == ("not_run", NO_PAPER_SIZE), row_id
    shown = [column.id for column in columns_shown(table.layout)].index(COLUMN)
    (group,) = (one for one in groups(table) if one.row_id == "icnet")
    (here,) = (line for line in group.lines if line.which == "here")
    assert here.entries[shown].text == "not run"


def test_a_size_over_the_memory_is_told_and_the_others_stand(folder: Folder) -> None:
    grid = grid_with(peers=("icnet",))
    folder.everything(grid)
    refused = {"equal_pixels": None, "refused": "1024x2048 does not fit the memory"}
    for name, (speed, _) in timings_at(grid, (1024, 2048)).items():
        changes = {"forms": {"eager": refused}} if name == "icnet" else {}
        folder.speed(speed, 5.0, **changes)
    table = tabulate("table_9", grid, folder.root)
    cell = table.cell("icnet", COLUMN)
    assert (cell.status, cell.reason) == ("not_run", "eager: 1024x2048 does not fit the memory")
    assert table.cell("autortnet_a", COLUMN).measured == "200.0"


@pytest.mark.parametrize(
    ("name", "row_id"), [("table_1", "sq"), ("table_1", "deeplabv3_star"), ("table_9", "sq")]
)
def test_a_stand_in_is_called_so_in_every_measured_cell(folder: Folder, name: str, row_id: str) -> None:
    grid = grid_with(peers=("icnet", "sq"), timed_peers=("deeplabv3",))
    folder.everything(grid)
    table = tabulate(name, grid, folder.root)
    by_row = {group.row_id: group for group in groups(table)}

    def labels(row: str) -> set[bool]:
        (here,) = (line for line in by_row[row].lines if line.which == "here")
        return {"stand-in" in entry.noise for entry in here.entries if entry.cell.status == "measured"}

    assert labels(row_id) == {True}
    assert "stand-in: The library's" in by_row[row_id].data
    assert labels("icnet") == {False} and "stand-in" not in by_row["icnet"].data
    shown = [line for line in markdown(table).splitlines() if "stand-in" in line]
    assert len(shown) == (2 if name == "table_1" else 1), "a line for each of the stand-ins"


def test_every_form_that_is_asked_for_has_columns_of_its_own(folder: Folder) -> None:
    assert set(FORMS) == set(get_args(SpeedForm))
    grid = grid_with(peers=("icnet",), speed_forms=("eager", "half", "cuda_graphs", "channels_last"))
    folder.everything(grid)
    table = tabulate("table_1", grid, folder.root)
    shown = [column.id for column in table.layout.columns]
    start = shown.index("times_of_a")
    assert shown[start : start + 11] == [
        "times_of_a", "fps_channels_last", "fps_onnxruntime", "fps_half", "fps_cuda_graphs",
        COLUMN, "times_of_a_paper_size",
        "fps_half_paper_size", "fps_cuda_graphs_paper_size", "fps_channels_last_paper_size", "device",
    ]  # fmt: skip
    _, milliseconds = timings_at(grid, (1024, 2048))["icnet"]
    assert table.cell("icnet", "fps_channels_last_paper_size").measured == f"{2000 / milliseconds:.1f}"
    left_out = table.cell("icnet", "fps_half_paper_size")
    assert left_out.reason == "experiments.speed_forms leaves half out"
    write_table(table, folder.root / "table_1.csv")
    assert read_table("table_1", folder.root).cells == table.cells
    named = column_of("table_1", "fps_cuda_graphs_paper_size")
    assert named is not None and named.title == "FPS at the paper's size, half precision, CUDA graph"
    columns = [column.title for column in table.layout.columns]
    assert len(set(columns)) == len(columns)


def test_it_is_written_and_read_back(folder: Folder) -> None:
    grid = grid_with(peers=("icnet",), timed_peers=("enet",))
    folder.everything(grid)
    table = tabulate("table_2", grid, folder.root)
    write_table(table, folder.root / "table_2.csv")
    assert read_table("table_2", folder.root).cells == table.cells
    assert table.cell("enet", COLUMN).data == "camvid 720x960"
