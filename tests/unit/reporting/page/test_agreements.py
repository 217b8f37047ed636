"""How alike searches choose, as the page tells it."""

from __future__ import annotations

from pathlib import Path

import pytest
from fabricate import Folder, write_tables

from pipeline_src.config.grid import Grid
from pipeline_src.errors import UserError
from pipeline_src.reporting.page import render
from pipeline_src.reporting.page.agreements import read_agreements
from pipeline_src.reporting.page.context import Places, build_context

HEAD = (
    "dataset,gamma,choice,searches,places,observed,uniform,p_uniform,marginal,p_marginal,nulls,null,p_null,"
    "beyond_chance,beyond_null"
)
LINES = (
    "camvid,0.01,cells,6,30,0.414,0.1,0.001,0.222,0.003,4,0.15,0.0048,True,True",
    "camvid,0.01,aggregation,6,7,0.3,0.2,0.21,0.25,0.05,4,0.2,0.3,False,False",
    "camvid,0.05,depths,3,3,0.9,0.6,0.01,0.6,0.02,4,0.85,0.31,True,False",
    "camvid,0,depths,4,3,0.9,0.6,0.01,0.6,0.02,0,,,True,False",
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "agreement.csv"
    path.write_text("\n".join((HEAD, *LINES)) + "\n", encoding="utf-8")
    return path


def test_each_line_says_what_follows_and_for_which_claims(path: Path) -> None:
    cells, aggregation, depths, no_null = read_agreements(path)
    assert (cells.dataset, cells.gamma, cells.n, cells.observed) == ("CamVid", "0.01", "6", "41 %")
    assert (cells.chance, cells.null) == ("22 %, p = 0.003", "15 % (n = 4), p = 0.0048")
    assert (cells.claims, cells.verdict) == ("C10d", "found: more alike than chance and null")
    assert (aggregation.chance, aggregation.claims) == ("20 %, p = 0.21", "C9, C10a, C10b, C10c")
    assert aggregation.verdict == "no more alike than chance"
    assert (depths.claims, depths.verdict) == ("C3, C7, C8", "no more alike than null searches")
    assert (no_null.null, no_null.verdict) == ("no null", "more alike than chance; no null to compare with")


def test_no_file_is_no_table_and_another_file_is_refused(path: Path, tmp_path: Path) -> None:
    assert read_agreements(tmp_path / "absent.csv") == ()
    for text in ("id,verdict\nC1,undecided\n", f"{HEAD}\ncamvid,0.01,cells,six\n"):
        path.write_text(text)
        with pytest.raises(UserError, match="is not a file of agreement"):
            read_agreements(path)


def test_the_page_shows_it_below_the_claims(
    path: Path, small_grid: Grid, folder: Folder, repository: Path
) -> None:
    write_tables(small_grid, folder.root, path.parent)
    docs = repository / "docs"
    places = Places(folder.root, path.parent, docs / "assumptions.md", "<svg/>")
    page = render.render(build_context(small_grid, places, _no_trace))
    below = page[page.index('id="claims"') :]
    assert "Do searches choose alike?" in below and "found: more alike than chance and null" in below
    path.unlink()
    assert "Do searches choose alike?" not in render.render(build_context(small_grid, places, _no_trace))


def _no_trace(source: str) -> None:
    raise AssertionError(source)
