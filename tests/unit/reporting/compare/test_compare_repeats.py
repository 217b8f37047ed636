"""What must repeat on one machine and seed, and what is no number at all."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import pytest
from compare_pairs import Pair, edit, sides

from pipeline_src.artifacts import read_json, write_json
from pipeline_src.cli.main import main
from pipeline_src.reporting.compare.comparison import compare
from pipeline_src.reporting.compare.repeats import Origin, Origins, equal_expected
from pipeline_src.reporting.compare.text import to_markdown
from pipeline_src.reporting.provenance.lines import provenance
from pipeline_src.reporting.read.provenance import write_provenance

Spoil = Callable[[dict[str, object]], dict[str, object]]


def _trace(pair: Pair, spoil: Spoil = dict) -> None:
    """Write both sides' provenance; `spoil` changes the second side's run records before."""
    for folder, report in zip(pair.folders, pair.reports, strict=True):
        for path in folder.root.rglob("*run.json") if folder is pair.folders[1] else ():
            write_json(path, spoil(read_json(path)))
        write_provenance(provenance(pair.grid, folder.root), report / "provenance.csv")


def _nudged(pair: Pair) -> None:
    """One network's mIoU and one timing move by so little that no test calls it more than noise."""
    row = pair.grid.of_table("table_3")[0]
    for folder, miou, latency in zip(pair.folders, (0.5, 0.5001), (10.0, 10.001), strict=True):
        folder.evaluation(row.val[0], miou)
        folder.speed(row.speeds[0], latency)
        pair.timing(folder, 0.5)


def test_on_one_machine_and_seed_every_change_of_a_trained_number_is_named(
    pair: Pair, capsys: pytest.CaptureFixture[str]
) -> None:
    _nudged(pair)
    pair.tabulated()
    _trace(pair, lambda record: record | {"git": {"commit": "f" * 40, "changed": False}})
    found = pair.compared()
    named = found.of("not repeated")
    assert {one.a.column_id for one in named} == {"miou", "miou_best"} and len(named) == 2
    assert "equal is expected" in named[0].basis and "commits 0123456789ab and ffffffffffff" in named[0].basis
    moved = [one for one in found.changes if one.a.column_id == "latency" and one.difference]
    assert {one.verdict for one in moved} == {"within noise"}, "two timings of one machine are never equal"
    with pytest.raises(SystemExit):
        main(["compare", *map(str, pair.reports), "--fail-on-change"])
    assert "## Trained numbers that should be equal and are not: 2" in capsys.readouterr().out


@pytest.mark.parametrize(
    "spoil",
    [
        lambda record: record | {"device": "Other Processor"},
        lambda record: record | {"settings": '{"space":{"head_channels":17}}'},
        lambda record: record | {"seed": 8} if record["seed"] is not None else record,
    ],
    ids=["device", "settings", "seed"],
)
def test_of_another_device_setting_or_seed_equal_is_not_expected(pair: Pair, spoil: Spoil) -> None:
    _nudged(pair)
    pair.tabulated()
    _trace(pair, spoil)
    assert pair.compared().of("not repeated") == ()


def test_with_another_lookup_table_a_searched_network_need_not_repeat() -> None:
    key = ("table_3", "autortnet", "miou")
    runs = {"searched": ("search_architecture", "s1", "1"), "random": ("sample_random", "r0", "0")}
    for kind, expected in (("searched", False), ("random", True)):
        origin = Origin(frozenset({"cpu"}), frozenset({runs[kind]}), frozenset({"c"}))
        a, b = (Origins({key: origin}, {}, {"results/tiny/lut/cpu.json": digest}) for digest in "12")
        assert bool(equal_expected(a, b, key)) is expected
        assert equal_expected(a, a, key)


def test_without_provenance_it_is_said_that_nothing_is_known_of_repeats(pair: Pair) -> None:
    assert "One side has no provenance.csv" in to_markdown(pair.compared())


def test_no_number_is_refused(pair: Pair, capsys: pytest.CaptureFixture[str]) -> None:
    reports = pair.tabulated()
    cells = reports[0] / "tables" / "table_3.cells.csv"
    whole = cells.read_bytes()
    for column, text in product(("mean", "std", "min", "max", "q1", "q3"), ("nan", "inf", "-inf", "NaN")):
        changed = {column: text}
        edit(
            reports[0],
            "table_3",
            lambda row, changed=changed: row | changed if row["column_id"] == "miou" else row,
        )
        assert main(["compare", *map(str, reports)]) == 2, changed
        assert f"{text} is no number" in capsys.readouterr().err, changed
        cells.write_bytes(whole)


def test_a_number_in_several_tables_that_was_lost_is_told_once(pair: Pair) -> None:
    reports = pair.tabulated()
    lost = {}
    for table in ("table_1", "table_2", "table_7", "table_8"):

        def dropped(row: dict[str, str]) -> dict[str, str]:
            if row["column_id"] != "latency" or row["row_id"] != "autortnet_a":
                return row
            lost[row["column_id"]] = lost.get(row["column_id"], 0) + 1
            return row | {"status": "not_run", "measured": "", "mean": "", "n": "0", "sources": ""}

        edit(reports[1], table, dropped)
    # The timing on Cityscapes stands in three tables, the one on CamVid in one.
    told = [(one.sources, one.measured) for one, _ in compare(*sides(reports)).statuses]
    assert len(told) == len(set(told)) == 2 < lost["latency"]
