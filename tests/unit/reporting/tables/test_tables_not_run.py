"""Networks that are not run, in tables and claims: why, and an equal network's results in their place."""

from __future__ import annotations

from dataclasses import replace

from fabricate import NO_MATCH, Folder

from pipeline_src import places
from pipeline_src.config.grid import Grid
from pipeline_src.reporting.claims.evidence import Evidence
from pipeline_src.reporting.read.liveness import liveness_of
from pipeline_src.reporting.read.records import Results
from pipeline_src.reporting.tables.cells import tabulate
from pipeline_src.reporting.tables.overview import curves, network_metrics


def test_a_network_without_a_match_is_not_run_and_says_why(collapsed: Grid, folder: Folder) -> None:
    table = tabulate("table_3", collapsed, folder.root)
    for column in ("miou", "latency", "fps"):
        cell = table.cell("latency_matched_random_search", column)
        assert (cell.status, cell.measured, cell.n, cell.reason) == ("not_run", "", 0, NO_MATCH)
    [matched, _] = [one for one in collapsed.architectures if one.kind == "matched"]
    reader = Results(folder.root)
    assert reader.genotype(matched) is None and liveness_of(matched, reader) is None
    faults = {
        fault for one in Evidence(collapsed, folder.root).networks("table_3", "val") for fault in one.faults
    }
    assert faults == {NO_MATCH}


def test_an_equal_setting_shows_the_other_networks_values_as_such(collapsed: Grid, folder: Folder) -> None:
    table = tabulate("table_5", collapsed, folder.root)
    own, same = (table.of_row(row) for row in ("hyper_cell", "1_5_10"))
    for first, second in zip(own, same, strict=True):
        if first.column_id in ("miou", "fps"):
            assert first.measured and second.measured == first.measured
            assert (second.sources, second.n) == (first.sources, first.n)
            assert (first.reason, second.reason) == ("", "the same network as A")
    assert table.cell("1_5_10", "total_cells").measured == "12"


def test_an_equal_setting_whose_results_are_missing_says_so(collapsed: Grid, folder: Folder) -> None:
    for source in tabulate("table_5", collapsed, folder.root).cell("1_5_10", "miou").sources:
        (folder.root / source).unlink()
    cell = tabulate("table_5", collapsed, folder.root).cell("1_5_10", "miou")
    assert (cell.status, cell.measured) == ("not_run", "") and "is missing" in cell.reason


def test_an_equal_setting_counts_once(collapsed: Grid, folder: Folder) -> None:
    moved = next(one for one in collapsed.architectures if one.name == "downsampling-1.5.10")
    reader = Results(folder.root)
    assert reader.standing(moved) == replace(
        moved, name=collapsed.network_a.name, backbone=collapsed.network_a.name
    )
    spread, sources = Evidence(collapsed, folder.root).training_spread()
    groups = {source.split("/")[1] for source in sources}
    assert groups == {collapsed.network_a.name, "downsampling-2.3.5", "aggregation-none"}
    assert len(sources) == len(set(sources)) == 9  # three trainings of each
    assert spread is not None and spread.freedom == 6


def test_curves_and_metrics_leave_out_what_is_not_run(collapsed: Grid, folder: Folder) -> None:
    metrics = network_metrics(collapsed, folder.root)
    not_run = {"matched-0", "matched-1", "downsampling-1.5.10"}
    assert not_run.isdisjoint(metrics) and collapsed.network_a.name in metrics
    for name in collapsed.backbones:
        path = folder.root / places.pretraining_log(name)
        if name not in not_run:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("epoch,loss,val_top1,val_images,classes\n1,2.0,0.5,100,10\n")
    _, lines = curves(collapsed, "pretrain", folder.root)
    assert {line["run"] for line in lines} == set(collapsed.backbones) - not_run
