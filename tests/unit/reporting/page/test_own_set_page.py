"""The report on a set that is not in the paper: its classes by name, and no comparison."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import Any

import pytest
from fabricate import Folder, write_tables
from yard import CLASSES, describe_yard

from pipeline_src.config.grid import Grid
from pipeline_src.config.load import resolve
from pipeline_src.reporting.claims.judge import judge
from pipeline_src.reporting.page.context import Places, build_context
from pipeline_src.reporting.page.render import render
from pipeline_src.reporting.provenance.trace import Tracer
from pipeline_src.reporting.read.claims import write_claims
from pipeline_src.reporting.read.pictures import PICTURES
from pipeline_src.reporting.tables.cells import tabulate
from pipeline_src.reporting.tables.reread import read_table

REPOSITORY = Path(__file__).resolve().parents[4]
EXPERIMENTS: dict[str, Any] = {
    "depths": [1, 1, 1], "robustness": [{"seed": 2, "depths": [1, 1, 1]}], "camvid_gammas": [0.01, 0.1],
    "random_networks": 1, "matched_networks": 0, "random_aggregations": 1, "training_seeds": 0,
    "downsampling_positions": [[1, 2, 4]], "null_seeds": [], "peers": [],
}  # fmt: skip


@pytest.fixture
def yard(tmp_path: Path) -> tuple[Grid, Folder]:
    """A grid of runs on the yard, each with a result."""
    main = str(describe_yard(tmp_path / "yard.yaml", tmp_path / "raw"))
    params = {"scale": "tiny", "data": {"main": main}, "experiments": EXPERIMENTS}
    grid, folder = Grid(resolve(params, REPOSITORY / "workflow/scales")), Folder(tmp_path / "results")
    folder.classes["yard"] = CLASSES
    for one in grid.evaluations:
        folder.evaluation(one)
    for speed in grid.speeds:
        folder.speed(speed)
    return grid, folder


@pytest.mark.parametrize("table", ["table_8", "table_10"])
def test_its_classes_have_columns_that_the_paper_has_not(
    yard: tuple[Grid, Folder], tmp_path: Path, table: str
) -> None:
    grid, folder = yard
    found = tabulate(table, grid, folder.root)
    columns = {column.title: column for column in found.layout.columns if column.quantity.name == "class IoU"}
    # The paper's own columns stay; what none of them means comes behind.
    further = [title for title, column in columns.items() if not column.printed]
    known = {"table_8": {"wall", "traffic sign", "sky"}, "table_10": {"traffic sign", "sky"}}[table]
    assert further == [name for name in CLASSES if name not in known]
    for index, name in enumerate(CLASSES):
        column = (
            next(one for title, one in columns.items() if title == name or one.title.casefold() == name)
            if (name in further or name in ("wall", "sky"))
            else None
        )
        if column is not None:
            cell = found.cell("autortnet_a", column.id)
            assert cell.mean == pytest.approx(30 + index) and cell.measured == f"{30 + index:.1f}"
            assert not column.printed or cell.differs or not cell.quoted
    write_tables(grid, folder.root, tmp_path / "reports")
    again = read_table(table, tmp_path / "reports/tables")
    assert again.layout.columns == found.layout.columns or [one.id for one in again.layout.columns] == [
        one.id for one in found.layout.columns
    ]


def test_no_number_is_set_against_the_papers(yard: tuple[Grid, Folder]) -> None:
    grid, folder = yard
    for table in ("table_1", "table_2", "table_3", "table_8", "table_10"):
        for cell in tabulate(table, grid, folder.root).cells:
            if cell.kind == "ours" and cell.n and cell.quoted and cell.unit in ("%", "ms", "1/s"):
                assert any("here yard" in reason or "those of yard" in reason for reason in cell.differs), (
                    cell
                )


def test_the_page_names_the_set_and_its_classes(yard: tuple[Grid, Folder], tmp_path: Path) -> None:
    grid, folder = yard
    reports = tmp_path / "reports"
    write_tables(grid, folder.root, reports)
    write_claims(judge(grid, folder.root), reports / "claims.json")
    docs = REPOSITORY / "docs"
    places = Places(folder.root, reports, docs / "assumptions.md", "<svg/>")
    page = render(build_context(grid, places, Tracer(folder.root, grid.config.scale).of))
    assert "Everything here is of yard, a data set that is not in the paper." in page
    assert all(name in page for name in CLASSES)
    assert "not in the paper" in re.sub(r"a data set that is not in the paper", "", page)
    assert "searched on yard with gamma 0.01" in page
    assert "The main set is yard at this scale" in page


@pytest.mark.parametrize("name", sorted(PICTURES))
def test_every_picture_is_drawn_or_says_why_not(yard: tuple[Grid, Folder], name: str) -> None:
    grid, folder = yard
    module = importlib.import_module(f"pipeline_src.reporting.drawing.{PICTURES[name].module}")
    picture = module.draw(name, grid, folder.root)
    assert picture.words.caption
