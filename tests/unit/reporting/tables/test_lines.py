"""The lines of a table: printed and measured values apart, their difference, the best, footnotes."""

from __future__ import annotations

from fabricate import Folder, genotype

from pipeline_src.config.grid import Grid
from pipeline_src.reporting.read.sources import TABLES
from pipeline_src.reporting.tables.cells import Table, tabulate
from pipeline_src.reporting.tables.lines import (
    Group,
    columns_shown,
    groups,
    marks,
    table_footnotes,
)
from pipeline_src.space.genotype import HyperCellGenotype


def _table(name: str, grid: Grid, folder: Folder) -> tuple[Table, dict[str, Group]]:
    table = tabulate(name, grid, folder.root)
    return table, {group.row_id: group for group in groups(table)}


def _texts(table: Table, group: Group, which: str) -> dict[str, str]:
    (line,) = [line for line in group.lines if line.which == which]
    ids = [column.id for column in columns_shown(table.layout)]
    return dict(zip(ids, (entry.text for entry in line.entries), strict=True))


def test_paper_here_and_difference_stand_in_lines_of_their_own(grid: Grid, folder: Folder) -> None:
    (row, *_) = grid.of_table("table_3")
    folder.evaluation(row.val[0], 0.7512)
    folder.speed(row.speeds[0], 8.0, fingerprint={"device": "NVIDIA TITAN Xp"})
    table, rows = _table("table_3", grid, folder)
    ours = rows["autortnet"]
    assert [line.which for line in ours.lines] == ["paper", "here", "difference"]
    assert _texts(table, ours, "paper")["miou"] == "72.9"
    assert _texts(table, ours, "here")["miou"] == "75.1"
    assert _texts(table, ours, "difference") == {
        "miou": "+2.2",
        "latency": "−1.09",
        "fps": "+15.0",
        "miou_best": "",
        "latency_folded": "",
        "fps_folded": "",
        "device": "",
    }
    assert _texts(table, rows["random_search"], "here")["miou"] == "not run"
    assert [line.which for line in rows["latency_matched_random_search"].lines] == ["here"]


def test_other_systems_have_the_papers_line_alone(grid: Grid, folder: Folder) -> None:
    table, rows = _table("table_1", grid, folder)
    assert [line.which for line in rows["segnet"].lines] == ["paper"]
    texts = _texts(table, rows["segnet"], "paper")
    assert texts["miou"] == "57.0" and texts["latency_folded"] == "not run"


def test_the_best_is_by_direction_and_needs_two_that_differ(grid: Grid, folder: Folder) -> None:
    (row, random, _) = grid.of_table("table_3")
    folder.evaluation(row.val[0], 0.70)
    folder.speed(row.speeds[0], 8.0)

    def best() -> dict[str, list[str]]:
        table, rows = _table("table_3", grid, folder)
        ids = [column.id for column in columns_shown(table.layout)]
        return {
            row_id: [
                name
                for line in group.lines
                for name, entry in zip(ids, line.entries, strict=True)
                if entry.best
            ]
            for row_id, group in rows.items()
        }

    assert not any(best().values()), "one measured row has no rival"
    folder.evaluation(random.val[0], 0.70)
    folder.speed(random.speeds[0], 9.0)
    assert best()["autortnet"] == ["latency", "fps", "latency_folded", "fps_folded"]
    assert best()["random_search"] == [], "equal mIoU is nobody's best"
    folder.evaluation(random.val[0], 0.71)
    assert best()["random_search"] == ["miou", "miou_best"]
    live = genotype()
    zero = HyperCellGenotype(depth=1, reduction=("zero",) * 5, normal=("zero",) * 5)
    emptied = live.model_copy(update={"hyper_cells": (*live.hyper_cells[:2], zero)})
    folder.genotype(random.val[0].training.architecture, emptied)
    assert not any(best().values()), "a row with a dead network is nobody's rival"


def test_a_value_of_some_runs_says_so(grid: Grid, folder: Folder) -> None:
    (_, random, _) = grid.of_table("table_3")
    for one in random.val[:3]:
        folder.evaluation(one, 0.6)
    _, rows = _table("table_3", grid, folder)
    (entry,) = [
        entry
        for line in rows["random_search"].lines
        for entry in line.entries
        if line.which == "here" and entry.cell.column_id == "miou"
    ]
    assert (entry.state, entry.cell.n, entry.text) == ("partly", 3, "60.0±0.0")


def test_every_column_of_numbers_has_a_direction(grid: Grid, folder: Folder) -> None:
    for name in TABLES:
        table = tabulate(name, grid, folder.root)
        for column in columns_shown(table.layout):
            ordered = column.unit in ("%", "ms", "1/s", "M", "times")
            assert (column.quantity.better != 0) == ordered, (name, column.id)


def test_footnotes_stand_once_where_they_belong(grid: Grid, folder: Folder) -> None:
    seen = set()
    for name in TABLES:
        table = tabulate(name, grid, folder.root)
        at, letters = marks(table), [letter for letter, _, _ in table_footnotes(table)]
        used = [*at.rows.values(), *at.columns.values(), *at.cells.values()]
        assert {letter for each in used for letter in each} == set(letters), name
        seen |= {note for _, note, _ in table_footnotes(table)}
    assert len(seen) == 14
    at = marks(tabulate("table_10", grid, folder.root))
    assert at.rows["segnet"] == ("a",) and not at.cells
    assert marks(tabulate("table_5", grid, folder.root)).columns == {"fps": ("b",)}
