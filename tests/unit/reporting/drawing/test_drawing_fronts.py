"""Fronts tell no order of timings that overlap, and dead networks are marked in Figures 1, 6 and 7."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from fabricate import Folder, genotype
from matplotlib.axes import Axes

from pipeline_src.config.grid import Grid
from pipeline_src.config.runs import Architecture, Row
from pipeline_src.reporting.drawing import architecture, gamma, speed_accuracy
from pipeline_src.reporting.drawing.front import pareto_front, staircase
from pipeline_src.reporting.read.pictures import entry_of
from pipeline_src.space.genotype import HyperCellGenotype


def points(*rows: tuple[float, float, float, float]) -> pd.DataFrame:
    """Of (mIoU, FPS, lower and upper quartile)."""
    return pd.DataFrame(rows, columns=["miou", "fps", "fps_low", "fps_high"])


def test_only_a_surely_faster_network_takes_one_off_the_front() -> None:
    told = points((40.0, 10.0, 9.0, 11.0), (60.0, 20.0, 19.0, 21.0))
    assert pareto_front(told)["miou"].tolist() == [60.0]
    overlapping = points((40.0, 10.0, 8.0, 12.0), (60.0, 11.0, 9.0, 13.0))
    assert pareto_front(overlapping)["miou"].tolist() == [40.0, 60.0]


def test_no_line_spans_speeds_whose_order_is_not_known() -> None:
    whole = points((60.0, 10.0, 9.9, 10.1), (40.0, 20.0, 19.0, 21.0))
    assert staircase(whole, 0.0, 30.0) == [
        [(0.0, 60.0), (10.0, 60.0), (10.0, 40.0), (20.0, 40.0), (20.0, 30.0)]
    ]
    gap = points((60.0, 10.0, 9.0, 12.0), (55.0, 11.0, 10.0, 13.0), (40.0, 20.0, 19.0, 21.0))
    first, second = staircase(pareto_front(gap), 0.0, 30.0)
    assert first == [(0.0, 60.0), (9.0, 60.0)]
    assert second == [(13.0, 40.0), (20.0, 40.0), (20.0, 30.0)]


@pytest.mark.parametrize("seed", range(5))
def test_nothing_below_the_lines_is_on_the_front(seed: int) -> None:
    draws = np.random.default_rng(seed)
    fps, width = draws.uniform(5, 50, 12), draws.uniform(0.1, 6, 12)
    some = points(*zip(draws.uniform(20, 70, 12), fps, fps - width, fps + width, strict=True))
    front = pareto_front(some)
    for path in staircase(front, 0.0, 0.0):
        for (x, y), (x2, _) in pairwise(path):
            spanned = front[(front["fps"] > x + 1e-9) & (front["fps"] < x2 - 1e-9)]
            assert not (spanned["miou"] < y).any()


def _measured(grid: Grid, folder: Folder, spread: float) -> Axes:
    folder.everything(grid)
    for number, row in enumerate(one for one in grid.of_table("table_1") if one.speeds):
        median = 10.0 + number
        half = spread * median / 2
        timing = {"median": median, "q1": median - half, "q3": median + half, "mean": median, "repeats": 5}
        folder.speed(row.speeds[0], latency_ms=timing)
    below: Axes = speed_accuracy.draw("figure_1", grid, folder.root).figure.axes[1]
    return below


def test_figure_1_draws_no_front_between_timings_that_overlap(grid: Grid, folder: Folder) -> None:
    def front(axes: Axes) -> list[float]:
        shown = (one for one in axes.lines if "front" in str(one.get_label()))
        return [x for one in shown for x in one.get_xdata()]

    quiet, noisy = (_measured(grid, folder, spread) for spread in (0.001, 1.0))
    assert len(front(quiet)) > 2
    low = min(points.get_offsets()[:, 0].min() for points in noisy.collections)
    assert max(front(noisy)) < low, "all timings overlap: the line ends before the first of them"
    picture = speed_accuracy.draw("figure_1", grid, folder.root)
    assert "Where they overlap" in picture.words.caption


def _kill(folder: Folder, one: Architecture) -> str:
    zero = HyperCellGenotype(depth=1, reduction=("zero",) * 5, normal=("zero",) * 5)
    live = genotype()
    folder.genotype(one, live.model_copy(update={"hyper_cells": (*live.hyper_cells[:2], zero)}))
    return f"{one.name} is dead: nothing gets through hyper-cell 3"


def _of(row: Row) -> Architecture:
    return row.speeds[0].architecture


def test_a_dead_network_is_marked_in_figure_1(grid: Grid, folder: Folder) -> None:
    folder.everything(grid)
    assert "dead" not in speed_accuracy.draw("figure_1", grid, folder.root).words.caption
    fault = _kill(folder, grid.network_a)
    picture = speed_accuracy.draw("figure_1", grid, folder.root)
    below = picture.figure.axes[1]
    crosses = [one for one in below.collections if one.get_label() == "dead network, measured"]
    assert len(crosses) == 1 and len(crosses[0].get_offsets()) == 2, "A with and without the coarse set"
    assert fault in picture.words.caption and "AutoRTNet-A (dead)" in picture.words.alt
    front = {tuple(at) for one in below.lines if "front" in str(one.get_label()) for at in one.get_xydata()}
    assert not front & {tuple(at) for at in crosses[0].get_offsets()}


def test_a_dead_network_is_marked_in_figure_6(grid: Grid, folder: Folder) -> None:
    folder.everything(grid)
    row = grid.of_table("figure_6")[0]
    fault = _kill(folder, _of(row))
    picture = gamma.draw("figure_6", grid, folder.root)
    for axes in (picture.figure.axes[1], picture.figure.axes[3]):
        crosses = [one for one in axes.lines if one.get_marker() == "X"]
        assert sum(len(one.get_xdata()) for one in crosses) == 1
        assert any("dead" in one.get_text() for one in axes.texts)
    assert fault in picture.words.caption and "(dead)" in picture.words.alt
    assert not any(math.isnan(one) for one in crosses[0].get_ydata())


def test_a_dead_network_is_marked_in_figure_7(grid: Grid, folder: Folder) -> None:
    folder.genotype(grid.network_a, genotype())
    live = architecture.draw("figure_7", grid, folder.root)
    assert "dead" not in live.words.caption + live.words.alt
    fault = _kill(folder, grid.network_a)
    picture = architecture.draw("figure_7", grid, folder.root)
    shown = " ".join(one.get_text() for axes in picture.figure.axes for one in axes.texts)
    shown += " ".join(one.get_text() for one in picture.figure.texts)
    assert "a dead network" in shown
    assert fault in picture.words.caption and fault in picture.words.alt


@pytest.mark.parametrize("name", ["figure_7", "architecture_b", "architecture_c"])
def test_what_tells_of_a_dead_network_is_an_input_of_its_picture(grid: Grid, name: str) -> None:
    # The lookup table says what each of its cells costs.
    assert {path.split("/")[0] for path in entry_of(name).sources(grid)} == {"search", "pretrain", "lut"}
