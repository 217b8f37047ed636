"""Figure 6, the table's check and random networks: the points drawn are those of the data."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from fabricate import Folder, genotype
from fabricate_epochs import write_check, write_table_head
from marks_of import marks
from PIL import Image

from pipeline_src import places
from pipeline_src.config.grid import Grid
from pipeline_src.errors import UserError
from pipeline_src.reporting.drawing import agreement, gamma, matched_random, speed_accuracy
from pipeline_src.reporting.drawing.picture import saved
from pipeline_src.reporting.read.reasons import first_reasons, reasons_of_names
from pipeline_src.reporting.tables.figures import figure_data
from pipeline_src.space.genotype import HyperCellGenotype


def test_figure_6_keeps_quoted_and_measured_in_columns_of_their_own(grid: Grid, folder: Folder) -> None:
    folder.everything(grid)
    left_miou, right_miou, left_fps, right_fps = gamma.draw("figure_6", grid, folder.root).figure.axes
    gammas = [0.001, 0.01, 0.05, 0.1]
    assert left_miou.lines[0].get_xydata().tolist() == [
        [0.001, 73.3],
        [0.01, 70.2],
        [0.05, 69.2],
        [0.1, 68.6],
    ]
    assert left_fps.lines[0].get_ydata().tolist() == [138.0, 200.2, 232.1, 250.0]
    data = figure_data("figure_6", grid, folder.root)
    ours = data[data["status"] == "measured"]
    for axes, column in ((right_miou, "miou"), (right_fps, "fps")):
        assert axes.lines[0].get_xdata().tolist() == gammas
        assert axes.lines[0].get_ydata().tolist() == ours[column].astype(float).tolist()
    assert left_miou.lines[0].get_marker() != right_miou.lines[0].get_marker()


def test_figure_6_sorts_gammas_and_says_which_are_not_run(small_grid: Grid, folder: Folder) -> None:
    for row, miou in zip(small_grid.of_table("figure_6"), (0.3, 0.2), strict=True):
        folder.evaluation(row.test[0], miou)
        folder.speed(row.speeds[0], 10.0)
    picture = gamma.draw("figure_6", small_grid, folder.root)
    line = picture.figure.axes[1].lines[0]
    assert line.get_xdata().tolist() == [0.001, 0.01, 0.05, 0.1, 0.2]
    assert np.array_equal(line.get_ydata(), [np.nan] * 3 + [30.0, 20.0], equal_nan=True)
    assert "gamma 0.05: experiments.camvid_gammas" in picture.words.reason


def test_figure_6_bridges_no_gap_and_shows_how_sure_each_point_is(grid: Grid, folder: Folder) -> None:
    quartiles = {"median": 10.0, "q1": 8.0, "q3": 12.5, "mean": 10.0, "repeats": 5}
    for number, row in enumerate(grid.of_table("figure_6")):
        if number != 1:
            for evaluation in row.test:
                folder.evaluation(evaluation, 0.3 + 0.1 * number)
            folder.speed(row.speeds[0], 10.0, latency_ms=quartiles)
    _, miou, _, fps = gamma.draw("figure_6", grid, folder.root).figure.axes
    assert np.isnan(miou.lines[0].get_ydata()[1]) and np.isnan(fps.lines[0].get_ydata()[1])
    bars = [segment for one in fps.collections for segment in one.get_segments()]
    assert np.array([one[:, 1] for one in bars]) == pytest.approx(np.array([[80.0, 125.0]] * 3))


@pytest.mark.parametrize(("name", "module"), [("figure_1", speed_accuracy), ("figure_6", gamma)])
def test_spots_lie_on_the_marks_and_name_rows(grid: Grid, folder: Folder, name: str, module: Any) -> None:
    folder.everything(grid)
    picture = module.draw(name, grid, folder.root)
    data = figure_data(name, grid, folder.root)
    rows = {f"{'table_1' if name == 'figure_1' else name}/{row}" for row in data["row_id"]}
    spots = picture.words.spots
    assert {spot.key.removesuffix("/fps") for spot in spots} <= rows and len(spots) >= 16
    image = np.asarray(Image.open(io.BytesIO(saved(picture.figure, "png"))).convert("RGB")).astype(int)
    height, width = image.shape[:2]
    for spot in spots:
        x, y = round(spot.x * width), round(spot.y * height)
        around = image[y - 12 : y + 13, x - 12 : x + 13]
        assert (around.sum(axis=2) < 600).sum() > 20, f"no mark at {spot}"
        assert "FPS" in spot.label and "%" in spot.label


def test_the_check_draws_networks_fit_and_identity(grid: Grid, folder: Folder) -> None:
    write_check(folder, grid)
    picture = agreement.draw("lut_check", grid, folder.root)
    (axes,) = picture.figure.axes
    predicted = np.array([1.0, 2.0, 3.0, 5.0])
    points = axes.containers[0].lines[0].get_xydata()
    assert points.tolist() == np.column_stack([predicted, 1.5 * predicted + 0.2]).tolist()
    bars = axes.containers[0].lines[2][0].get_segments()
    ends = np.array(bars)[:, :, 1]
    assert ends == pytest.approx(np.column_stack([1.5 * predicted + 0.15, 1.5 * predicted + 0.3]))
    fit, identity = (
        next(x for x in axes.lines if str(x.get_label()).startswith(y)) for y in ("fit", "ident")
    )
    assert fit.get_xydata().tolist() == pytest.approx(np.array([[1.0, 1.7], [5.0, 7.7]]))
    assert identity.get_xydata().tolist() == [[1.0, 1.0], [5.0, 5.0]]
    for number in ("4 networks", "Pearson 1.000", "Spearman 1.000", "slope 1.50", "intercept 0.20 ms"):
        assert number in picture.words.alt
    assert "Test Processor 9000 with 1 thread:" in picture.words.caption


def test_an_undefined_agreement_is_said_to_be_undefined(grid: Grid, folder: Folder) -> None:
    write_check(folder, grid, pearson=None, spearman=None, slope=None, intercept_us=None)
    picture = agreement.draw("lut_check", grid, folder.root)
    assert not any(str(one.get_label()).startswith("fit") for one in picture.figure.axes[0].lines)
    assert "Pearson undefined" in picture.words.alt


@pytest.mark.parametrize(
    ("changes", "said"),
    [({}, False), ({"table_device": "Test Processor 9000"}, False), ({"table_device": "Chip"}, True)],
)
def test_a_table_of_another_device_is_said_to_be_one(
    grid: Grid, folder: Folder, changes: dict, said: bool
) -> None:
    write_check(folder, grid, **changes)
    picture = agreement.draw("lut_check", grid, folder.root)
    shown = [text.get_text() for text in picture.figure.axes[0].texts]
    assert any("table of Chip" in text for text in shown) == said
    assert ("slope and intercept compare two devices" in picture.words.caption) == said
    assert "preprocessing" not in picture.words.caption  # it has entries of its own (A28)


@pytest.mark.parametrize("changes", [{"networks": 5}, {"rows": [], "networks": 0}, {"pearson": 1.5}])
def test_a_malformed_check_is_an_error(grid: Grid, folder: Folder, changes: dict) -> None:
    path = write_check(folder, grid, **changes)
    with pytest.raises(UserError, match="is not a result file") as caught:
        agreement.draw("lut_check", grid, folder.root)
    assert str(path) in str(caught.value)


def test_random_networks_are_points_of_their_kind(small_grid: Grid, folder: Folder) -> None:
    a, random, _ = small_grid.of_table("table_3")
    folder.evaluation(a.val[0], 0.5)
    folder.speed(a.speeds[0], 10.0)
    for number, (evaluation, speed) in enumerate(zip(random.val, random.speeds, strict=True)):
        folder.evaluation(evaluation, 0.3 + number / 10)
        folder.speed(speed, 12.0 + number)
    picture = matched_random.draw("matched_random", small_grid, folder.root)
    (axes,) = picture.figure.axes
    assert {label: one.tolist() for label, one in marks(axes).items()} == {
        "searched (A), n = 1": [[10.0, 50.0]],
        "random, n = 2": [[12.0, 30.0], [13.0, 40.0]],
    }
    band = axes.patches[0].get_extents().transformed(axes.transData.inverted())
    assert (band.x0, band.x1) == pytest.approx((9.0, 11.0))
    assert (
        "2 networks random: mIoU 35.0 ± 7.1 % (30.0 to 40.0), latency 12.00 to 13.00 ms" in picture.words.alt
    )
    assert picture.words.reason == ""
    assert "lookup table" not in picture.words.caption
    write_table_head(folder, small_grid.main, "a Xeon")
    words = matched_random.draw("matched_random", small_grid, folder.root).words
    assert "The lookup table of Cityscapes was measured on a Xeon." in words.caption
    assert words.sources[-1] == places.lookup_table(small_grid.main)


def test_a_network_without_a_timing_has_no_point(grid: Grid, folder: Folder) -> None:
    a, random, matched = grid.of_table("table_3")
    for row in (a, random, matched):
        for evaluation, speed in zip(row.val, row.speeds, strict=True):
            folder.evaluation(evaluation)
            folder.speed(speed)
    folder.untimed(random.speeds[3])
    picture = matched_random.draw("matched_random", grid, folder.root)
    assert len(marks(picture.figure.axes[0])["random, n = 9"]) == 9
    first = f"{places.SPEEDS} has no timing of random-3 at 768x1536"
    assert picture.words.reason == f"1 of 21 networks lack results, the first: {first}"


def test_figure_6_writes_a_value_above_its_bar(grid: Grid, folder: Folder) -> None:
    quartiles = {"median": 10.0, "q1": 8.0, "q3": 12.5, "mean": 10.0, "repeats": 5}
    for row in grid.of_table("figure_6"):
        for evaluation in row.test:
            folder.evaluation(evaluation, 0.3)
        folder.speed(row.speeds[0], 10.0, latency_ms=quartiles)
    figure = gamma.draw("figure_6", grid, folder.root).figure
    figure.draw_without_rendering()
    fps = figure.axes[3]
    top = fps.transData.transform((0.01, 125.0))[1]
    assert len(fps.texts) == 4 and {text.get_text() for text in fps.texts} == {"100.0"}
    assert all(text.get_window_extent().y0 > top for text in fps.texts)


def test_a_dead_network_keeps_the_mark_of_its_kind_in_sight(small_grid: Grid, folder: Folder) -> None:
    folder.everything(small_grid)
    zero = HyperCellGenotype(depth=1, reduction=("zero",) * 5, normal=("zero",) * 5)
    live = genotype()
    folder.genotype(
        small_grid.network_a, live.model_copy(update={"hyper_cells": (*live.hyper_cells[:2], zero)})
    )
    (axes,) = matched_random.draw("matched_random", small_grid, folder.root).figure.axes
    [cross] = [one for one in axes.collections if one.get_label() == "dead network"]
    assert len(cross.get_paths()[0].vertices) == 4, "two strokes: the mark of its kind is seen between them"


def test_a_caption_tells_the_first_reasons_and_how_many_more_there_are(grid: Grid, folder: Folder) -> None:
    named = [("A", "x is missing"), ("B", "y is missing"), ("C", "x is missing"), ("D", "z is missing")]
    assert reasons_of_names(named) == "A, C: x is missing; B: y is missing; and 1 more like it"
    assert reasons_of_names([]) == ""
    caption = gamma.draw("figure_6", grid, folder.root).words.caption
    assert caption.endswith("and 1 more like it.") and len(caption) < 900


def test_figure_6_says_where_a_mean_has_fewer_searches_than_asked_for(grid: Grid, folder: Folder) -> None:
    seeds = grid.experiments.model_copy(update={"gamma_seeds": (7, 8)})
    grid = Grid(grid.config.model_copy(update={"experiments": seeds}))
    folder.everything(grid)
    assert "not all have ended" not in gamma.draw("figure_6", grid, folder.root).words.caption
    row = grid.of_table("figure_6")[0]
    folder.untimed(row.speeds[-1])
    caption = gamma.draw("figure_6", grid, folder.root).words.caption
    left, shown = len(row.speeds) - 1, row.label.removeprefix("gamma ")
    assert f"Of these searches not all have ended: there are {left} at gamma {shown}." in caption


def test_reasons_that_were_joined_before_are_counted_once_more() -> None:
    files = [f"{number} is missing" for number in range(6)]
    joined = [first_reasons(files[:3], 1), first_reasons(files[3:])]
    assert joined == ["0 is missing; and 2 more like it", "3 is missing; 4 is missing; and 1 more like it"]
    assert first_reasons(joined) == "0 is missing; 3 is missing; and 4 more like it"
    named = [("gamma 0.1", joined[0]), ("gamma 0.2", "; ".join(files))]
    assert reasons_of_names(named) == (
        "gamma 0.1: 0 is missing; and 2 more like it; gamma 0.2: 0 is missing; and 5 more like it"
    )


def test_the_dashed_line_is_the_mean_of_the_trainings_of_network_a(small_grid: Grid, folder: Folder) -> None:
    repeated = small_grid.experiments.model_copy(update={"training_seeds": 2})
    grid = Grid(small_grid.config.model_copy(update={"experiments": repeated}))
    folder.everything(grid)
    trainings = grid.of_table("table_3")[0].val
    for evaluation, miou in zip(trainings, (0.40, 0.44, 0.45), strict=True):
        folder.evaluation(evaluation, miou)
    (axes,) = matched_random.draw("matched_random", grid, folder.root).figure.axes
    [dashed] = [line for line in axes.lines if line.get_linestyle() == "--"]
    assert list(dashed.get_ydata()) == pytest.approx([43, 43])
