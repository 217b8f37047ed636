"""Beyond the paper: what the lookup table predicts for random networks, against their measured latency."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pipeline_src import places
from pipeline_src.config.grid import Grid
from pipeline_src.reporting.drawing.panels import (
    SMALL_PT,
    absent,
    counted,
    data_style,
    panels,
    scale_words,
    sound,
)
from pipeline_src.reporting.drawing.picture import COLOURS, QUOTED_COLOUR, Picture, Words, not_run
from pipeline_src.reporting.read.picture_records import LutCheck, read_record

TITLE = "Lookup table: predicted against measured latency"


def draw(name: str, grid: Grid, results: Path) -> Picture:
    """A point for each network with its quartiles, the fitted line and the identity.

    Raises:
        UserError: the check's file is malformed.
    """
    source = places.lookup_check(grid.main)
    reason = absent(results, [source])
    if reason:
        return not_run(name, TITLE, reason)
    check = read_record(LutCheck, results / source)
    predicted, measured, low, high = (
        np.array([getattr(row, key) for row in check.rows]) / 1000
        for key in ("predicted_us", "measured_us", "q1_us", "q3_us")
    )
    with data_style():
        figure, axes = panels(1, 1, 4.6)
        one = axes[0, 0]
        spread = np.maximum([measured - low, high - measured], 0.0)
        label = f"network, median and quartiles (n = {check.networks})"
        one.errorbar(
            predicted, measured, spread, fmt="o", color=COLOURS[0], capsize=2, markersize=5, label=label
        )
        ends = np.array([predicted.min(), predicted.max()])
        if check.slope is not None and check.intercept_us is not None:
            fitted = check.slope * ends + check.intercept_us / 1000
            line = f"fit: {check.slope:.2f} x predicted {check.intercept_us / 1000:+.2f} ms"
            one.plot(ends, fitted, color="#222222", label=line)
        one.plot(ends, ends, color=QUOTED_COLOUR, linestyle="--", label="identity: measured = predicted")
        one.set(xlabel="predicted: sum of the table's entries (ms)", ylabel="measured backbone (ms)")
        told = f"Pearson {_shown(check.pearson)}\nSpearman {_shown(check.spearman)}"
        if other := _other_device(check):
            told += f"\ntable of {other}"
        one.text(
            0.98,
            0.03,
            told,
            ha="right",
            size=SMALL_PT,
            transform=one.transAxes,
        )
        one.legend(loc="upper left")
    return Picture(figure, _words(name, grid, check, source))


def _other_device(check: LutCheck) -> str:
    """The table's, where it is not the one that the networks were measured on."""
    found = check.table_device
    return "" if found is None or found == check.fingerprint.device else sound(found)


def _shown(value: float | None, digits: int = 3) -> str:
    return "undefined" if value is None else f"{value:.{digits}f}"


def _on_two_devices(check: LutCheck) -> str:
    other = _other_device(check)
    return other and (
        f"The table was measured on {other}, so slope and intercept compare two devices; only the order says "
        "how well the table serves here. "
    )


def _words(name: str, grid: Grid, check: LutCheck, source: str) -> Words:
    size = f"{check.input_height_px}x{check.input_width_px}"
    found = check.fingerprint
    caption = (
        f"Latency of {check.networks} random networks of the space at {size}, batch 1, on "
        f"{sound(found.device)} with {counted(found.threads, 'thread')}: the sum of the lookup table's "
        f"entries against the measured median of the backbone over {found.repeats} repeats, with quartiles. "
        "The backbone holds the stem, which the table leaves out: it makes the intercept. The order "
        "of networks (Spearman) is what a search needs. The line is fitted by least squares. "
        f"{_on_two_devices(check)}"
        f"{scale_words(grid.config.scale)}"
    )
    intercept_ms = None if check.intercept_us is None else check.intercept_us / 1000
    measured = [row.measured_us / 1000 for row in check.rows]
    alt = (
        f"{check.networks} networks of {min(measured):.2f} to {max(measured):.2f} ms. Pearson "
        f"{_shown(check.pearson)}, "
        f"Spearman {_shown(check.spearman)}, slope {_shown(check.slope, 2)}, intercept "
        f"{_shown(intercept_ms, 2)} ms."
    )
    return Words(name, TITLE, caption, alt, "measured", sources=(source,))
