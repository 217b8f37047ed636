"""Figure 1: points in the panel of their status, marks of their kind, names clear of all."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from fabricate import Folder
from marks_of import crossings, line, marks
from matplotlib.axes import Axes
from matplotlib.text import Text

from pipeline_src import places
from pipeline_src.config.grid import Grid
from pipeline_src.config.peers import PEERS
from pipeline_src.reporting.drawing import speed_accuracy
from pipeline_src.reporting.drawing.front import pareto_front
from pipeline_src.reporting.drawing.leaders import LEADER
from pipeline_src.reporting.drawing.panels import MARK_AREA, data_style, panels, place_names
from pipeline_src.reporting.tables.figures import figure_data

MARK_PX = 4.0 * 150 / 72
"""Radius of a mark with its edge at the style's resolution."""


def test_figure_1_draws_each_point_in_the_panel_of_its_status(grid: Grid, folder: Folder) -> None:
    folder.everything(grid)
    picture = speed_accuracy.draw("figure_1", grid, folder.root)
    above, below = (marks(axes) for axes in picture.figure.axes)
    data = figure_data("figure_1", grid, folder.root)
    for panel, status in ((above, "quoted"), (below, "measured")):
        wanted = data.loc[data["status"] == status, ["fps", "miou"]].astype(float).to_numpy()
        found = np.concatenate(list(panel.values()))
        assert sorted(map(tuple, found)) == sorted(map(tuple, wanted))
    assert len(above["other systems, quoted"]) == 17 and len(above["AutoRTNet, quoted"]) == 4
    assert {name: len(points) for name, points in below.items()} == {
        "other systems, measured": 1,
        "AutoRTNet, measured": 4,
    }


def test_no_other_system_has_the_mark_of_ours(grid: Grid, folder: Folder) -> None:
    """BiSeNet-R18 has no row in Table 1, and had the mark of AutoRTNet in its picture."""
    own = grid.experiments.model_copy(update={"peers": tuple(sorted(PEERS))})
    grid = Grid(grid.config.model_copy(update={"experiments": own}))
    folder.everything(grid)
    data = figure_data("figure_1", grid, folder.root)
    measured = data[data["status"] == "measured"]
    points = measured[~measured["name"].str.startswith("AutoRTNet")]
    assert len(points) == len(PEERS)
    _, below = speed_accuracy.draw("figure_1", grid, folder.root).figure.axes
    found = marks(below)
    wanted = points[["fps", "miou"]].astype(float).to_numpy().tolist()
    assert sorted(found["other systems, measured"].tolist()) == sorted(wanted)
    assert len(found["AutoRTNet, measured"]) == 4


def test_a_system_that_is_timed_and_not_judged_is_not_drawn_and_the_caption_says_why(
    grid: Grid, folder: Folder
) -> None:
    folder.everything(grid)
    row = next(one for one in grid.of_table("table_1") if one.label == "ICNet")
    for evaluation in (*row.test, *row.val):
        (folder.root / places.evaluation(evaluation)).unlink(missing_ok=True)
    words = speed_accuracy.draw("figure_1", grid, folder.root).words
    assert "ICNet: evaluate/icnet/" in words.reason and "is missing" in words.reason
    assert words.reason in words.caption and ": ;" not in words.caption


def test_figure_1_tells_statuses_apart_without_colour(grid: Grid, folder: Folder) -> None:
    folder.everything(grid)
    above, below = speed_accuracy.draw("figure_1", grid, folder.root).figure.axes
    hollow = [tuple(one.get_facecolor()[0][:3]) == (1.0, 1.0, 1.0) for one in above.collections]
    filled = [tuple(one.get_facecolor()[0][:3]) != (1.0, 1.0, 1.0) for one in below.collections]
    assert all(hollow) and all(filled) and len(hollow) == len(filled) == 2
    shapes = {one.get_paths()[0].vertices.tobytes() for one in (*above.collections, *below.collections)}
    assert len(shapes) == 4


def test_the_front_is_what_nothing_beats() -> None:
    points = pd.DataFrame({"fps": [10.0, 20.0, 20.0, 5.0, 15.0], "miou": [70.0, 60.0, 60.0, 70.0, 65.0]})
    front = pareto_front(points)
    assert front[["fps", "miou"]].to_numpy().tolist() == [[10.0, 70.0], [15.0, 65.0], [20.0, 60.0]]


def test_the_fronts_never_mix_devices(grid: Grid, folder: Folder) -> None:
    folder.everything(grid)
    above, below = speed_accuracy.draw("figure_1", grid, folder.root).figure.axes
    quoted = line(above, "Pareto front, quoted").get_xydata()[1:-1:2]
    assert quoted.tolist() == [[1.3, 81.3], [3.3, 81.2], [71.4, 75.8], [110.0, 73.9], [121.7, 60.3]]
    data = figure_data("figure_1", grid, folder.root)
    ours = data[data["status"] == "measured"].astype({"fps": float, "miou": float})
    front = pareto_front(ours)[["fps", "miou"]].to_numpy().tolist()
    assert line(below, "Pareto front, measured").get_xydata()[1:-1:2].tolist() == front


def _assert_clear(axes: Axes, texts: list[Text], centres: np.ndarray) -> None:
    axes.figure.draw_without_rendering()
    boxes = [text.get_window_extent() for text in texts]
    radius = MARK_AREA**0.5 / 2 * axes.figure.dpi / 72
    at = axes.transData.transform(centres)
    for index, box in enumerate(boxes):
        assert not any(box.padded(-0.5).overlaps(other) for other in boxes[:index]), texts[index].get_text()
        across = np.clip(at, [box.x0, box.y0], [box.x1, box.y1])
        assert np.linalg.norm(at - across, axis=1).min() > radius, texts[index].get_text()
        assert axes.bbox.padded(1).contains(box.x0, box.y0) and axes.bbox.padded(1).contains(box.x1, box.y1)


def test_names_cover_neither_names_nor_marks(any_grid: Grid, folder: Folder) -> None:
    folder.everything(any_grid)
    for axes in speed_accuracy.draw("figure_1", any_grid, folder.root).figure.axes:
        texts = [one for one in axes.texts if one.get_text()]
        assert len(texts) == sum(len(one) for one in marks(axes).values())
        _assert_clear(axes, texts, np.concatenate(list(marks(axes).values())))


def test_no_leader_crosses_a_front(any_grid: Grid, folder: Folder) -> None:
    folder.everything(any_grid)
    figure = speed_accuracy.draw("figure_1", any_grid, folder.root).figure
    figure.draw_without_rendering()
    checked = 0
    for axes in figure.axes:
        fronts = [one for one in axes.lines if "front" in str(one.get_label())]
        leaders = [one for one in axes.lines if one.get_color() == LEADER["color"]]
        centres = axes.transData.transform(np.concatenate(list(marks(axes).values())))
        for leader in leaders:
            ends = axes.transData.transform(leader.get_xydata())
            nearest = np.linalg.norm(centres[None] - ends[:, None], axis=2).min(axis=1)
            start, end = ends[np.argsort(nearest)]
            # From the edge of its mark on: a mark may lie on the front itself.
            steps = start + (end - start) * np.linspace(0, 1, 200)[:, None]
            own = centres[np.linalg.norm(centres - start, axis=1).argmin()]
            apart = centres[np.linalg.norm(centres - own, axis=1) > 2 * MARK_PX]
            if len(apart):
                assert np.linalg.norm(apart[:, None] - steps, axis=2).min() > 0.9 * MARK_PX, "over a mark"
            steps = steps[np.linalg.norm(steps - start, axis=1) > 10]
            for front in fronts:
                found = crossings(steps, axes, front)
                assert not any(found), (leader.get_xydata().tolist(), front.get_label())
                checked += len(found)
    assert checked > 10


@pytest.mark.parametrize("seed", range(3))
def test_names_are_placed_clear_of_any_points(seed: int) -> None:
    at = np.random.default_rng(seed).uniform(0, 10, (14, 2))
    names = [f"network number {index} <script>" for index in range(len(at))]
    with data_style():
        _, axes = panels(1, 1, 5.0)
        one = axes[0, 0]
        one.scatter(at[:, 0], at[:, 1], s=MARK_AREA)
        one.set(xlim=(-2, 12), ylim=(-2, 12))
        (front,) = one.plot([0.0, 10.0], [-1.5, -1.5])
        texts = place_names(one, at[:, 0].tolist(), at[:, 1].tolist(), names, [front])
    assert [text.get_text()[:17] for text in texts] == [name[:17] for name in names]
    _assert_clear(one, texts, at)


def test_a_name_lies_on_no_line() -> None:
    """The points of CamVid on 2026-11-30: BiSeNet-R18 touched the front above it."""
    at = {
        "ENet": (9.393, 35.438), "ERFNet": (3.808, 36.798), "ICNet": (12.342, 38.592),
        "SwiftNet": (4.063, 42.878), "ESPNet": (9.790, 33.561), "AutoRTNet-A": (36.637, 36.744),
        "AutoRTNet-B": (15.027, 37.631), "BiSeNet-R18": (4.186, 38.251),
    }  # fmt: skip
    points = pd.DataFrame([(name, *place) for name, place in at.items()], columns=["name", "fps", "miou"])
    points = points.assign(fps_low=points["fps"], fps_high=points["fps"], dead="")
    points["kind"] = ["ours" if name.startswith("Auto") else "peer" for name in points["name"]]
    with data_style():
        figure, axes = panels(2, 1, 3.1 * 2.45, height_ratios=[1.45, 1.0])
        one = axes[1, 0]
        for panel in axes[:, 0]:
            panel.set_title("Measured here")
            front = speed_accuracy.draw_panel(panel, "measured", points)
        figure.legend(loc="outside lower center", ncols=3)
        named = speed_accuracy.ours_first(points)
        texts = place_names(one, named["fps"].tolist(), named["miou"].tolist(), named["name"].tolist(), front)
    figure.draw_without_rendering()
    shares = np.linspace(0, 1, 2000)[:, None]
    for text in texts:
        box = text.get_window_extent().padded(2)
        for start, end in pairwise(one.transData.transform(front[0].get_xydata())):
            across, up = (start + (end - start) * shares).T
            inside = (box.x0 < across) & (across < box.x1) & (box.y0 < up) & (up < box.y1)
            assert not inside.any(), text.get_text()


def test_figure_1_has_no_negative_speeds(any_grid: Grid, folder: Folder) -> None:
    folder.everything(any_grid)
    for axes in speed_accuracy.draw("figure_1", any_grid, folder.root).figure.axes:
        assert axes.get_xlim()[0] >= 0
