"""Beyond the paper: which classes network A takes for which, on each data set it is judged on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize

from pipeline_src import places
from pipeline_src.config.grid import Grid
from pipeline_src.config.runs import Evaluation
from pipeline_src.reporting.drawing.dead import mark, words_on
from pipeline_src.reporting.drawing.panels import (
    SMALL_PT,
    absence,
    counted,
    data_style,
    listed,
    panels,
    present,
    printable,
    scale_words,
    set_name,
    sound,
    with_reason,
)
from pipeline_src.reporting.drawing.picture import Picture, Words, not_run
from pipeline_src.reporting.read.liveness import faults_of
from pipeline_src.reporting.read.picture_records import Confusion, read_record
from pipeline_src.reporting.read.picture_sources import confusion_sources, confusions_of_a
from pipeline_src.reporting.read.records import Results

TITLE = "Confusion matrices of network A"
_MAP = "Blues"
_CELL_IN = 0.27
_LEAST_SHOWN = 0.005
"""Shares that round to nothing are left blank."""
_WORST = 5


def draw(name: str, grid: Grid, results: Path) -> Picture:
    """A matrix for each data set, each row (true class) adding up to 100 %.

    Raises:
        UserError: an evaluation's file is malformed.
    """
    reader = Results(results)
    evaluations = confusions_of_a(grid)
    read: list[tuple[Evaluation, Confusion]] = []
    missing, withheld = [], []
    for one in evaluations:
        record = reader.evaluation(one)
        if record is None:
            missing.append(places.evaluation(one))
        elif not record.labelled:
            withheld.append(f"the labels of {one.training.dataset} {one.split} are withheld")
        else:
            read.append((one, read_record(Confusion, results / places.evaluation(one))))
    reason = "; ".join(filter(None, [absence(missing, len(evaluations)), *withheld]))
    if not read:
        return not_run(name, TITLE, reason)
    faults = faults_of([grid.network_a], results)
    with data_style():
        heights = [1.6 + _CELL_IN * len(matrix.class_names) for _, matrix in read]
        figure, axes = panels(len(read), 1, 0.6 + sum(heights), height_ratios=heights)
        for axis, (one, matrix) in zip(axes[:, 0], read, strict=True):
            _matrix(axis, matrix)
            axis.set_title(
                f"{set_name(grid, one.training.dataset)} {one.split}, {counted(matrix.images, 'image')}"
            )
        bar = ScalarMappable(Normalize(0, 100), _MAP)
        figure.colorbar(
            bar,
            ax=axes[:, 0].tolist(),
            location="bottom",
            label="share of the true class (%)",
            shrink=0.5,
            aspect=40,
            pad=0.02,
        )
        if faults:
            mark(figure, "AutoRTNet-A")
    sources = present(results, confusion_sources(grid))
    return Picture(figure, _words(name, grid, read, reason, words_on(faults.values()), sources))


def _matrix(axes: Axes, matrix: Confusion) -> None:
    shares = matrix.shares()
    names = [printable(one, 16) for one in matrix.class_names]
    shown = np.where(shares >= _LEAST_SHOWN, np.char.mod("%.0f", 100 * np.nan_to_num(shares)), "")
    sns.heatmap(
        shares,
        vmin=0.0,
        vmax=1.0,
        cmap=_MAP,
        annot=shown,
        fmt="",
        annot_kws={"size": SMALL_PT - 1},
        linewidths=0.5,
        linecolor="#e5e5e5",
        cbar=False,
        ax=axes,
    )
    for text in axes.texts:
        text.set_in_layout(False)
    axes.set_facecolor("#eeeeee")
    axes.grid(visible=False)
    places = np.arange(len(names)) + 0.5
    axes.set_xticks(places, names, rotation=90)
    axes.set_yticks(places, names, rotation=0)
    axes.tick_params(labelsize=SMALL_PT, length=0)
    axes.set(xlabel="predicted class", ylabel="true class")


def _words(
    name: str,
    grid: Grid,
    read: list[tuple[Evaluation, Confusion]],
    reason: str,
    dead: str,
    sources: tuple[str, ...],
) -> Words:
    judged = "; ".join(
        f"{set_name(grid, one.training.dataset)}: {one.training.name}, judged on {one.split} at "
        f"{one.size[0]}x{one.size[1]}, {counted(matrix.images, 'image')}"
        for one, matrix in read
    )
    caption = (
        f"Confusion matrices of AutoRTNet-A ({grid.network_a.name}), last epoch, one run. A row is a true "
        "class and "
        "adds up to 100 %, void pixels left out; the diagonal is what was recognised. Shares below 0.5 % are "
        f"blank, a grey row is a class that no pixel has. {judged}.{dead} {scale_words(grid.config.scale)}"
    )
    alt = " ".join(_main_numbers(grid, one, matrix) for one, matrix in read) + dead
    return Words(name, TITLE, with_reason(caption, reason), alt, "measured", reason, sources)


def _main_numbers(grid: Grid, one: Evaluation, matrix: Confusion) -> str:
    shares = 100 * matrix.shares()
    names = [sound(text) for text in matrix.class_names]
    diagonal = np.diagonal(shares)
    seen = np.flatnonzero(~np.isnan(diagonal))
    best = sorted(seen, key=lambda index: -diagonal[index])
    told = f"{set_name(grid, one.training.dataset)} {one.split}: of {len(seen)} classes with pixels, "
    told += "recognised best are " + listed([f"{names[i]} {diagonal[i]:.0f} %" for i in best[:3]])
    told += "; worst " + listed([f"{names[i]} {diagonal[i]:.0f} %" for i in best[-3:]])
    mixed = np.nan_to_num(shares - np.diag(np.diagonal(shares)))
    order = np.argsort(-mixed, axis=None, kind="stable")[:_WORST]
    pairs = [np.unravel_index(place, mixed.shape) for place in order if mixed.flat[place] > 0]
    largest = [f"{names[t]} as {names[p]} {mixed[t, p]:.0f} %" for t, p in pairs]
    return told + ("; most taken for another: " + listed(largest) if largest else "") + "."
