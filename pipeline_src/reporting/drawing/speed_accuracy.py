"""Figure 1: speed against accuracy, quoted systems above, measured ones below, each with its own front.

The paper's frames per second are of its GPU, ours of the device here: one front over both would compare
devices, so there are two panels with two fronts.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from pipeline_src.config.grid import Grid
from pipeline_src.reporting.drawing.dead import DEAD_COLOUR
from pipeline_src.reporting.drawing.front import pareto_front, staircase
from pipeline_src.reporting.drawing.panels import (
    MARK_AREA,
    counted,
    data_style,
    listed,
    panels,
    place_names,
    present,
    scale_words,
    set_name,
    sound,
    spots_of,
    with_reason,
)
from pipeline_src.reporting.drawing.picture import COLOURS, QUOTED_COLOUR, Picture, Words
from pipeline_src.reporting.read.picture_sources import points_sources
from pipeline_src.reporting.read.reasons import reasons_of_names
from pipeline_src.reporting.tables.cells import tabulate
from pipeline_src.reporting.tables.figures import POINT_NUMBERS, figure_data

TITLE = "Figure 1: speed and accuracy"
_MARKS: dict[tuple[str, bool], dict[str, Any]] = {
    ("quoted", False): {"marker": "o", "facecolor": "white", "edgecolor": QUOTED_COLOUR},
    ("quoted", True): {"marker": "D", "facecolor": "white", "edgecolor": "#222222"},
    ("measured", False): {"marker": "^", "facecolor": COLOURS[1], "edgecolor": COLOURS[1]},
    ("measured", True): {"marker": "s", "facecolor": COLOURS[0], "edgecolor": COLOURS[0]},
}
_KINDS = {True: "AutoRTNet", False: "other systems"}
_DEAD: dict[str, Any] = {"marker": "X", "facecolor": DEAD_COLOUR, "edgecolor": DEAD_COLOUR}


def draw(name: str, grid: Grid, results: Path) -> Picture:
    """Quoted and measured systems of Table 1 in two panels.

    Raises:
        UserError: a result file is malformed.
    """
    data = figure_data("figure_1", grid, results).reset_index(drop=True)
    numbers = list(POINT_NUMBERS)
    data[numbers] = data[numbers].apply(pd.to_numeric)
    parts = [(status, data[data["status"] == status]) for status in ("quoted", "measured")]
    parts = [(status, points) for status, points in parts if len(points)]
    heads = {
        "quoted": "Quoted from the paper (Cityscapes test, Titan XP)",
        "measured": f"Measured here ({set_name(grid, grid.main)} test, {_device(grid, results)})",
    }
    with data_style():
        ratios = [1.45 if status == "quoted" else 1.0 for status, _ in parts]
        figure, axes = panels(len(parts), 1, 3.1 * sum(ratios), height_ratios=ratios)
        fronts = []
        for one, (status, points) in zip(axes[:, 0], parts, strict=True):
            one.set_title(heads[status])
            fronts.append(draw_panel(one, status, points))
        figure.legend(loc="outside lower center", ncols=3)
        for one, (_, points), front in zip(axes[:, 0], parts, fronts, strict=True):
            named = ours_first(points)
            place_names(one, named["fps"].tolist(), named["miou"].tolist(), named["name"].tolist(), front)
        figure.draw_without_rendering()
        spots = [
            spot
            for one, (status, points) in zip(axes[:, 0], parts, strict=True)
            for spot in spots_of(one, points["fps"].tolist(), points["miou"].tolist(), _named(points, status))
        ]
    return Picture(figure, replace(_words(name, grid, results, data), spots=tuple(spots)))


def _named(points: pd.DataFrame, status: str) -> list[tuple[str, str]]:
    """The row of Table 1 that each point leads to, and what is said of it."""
    return [
        (
            f"table_1/{row['row_id']}/fps",
            f"{sound(row['name'])}, {status}: {row['fps']:.1f} FPS at {row['miou']:.1f} %"
            + (", dead network" if row["dead"] else ""),
        )
        for _, row in points.iterrows()
    ]


def ours_first(points: pd.DataFrame) -> pd.DataFrame:
    """The order in which names are placed: the first lie nearest to their marks."""
    return points.sort_values("kind", key=lambda kind: kind != "ours", kind="stable")


def draw_panel(axes: Axes, status: str, points: pd.DataFrame) -> list[Line2D]:
    """Marks and front of one status; the front's lines are returned."""
    dead = points["dead"] != ""
    for ours in (False, True):
        some = points[((points["kind"] == "ours") == ours) & ~dead]
        if len(some):
            _scatter(axes, some, f"{_KINDS[ours]}, {status}", _MARKS[status, ours])
    if dead.any():
        _scatter(axes, points[dead], f"dead network, {status}", _DEAD)
    for low, high, miou in zip(points["fps_low"], points["fps_high"], points["miou"], strict=True):
        if low < high:  # not where a bar would have no length, nor for printed values
            axes.plot([low, high], [miou, miou], color="#555555", linewidth=1.0, zorder=2)
    axes.margins(x=0.16, y=0.14)
    low, high = axes.get_xlim()
    axes.set_xlim(max(low, 0.0), high)  # there are no negative speeds
    axes.set_ylim(axes.get_ylim())
    axes.set(xlabel="frames per second (FPS)", ylabel="mIoU (%)")
    return _front(axes, status, pareto_front(points[~dead]))


def _scatter(axes: Axes, points: pd.DataFrame, label: str, style: dict[str, Any]) -> None:
    axes.scatter(
        points["fps"],
        points["miou"],
        s=MARK_AREA,
        linewidth=1.3,
        zorder=3,
        label=label,
        clip_on=False,
        **style,
    )


def _front(axes: Axes, status: str, front: pd.DataFrame) -> list[Line2D]:
    """A staircase to both edges of the panel, with gaps where timings overlap."""
    style: dict[str, Any] = {
        "color": "#222222",
        "linestyle": "--" if status == "quoted" else "-",
        "linewidth": 1.1,
    }
    lines: list[Line2D] = []
    for path in staircase(front, axes.get_xlim()[0], axes.get_ylim()[0]):
        label = f"Pareto front, {status}" if not lines else "_more of the front"
        x, y = zip(*path, strict=True)
        lines += axes.plot(x, y, zorder=1, label=label, **style)
    return lines


def _device(grid: Grid, results: Path) -> str:
    table = tabulate("table_1", grid, results)
    found = [table.cell(row_id, "device").measured for row_id in table.rows]
    return " / ".join(dict.fromkeys(device for device in found if device)) or "device unknown"


def _words(name: str, grid: Grid, results: Path, data: pd.DataFrame) -> Words:
    quoted, ours = (data[data["status"] == status] for status in ("quoted", "measured"))
    absent = data[data["status"] == "not_run"]
    reason = reasons_of_names((str(row["name"]), str(row["reason"])) for _, row in absent.iterrows())
    caption = (
        f"Speed (frames per second, batch 1) and accuracy (mIoU). Hollow marks: {len(quoted)} systems on the "
        "Cityscapes test set as Table 1 prints them; the speeds are of a Titan XP, but for DFANet's "
        "100.0 FPS, which Table 7 lists for a Titan X. "
    )
    if len(ours):
        on = "; ".join(dict.fromkeys(sound(text) for text in ours["data"]))
        caption += (
            f"Filled marks: {counted(len(ours), 'network')} measured here on "
            f"{sound(_device(grid, results))} "
            f"(trained and judged on: {on}). Speeds of two devices do not compare, so each panel has a front "
            "of its own. "
        )
    caption += "Below and left of a front, some system is at least as fast and at least as accurate."
    dead = ours[ours["dead"] != ""]
    if len(ours):
        caption += (
            " Bars are the quartiles of a timing's repeats. Where they overlap, it is not known which "
            "network is faster, so the front has a gap."
        )
    if len(dead):
        faults = sound("; ".join(dict.fromkeys(dead["dead"])))
        caption += f" Crosses are dead networks and not on the front: {faults}."
    if len(ours):
        caption += f" {scale_words(grid.config.scale)}"
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
        [
            f"{sound(row['name'])}{' (dead)' if row['dead'] else ''} "
            f"{row['fps']:.1f} FPS at {row['miou']:.1f} %"
            for _, row in points.iterrows()
        ]
    )


def _front_words(points: pd.DataFrame) -> str:
    return _point_words(pareto_front(points[points["dead"] == ""]).iloc[::-1]) or "none"
