"""The rows of every table, of figures 6, 8, 9 and of the nulls: which runs stand behind which row."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from pipeline_src.config.peers import System
from pipeline_src.config.runs import (
    PAPER_SIZES,
    Architecture,
    Evaluation,
    Null,
    Row,
    Runs,
    Speed,
    gamma_text,
)

NO_COARSE = "the main data set has no coarse labels at this scale, or experiments.coarse is false"
NO_CITYSCAPES = "Cityscapes is not the main data set at this scale; Figure 9 shows the one that is"
NO_NULLS = "experiments.null_seeds asks for none"
NULL_LATENCY = "no weight of latency (gamma 0)"
NULL_SIGNS = "signs of alpha's gradients by chance"
NO_FULL = "data.{}.full_height_px and full_width_px are not set at this scale"
NO_PAPER_SIZE = "experiments.paper_size_share is null: nothing is timed at the sizes of the paper's rows"
NO_PAPER_ROW = "the paper has no row of this system in this table, so it names no size"
TIMED_ONLY = "experiments.timed_peers asks for its speed alone, at the size of the paper's row"
CONTROL = "control: A without hyper-cells 2 and 3"
ON_CAMVID = ("table_2", "table_10")


def all_rows(runs: Runs) -> tuple[Row, ...]:
    """Every measured row, table by table; peers that are only quoted have none."""
    builders = (
        _table_1_7_8, _table_2_10, _table_3, _table_4, _table_5, _table_6, _table_9, _figure_6, _nulls,
        _peers, _figure_8_9,
    )  # fmt: skip
    return tuple(row for build in builders for row in build(runs))


def _speed(runs: Runs, architecture: Architecture) -> tuple[Speed, ...]:
    return (runs.speed(architecture, runs.main),)


def _at_paper_size(runs: Runs, row: Row, architecture: Architecture, system: System | None = None) -> Row:
    """The row, timed too at the size that the paper has in it; in tables that compare no speeds as it is."""
    if row.table not in PAPER_SIZES:
        return row
    if system is not None and row.table not in (system.rows or ("table_1",)):
        return replace(row, no_paper_size=NO_PAPER_ROW)
    size = runs.paper_size(row.table, system)
    if size is None:
        return replace(row, no_paper_size=NO_PAPER_SIZE)
    dataset = runs.second if row.table in ON_CAMVID else runs.main
    return replace(row, at_paper_size=(runs.speed(architecture, dataset, size),))


def _main_row(runs: Runs, table: str, label: str, architecture: Architecture) -> Row:
    """A row of the ablations: trained on `train` of the main set and judged on its `val`."""
    evaluations = runs.judged(architecture, runs.main, "val")
    return Row(table, label, val=evaluations, speeds=_speed(runs, architecture))


def _table_1_7_8(runs: Runs) -> list[Row]:
    """Test-set rows train on train + val; the `*` rows add the coarse set (Sec. 4.3; A16)."""
    has_coarse = runs.experiments.coarse and runs.has_split(runs.main, "coarse")
    rows = []
    for table in ("table_1", "table_7", "table_8"):
        for name, architecture in (("AutoRTNet-A", runs.network_a), ("AutoRTNet-B", runs.network_b)):
            for coarse in (False, True):
                if coarse and table == "table_8":
                    continue
                label = name + ("*" if coarse else "")
                if coarse and not has_coarse:
                    rows.append(Row(table, label, not_run=NO_COARSE))
                    continue
                val, test = _val_and_test(runs, architecture, coarse)
                with_val = val if table == "table_7" else ()
                row = Row(table, label, with_val, test, _speed(runs, architecture))
                rows.append(_at_paper_size(runs, row, architecture))
    return rows


def _val_and_test(
    runs: Runs, architecture: Architecture, coarse: bool
) -> tuple[tuple[Evaluation, ...], tuple[Evaluation, ...]]:
    if not coarse:
        return (
            runs.judged(architecture, runs.main, "val"),
            runs.judged(architecture, runs.main, "test", "trainval"),
        )
    val = runs.evaluation(runs.training(architecture, runs.main, "train", coarse), "val")
    test = runs.evaluation(runs.training(architecture, runs.main, "trainval", coarse), "test")
    return (val,), (test,)


def _table_2_10(runs: Runs) -> list[Row]:
    """CamVid, or what takes its place: A and B are transferred, C is searched there (Sec. 4.3)."""
    rows = []
    networks = (
        ("AutoRTNet-A", runs.network_a),
        ("AutoRTNet-B", runs.network_b),
        ("AutoRTNet-C", runs.network_c),
    )
    for table in ("table_2", "table_10"):
        for label, architecture in networks:
            evaluations = runs.judged(architecture, runs.second, "test")
            speed = runs.speed(architecture, runs.second)
            row = Row(table, label, test=evaluations, speeds=(speed,))
            rows.append(_at_paper_size(runs, row, architecture))
    return rows


def _ablation(runs: Runs, table: str, label: str, architectures: list[Architecture]) -> Row:
    evaluations = tuple(runs.evaluation(runs.training(one, runs.main), "val") for one in architectures)
    speeds = tuple(runs.speed(one, runs.main) for one in architectures)
    return Row(
        table, label, val=evaluations, speeds=speeds, not_run="" if architectures else "none asked for"
    )


def _table_3(runs: Runs) -> list[Row]:
    """Random search, and beyond the paper random networks of A's latency, and the control."""

    def sampled(kind: str, count: int) -> list[Architecture]:
        names = [f"{kind}-{index}" for index in range(count)]
        return [
            Architecture(name, kind, runs.backbone(name), index=i)  # type: ignore[arg-type]
            for i, name in enumerate(names)
        ]

    control = [_main_row(runs, "table_3", CONTROL, runs.control)] if runs.control else []
    return [
        _main_row(runs, "table_3", "AutoRTNet", runs.network_a),
        _ablation(runs, "table_3", "random search", sampled("random", runs.experiments.random_networks)),
        _ablation(
            runs,
            "table_3",
            "latency-matched random search",
            sampled("matched", runs.experiments.matched_networks),
        ),
        *control,
    ]


def _table_4(runs: Runs) -> list[Row]:
    rows = []
    for run in runs.experiments.robustness:
        architecture = runs.searched(runs.main, runs.experiments.gamma_a, run.seed, run.depths)
        label = f"seed {run.seed} {{{', '.join(map(str, run.depths))}}}"
        rows.append(_main_row(runs, "table_4", label, architecture))
    return rows


def _table_5(runs: Runs) -> list[Row]:
    rows = [_main_row(runs, "table_5", "hyper-cell", runs.network_a)]
    for positions in runs.experiments.downsampling_positions:
        text = ".".join(map(str, positions))
        name = f"downsampling-{text}"
        architecture = Architecture(name, "downsampling", runs.backbone(name), positions=positions)
        rows.append(_main_row(runs, "table_5", text, architecture))
    return rows


def _table_6(runs: Runs) -> list[Row]:
    """The aggregation cell is not part of the pretrained backbone, so A's serves all three rows."""
    backbone = runs.network_a.backbone
    without = Architecture("aggregation-none", "no_aggregation", backbone)
    sampled = [
        Architecture(f"aggregation-random-{index}", "random_aggregation", backbone, index=index)
        for index in range(runs.experiments.random_aggregations)
    ]
    return [
        _main_row(runs, "table_6", "a) without aggregation cell", without),
        _ablation(runs, "table_6", "b) random aggregation cell", sampled),
        _main_row(runs, "table_6", "c) AutoRTNet-A", runs.network_a),
    ]


def _table_9(runs: Runs) -> list[Row]:
    """A and B at full resolution on the validation set."""
    block = runs.dataset_config(runs.main)
    rows = []
    for label, architecture in (("AutoRTNet-A", runs.network_a), ("AutoRTNet-B", runs.network_b)):
        if block.full_height_px is None or block.full_width_px is None:
            row = Row("table_9", label, not_run=NO_FULL.format(runs.main))
        else:
            size = (block.full_height_px, block.full_width_px)
            evaluation = runs.evaluation(runs.training(architecture, runs.main), "val", size)
            speed = runs.speed(architecture, runs.main, size)
            row = Row("table_9", label, val=(evaluation,), speeds=(speed,))
        rows.append(_at_paper_size(runs, row, architecture))
    return rows


def _figure_6(runs: Runs) -> list[Row]:
    """A point for a gamma: the networks of all its seeds, that of `seed` first."""
    own = runs.experiments
    seeds = dict.fromkeys([own.seed, *own.gamma_seeds])
    rows = []
    for gamma in own.camvid_gammas:
        networks = [runs.searched(runs.second, gamma, seed, own.depths) for seed in seeds]
        evaluations = [one for each in networks for one in runs.judged(each, runs.second, "test")]
        speeds = tuple(runs.speed(one, runs.second) for one in networks)
        rows.append(Row("figure_6", gamma_text(gamma), test=tuple(evaluations), speeds=speeds))
    return rows


def _nulls(runs: Runs) -> list[Row]:
    """Searches that lack something, to hold the others against: searched and timed, never trained."""
    own = runs.experiments
    kinds: tuple[tuple[str, float, Null | Literal[""]], ...] = (
        (NULL_LATENCY, 0.0, ""),
        (NULL_SIGNS, own.gamma_a, "signs"),
    )
    rows = []
    for label, gamma, null in kinds:
        networks = [runs.searched(runs.main, gamma, seed, own.depths, null) for seed in own.null_seeds]
        speeds = tuple(runs.speed(one, runs.main) for one in networks)
        rows.append(Row("nulls", label, speeds=speeds, not_run="" if networks else NO_NULLS))
    return rows


def _peers(runs: Runs) -> list[Row]:
    """Other systems on the same splits as ours, and at the same sizes (A19).

    A system stands in the tables in which the paper has a row of it, and beyond the paper in Tables 1 and 2.
    """
    block = runs.dataset_config(runs.main)
    rows = []
    for system, peer in runs.peers:
        val = runs.evaluation(runs.training(peer, runs.main), "val")
        test = runs.evaluation(runs.training(peer, runs.main, "trainval"), "test")
        camvid = runs.evaluation(runs.training(peer, runs.second), "test")
        on_main, on_camvid = _speed(runs, peer), (runs.speed(peer, runs.second),)
        found = {
            "table_1": Row("table_1", system.label_in("table_1"), test=(test,), speeds=on_main),
            "table_7": Row("table_7", system.label_in("table_7"), (val,), (test,), on_main),
            "table_8": Row("table_8", system.label_in("table_8"), test=(test,), speeds=on_main),
            "table_2": Row("table_2", system.label_in("table_2"), test=(camvid,), speeds=on_camvid),
            "table_10": Row("table_10", system.label_in("table_10"), test=(camvid,), speeds=on_camvid),
        }
        if block.full_height_px is None or block.full_width_px is None:
            found["table_9"] = Row("table_9", system.label_in("table_9"), not_run=NO_FULL.format(runs.main))
        else:
            size = (block.full_height_px, block.full_width_px)
            full = runs.evaluation(runs.training(peer, runs.main), "val", size)
            speeds = (runs.speed(peer, runs.main, size),)
            found["table_9"] = Row("table_9", system.label_in("table_9"), val=(full,), speeds=speeds)
        wanted = {"table_1", "table_2", *system.rows}
        rows += [_at_paper_size(runs, row, peer, system) for table, row in found.items() if table in wanted]
    return rows + _timed_peers(runs)


def _timed_peers(runs: Runs) -> list[Row]:
    """Systems that are timed at the paper's sizes alone; one that the paper has not stands in Table 1."""
    return [
        _at_paper_size(runs, Row(table, system.label_in(table), not_run=TIMED_ONLY), peer, system)
        for system, peer in runs.timed_peers
        for table in PAPER_SIZES
        if table in (system.rows or ("table_1",))
    ]


def _pictured(runs: Runs) -> list[tuple[str, Architecture]]:
    """The other systems in the figures of predictions: the paper's, else the first asked for."""
    asked = runs.peers
    shown = [one for one in asked if one[0].pictured] or asked[:1]
    return [(system.label, architecture) for system, architecture in shown]


def _figure_8_9(runs: Runs) -> list[Row]:
    """The networks whose predictions are shown: other systems, then A; each a column."""
    columns = (*_pictured(runs), ("AutoRTNet-A", runs.network_a))
    rows = []
    for label, architecture in columns:
        if runs.main == "cityscapes":
            val = runs.evaluation(runs.training(architecture, runs.main), "val")
            rows.append(Row("figure_8", label, val=(val,)))
        else:
            rows.append(Row("figure_8", label, not_run=NO_CITYSCAPES))
    for label, architecture in columns:
        test = runs.evaluation(runs.training(architecture, runs.second), "test")
        rows.append(Row("figure_9", label, test=(test,)))
    return rows
