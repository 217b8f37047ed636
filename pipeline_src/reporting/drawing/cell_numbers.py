"""Figure 5: how many cells each hyper-cell has, over the epochs of A's search."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from pipeline_src.config.grid import Grid
from pipeline_src.reporting.drawing.dead import mark, words_on
from pipeline_src.reporting.drawing.panels import (
    data_style,
    panels,
    present,
    scale_words,
    shade_warm_up,
    whole_epochs,
    with_reason,
)
from pipeline_src.reporting.drawing.picture import COLOURS, QUOTED_COLOUR, Picture, Status, Words
from pipeline_src.reporting.read.liveness import faults_of
from pipeline_src.reporting.read.picture_sources import cell_number_sources
from pipeline_src.reporting.tables.figures import HYPER_CELLS, figure_data

TITLE = "Figure 5: numbers of cells over the epochs of the search"
_LINES: dict[str, dict[str, Any]] = {
    "argmax": {"color": COLOURS[0], "linestyle": "-", "marker": "s", "drawstyle": "steps-mid"},
    "expected": {"color": COLOURS[3], "linestyle": "--", "marker": "o", "markerfacecolor": "white"},
}
_LABELS = {"argmax": "argmax: cells now", "expected": "expectation"}
_MARKS = 30
"""About so many marks on a line; more would hide it."""


def draw(name: str, grid: Grid, results: Path) -> Picture:
    """Argmax and expectation in a panel for each hyper-cell, and the number that the paper ends with.

    Raises:
        UserError: the search log is malformed.
    """
    data = figure_data("figure_5", grid, results)
    numbers = ["epoch", "hyper_cell", "argmax", "expected", "initial"]
    data[numbers] = data[numbers].apply(pd.to_numeric)
    ours = data[data["status"] == "measured"]
    quoted = data[data["status"] == "quoted"]
    faults = faults_of([grid.network_a], results) if len(ours) else {}
    with data_style():
        figure, axes = panels(len(HYPER_CELLS), 1, 6.2, sharex=True)
        for one, cell in zip(axes[:, 0], HYPER_CELLS, strict=True):
            paper = quoted[quoted["hyper_cell"] == cell].iloc[0]
            _panel(one, ours[ours["hyper_cell"] == cell], paper)
            one.set_title(
                f"Hyper-cell {cell} (quoted: {paper['argmax']:g} of {paper['initial']:g} cells "
                f"at epoch {paper['epoch']:g})"
            )
        axes[-1, 0].set_xlabel("epoch")
        handles = {
            label: handle
            for one in axes.flat
            for handle, label in zip(*one.get_legend_handles_labels(), strict=True)
        }
        figure.legend(handles.values(), handles.keys(), loc="outside lower center", ncols=2)
        if faults:
            mark(figure, "AutoRTNet-A")
    return Picture(figure, _words(name, grid, results, data, words_on(faults.values())))


def _panel(axes: Axes, epochs: pd.DataFrame, paper: pd.Series) -> None:
    """One hyper-cell; the paper's final number is a level, for its epochs are not ours."""
    final, initial = int(paper["argmax"]), int(paper["initial"])
    if len(epochs):
        shade_warm_up(axes, epochs["epoch"].tolist(), (epochs["beta_frozen"] == "true").tolist())
        every = max(1, len(epochs) // _MARKS)
        for column, style in _LINES.items():
            axes.plot(
                epochs["epoch"],
                epochs[column],
                label=_LABELS[column],
                markersize=4.5,
                markevery=every,
                **style,
            )
        first, last = epochs["epoch"].min(), epochs["epoch"].max()
    else:
        first, last = 1, int(paper["epoch"])
    most = int(epochs["initial"].max()) if len(epochs) else initial
    if final <= most:  # else no network of this space could have so many
        axes.axhline(final, color=QUOTED_COLOUR, linestyle=":", linewidth=1.4, zorder=1)
        axes.plot(
            [last],
            [final],
            color=QUOTED_COLOUR,
            linestyle=":",
            marker="D",
            markersize=7,
            markerfacecolor="white",
            clip_on=False,
            zorder=4,
            label="quoted: the paper's final number",
        )
    axes.set(ylabel="cells", ylim=(0.5, most + 1.0), xlim=(first - 0.5, last + 0.5))
    whole_epochs(axes)
    axes.yaxis.set_major_locator(MaxNLocator(6, integer=True))


def _words(name: str, grid: Grid, results: Path, data: pd.DataFrame, dead: str) -> Words:
    quoted, ours, absent = (data[data["status"] == status] for status in ("quoted", "measured", "not_run"))
    reason = "; ".join(dict.fromkeys(absent["reason"]))
    search = grid.network_a.search
    assert search is not None
    caption = (
        "Numbers of cells in the three hyper-cells over the epochs of the search of AutoRTNet-A, "
        f"{search.name}: "
        "the number that the architecture has now (argmax of beta, squares) and the expectation (circles). "
        "Diamonds and dotted levels are quoted: where the paper's search ended, from {5, 10, 10} cells "
        "(Sec. 4.4.4); only where so many cells fit into the space searched here."
    )
    ends = ", ".join(f"{row['argmax']:g} of {row['initial']:g}" for _, row in quoted.iterrows())
    alt = f"The paper ends at {ends} cells in hyper-cells 1 to 3 (quoted)."
    if len(ours):
        frozen = ours.loc[ours["beta_frozen"] == "true", "epoch"]
        shaded = f"epochs {frozen.min():g} to {frozen.max():g}" if len(frozen) else "no epoch"
        depths = ", ".join(map(str, search.depths))
        caption += (
            f" Hatched: {shaded}, in which beta is frozen. Here the search starts from {{{depths}}} cells; "
            "one run, "
            f"{ours['epoch'].nunique()} epochs.{dead} {scale_words(grid.config.scale)}"
        )
        alt = f"{_path_words(ours)} Beta is frozen in {shaded}.{dead} {alt}"
    status: Status = "measured" if len(ours) else "quoted"
    sources = present(results, cell_number_sources(grid))
    return Words(name, TITLE, with_reason(caption, reason), alt, status, reason, sources)


def _path_words(ours: pd.DataFrame) -> str:
    told = []
    for cell, epochs in ours.groupby("hyper_cell"):
        first, last = epochs.iloc[0], epochs.iloc[-1]
        told.append(
            f"Hyper-cell {cell:g} goes from {first['argmax']:g} to {last['argmax']:g} cells by argmax and "
            "from "
            f"{first['expected']:.2f} to {last['expected']:.2f} in expectation, at most {last['initial']:g}."
        )
    return " ".join(told)
