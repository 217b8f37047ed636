"""The rows of every table and of figure 6: which runs stand behind which row of the paper."""

from __future__ import annotations

from pipeline_src.config.grid import Architecture, Grid, Row, Speed

NO_COARSE = "the main data set has no coarse labels at this scale, or experiments.coarse is false"
NO_FULL = "data.{}.full_height_px and full_width_px are not set at this scale"


def all_rows(grid: Grid) -> tuple[Row, ...]:
    """Every measured row, table by table; peers that are only quoted have none."""
    builders = (_table_1_7_8, _table_2_10, _table_3, _table_4, _table_5, _table_6, _table_9, _figure_6)
    return tuple(row for build in builders for row in build(grid))


def _speed(grid: Grid, architecture: Architecture) -> tuple[Speed, ...]:
    return (grid.speed(architecture, grid.main),)


def _main_row(grid: Grid, table: str, label: str, architecture: Architecture) -> Row:
    """A row of the ablations: trained on `train` of the main set and judged on its `val`."""
    evaluation = grid.evaluation(grid.training(architecture, grid.main), "val")
    return Row(table, label, val=(evaluation,), speeds=_speed(grid, architecture))


def _table_1_7_8(grid: Grid) -> list[Row]:
    """Test-set rows train on train + val; the `*` rows add the coarse set (Sec. 4.3)."""
    has_coarse = grid.experiments.coarse and grid.main == "cityscapes"
    rows = []
    for table in ("table_1", "table_7", "table_8"):
        for name, architecture in (("AutoRTNet-A", grid.network_a), ("AutoRTNet-B", grid.network_b)):
            for coarse in (False, True):
                if coarse and table == "table_8":
                    continue
                label = name + ("*" if coarse else "")
                if coarse and not has_coarse:
                    rows.append(Row(table, label, not_run=NO_COARSE))
                    continue
                val = grid.evaluation(grid.training(architecture, grid.main, "train", coarse), "val")
                test = grid.evaluation(grid.training(architecture, grid.main, "trainval", coarse), "test")
                with_val = (val,) if table == "table_7" else ()
                rows.append(Row(table, label, with_val, (test,), _speed(grid, architecture)))
    return rows


def _table_2_10(grid: Grid) -> list[Row]:
    """CamVid: A and B are transferred, C is searched there (Sec. 4.3)."""
    rows = []
    networks = (
        ("AutoRTNet-A", grid.network_a),
        ("AutoRTNet-B", grid.network_b),
        ("AutoRTNet-C", grid.network_c),
    )
    for table in ("table_2", "table_10"):
        for label, architecture in networks:
            evaluation = grid.evaluation(grid.training(architecture, "camvid"), "test")
            speed = grid.speed(architecture, "camvid")
            rows.append(Row(table, label, test=(evaluation,), speeds=(speed,)))
    return rows


def _ablation(grid: Grid, table: str, label: str, architectures: list[Architecture]) -> Row:
    evaluations = tuple(grid.evaluation(grid.training(one, grid.main), "val") for one in architectures)
    speeds = tuple(grid.speed(one, grid.main) for one in architectures)
    return Row(
        table, label, val=evaluations, speeds=speeds, not_run="" if architectures else "none asked for"
    )


def _table_3(grid: Grid) -> list[Row]:
    """Random search, and beyond the paper random networks of A's latency."""

    def sampled(kind: str, count: int) -> list[Architecture]:
        names = [f"{kind}-{index}" for index in range(count)]
        return [Architecture(name, kind, name, index=i) for i, name in enumerate(names)]  # type: ignore[arg-type]

    return [
        _main_row(grid, "table_3", "AutoRTNet", grid.network_a),
        _ablation(grid, "table_3", "random search", sampled("random", grid.experiments.random_networks)),
        _ablation(
            grid,
            "table_3",
            "latency-matched random search",
            sampled("matched", grid.experiments.matched_networks),
        ),
    ]


def _table_4(grid: Grid) -> list[Row]:
    rows = []
    for run in grid.experiments.robustness:
        architecture = grid.searched(grid.main, grid.experiments.gamma_a, run.seed, run.depths)
        label = f"seed {run.seed} {{{', '.join(map(str, run.depths))}}}"
        rows.append(_main_row(grid, "table_4", label, architecture))
    return rows


def _table_5(grid: Grid) -> list[Row]:
    rows = [_main_row(grid, "table_5", "hyper-cell", grid.network_a)]
    for positions in grid.experiments.downsampling_positions:
        text = ".".join(map(str, positions))
        name = f"downsampling-{text}"
        architecture = Architecture(name, "downsampling", name, positions=positions)
        rows.append(_main_row(grid, "table_5", text, architecture))
    return rows


def _table_6(grid: Grid) -> list[Row]:
    """The aggregation cell is not part of the pretrained backbone, so A's serves all three rows."""
    backbone = grid.network_a.name
    without = Architecture("aggregation-none", "no_aggregation", backbone)
    sampled = [
        Architecture(f"aggregation-random-{index}", "random_aggregation", backbone, index=index)
        for index in range(grid.experiments.random_aggregations)
    ]
    return [
        _main_row(grid, "table_6", "a) without aggregation cell", without),
        _ablation(grid, "table_6", "b) random aggregation cell", sampled),
        _main_row(grid, "table_6", "c) AutoRTNet-A", grid.network_a),
    ]


def _table_9(grid: Grid) -> list[Row]:
    """A and B at full resolution on the validation set."""
    block = grid.dataset_config(grid.main)
    rows = []
    for label, architecture in (("AutoRTNet-A", grid.network_a), ("AutoRTNet-B", grid.network_b)):
        if block.full_height_px is None or block.full_width_px is None:
            rows.append(Row("table_9", label, not_run=NO_FULL.format(grid.main)))
            continue
        size = (block.full_height_px, block.full_width_px)
        evaluation = grid.evaluation(grid.training(architecture, grid.main), "val", size)
        rows.append(
            Row("table_9", label, val=(evaluation,), speeds=(grid.speed(architecture, grid.main, size),))
        )
    return rows


def _figure_6(grid: Grid) -> list[Row]:
    rows = []
    for gamma in grid.experiments.camvid_gammas:
        architecture = grid.searched("camvid", gamma, grid.experiments.seed, grid.experiments.depths)
        evaluation = grid.evaluation(grid.training(architecture, "camvid"), "test")
        speed = grid.speed(architecture, "camvid")
        rows.append(Row("figure_6", f"{gamma:g}", test=(evaluation,), speeds=(speed,)))
    return rows
