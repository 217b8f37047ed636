"""Two reports side by side: what moved, and whether beyond noise."""

from __future__ import annotations

import math
import statistics

import pytest
from compare_pairs import NAMES, Pair, change_of, edit, sides
from scipy import stats

from pipeline_src.cli.main import main
from pipeline_src.reporting.compare.comparison import compare
from pipeline_src.reporting.compare.noise import seed_spreads
from pipeline_src.reporting.compare.sides import read_side
from pipeline_src.reporting.compare.text import to_markdown


def test_the_same_twice_says_that_nothing_moved(pair: Pair, capsys: pytest.CaptureFixture[str]) -> None:
    found = pair.compared()
    assert len(found.changes) > 50 and {one.verdict for one in found.changes} == {"same"}
    assert not found.moved and found.warnings == () and found.tests == 0
    words = ["compare", *map(str, pair.reports), "--fail-on-change"]
    assert main(words) == 0
    said = capsys.readouterr().out
    assert f"Nothing moved: all {len(found.changes)} numbers that both reports measured are the same." in said
    assert "##" not in said


def test_a_shift_over_runs_is_found_and_a_small_one_is_not(pair: Pair) -> None:
    row = pair.grid.of_table("table_3")[1]
    for folder, values in zip(pair.folders, ((0.300, 0.310), (0.500, 0.512)), strict=True):
        for evaluation, miou in zip(row.val, values, strict=True):
            folder.evaluation(evaluation, miou)
    row = next(one for one in pair.grid.of_table("table_6") if len(one.val) > 1)
    for folder, values in zip(pair.folders, ((0.30, 0.40), (0.32, 0.42)), strict=True):
        for evaluation, miou in zip(row.val, values, strict=True):
            folder.evaluation(evaluation, miou)
    found = pair.compared()
    large = change_of(found, "table_3", "random_search", "miou")
    p = stats.ttest_ind([30.0, 31.0], [50.0, 51.2], equal_var=False).pvalue
    assert large.p == pytest.approx(p) and large.verdict == "beyond noise"
    assert large.difference == pytest.approx(20.1) and large.relative == pytest.approx(20.1 / 30.5)
    assert "Welch's t-test over runs, n = 2 and 2" in large.basis
    small = change_of(found, "table_6", "b_random_aggregation_cell", "miou")
    assert small.p == pytest.approx(stats.ttest_ind([30, 40], [32, 42], equal_var=False).pvalue, rel=1e-5)
    assert small.verdict == "within noise" and found.moved
    tested = [one for one in found.changes if one.p is not None]
    assert found.tests == len(tested)
    corrected = stats.false_discovery_control([one.p for one in tested])
    assert [one.adjusted for one in tested] == pytest.approx(corrected)


def test_different_numbers_of_seeds_are_compared_and_told(pair: Pair) -> None:
    # A row of one report lacks a run: n is 2 there and 3 here, by hand.
    reports = pair.tabulated()

    def three(row: dict[str, str]) -> dict[str, str]:
        if (row["row_id"], row["column_id"]) == ("random_search", "miou"):
            return row | {"n": "3", "mean": "90.0", "std": "1.0"}
        return row

    edit(reports[1], "table_3", three)
    found = compare(
        *(read_side(report / "tables", name) for report, name in zip(reports, NAMES, strict=True))
    )
    one = change_of(found, "table_3", "random_search", "miou")
    assert one.a.std is not None and one.a.mean is not None
    p = stats.ttest_ind_from_stats(one.a.mean, one.a.std, 2, 90.0, 1.0, 3, equal_var=False).pvalue
    assert one.p == pytest.approx(p) and "n = 2 and 3" in one.basis
    assert "The number of runs differs for 1 of the numbers that both have." in found.warnings


def test_a_single_miou_is_judged_by_the_seeds_of_table_4(pair: Pair) -> None:
    # Seeds 1, 2 and 9 at {2, 3, 3}; {2, 3, 4} has one seed and says nothing of seeds.
    base = pair.grid.experiments.depths
    by_seed = {1: 0.40, 2: 0.41, 9: 0.42}
    for folder, shift in zip(pair.folders, (0.0, 0.2), strict=True):
        for row in pair.grid.of_table("table_4"):
            search = row.val[0].training.architecture.search
            assert search is not None
            miou = by_seed[search.seed] if search.depths == base else 0.1 + shift
            folder.evaluation(row.val[0], miou)
    found = pair.compared()
    spread = seed_spreads(sides(pair.reports)[0])["cityscapes"]
    assert spread.std == pytest.approx(statistics.stdev([40, 41, 42])) and spread.dof == 2
    (moved,) = [
        one for one in found.changes if one.a.artefact == "table_4" and one.a.column_id == "miou" and one.p
    ]
    expected = 2 * stats.t.sf(20 / (1.0 * math.sqrt(2)), 4)
    assert moved.p == pytest.approx(expected) and moved.verdict == "beyond noise"
    assert "spread over seeds of Table 4: std 1.00 %, 4 degrees of freedom" in moved.basis


def test_a_single_miou_within_the_spread_of_seeds_is_noise(pair: Pair) -> None:
    a, b = pair.folders
    for row, miou in zip(pair.grid.of_table("table_4"), (0.30, 0.40, 0.35, 0.50), strict=True):
        for folder in (a, b):
            folder.evaluation(row.val[0], miou)
    row = next(one for one in pair.grid.of_table("table_5") if "1.5.10" in one.label)
    a.evaluation(row.val[0], 0.40)
    b.evaluation(row.val[0], 0.45)
    found = pair.compared()
    one = change_of(found, "table_5", "1_5_10", "miou")
    assert one.verdict == "within noise" and one.difference == pytest.approx(5.0)
    assert not found.moved
    assert to_markdown(found).count("## ") == 1 and "## Moved within noise: 2" in to_markdown(found)


def test_without_seeds_a_single_miou_has_unknown_noise(pair: Pair) -> None:
    reports = pair.tabulated()
    for report in reports:
        (report / "tables/table_4.cells.csv").unlink()

    def moved(row: dict[str, str]) -> dict[str, str]:
        return row | {"mean": "99.0"} if row["column_id"] == "miou" and row["n"] == "1" else row

    edit(reports[1], "table_3", moved)
    found = compare(
        *(read_side(report / "tables", name) for report, name in zip(reports, NAMES, strict=True))
    )
    one = change_of(found, "table_3", "autortnet", "miou")
    assert one.verdict == "beyond tolerance" and "no two seeds on cityscapes" in one.basis
    assert found.moved


@pytest.mark.parametrize(("factor", "verdict"), [(1.05, "within noise"), (2.0, "beyond noise")])
def test_a_single_timing_is_judged_by_its_quartiles(pair: Pair, factor: float, verdict: str) -> None:
    speed = pair.grid.of_table("table_1")[0].speeds[0]
    pair.folders[0].speed(speed, 10.0)
    pair.folders[1].speed(speed, 10.0 * factor)
    for folder in pair.folders:
        pair.timing(folder, 0.1)
    found = pair.compared()
    one = change_of(found, "table_1", "autortnet_a", "latency")
    std = 0.1 * 10 / (stats.norm.ppf(0.75) - stats.norm.ppf(0.25))
    expected = 2 * stats.norm.sf((10 * factor - 10) / math.hypot(std, std * factor))
    assert one.p == pytest.approx(expected, rel=1e-6) and one.verdict == verdict
    assert any("busier, hotter or throttled" in warning for warning in found.warnings) == (factor > 1.5)
    assert change_of(found, "table_1", "autortnet_a", "latency_folded").verdict == verdict
    assert change_of(found, "table_1", "autortnet_a", "fps").verdict == verdict
    # The same timing stands in other tables: one comparison, told with its places.
    assert "table_8: AutoRTNet-A" in one.also


def test_without_its_quartiles_a_single_timing_has_unknown_noise(pair: Pair) -> None:
    speed = pair.grid.of_table("table_1")[0].speeds[0]
    pair.folders[1].speed(speed, 50.0)
    reports = pair.tabulated()
    edit(reports[0], "table_1", lambda row: {key: row[key] for key in row if key not in ("q1", "q3")})
    one = change_of(compare(*sides(reports)), "table_1", "autortnet_a", "latency")
    assert one.verdict == "beyond tolerance" and "has no quartiles of it" in one.basis


@pytest.mark.parametrize(
    ("by", "tolerance", "verdict"),
    [(1.009, 0.01, "unknown noise"), (1.011, 0.01, "beyond tolerance"), (1.011, 0.02, "unknown noise")],
)
def test_of_unknown_noise_a_stated_tolerance_judges(
    pair: Pair, by: float, tolerance: float, verdict: str, capsys: pytest.CaptureFixture[str]
) -> None:
    reports = pair.tabulated()
    for report in reports:
        (report / "tables/table_4.cells.csv").unlink()

    def moved(row: dict[str, str]) -> dict[str, str]:
        if (row["row_id"], row["column_id"]) != ("autortnet", "miou"):
            return row
        return row | {"mean": str(float(row["mean"]) * by)}

    edit(reports[1], "table_3", moved)
    words = ["compare", *map(str, reports), "--tolerance", str(tolerance), "--fail-on-change"]
    one = change_of(compare(*sides(reports), tolerance=tolerance), "table_3", "autortnet", "miou")
    assert one.verdict == verdict
    if verdict == "unknown noise":
        assert main(words) == 0
    else:
        with pytest.raises(SystemExit) as ended:
            main(words)
        assert ended.value.code == 1
    assert f"a change of up to {100 * tolerance:g} % is within the tolerance" in capsys.readouterr().out


def test_a_change_from_nothing_is_beyond_every_tolerance(pair: Pair) -> None:
    reports = pair.tabulated()
    for report, mean in zip(reports, ("0", "0.001"), strict=True):
        (report / "tables/table_4.cells.csv").unlink()

        def of(row: dict[str, str], mean: str = mean) -> dict[str, str]:
            return row | {"mean": mean} if row["column_id"] == "miou" and row["n"] == "1" else row

        edit(report, "table_3", of)
    one = change_of(compare(*sides(reports), tolerance=0.99), "table_3", "autortnet", "miou")
    assert one.verdict == "beyond tolerance"


def test_counts_and_texts_are_exact(pair: Pair) -> None:
    speed = pair.grid.of_table("table_2")[0].speeds[0]
    number = list(pair.grid.speeds).index(speed)
    pair.folders[1].speed(speed, 10.0 + number, parameters=1_234_568)
    pair.timing(pair.folders[1], 0.1)
    reports = pair.tabulated()

    def grown(row: dict[str, str]) -> dict[str, str]:
        return row | {"measured": "{9, 9, 9}"} if row["column_id"] == "final_cells" else row

    edit(reports[1], "table_4", grown)
    found = compare(*sides(reports))
    count = change_of(found, "table_2", "autortnet_a", "parameters")
    assert (count.verdict, count.basis) == ("exact", "a count")
    assert count.difference == pytest.approx(1e-6)
    texts = [one for one in found.of("exact") if one.a.column_id == "final_cells"]
    assert len(texts) == 4 and all(one.difference is None for one in texts) and found.moved


def test_scales_devices_statuses_and_rows_are_told(pair: Pair, capsys: pytest.CaptureFixture[str]) -> None:
    reports = pair.tabulated()

    def other(row: dict[str, str]) -> dict[str, str] | None:
        if row["row_id"] == "random_search":
            return row | {"row_id": "new", "row": "new row"}
        if row["column_id"] == "device" and row["measured"]:
            return row | {"measured": "Other Processor"}
        if row["column_id"] == "fps_folded":
            return None
        if row["column_id"] == "miou":
            return row | {"status": "not_run", "measured": "", "mean": "", "n": "0", "quoted": "1.0"}
        return row | {"scale": "camvid"}

    edit(reports[1], "table_3", other)
    assert main(["compare", *map(str, reports)]) == 0
    said = capsys.readouterr().out
    head = said.split("## ")[0]
    assert "Different scales: tiny in" in head and "camvid, tiny in" in head
    assert "Different devices: Test Processor 9000 in" in head and "Other Processor" in head
    parts = {part.split("\n")[0].split(":")[0]: part for part in said.split("## ")[1:]}
    assert "measured" in parts["Status changed"] and "not run" in parts["Status changed"]
    assert "72.9" in parts["The paper's value is transcribed otherwise"]
    only_a, only_b = (parts[f"Only in {report}"] for report in reports)
    assert "random search (random_search)" in only_a and "FPS, batch norm folded" in only_a
    assert "new row (new)" in only_b
    with pytest.raises(SystemExit) as ended:
        main(["compare", *map(str, reports), "--fail-on-change"])
    assert ended.value.code == 1
