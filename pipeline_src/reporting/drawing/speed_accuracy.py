"""Figure 1: speed against accuracy, quoted systems above, measured ones below, each with its own front.

The paper's frames per second are of its GPU, ours of the device here: one front over both would compare
devices, so there are two panels with two fronts.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from pipeline_src.config.grid import Grid
from pipeline_src.reporting.drawing.data_sources import points_sources
from pipeline_src.reporting.drawing.panels import (
    counted,
    data_style,
    listed,
    panels,
    place_names,
    present,
    scale_words,
    sound,
    with_reason,
)
from pipeline_src.reporting.drawing.picture import COLOURS, QUOTED_COLOUR, Picture, Words
from pipeline_src.reporting.figures import figure_data
from pipeline_src.reporting.tables import tabulate

TITLE = "Figure 1: speed and accuracy on Cityscapes"
_WIDE = 4.0
"""A range of FPS wider than this factor is drawn on a logarithmic axis."""
_MARKS: dict[tuple[str, bool], dict[str, Any]] = {
    ("quoted", False): {"marker": "o", "facecolor": "white", "edgecolor": QUOTED_COLOUR},
    ("quoted", True): {"marker": "D", "facecolor": "white", "edgecolor": "#222222"},
    ("measured", False): {"marker": "^", "facecolor": COLOURS[1], "edgecolor": COLOURS[1]},
    ("measured", True): {"marker": "s", "facecolor": COLOURS[0], "edgecolor": COLOURS[0]},
}
_KINDS = {True: "AutoRTNet", False: "other systems"}


def pareto_front(points: pd.DataFrame) -> pd.DataFrame:
    """The points that no other one beats in both FPS and mIoU, from slow to fast; one of each equal pair."""
    ordered = points.sort_values(["fps", "miou"], ascending=False, kind="stable")
    best = ordered["miou"].cummax().shift(fill_value=float("-inf"))
    return ordered[ordered["miou"] > best].iloc[::-1]


def draw(name: str, grid: Grid, results: Path) -> Picture:
    """Quoted and measured systems of Table 1 in two panels.

    Raises:
        UserError: a result file is malformed.
    """
    data = figure_data("figure_1", grid, results).reset_index(drop=True)
    data[["fps", "miou"]] = data[["fps", "miou"]].apply(pd.to_numeric)
    parts = [(status, data[data["status"] == status]) for status in ("quoted", "measured")]
    parts = [(status, points) for status, points in parts if len(points)]
    heads = {
        "quoted": "Quoted from the paper (Titan XP)",
        "measured": f"Measured here ({_device(grid, results)})",
    }
    with data_style():
        ratios = [1.45 if status == "quoted" else 1.0 for status, _ in parts]
        figure, axes = panels(len(parts), 1, 3.1 * sum(ratios), height_ratios=ratios)
        for one, (status, points) in zip(axes[:, 0], parts, strict=True):
            one.set_title(heads[status])
            _panel(one, status, points)
        for one, (_, points) in zip(axes[:, 0], parts, strict=True):
            place_names(one, points["fps"].tolist(), points["miou"].tolist(), points["name"].tolist())
    return Picture(figure, _words(name, grid, results, data))


def _panel(axes: Axes, status: str, points: pd.DataFrame) -> None:
    for ours in (False, True):
        some = points[(points["kind"] != "peer") == ours]
        if len(some):
            label = f"{_KINDS[ours]}, {status}"
            axes.scatter(
                some["fps"], some["miou"], s=36, linewidth=1.3, zorder=3, label=label, **_MARKS[status, ours]
            )
    front = pareto_front(points)
    style = {
        "color": "#222222",
        "linestyle": "--" if status == "quoted" else "-",
        "linewidth": 1.1,
        "zorder": 1,
    }
    axes.step(front["fps"], front["miou"], where="pre", label=f"front, {status}", **style)
    if points["fps"].max() > _WIDE * points["fps"].min():
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.xaxis.set_major_formatter(FuncFormatter(lambda fps, _: f"{fps:g}"))
    axes.margins(0.12)
    axes.set_xlim(axes.get_xlim())
    axes.set_ylim(axes.get_ylim())
    axes.set(xlabel="frames per second (FPS)", ylabel="mIoU (%)")
    axes.legend(loc="best" if len(points) < 8 else "lower left")


def _device(grid: Grid, results: Path) -> str:
    table = tabulate("table_1", grid, results)
    found = [table.cell(row_id, "device").measured for row_id in table.rows]
    return " / ".join(dict.fromkeys(device for device in found if device)) or "device unknown"


def _words(name: str, grid: Grid, results: Path, data: pd.DataFrame) -> Words:
    quoted, ours = (data[data["status"] == status] for status in ("quoted", "measured"))
    absent = data[data["status"] == "not_run"]
    reason = "; ".join(f"{row['name']}: {row['reason']}" for _, row in absent.iterrows())
    told = f"of {counted(len(ours), 'network')} measured here" if len(ours) else "of the quoted systems only"
    caption = (
        "Speed (frames per second, batch 1) and accuracy (mIoU on the Cityscapes test set) "
        f"of {len(quoted)} systems as Table 1 prints them, hollow marks, and {told}"
        + (", filled marks. " if len(ours) else ". ")
        + "A line is the front: no system is both faster and more accurate. "
        "The quoted speeds are of a Titan XP; those measured here are of "
        f"{sound(_device(grid, results)) if len(ours) else 'another device'}, so the two have a front each and do "
        "not compare across panels."
    )
    if len(ours):
        on = "; ".join(dict.fromkeys(sound(text) for text in ours["data"]))
        caption += f" Measured on: {on}. One run behind each point. {scale_words(grid.config.scale)}"
    alt = f"Quoted front from fast to slow: {_front_words(quoted)}."
    if len(ours):
        alt += f" Measured front: {_front_words(ours)}. Measured: {_point_words(ours)}."
    return Words(
        name=name,
        title=TITLE,
        caption=with_reason(caption, reason),
        alt=alt,
        status="measured" if len(ours) else "quoted",
        reason=reason,
        sources=present(results, points_sources(grid)),
    )


def _point_words(points: pd.DataFrame) -> str:
    return listed(
        [f"{sound(row['name'])} {row['fps']:.1f} FPS at {row['miou']:.1f} %" for _, row in points.iterrows()]
    )


def _front_words(points: pd.DataFrame) -> str:
    return _point_words(pareto_front(points).iloc[::-1])
