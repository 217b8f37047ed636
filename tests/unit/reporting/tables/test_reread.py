"""A table is read back from its file as it was."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from fabricate import Folder

from pipeline_src.config.grid import Grid
from pipeline_src.errors import UserError
from pipeline_src.reporting.read.sources import TABLES
from pipeline_src.reporting.tables.cells import tabulate, write_table
from pipeline_src.reporting.tables.reread import read_table
from pipeline_src.spreadsheets import joined, parted


@pytest.mark.parametrize("measured", [True, False])
def test_what_is_read_is_the_table_that_was_written(
    small_grid: Grid, folder: Folder, tmp_path: Path, measured: bool
) -> None:
    if measured:
        folder.everything(small_grid)
    for name in TABLES:
        table = tabulate(name, small_grid, folder.root)
        table = replace(table, dead={table.rows[0]: '=dead; "all" of it'})
        write_table(table, tmp_path / f"{name}.csv")
        assert read_table(name, tmp_path) == table
        assert any(cell.sets for cell in table.cells) == measured


@pytest.mark.parametrize("texts", [(), ("a",), ("a;b", "c\\", ";", "\\;d\ne")])
def test_a_list_in_one_field(texts: tuple[str, ...]) -> None:
    assert parted(joined(texts)) == texts
    assert joined(("search/a.json", "speed/b.json")) == "search/a.json;speed/b.json"


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text.replace("row_id", "id", 1),
        lambda text: "\n".join(text.splitlines()[:-1]),
        lambda text: text.rstrip("\n") + ",x\n",
        lambda text: text.splitlines()[0],
        lambda text: text[: len(text) // 2],
        lambda text: text + "\x00",
    ],
)
def test_a_damaged_file_is_named(grid: Grid, folder: Folder, tmp_path: Path, damage: object) -> None:
    write_table(tabulate("table_3", grid, folder.root), tmp_path / "table_3.csv")
    path = tmp_path / "table_3.cells.csv"
    path.write_text(damage(path.read_text()))  # type: ignore[operator]
    with pytest.raises(UserError, match=r"table_3\.cells\.csv.*is not a table's cells.*tabulate-table"):
        read_table("table_3", tmp_path)
