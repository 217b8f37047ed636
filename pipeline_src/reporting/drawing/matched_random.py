"""Beyond the paper: random networks, and those of A's latency, against the searched one (Table 3)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from pipeline_src import places
from pipeline_src.config.grid import Grid
from pipeline_src.config.rows import CONTROL
from pipeline_src.config.runs import Architecture, Row
from pipeline_src.reporting.drawing.dead import DEAD_COLOUR
from pipeline_src.reporting.drawing.panels import (
    counted,
    data_style,
    panels,
    scale_words,
    sound,
    with_reason,
)
from pipeline_src.reporting.drawing.picture import COLOURS, Picture, Words, not_run
from pipeline_src.reporting.drawing.runs import table_words
from pipeline_src.reporting.read.liveness import liveness_of
from pipeline_src.reporting.read.records import Results
from pipeline_src.reporting.tables import measures

TITLE = "Searched against random networks"
_MARKS: dict[str, dict[str, Any]] = {
    "AutoRTNet": {
        "marker": "D",
        "s": 80,
        "color": COLOURS[3],
        "edgecolor": "#222222",
        "label": "searched (A)",
    },
    "random search": {"marker": "o", "s": 40, "color": COLOURS[0], "label": "random"},
    "latency-matched random search": {
        "marker": "^",
        "s": 48,
        "facecolor": "white",
        "edgecolor": COLOURS[2],
        "linewidth": 1.6,
        "label": "random, latency-matched",
    },
    CONTROL: {
        "marker": "s",
        "s": 44,
        "facecolor": "white",
        "edgecolor": "#222222",
        "linewidth": 1.2,
        "label": "A without hyper-cells 2 and 3",
    },
}


def draw(name: str, grid: Grid, results: Path) -> Picture:
    """A point for each network of Table 3: measured latency and mIoU.

    Raises:
        UserError: a result file is malformed.
    """
    reader = Results(results)
    rows = grid.of_table("table_3")
    data = pd.concat([_points(row, reader) for row in rows], ignore_index=True)
    whole = data.dropna(subset=["latency", "miou"])
    faults = [fault for fault in data["fault"] if fault]
    reason = absence_of(faults, len(data))
    if whole.empty:
        return not_run(name, TITLE, reason)
    with data_style():
        figure, axes = panels(1, 1, 4.2)
        _panel(axes[0, 0], whole, grid)
    return Picture(figure, _words(name, grid, whole, reason, table_words(grid, grid.main, results)))


def absence_of(faults: list[str], of: int) -> str:
    """How many networks have no point, and why the first has none."""
    return f"{len(faults)} of {of} networks lack results, the first: {faults[0]}" if faults else ""


def _points(row: Row, results: Results) -> pd.DataFrame:
    """A point for each training: repeats of one network have its latency in common."""
    lines = []
    timings = zip(row.speeds, measures.latency()(row, results), measures.device()(row, results), strict=True)
    timing_of = {one.architecture.name: (timed, device) for one, timed, device in timings}
    for evaluation, judged in zip(row.val, measures.miou("val")(row, results), strict=True):
        timed, device = timing_of[evaluation.training.architecture.name]
        lines.append(
            {
                "kind": row.label,
                "dead": _fault(evaluation.training.architecture, results),
                "miou": judged.value,
                "latency": timed.value,
                "device": device.value,
                "fault": judged.reason or timed.reason,
                "data": judged.data,
                "sources": (judged.source, timed.source),
            }
        )
    return pd.DataFrame(
        lines, columns=["kind", "dead", "miou", "latency", "device", "fault", "data", "sources"]
    )


def _fault(architecture: Architecture, results: Results) -> str:
    known = liveness_of(architecture, results)
    return known.fault if known else ""


def _panel(axes: Axes, data: pd.DataFrame, grid: Grid) -> None:
    searched = data[data["kind"] == "AutoRTNet"]
    if len(searched):
        own, tolerance = float(searched["latency"].iloc[0]), grid.experiments.matched_tolerance
        axes.axvspan(
            own * (1 - tolerance),
            own * (1 + tolerance),
            facecolor="#f0f0f0",
            edgecolor="#cfcfcf",
            hatch="//",
            linewidth=0,
            zorder=0,
            label=f"A's latency ± {100 * tolerance:g} %",
        )
        axes.axhline(float(searched["miou"].mean()), color="#222222", linestyle="--", linewidth=0.9, zorder=1)
    for kind, mark in _MARKS.items():
        some = data[data["kind"] == kind]
        if len(some):
            axes.scatter(
                some["latency"],
                some["miou"],
                zorder=3,
                **{**mark, "label": f"{mark['label']}, n = {len(some)}"},
            )
    dead = data[data["dead"] != ""]
    if len(dead):
        axes.scatter(
            dead["latency"],
            dead["miou"],
            marker="x",
            s=110,
            linewidth=1.8,
            color=DEAD_COLOUR,
            zorder=4,
            label="dead network",
        )
    axes.set(xlabel="latency, batch 1 (ms)", ylabel="mIoU (%)")
    axes.margins(0.12)
    axes.figure.legend(loc="outside lower center", ncols=2)


def _words(name: str, grid: Grid, data: pd.DataFrame, reason: str, table: str) -> Words:
    devices = " / ".join(dict.fromkeys(sound(str(device)) for device in data["device"]))
    on = "; ".join(dict.fromkeys(sound(text) for text in data["data"]))
    caption = (
        "Measured latency and mIoU of the searched network A, of networks drawn at random from the whole "
        "space, and "
        "of random networks whose predicted latency is within "
        f"{100 * grid.experiments.matched_tolerance:g} % of A's: "
        "the paper's random networks are slower than its searched one (Table 3), so its comparison is not of "
        "equal latency. Each network is pretrained and finetuned alike; each point is one training. "
        "The hatched band is A's measured latency with the same tolerance, the dashed line A's mIoU, the "
        "mean of its trainings. "
        f"{on}, on {devices}. {table and f'{table} '}"
        f"{scale_words(grid.config.scale)}"
    )
    if CONTROL in set(data["kind"]):
        caption += " Squares are A without its hyper-cells 2 and 3, a control: what it reaches is not theirs."
    dead = list(dict.fromkeys(filter(None, data["dead"])))
    if dead:
        caption += f" Crosses are dead networks: {sound('; '.join(dead))}."
    alt = " ".join(
        _kind_words(kind, data[data["kind"] == kind]) for kind in _MARKS if kind in set(data["kind"])
    )
    sources = tuple(dict.fromkeys(source for pair in data["sources"] for source in pair))
    sources += (places.lookup_table(grid.main),) if table else ()
    return Words(name, TITLE, with_reason(caption, reason), alt, "measured", reason, sources)


def _kind_words(kind: str, some: pd.DataFrame) -> str:
    label = _MARKS[kind]["label"]
    if len(some) == 1:
        return f"{label}: {some['latency'].iloc[0]:.2f} ms, {some['miou'].iloc[0]:.1f} %."
    miou, latency = some["miou"].astype(float), some["latency"].astype(float)
    return (
        f"{counted(len(some), 'network')} {label}: mIoU {miou.mean():.1f} ± {miou.std():.1f} % "
        f"({miou.min():.1f} to {miou.max():.1f}), latency {latency.min():.2f} to {latency.max():.2f} ms."
    )
