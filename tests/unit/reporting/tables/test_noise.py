"""Timings show how far they moved over their repeats, and none is bold that another overlaps."""

from __future__ import annotations

from fabricate import Folder

from pipeline_src.config.grid import Grid
from pipeline_src.reporting.page.facts import Facts
from pipeline_src.reporting.provenance.trace import Tracer
from pipeline_src.reporting.tables.cells import tabulate
from pipeline_src.reporting.tables.formats import latex, markdown
from pipeline_src.reporting.tables.lines import Entry, groups


def _timing(median: float, q1: float, q3: float, mean: float) -> dict[str, float]:
    return {"median": median, "q1": q1, "q3": q3, "mean": mean, "repeats": 20}


def _here(grid: Grid, folder: Folder) -> dict[tuple[str, str], Entry]:
    return {
        (group.row_id, entry.cell.column_id): entry
        for group in groups(tabulate("table_6", grid, folder.root))
        for line in group.lines
        if line.which == "here"
        for entry in line.entries
    }


def test_a_timing_is_its_median_with_quartiles(grid: Grid, folder: Folder) -> None:
    row = grid.of_table("table_6")[0]
    folder.speed(row.speeds[0], latency_ms=_timing(24.58, 10.7, 33.0, 90.0))
    entries = _here(grid, folder)
    slow, fast = (next(one for (_, name), one in entries.items() if name == column and one.cell.n)
                  for column in ("latency", "fps"))  # fmt: skip
    assert (slow.text, slow.noise) == ("24.58", "[10.70 to 33.00] noisy")
    assert (fast.text, fast.noise) == ("40.7", "[30.3 to 93.5] noisy")
    assert slow.cell.is_noisy and slow.cell.q1 == 10.7
    table = tabulate("table_6", grid, folder.root)
    assert "24.58 \\[10.70 to 33.00\\] noisy" in markdown(table)
    assert "24.58 [10.70 to 33.00] noisy" in latex(table)
    frame = table.long()
    line = frame[(frame["column_id"] == "latency") & (frame["status"] == "measured")].iloc[0]
    assert (line["mean"], line["q1"], line["q3"]) == ("24.58", "10.7", "33.0")


def test_a_quiet_timing_is_not_called_noisy(grid: Grid, folder: Folder) -> None:
    folder.speed(grid.of_table("table_6")[0].speeds[0], latency_ms=_timing(10.0, 9.8, 10.5, 10.2))
    noise = {entry.noise for entry in _here(grid, folder).values() if entry.cell.column_id == "latency"}
    assert noise == {"", "[9.80 to 10.50]"}


def test_no_timing_is_bold_that_overlaps_another(grid: Grid, folder: Folder) -> None:
    first, _, last = grid.of_table("table_6")
    folder.speed(first.speeds[0], latency_ms=_timing(10.0, 9.0, 12.0, 10.0))
    folder.speed(last.speeds[0], latency_ms=_timing(11.0, 10.0, 13.0, 11.0))
    assert not [key for key, one in _here(grid, folder).items() if one.best and key[1] == "latency"]
    folder.speed(last.speeds[0], latency_ms=_timing(13.0, 12.5, 13.5, 13.0))
    assert len([key for key, one in _here(grid, folder).items() if one.best and key[1] == "latency"]) == 1


def _facts(grid: Grid, folder: Folder, column: str) -> dict[str, str]:
    table = tabulate("table_6", grid, folder.root)
    cell = next(one for one in table.cells if one.column_id == column and one.n)
    facts = Facts(Tracer(folder.root, "tiny").of)
    key = facts.add_cell("table_6", cell)
    found: dict[str, str] = facts.as_data()["entries"][key]["facts"]
    return found


def test_the_panel_tells_the_load_and_how_often_it_was_measured(grid: Grid, folder: Folder) -> None:
    speed = grid.of_table("table_6")[0].speeds[0]
    timing = _timing(10.0, 9.5, 11.0, 10.2)
    folder.speed(speed, latency_ms=timing, spread_max=0.1, attempts=3, load=2.456)
    for column in ("latency", "fps"):
        told = _facts(grid, folder, column)
        assert told["Load of the machine"].startswith("2.46 processes")
        assert told["Measured"].startswith("3 times") and "10 % of the median" in told["Measured"]
        assert "wide apart" in told["Quartiles of the repeats"], "15 % is over the 10 % that were accepted"
    folder.speed(speed, latency_ms=timing, attempts=1)
    assert _facts(grid, folder, "latency")["Measured"].startswith("once")
    folder.speed(speed, attempts=None, load=None)
    assert not {"Measured", "Load of the machine"} & set(_facts(grid, folder, "latency"))


def test_one_noisy_run_of_several_is_flagged(grid: Grid, folder: Folder) -> None:
    row = next(one for one in grid.of_table("table_3") if len(one.speeds) > 1)
    for speed in row.speeds:
        folder.speed(speed, latency_ms=_timing(10.0, 9.9, 10.1, 10.0))
    key = ("random_search", "latency")
    entries = {
        (group.row_id, entry.cell.column_id): entry.noise
        for group in groups(tabulate("table_3", grid, folder.root))
        for line in group.lines
        if line.which == "here"
        for entry in line.entries
    }
    assert entries[key] == ""
    folder.speed(row.speeds[1], latency_ms=_timing(10.0, 5.0, 15.0, 10.0))
    table = tabulate("table_3", grid, folder.root)
    assert table.cell(*key).is_noisy
    assert "noisy" in markdown(table)
