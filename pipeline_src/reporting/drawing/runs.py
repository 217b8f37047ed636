"""The epochs of many runs in one long table, and their median with a band over runs. [no torch]"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes

from pipeline_src import places
from pipeline_src.config.grid import Grid
from pipeline_src.config.runs import Search
from pipeline_src.reporting.drawing.panels import DASHES, MARKERS, set_name, sound
from pipeline_src.reporting.drawing.picture import COLOURS
from pipeline_src.reporting.read.logs import read_log
from pipeline_src.reporting.read.picture_records import TableHead, read_record

SEARCH_NUMBERS = ("epoch", "ce", "latency_us", "alpha_entropy", "beta_entropy")
SEARCH_SCORES = ("miou_soft", "miou_argmax")
HUES = (*COLOURS[:6], COLOURS[9], "#222222", COLOURS[7])
"""The colours of lines: those of the palette that are not too pale for one."""
DRAWN_EPOCHS = 100
"""A line has at most so many epochs: more are not seen at this width, and make a large file."""
MARKS = 12
"""About so many marks on a line; more would hide it."""


def search_epochs(searches: Sequence[Search], results: Path) -> pd.DataFrame:
    """The epochs of those searches whose logs are there; empty where none is.

    Columns: run, dataset, gamma, `SEARCH_NUMBERS`, `SEARCH_SCORES` (NaN where not validated), beta_frozen.

    Raises:
        UserError: a log is malformed.
    """
    found = []
    for search in searches:
        path = results / places.search_log(search)
        if path.exists():
            log = read_log(path, "search", SEARCH_NUMBERS, SEARCH_SCORES, ("beta_frozen",))
            found.append(log.assign(run=search.name, dataset=search.dataset, gamma=search.gamma))
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame({"run": [], "dataset": []})


def styles_of(kinds: Sequence[Any]) -> dict[str, dict[Any, Any]]:
    """A colour, a line style and a marker for each kind of run, the same in every panel of a picture."""
    return {
        "palette": {kind: HUES[index % len(HUES)] for index, kind in enumerate(kinds)},
        "dashes": {kind: DASHES[index % len(DASHES)] for index, kind in enumerate(kinds)},
        "markers": {kind: MARKERS[index % len(MARKERS)] for index, kind in enumerate(kinds)},
    }


def median_and_band(
    axes: Axes, data: pd.DataFrame, column: str, kind: str, styles: Mapping[str, Mapping[Any, Any]]
) -> None:
    """The median over runs at each epoch, and a band from the smallest to the largest of them.

    Of more than `DRAWN_EPOCHS` epochs every second, third, ... is drawn, the last one always.
    """
    drawn = data.dropna(subset=[column])
    if drawn.empty:
        return
    epochs = sorted(drawn["epoch"].unique())
    drawn = drawn[drawn["epoch"].isin(epochs[:: -thinning(len(epochs))])]
    sns.lineplot(
        data=drawn,
        x="epoch",
        y=column,
        hue=kind,
        style=kind,
        hue_order=list(styles["palette"]),
        style_order=list(styles["palette"]),
        **styles,
        estimator="median",
        errorbar=("pi", 100),
        err_kws={"linewidth": 0, "alpha": 0.18},
        markersize=5,
        markevery=max(1, drawn["epoch"].nunique() // MARKS),
        legend=False,
        ax=axes,
    )


def thinning(epochs: int) -> int:
    """Which of so many epochs are drawn: 1 is every one, 2 is every second."""
    return math.ceil(epochs / DRAWN_EPOCHS)


def thinning_words(data: pd.DataFrame) -> str:
    """The sentence of a caption on epochs that are left out; empty where none is."""
    every = thinning(int(data["epoch"].nunique()))
    return f"Of long runs one epoch in {every} is drawn. " if every > 1 else ""


def table_words(grid: Grid, dataset: str, results: Path) -> str:
    """The sentence of a caption on the device of a set's lookup table; empty where there is no table.

    It need not be the one that networks are timed on: a run may be continued elsewhere.

    Raises:
        UserError: the table is damaged.
    """
    path = results / places.lookup_table(dataset)
    if not path.exists():
        return ""
    device = sound(read_record(TableHead, path).fingerprint.device)
    return f"The lookup table of {set_name(grid, dataset)} was measured on {device}."


def legend_handles(axes: Axes, styles: Mapping[str, Mapping[Any, Any]], names: Mapping[Any, str]) -> None:
    """Give the axes an empty, labelled line for each kind, for a legend of the whole figure."""
    for kind, name in names.items():
        dashes = styles["dashes"][kind]
        axes.plot(
            [],
            [],
            color=styles["palette"][kind],
            linestyle="-" if dashes == "" else (0, dashes),
            marker=styles["markers"][kind],
            markersize=5,
            markeredgecolor="white",
            label=name,
        )


def runs_in(data: pd.DataFrame) -> int:
    """How many runs a long table holds."""
    return int(data["run"].nunique())


def at_the_end(data: pd.DataFrame, column: str) -> pd.Series:
    """The last value of a column in each run that has one, by run."""
    return data.dropna(subset=[column]).groupby("run")[column].last()


def spread_words(values: pd.Series, digits: int, unit: str) -> str:
    """`median 1.23 (1.10 to 1.40, n = 3) ms`, or the value alone where there is one."""
    middle, unit = f"{values.median():.{digits}f}", f" {unit}" if unit else ""
    if len(values) == 1:
        return f"{middle}{unit} (n = 1)"
    return (
        f"median {middle}{unit} ({values.min():.{digits}f} to {values.max():.{digits}f}, n = {len(values)})"
    )
