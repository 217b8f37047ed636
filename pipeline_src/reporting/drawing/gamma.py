"""Figure 6: what the weight of the latency term does to accuracy and speed, quoted and measured apart."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from pipeline_src.config.grid import Grid
from pipeline_src.config.runs import gamma_text
from pipeline_src.reporting.drawing.dead import DEAD_COLOUR
from pipeline_src.reporting.drawing.panels import (
    PAPER,
    SMALL_PT,
    data_style,
    listed,
    panels,
    present,
    printable,
    scale_words,
    set_name,
    sound,
    spots_of,
    with_reason,
)
from pipeline_src.reporting.drawing.picture import COLOURS, QUOTED_COLOUR, Picture, Spot, Status, Words
from pipeline_src.reporting.read.picture_sources import gamma_sources
from pipeline_src.reporting.read.reasons import reasons_of_names
from pipeline_src.reporting.tables.figures import POINT_NUMBERS, figure_data

TITLE = "Figure 6: the weight of the latency term on CamVid"
_MEASURES = (("miou", "mIoU (%)"), ("fps", "FPS"))
_STYLES: dict[str, dict[str, Any]] = {
    "quoted": {"color": QUOTED_COLOUR, "linestyle": "--", "marker": "o", "markerfacecolor": "white"},
    "measured": {"color": COLOURS[0], "linestyle": "-", "marker": "s"},
}

_DEAD: dict[str, Any] = {"color": DEAD_COLOUR, "linestyle": "", "marker": "X", "markersize": 9, "zorder": 4}


def draw(name: str, grid: Grid, results: Path) -> Picture:
    """mIoU above and FPS below over gamma; a column for the paper's points and one for ours.

    Raises:
        UserError: a result file is malformed.
    """
    data = figure_data("figure_6", grid, results)
    numbers = ["gamma", *POINT_NUMBERS]
    data[numbers] = data[numbers].apply(pd.to_numeric)
    data = data.sort_values("gamma", kind="stable").reset_index(drop=True)
    parts = _parts(data)
    with data_style():
        figure, axes = panels(2, len(parts), 4.6, sharex=True)
        for column, (head, points) in enumerate(parts):
            axes[0, column].set_title(head)
            for row, (measure, label) in enumerate(_MEASURES):
                _panel(axes[row, column], points, measure, label)
            axes[1, column].set_xlabel("gamma")
            # The axes share x: the ticks of the last panel are those of all.
            axes[1, column].xaxis.set_major_locator(FixedLocator(sorted(set(data["gamma"]))))
            axes[1, column].xaxis.set_minor_locator(NullLocator())
            axes[1, column].xaxis.set_major_formatter(FuncFormatter(lambda gamma, _: gamma_text(gamma)))
        figure.align_ylabels()
        figure.draw_without_rendering()
        spots = [
            spot
            for column, (_, points) in enumerate(parts)
            for row, (measure, _) in enumerate(_MEASURES)
            for spot in _spots(axes[row, column], points, measure)
        ]
    return Picture(figure, replace(_words(name, grid, results, data), spots=tuple(spots)))


def _parts(data: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """The paper's points and ours, each under its heading: speeds of two devices share no axis.

    What was not run stays among ours without numbers, so that no line bridges it.
    """
    quoted, ours = data[data["status"] == "quoted"], data[data["status"] != "quoted"]
    parts = [("Quoted\n(Titan XP)", quoted)] if len(quoted) else []
    devices = ours.loc[ours["status"] == "measured", "device"]
    if len(devices):
        parts.append((f"Measured here\n({printable(sound(devices.iloc[0]), 34)})", ours))
    return parts


def _spots(axes: Axes, points: pd.DataFrame, measure: str) -> list[Spot]:
    known = points.dropna(subset=["fps", "miou"])
    named = [
        (f"figure_6/{row['row_id']}", f"gamma {gamma_text(row['gamma'])}, {row['status']}: {_told(row)}")
        for _, row in known.iterrows()
    ]
    return spots_of(axes, known["gamma"].tolist(), known[measure].tolist(), named) if len(known) else []


def _told(row: pd.Series) -> str:
    return f"{row['miou']:.1f} % at {row['fps']:.1f} FPS" + (", dead network" if row["dead"] else "")


def _panel(axes: Axes, points: pd.DataFrame, measure: str, label: str) -> None:
    status = "quoted" if (points["status"] == "quoted").all() else "measured"
    axes.plot(points["gamma"], points[measure], markersize=6, **_STYLES[status])
    known = points.dropna(subset=["fps", "miou"])
    spread = known.dropna(subset=[f"{measure}_low", f"{measure}_high"])
    axes.vlines(
        spread["gamma"], spread[f"{measure}_low"], spread[f"{measure}_high"], color="#555555", linewidth=1.2
    )
    dead = known[known["dead"] != ""]
    if len(dead):
        axes.plot(dead["gamma"], dead[measure], **_DEAD)
    tops = known[f"{measure}_high"].fillna(known[measure])
    for gamma, value, top, fault in zip(known["gamma"], known[measure], tops, known["dead"], strict=True):
        axes.annotate(
            f"{value:.1f} dead" if fault else f"{value:.1f}",
            (gamma, max(value, top)),
            (0, 7),
            textcoords="offset points",
            ha="center",
            size=SMALL_PT,
            bbox=PAPER,
        )
    axes.set_xscale("log")
    axes.tick_params(labelbottom=measure == "fps")
    axes.margins(x=0.14, y=0.3)
    axes.set_ylabel(label)


def _words(name: str, grid: Grid, results: Path, data: pd.DataFrame) -> Words:
    device = " / ".join(dict.fromkeys(sound(one) for one in data["device"] if one))
    quoted, ours = (data[data["status"] == status] for status in ("quoted", "measured"))
    absent = data[data["status"] == "not_run"]
    reason = reasons_of_names(
        (f"gamma {gamma_text(row['gamma'])}", str(row["reason"])) for _, row in absent.iterrows()
    )
    caption = (
        "Accuracy (mIoU on CamVid's test set, above) and speed (frames per second at batch 1, below) of "
        "networks searched on CamVid with different weights gamma of the latency term (Sec. 4.4.5); gamma "
        "on a "
        "logarithmic axis. Hollow circles are the paper's points, of a Titan XP."
    )
    if len(ours):
        caption += (
            f" Squares were measured here, for each gamma {_searches(grid)}, on "
            f"{set_name(grid, grid.second)} and on {device}. "
            "Speeds of two devices do not compare, so each has its own axis; their order over "
            "gamma does. Bars are the quartiles of a timing's repeats and the standard deviation "
            "of the mIoU over "
            "several runs. "
            f"{scale_words(grid.config.scale)}"
        )
        caption += _too_few(ours, grid)
    dead = dict.fromkeys(ours.loc[ours["dead"] != "", "dead"])
    if dead:
        caption += f" Crosses are dead networks: {sound('; '.join(dead))}."
    alt = f"Quoted: {_points(quoted)}."
    if len(ours):
        alt += f" Measured: {_points(ours)}."
    status: Status = "measured" if len(ours) else "quoted"
    sources = present(results, gamma_sources(grid))
    return Words(name, TITLE, with_reason(caption, reason), alt, status, reason, sources)


def _too_few(ours: pd.DataFrame, grid: Grid) -> str:
    asked = 1 + len(grid.experiments.gamma_seeds)
    few = [
        f"{row['n']} at gamma {gamma_text(row['gamma'])}"
        for _, row in ours.iterrows()
        if int(row["n"]) < asked
    ]
    return f" Of these searches not all have ended: there are {listed(few)}." if few else ""


def _searches(grid: Grid) -> str:
    seeds = 1 + len(grid.experiments.gamma_seeds)
    return "one search" if seeds == 1 else f"the mean of {seeds} searches with seeds of their own"


def _points(points: pd.DataFrame) -> str:
    return listed(
        [
            f"gamma {gamma_text(row['gamma'])}{' (dead)' if row['dead'] else ''} {row['miou']:.1f} % at "
            f"{row['fps']:.1f} FPS"
            for _, row in points.iterrows()
        ]
    )
