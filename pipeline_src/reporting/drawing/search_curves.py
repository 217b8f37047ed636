"""Beyond the paper: cross-entropy, expected latency and entropies over the epochs of all searches."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes

from pipeline_src.config.grid import Grid
from pipeline_src.config.runs import gamma_text
from pipeline_src.reporting.drawing.dead import head_of, share_dead, words_among
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
from pipeline_src.reporting.drawing.picture import Picture, Words, not_run
from pipeline_src.reporting.drawing.runs import (
    at_the_end,
    legend_handles,
    median_and_band,
    runs_in,
    search_epochs,
    spread_words,
    styles_of,
    table_words,
    thinning_words,
)
from pipeline_src.reporting.read.liveness import faults_of
from pipeline_src.reporting.read.picture_sources import (
    datasets_of,
    search_curve_sources,
    search_sources,
    searched,
)

TITLE = "Search curves"
SEARCHES = ("search", "searches")
MEASURES = (
    ("ce", "cross-entropy", "", 2),
    ("latency_ms", "expected latency (ms)", "ms", 2),
    ("alpha_entropy", "entropy of alpha (nats)", "nats", 2),
    ("beta_entropy", "entropy of beta (nats)", "nats", 2),
)


def draw(name: str, grid: Grid, results: Path) -> Picture:
    """A row of panels for each measure and a column for each data set; a line for each gamma.

    Raises:
        UserError: a log is malformed.
    """
    reason = absent(results, search_sources(grid))
    data = search_epochs(grid.searches, results)
    if data.empty:
        return not_run(name, TITLE, reason)
    data["latency_ms"] = data["latency_us"] / 1000
    datasets = [one for one in datasets_of(grid.searches) if one in set(data["dataset"])]
    gammas = sorted({one.gamma for one in grid.searches})
    styles = styles_of(gammas)
    faults = faults_of(searched(grid), results)
    sources = present(results, search_curve_sources(grid))
    tables = "".join(f" {words}" for one in datasets if (words := table_words(grid, one, results)))
    with data_style():
        figure, axes = panels(len(MEASURES), len(datasets), 8.2, sharex="col")
        for column, dataset in enumerate(datasets):
            part = data[data["dataset"] == dataset]
            title = set_name(grid, dataset)
            axes[0, column].set_title(head_of(title, SEARCHES, part["run"], faults))
            for row, (measure, label, _, _) in enumerate(MEASURES):
                _panel(axes[row, column], part, measure, styles)
                axes[row, column].set_ylabel(label if column == 0 else "")
            axes[-1, column].set_xlabel("epoch")
        runs = {gamma: data.loc[data["gamma"] == gamma, "run"] for gamma in gammas}
        names = {
            gamma: f"gamma {gamma_text(gamma)}{share_dead(of_gamma, faults)}"
            for gamma, of_gamma in runs.items()
            if len(of_gamma)
        }
        legend_handles(axes[0, 0], styles, names)
        handles, labels = axes[0, 0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=2 if faults else 3)
    return Picture(figure, _words(name, grid, data, reason, sources, faults, tables))


def _panel(axes: Axes, data: pd.DataFrame, measure: str, styles: dict) -> None:
    median_and_band(axes, data, measure, "gamma", styles)
    warm = data.drop_duplicates("epoch")
    shade_warm_up(axes, warm["epoch"].tolist(), warm["beta_frozen"].tolist())
    whole_epochs(axes)
    axes.set_xlim(data["epoch"].min() - 0.5, data["epoch"].max() + 0.5)


def _words(
    name: str,
    grid: Grid,
    data: pd.DataFrame,
    reason: str,
    sources: tuple[str, ...],
    faults: Mapping[str, str],
    tables: str,
) -> Words:
    dead = words_among(data["run"], faults)
    groups = [
        (str(dataset), float(str(gamma)), part)
        for (dataset, gamma), part in data.groupby(["dataset", "gamma"], sort=True)
    ]
    counts = "; ".join(
        f"{set_name(grid, dataset)} gamma {gamma_text(gamma)}: {counted(runs_in(part), 'run')}"
        for dataset, gamma, part in groups
    )
    caption = (
        "Cross-entropy, expected latency of the sampled masks, and entropies of alpha and beta (means, in "
        "nats) over "
        "the epochs of every search. A line is the median over the searches with one gamma on one data "
        "set, which "
        "differ in seed and initial numbers of cells; a band spans the smallest to the largest of them. "
        f"{counts}.{dead}{tables} Hatched: beta is frozen. {thinning_words(data)}"
        f"{scale_words(grid.config.scale)}"
    )
    ends = (
        f"{set_name(grid, dataset)}, gamma {gamma_text(gamma)}, at the end: "
        + ", ".join(
            f"{label.split(' (')[0]} {spread_words(at_the_end(part, measure), digits, unit)}"
            for measure, label, unit, digits in MEASURES
        )
        + "."
        for dataset, gamma, part in groups
    )
    alt = " ".join(ends) + dead
    return Words(name, TITLE, with_reason(caption, reason), alt, "measured", reason, sources)
