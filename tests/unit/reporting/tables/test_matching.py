"""Every row of the paper is answered, and every row of the grid is used."""

from __future__ import annotations

from pipeline_src import places
from pipeline_src.config.grid import Grid
from pipeline_src.reporting.paper.quoted import quoted_table
from pipeline_src.reporting.read.sources import FIGURES, TABLES, artifacts_of
from pipeline_src.reporting.tables.matching import pairs

ALL = (*TABLES, "figure_6")


def test_the_papers_rows_come_first_and_in_order(any_grid: Grid) -> None:
    for table in ALL:
        found = pairs(table, any_grid)
        quoted = quoted_table(table)
        assert tuple(pair.key for pair in found[: len(quoted.keys)]) == quoted.keys
        assert tuple(pair.printed for pair in found[: len(quoted.keys)]) == quoted.rows
        assert all(pair.kind == "beyond" and pair.printed is None for pair in found[len(quoted.keys) :])


def test_no_row_of_the_grid_is_an_orphan_or_used_twice(any_grid: Grid) -> None:
    used = [pair.row for table in ALL for pair in pairs(table, any_grid) if pair.row is not None]
    in_tables = [row for row in any_grid.rows if row.table in ALL]
    assert sorted(map(repr, used)) == sorted(map(repr, in_tables))


def test_the_papers_own_grid_answers_every_row_of_ours(grid: Grid) -> None:
    beyond = []
    for table in ALL:
        for pair in pairs(table, grid):
            is_quoted_only = pair.kind == "peer" and pair.key != "ICNet"
            assert (pair.row is None) == is_quoted_only, (table, pair.key)
            beyond += [pair.key] if pair.kind == "beyond" else []
    assert beyond == ["latency-matched random search"]


def test_table_4_pairs_runs_that_differ_alike_from_the_base(small_grid: Grid) -> None:
    labels = {pair.key: pair.row and pair.row.label for pair in pairs("table_4", small_grid)}
    assert labels == {
        "seed 2 {5, 10, 10}": "seed 2 {2, 3, 3}",
        "seed 2 {5, 10, 15}": "seed 2 {2, 3, 4}",
        "seed 2 {5, 15, 15}": None,
        "seed 2 {10, 10, 10}": None,
        "seed 1 {5, 10, 10}": "seed 1 {2, 3, 3}",
        "seed 3 {5, 10, 10}": None,
        "seed 9 {2, 3, 3}": "seed 9 {2, 3, 3}",
    }


def test_artifacts_cover_every_run_and_nothing_else(any_grid: Grid) -> None:
    listed = {path for artefact in (*TABLES, *FIGURES) for path in artifacts_of(any_grid, artefact)}
    runs = {places.evaluation(one) for one in any_grid.evaluations} | {places.SPEEDS}
    others = listed - runs
    assert runs <= listed
    searches = {f"search/{one.name}" for one in any_grid.searches}
    assert f"search/{any_grid.network_a.name}/log.csv" in others
    assert all(path.endswith(("/log.csv", "/genotype.json")) for path in others)
    assert all(path.rsplit("/", 1)[0] in searches for path in others if path.startswith("search/"))
    assert sum(path.startswith("architectures/downsampling-") for path in others) == len(
        any_grid.experiments.downsampling_positions
    )
