"""Beyond the paper: what is lost when a search's soft network is made hard, over the epochs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes

from pipeline_src.config.grid import Grid
from pipeline_src.reporting.drawing.dead import head_of, words_among
from pipeline_src.reporting.drawing.panels import (
    absent,
    counted,
    data_style,
    panels,
    present,
    scale_words,
    set_name,
    shade_warm_up,
    whole_epochs,
    with_reason,
)
from pipeline_src.reporting.drawing.picture import QUOTED_COLOUR, Picture, Words, not_run
from pipeline_src.reporting.drawing.runs import (
    SEARCH_SCORES,
    at_the_end,
    legend_handles,
    median_and_band,
    runs_in,
    search_epochs,
    spread_words,
    styles_of,
    thinning_words,
)
from pipeline_src.reporting.read.liveness import faults_of
from pipeline_src.reporting.read.picture_sources import (
    datasets_of,
    search_picture_sources,
    search_sources,
    searched,
)

TITLE = "From the soft to the hard network"
NETWORKS = {"soft": "soft network", "argmax": "argmax network"}
GAP = "soft - argmax"
SEARCHES = ("search", "searches")


def draw(name: str, grid: Grid, results: Path) -> Picture:
    """mIoU of both networks above, their difference below; a column for each data set.

    Raises:
        UserError: a log is malformed.
    """
    reason = absent(results, search_sources(grid))
    data = search_epochs(grid.searches, results)
    if data.empty:
        return not_run(name, TITLE, reason)
    scored = data.dropna(subset=list(SEARCH_SCORES))
    if scored.empty:
        return not_run(name, TITLE, "no search has validated its networks yet")
    scored = scored.assign(gap=100 * (scored["miou_soft"] - scored["miou_argmax"]))
    datasets = [one for one in datasets_of(grid.searches) if one in set(scored["dataset"])]
    styles = styles_of([*NETWORKS, GAP])
    faults = faults_of(searched(grid), results)
    sources = present(results, search_picture_sources(grid))
    with data_style():
        figure, axes = panels(2, len(datasets), 5.2, sharex="col")
        for column, dataset in enumerate(datasets):
            of_set = data[data["dataset"] == dataset]
            _column(axes[:, column].tolist(), of_set, scored[scored["dataset"] == dataset], styles)
            title = set_name(grid, dataset)
            axes[0, column].set_title(head_of(title, SEARCHES, of_set["run"], faults))
        axes[0, 0].set_ylabel("mIoU (%)")
        axes[1, 0].set_ylabel("soft - argmax (points)")
        legend_handles(axes[0, 0], styles, {**NETWORKS, GAP: "difference"})
        handles, labels = axes[0, 0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=4)
    return Picture(figure, _words(name, grid, scored, reason, sources, faults))


def _column(axes: Sequence[Axes], data: pd.DataFrame, scored: pd.DataFrame, styles: dict) -> None:
    both = scored.melt(["run", "epoch"], SEARCH_SCORES, "network", "miou")
    both = both.assign(miou=100 * both["miou"], network=both["network"].str.removeprefix("miou_"))
    median_and_band(axes[0], both, "miou", "network", styles)
    median_and_band(axes[1], scored.assign(network=GAP), "gap", "network", styles)
    axes[1].plot(scored["epoch"], scored["gap"], linestyle="", marker="_", color=QUOTED_COLOUR, zorder=1)
    axes[1].axhline(0.0, color="#222222", linewidth=0.8)
    warm = data.drop_duplicates("epoch")
    for one in axes:
        shade_warm_up(one, warm["epoch"].tolist(), warm["beta_frozen"].tolist())
        whole_epochs(one)
        one.set(xlim=(data["epoch"].min() - 0.5, data["epoch"].max() + 0.5), xlabel="", ylabel="")
    axes[1].set_xlabel("epoch")


def _words(
    name: str,
    grid: Grid,
    scored: pd.DataFrame,
    reason: str,
    sources: tuple[str, ...],
    faults: Mapping[str, str],
) -> Words:
    dead = words_among(scored["run"], faults)
    counts = "; ".join(
        f"{set_name(grid, str(dataset))}: {counted(runs_in(part), 'search', 'searches')}"
        for dataset, part in scored.groupby("dataset", sort=False)
    )
    caption = (
        "mIoU of the supernet with its soft masks and with each mask replaced by its largest entry "
        "(argmax), with the "
        "weights of the search, at the epochs at which the searches validate "
        f"({grid.config.search.validation_images} images each). "
        "Lines are medians over all searches on a data set (of any gamma, seed and initial number of "
        "cells), bands "
        "span the smallest to the largest; ticks below are single searches. Above zero the hard network is "
        "worse. "
        f"{counts}.{dead} Hatched: beta is frozen. {thinning_words(scored)}"
        f"{scale_words(grid.config.scale)}"
    )
    ends = (
        f"{set_name(grid, str(dataset))}, at the last validation: "
        f"soft {spread_words(100 * at_the_end(part, 'miou_soft'), 1, '%')}, "
        f"argmax {spread_words(100 * at_the_end(part, 'miou_argmax'), 1, '%')}, "
        f"difference {spread_words(at_the_end(part, 'gap'), 2, 'points')}."
        for dataset, part in scored.groupby("dataset", sort=False)
    )
    alt = " ".join(ends) + dead
    return Words(name, TITLE, with_reason(caption, reason), alt, "measured", reason, sources)
