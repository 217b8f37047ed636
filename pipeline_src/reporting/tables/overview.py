"""What `dvc metrics` and `dvc plots` read: numbers of each network, and curves of each run. [no torch]

`overview_sources` are the files behind these and behind the table of all networks.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipeline_src import places
from pipeline_src.config.grid import Grid
from pipeline_src.errors import ConfigError, UserError
from pipeline_src.not_run import read_marker
from pipeline_src.reporting.read.liveness import faults_of
from pipeline_src.reporting.read.picture_sources import searched, trained, with_liveness
from pipeline_src.reporting.read.records import Results
from pipeline_src.reporting.tables.networks import network_sources

CURVES: dict[str, tuple[str, ...]] = {
    "search": (
        "ce",
        "latency_us",
        "temperature",
        "alpha_entropy",
        "beta_entropy",
        "miou_soft",
        "miou_argmax",
    ),
    "pretrain": ("loss", "val_top1"),
    "finetune": ("loss", "val_miou"),
}


def metric_sources(grid: Grid) -> tuple[str, ...]:
    """The files behind `network_metrics`, and what tells of dead networks, below `results/SCALE`."""
    measured = (
        *(places.evaluation(one) for one in grid.evaluations),
        places.SPEEDS,
    )
    return with_liveness(grid, measured, (*searched(grid), *trained(grid)))


def network_metrics(grid: Grid, results: Path) -> dict[str, dict[str, float]]:
    """Accuracy and speed of each network, by architecture; what was not measured or not run has no key.

    Keys are `TRAINING_SPLIT-HxW_miou_percent` (last epoch), `SET-HxW_latency_ms` (median) and `SET-HxW_fps`.

    Raises:
        UserError: a result file is malformed.
    """
    reader = Results(results)
    found: dict[str, dict[str, float]] = {}
    for evaluation in grid.evaluations:
        run = evaluation.training
        if reader.not_run(run.architecture):
            continue
        record = reader.evaluation(evaluation)
        if record is None or record.last is None or record.last.miou is None:
            continue
        name = f"{run.name}_{Path(places.evaluation(evaluation)).stem}_miou_percent"
        found.setdefault(run.architecture.name, {})[name] = round(100 * record.last.miou, 3)
    for speed in grid.speeds:
        timed = None if reader.not_run(speed.architecture) else reader.speed(speed)
        timing = timed.latency("eager") if timed else None
        if timing is None:
            continue
        numbers = found.setdefault(speed.architecture.name, {})
        name = f"{speed.dataset}-{places.size_text(speed.size)}"
        numbers[f"{name}_latency_ms"] = round(timing.median, 4)
        numbers[f"{name}_fps"] = round(1000 / timing.median, 3)
    return dict(sorted(found.items()))


def overview_sources(grid: Grid) -> tuple[str, ...]:
    """The files behind all that `collect-overview` writes, below `results/SCALE`."""
    logs = (path for kind in CURVES for path in curve_sources(grid, kind).values())
    return tuple(dict.fromkeys((*metric_sources(grid), *network_sources(grid), *logs)))


def curve_sources(grid: Grid, kind: str) -> dict[str, str]:
    """The logs of all runs of a kind, by the run's name, relative to `results/SCALE`.

    Raises:
        ConfigError: the kind is not a key of `CURVES`.
    """
    if kind == "search":
        return {one.name: places.search_log(one) for one in grid.searches}
    if kind == "pretrain":
        return {name: places.pretraining_log(name) for name in grid.backbones}
    if kind == "finetune":
        return {f"{one.architecture.name}/{one.name}": places.finetuning_log(one) for one in grid.trainings}
    raise ConfigError(kind, "is not a kind of run with curves.", f"Choose one of {', '.join(CURVES)}.")


def curves(grid: Grid, kind: str, results: Path) -> tuple[Sequence[str], list[dict[str, Any]]]:
    """The epochs of all runs of a kind in one long table: its columns and its lines.

    The name of a run whose network is dead says so: a plot has the name and no more. A run without a log, or
    that is not run, has no lines.

    Raises:
        UserError: a log cannot be read or lacks a column.
    """
    columns = ("run", "epoch", *CURVES[kind])
    dead = faults_of(searched(grid) if kind == "search" else trained(grid), results)
    lines = []
    for run, source in curve_sources(grid, kind).items():
        if not (results / source).exists() or read_marker(results / source) is not None:
            continue
        try:
            with (results / source).open(encoding="utf-8", newline="") as stream:
                epochs = list(csv.DictReader(stream))
        except OSError as error:
            raise UserError(
                results / source, f"cannot be read ({error.strerror}).", "Run it again."
            ) from error
        name = f"{run} (dead)" if run.split("/")[0] in dead else run
        for epoch in epochs:
            missing = [name for name in columns[1:] if name not in epoch]
            if missing:
                raise UserError(results / source, f"lacks {', '.join(missing)}.", "Delete it and run again.")
            lines.append({"run": name, **{column: epoch[column] for column in columns[1:]}})
    return columns, lines
