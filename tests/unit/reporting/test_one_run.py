"""Latencies are compared only where they were measured in one interleaved run.

All of them are in one file, which one process writes whole. So a table or claim that shows a latency from
another file, or a row whose network is not in the run, would compare latencies of different runs.
"""

from __future__ import annotations

import json
from pathlib import Path

from fabricate import Folder

from pipeline_src import places
from pipeline_src.artifacts import write_json
from pipeline_src.config.grid import Grid
from pipeline_src.planning.graph import Graph
from pipeline_src.reporting.claims.evidence import Evidence
from pipeline_src.reporting.claims.judge import judge
from pipeline_src.reporting.read.sources import FIGURES, TABLES, artifacts_of
from pipeline_src.reporting.tables.cells import Table, tabulate
from pipeline_src.reporting.tables.figures import figure_data
from pipeline_src.reporting.tables.measures import Role
from pipeline_src.reporting.tables.networks import network_table

TIMED = (*TABLES, "figure_6")


def _tables(grid: Grid, folder: Folder) -> list[Table]:
    return [tabulate(name, grid, folder.root) for name in TIMED]


def _shown(grid: Grid, folder: Folder) -> list[object]:
    """Everything that tables, figures and claims make of the results."""
    figures = [figure_data(name, grid, folder.root).to_csv() for name in FIGURES]
    return [_tables(grid, folder), figures, judge(grid, folder.root), network_table(grid, folder.root)]


def test_one_job_times_every_network_of_every_row(any_grid: Grid) -> None:
    rows = [row for row in any_grid.rows if row.speeds or row.at_paper_size]
    assert {one for row in rows for one in (*row.speeds, *row.at_paper_size)} <= set(any_grid.speeds)
    (job,) = (one for one in Graph(any_grid).tasks if "measure_speed" in one.rule)
    assert [Path(path).name for path in job.outputs] == [Path(places.SPEEDS).name]
    for one in any_grid.speeds:
        first = next(
            other for other in any_grid.speeds if (other.dataset, other.size) == (one.dataset, one.size)
        )
        assert first.architecture == any_grid.network_a, "ratios are to A, at the same size"


def test_every_latency_of_tables_and_claims_is_of_that_run(any_grid: Grid, folder: Folder) -> None:
    folder.everything(any_grid)
    sources = {path for name in (*TABLES, *FIGURES) for path in artifacts_of(any_grid, name)}
    assert {path for path in sources if path.startswith("speed/")} == {places.SPEEDS}
    timings = [
        cell
        for table in _tables(any_grid, folder)
        for column, cell in zip(table.layout.columns * len(table.rows), table.cells, strict=True)
        if column.quantity.is_timing and cell.status == "measured"
    ]
    assert timings and {cell.sources for cell in timings} == {(places.SPEEDS,)}
    evidence = Evidence(any_grid, folder.root)
    tables: tuple[tuple[str, Role], ...] = (("table_1", "test"), ("table_3", "val"), ("figure_6", "test"))
    networks = [one for table, role in tables for one in evidence.networks(table, role) if one.latency_ms]
    timed = {path for one in networks for path in one.sources if path.startswith("speed/")}
    assert networks and timed == {places.SPEEDS}


def test_timings_of_other_runs_beside_it_change_nothing(small_grid: Grid, folder: Folder) -> None:
    """As `measure-speed` of a single network, or an earlier version of the workflow, leaves them."""
    folder.everything(small_grid)
    before = _shown(small_grid, folder)
    slow = {"median": 1e3, "q1": 1e3, "q3": 1e3, "mean": 1e3, "repeats": 5}
    for one in small_grid.speeds:
        name = f"{one.dataset}-{places.size_text(one.size)}.json"
        alone = {
            "architecture": one.architecture.name,
            "dataset": one.dataset,
            "input_height_px": one.size[0],
            "input_width_px": one.size[1],
            "fingerprint": {"device": "Test Processor 9000"},
            "latency_ms": slow,
            "latency_folded_ms": slow,
            "parameters": 1,
        }
        write_json(folder.root / "speed" / one.architecture.name / name, alone)
        write_json(folder.root / "speed" / name, json.loads((folder.root / places.SPEEDS).read_text()))
    assert repr(_shown(small_grid, folder)) == repr(before)


def test_a_network_that_is_not_in_the_run_has_no_latency_anywhere(small_grid: Grid, folder: Folder) -> None:
    """One more network was searched since: it gets a latency when all are timed again."""
    folder.everything(small_grid)
    row = next(one for one in small_grid.of_table("table_6") if one.label.startswith("a)"))
    folder.untimed(row.speeds[0])
    table = tabulate("table_6", small_grid, folder.root)
    row_id = table.rows[0]
    name = row.speeds[0].architecture.name
    for column in ("latency", "fps", "latency_folded", "fps_folded"):
        cell = table.cell(row_id, column)
        size = places.size_text(row.speeds[0].size)
        assert (cell.status, cell.reason) == ("not_run", f"{places.SPEEDS} has no timing of {name} at {size}")
    (network,) = Evidence(small_grid, folder.root).networks("table_6", "val", row.label)
    assert network.latency_ms is None and network.mious
    assert f"{places.SPEEDS} has no timing of {name}" in network.faults[0]
