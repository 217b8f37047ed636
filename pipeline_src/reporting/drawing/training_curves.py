"""Beyond the paper: losses and accuracies over the epochs of all pretrainings and finetunings."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes

from pipeline_src import places
from pipeline_src.config.grid import Grid
from pipeline_src.config.runs import Architecture, Training
from pipeline_src.not_run import read_marker
from pipeline_src.reporting.drawing.dead import share_dead, words_among
from pipeline_src.reporting.drawing.panels import (
    absent,
    counted,
    data_style,
    panels,
    present,
    scale_words,
    set_name,
    whole_epochs,
    with_reason,
)
from pipeline_src.reporting.drawing.picture import Picture, Words, not_run
from pipeline_src.reporting.drawing.runs import (
    at_the_end,
    legend_handles,
    median_and_band,
    runs_in,
    spread_words,
    styles_of,
    thinning_words,
)
from pipeline_src.reporting.read.liveness import faults_of
from pipeline_src.reporting.read.logs import read_log
from pipeline_src.reporting.read.picture_sources import (
    datasets_of,
    trained,
    training_picture_sources,
    training_sources,
)

TITLE = "Training curves"
MORE_LABELS = "searched, more labels"
KINDS = {
    "searched": "searched",
    MORE_LABELS: "searched, train + val or coarse",
    "random": "random",
    "matched": "random, latency-matched",
    "control": "control, hyper-cells 2 and 3 empty",
    "downsampling": "moved downsampling",
    "no_aggregation": "no aggregation cell",
    "random_aggregation": "random aggregation cell",
    "peer": "other systems",
}
PRETRAINING = "pretraining"


def draw(name: str, grid: Grid, results: Path) -> Picture:
    """Loss left and accuracy right: pretraining on top, then finetuning on each data set.

    Raises:
        UserError: a log is malformed.
    """
    reason = absent(results, training_sources(grid))
    data = _epochs(grid, results)
    if data.empty:
        return not_run(name, TITLE, reason)
    stages = [one for one in (PRETRAINING, *datasets_of(grid.trainings)) if one in set(data["stage"])]
    faults = faults_of(trained(grid), results)
    networks = {kind: data.loc[data["kind"] == kind, "network"] for kind in KINDS}
    kinds = {
        kind: f"{KINDS[kind]}{share_dead(names, faults)}" for kind, names in networks.items() if len(names)
    }
    styles = styles_of(list(KINDS))
    with data_style():
        figure, axes = panels(len(stages), 2, 0.9 + 2.3 * len(stages))
        for row, stage in enumerate(stages):
            part = data[data["stage"] == stage]
            _panel(axes[row, 0], part, "loss", styles)
            _panel(axes[row, 1], part, "accuracy", styles)
            axes[row, 0].set(title=_head(grid, stage, part, faults), ylabel="loss")
            axes[row, 1].set(ylabel="top-1 (%)" if stage == PRETRAINING else "mIoU (%)")
        legend_handles(axes[0, 0], styles, kinds)
        handles, labels = axes[0, 0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=2 if faults else 3)
    sources = present(results, training_picture_sources(grid))
    return Picture(figure, _words(name, grid, data, reason, sources, faults))


def _head(grid: Grid, stage: str, part: pd.DataFrame, faults: Mapping[str, str]) -> str:
    """The stage, its runs, and how many of them train a dead network."""
    dead = part.loc[part["network"].isin(list(faults)), "run"].nunique()
    head = f"{_stage_name(grid, stage)}, {counted(runs_in(part), 'run')}"
    return f"{head},\n{dead} of dead networks" if dead else head


def _stage_name(grid: Grid, stage: str) -> str:
    return "Pretraining" if stage == PRETRAINING else f"Finetuning on {set_name(grid, stage)}"


def _epochs(grid: Grid, results: Path) -> pd.DataFrame:
    """Every epoch of every run whose log is there.

    Columns: run, network, stage, kind, epoch, loss, accuracy (percent, NaN where not judged).
    """
    kind_of = {one.name: one.kind for one in grid.architectures}
    found = []
    for backbone in grid.backbones:
        path = results / places.pretraining_log(backbone)
        if path.exists() and read_marker(path) is None:
            log = read_log(path, "pretraining", ("epoch", "loss"), ("val_top1",))
            log = log.rename(columns={"val_top1": "accuracy"})
            found.append(
                log.assign(run=backbone, network=backbone, stage=PRETRAINING, kind=kind_of[backbone])
            )
    for training in grid.trainings:
        path = results / places.finetuning_log(training)
        if path.exists() and read_marker(path) is None:
            log = read_log(path, "finetuning", ("epoch", "loss"), ("val_miou",))
            log = log.rename(columns={"val_miou": "accuracy"})
            run = f"{training.architecture.name}/{training.name}"
            network, kind = training.architecture.name, _kind(training)
            found.append(log.assign(run=run, network=network, stage=training.dataset, kind=kind))
    data = pd.concat(found, ignore_index=True) if found else pd.DataFrame({"accuracy": []})
    return data.assign(accuracy=100 * data["accuracy"])


def _kind(training: Training) -> str:
    architecture: Architecture = training.architecture
    more = training.coarse or training.split == "trainval"
    return MORE_LABELS if more and architecture.kind == "searched" else architecture.kind


def _panel(axes: Axes, data: pd.DataFrame, column: str, styles: dict) -> None:
    median_and_band(axes, data, column, "kind", styles)
    axes.set(xlabel="epoch", xlim=(data["epoch"].min() - 0.5, data["epoch"].max() + 0.5))
    whole_epochs(axes)
    if data[column].isna().all():
        axes.text(0.5, 0.5, "not judged during these runs", ha="center", transform=axes.transAxes)


def _words(
    name: str,
    grid: Grid,
    data: pd.DataFrame,
    reason: str,
    sources: tuple[str, ...],
    faults: Mapping[str, str],
) -> Words:
    counts, ends = [], []
    dead = words_among(data["network"], faults)
    for stage in dict.fromkeys(data["stage"]):
        of_stage = data[data["stage"] == stage]
        parts = [(label, of_stage[of_stage["kind"] == kind]) for kind, label in KINDS.items()]
        parts = [(label, part) for label, part in parts if len(part)]
        counts.append(
            f"{_stage_name(grid, stage)}: " + ", ".join(f"{label} {runs_in(part)}" for label, part in parts)
        )
        ends.append(
            f"{_stage_name(grid, stage)}, last values: "
            + "; ".join(_end(label, part) for label, part in parts)
        )
    top1 = "Pretraining is judged by top-1 accuracy on the validation classes, " if grid.backbones else ""
    caption = (
        "Training loss and accuracy over epochs. A line is the median over the runs of one kind, a band "
        "spans the "
        f"smallest to the largest of them. {top1}{'finetuning' if top1 else 'Finetuning is judged'} "
        "by mIoU on the split that the run is judged on, at the epochs that "
        "finetune.validation_every asks for; runs on train + val of Cityscapes are not judged. "
        f"Numbers of runs: {'; '.join(counts)}.{dead} {thinning_words(data)}"
        f"{scale_words(grid.config.scale)}"
    )
    alt = ". ".join(ends) + f".{dead}"
    return Words(name, TITLE, with_reason(caption, reason), alt, "measured", reason, sources)


def _end(label: str, part: pd.DataFrame) -> str:
    told = f"{label} loss {spread_words(at_the_end(part, 'loss'), 2, '')}"
    accuracy = at_the_end(part, "accuracy")
    return told + (f", accuracy {spread_words(accuracy, 1, '%')}" if len(accuracy) else "")
