"""Figure 5 and the curves: lines are the numbers of the logs, bands span runs, warm-up is shaded."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest
from fabricate import Folder
from fabricate_epochs import (
    EPOCHS,
    FROZEN,
    write_finetuning,
    write_pretraining,
    write_search,
    write_table_head,
)
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from pipeline_src import places
from pipeline_src.config.grid import Grid
from pipeline_src.config.runs import Kind
from pipeline_src.errors import UserError
from pipeline_src.reporting.drawing import cell_numbers, search_curves, soft_to_hard, training_curves
from pipeline_src.reporting.drawing.picture import save_picture
from pipeline_src.reporting.read.pictures import entry_of


def labelled(axes: Axes, start: str) -> Line2D:
    return next(one for one in axes.lines if str(one.get_label()).startswith(start))


def shaded(axes: Axes) -> list[tuple[float, float]]:
    """From which to which epoch the axes are hatched."""
    boxes = [patch.get_extents().transformed(axes.transData.inverted()) for patch in axes.patches]
    return [(round(box.x0, 6), round(box.x1, 6)) for box in boxes]


def lines_with_points(axes: Axes) -> list[Line2D]:
    return [one for one in axes.lines if len(one.get_xdata()) > 2]


def test_figure_5_draws_the_log(grid: Grid, folder: Folder) -> None:
    folder.log(grid, epochs=4, frozen=2)
    picture = cell_numbers.draw("figure_5", grid, folder.root)
    first, second, third = picture.figure.axes
    assert labelled(first, "argmax").get_xydata().tolist() == [[1, 5], [2, 4], [3, 3], [4, 2]]
    assert labelled(third, "argmax").get_ydata().tolist() == [7, 6, 5, 4]
    assert labelled(first, "expectation").get_ydata().tolist() == [4.75, 4.5, 4.25, 4.0]
    assert labelled(second, "expectation").get_ydata().tolist() == [6.0] * 4
    assert [shaded(axes) for axes in picture.figure.axes] == [[(0.5, 2.5)]] * 3
    ends = [labelled(axes, "quoted").get_ydata()[0] for axes in picture.figure.axes]
    assert ends == [2, 4, 6]
    assert "Beta is frozen in epochs 1 to 2" in picture.words.alt
    assert "(quoted: 2 of 5 cells at epoch 150)" in first.get_title(loc="left")


def test_figure_5_prints_the_papers_number_only_where_the_space_allows_it(
    small_grid: Grid, folder: Folder
) -> None:
    """A search from {2, 3, 3} cells cannot end with the paper's 4 and 6."""
    folder.log(small_grid, epochs=3)
    picture = cell_numbers.draw("figure_5", small_grid, folder.root)
    shown = [
        [one.get_ydata()[0] for one in axes.lines if str(one.get_label()).startswith("quoted")]
        for axes in picture.figure.axes
    ]
    assert shown == [[2], [], []]
    assert picture.figure.axes[1].get_ylim()[1] == 4.0
    assert "(quoted: 4 of 10 cells at epoch 150)" in picture.figure.axes[1].get_title(loc="left")


def test_without_warm_up_nothing_is_shaded(grid: Grid, folder: Folder) -> None:
    folder.log(grid, epochs=3, frozen=0)
    picture = cell_numbers.draw("figure_5", grid, folder.root)
    assert [shaded(axes) for axes in picture.figure.axes] == [[]] * 3
    assert "Hatched: no epoch" in picture.words.caption


def test_figure_5_without_a_log_is_what_the_paper_says(grid: Grid, folder: Folder) -> None:
    picture = cell_numbers.draw("figure_5", grid, folder.root)
    for axes in picture.figure.axes:
        assert not any(str(one.get_label()).startswith(("argmax", "expect")) for one in axes.lines)
    assert picture.words.status == "quoted" and picture.words.reason.endswith("log.csv is missing")


def test_search_curves_are_medians_with_a_band_over_runs(small_grid: Grid, folder: Folder) -> None:
    searches = [one for one in small_grid.searches if one.dataset == "cityscapes" and one.gamma == 0.01]
    assert len(searches) == 4
    for search, shift in zip(searches, (0.0, 0.1, 0.4, 0.9), strict=True):
        write_search(folder, search, shift)
    picture = search_curves.draw("search_curves", small_grid, folder.root)
    entropy_axes = picture.figure.axes[0]
    (curve,) = lines_with_points(entropy_axes)
    assert curve.get_ydata() == pytest.approx([2.25 - epoch / 10 for epoch in range(1, EPOCHS + 1)])
    (band,) = entropy_axes.collections
    at_first = [y for x, y in band.get_paths()[0].vertices if x == 1]
    assert (min(at_first), max(at_first)) == pytest.approx((1.9, 2.8))
    (latency,) = lines_with_points(picture.figure.axes[1])
    assert latency.get_ydata() == pytest.approx([2 - epoch / 10 for epoch in range(1, EPOCHS + 1)])
    assert shaded(entropy_axes) == [(0.5, FROZEN + 0.5)]
    assert "cross-entropy median 1.65 (1.40 to 2.30, n = 4)" in picture.words.alt
    assert "Cityscapes gamma 0.01: 4 runs" in picture.words.caption


def test_search_curves_name_the_device_of_the_table(small_grid: Grid, folder: Folder) -> None:
    """A run may be continued on another machine than its table is of; expected latency stays the table's."""
    for search in small_grid.searches:
        write_search(folder, search, 0.0)
    without = search_curves.draw("search_curves", small_grid, folder.root).words
    assert "lookup table" not in without.caption
    table = write_table_head(folder, "cityscapes", "a\n Xeon")
    words = search_curves.draw("search_curves", small_grid, folder.root).words
    assert "The lookup table of Cityscapes was measured on a Xeon." in words.caption
    assert places.lookup_table("cityscapes") in words.sources
    assert places.lookup_table("cityscapes") in entry_of("search_curves").sources(small_grid)
    table.write_text("{}")
    with pytest.raises(UserError, match=r"cityscapes\.json: is not a result file"):
        search_curves.draw("search_curves", small_grid, folder.root)


def test_soft_to_hard_draws_both_networks_and_their_difference(grid: Grid, folder: Folder) -> None:
    searches = [one for one in grid.searches if one.dataset == "camvid"][:3]
    for search, shift in zip(searches, (0.0, 0.1, 0.4), strict=True):
        write_search(folder, search, shift)
    picture = soft_to_hard.draw("soft_to_hard", grid, folder.root)
    above, below = picture.figure.axes
    soft, argmax = (line for line in above.lines if len(line.get_xdata()) == 2)
    assert soft.get_xydata() == pytest.approx(np.array([[3, 14.0], [6, 17.0]]))
    assert argmax.get_xydata() == pytest.approx(np.array([[3, 11.0], [6, 14.0]]))
    gap = next(line for line in below.lines if line.get_linestyle() == "--" or line.get_marker() == "^")
    assert gap.get_ydata() == pytest.approx([3.0, 3.0])
    single = next(line for line in below.lines if line.get_marker() == "_")
    assert sorted(single.get_ydata()) == pytest.approx([2.0, 2.0, 3.0, 3.0, 6.0, 6.0])
    assert "difference median 3.00 points (2.00 to 6.00, n = 3)" in picture.words.alt
    assert "8 of 11 files are missing" in picture.words.reason


def test_searches_that_validate_nothing_have_no_gap(grid: Grid, folder: Folder) -> None:
    path = write_search(folder, grid.searches[0])
    kept = path.read_text().splitlines()[:3]
    path.write_text("\n".join(kept) + "\n")
    words = soft_to_hard.draw("soft_to_hard", grid, folder.root).words
    assert words.status == "not_run" and "validated" in words.reason


def test_training_curves_draw_each_kind_of_run(grid: Grid, folder: Folder) -> None:
    for number in range(3):
        write_pretraining(folder, f"random-{number}", 2.0 + number)
    runs = [one for one in grid.trainings if one.architecture.kind == "random"][:2]
    for number, run in enumerate(runs):
        write_finetuning(folder, run, 1.5 + number)
    picture = training_curves.draw("training_curves", grid, folder.root)
    loss, top1, finetuning, miou = picture.figure.axes
    steps = np.arange(1, EPOCHS + 1)
    assert lines_with_points(loss)[0].get_ydata() == pytest.approx(3.0 - steps / 10)
    assert lines_with_points(top1)[0].get_ydata() == pytest.approx(20.0 + 5 * steps)
    assert lines_with_points(finetuning)[0].get_ydata() == pytest.approx(2.0 - steps / 10)
    judged = next(line for line in miou.lines if len(line.get_xdata()) == 2)
    assert judged.get_xydata() == pytest.approx(np.array([[3, 30.0], [6, 40.0]]))
    assert "Pretraining: random 3; Finetuning on Cityscapes: random 2" in picture.words.caption
    assert "random loss median 2.40 (1.40 to 3.40, n = 3)" in picture.words.alt


def test_no_run_that_is_counted_is_left_out(grid: Grid, folder: Folder) -> None:
    """Other systems stood in the title's number of runs and in no curve."""
    assert set(training_curves.KINDS) == {*get_args(Kind), training_curves.MORE_LABELS}
    peer = next(one for one in grid.trainings if one.architecture.is_peer)
    write_finetuning(folder, peer, 1.5)
    picture = training_curves.draw("training_curves", grid, folder.root)
    assert picture.figure.axes[0].get_title(loc="left").endswith(", 1 run")
    assert len(lines_with_points(picture.figure.axes[0])) == 1
    assert "Finetuning on Cityscapes: other systems 1." in picture.words.caption


def test_kinds_of_runs_differ_by_more_than_colour(grid: Grid, folder: Folder) -> None:
    experiments = grid.experiments.model_copy(update={"control": True})
    every = Grid(grid.config.model_copy(update={"experiments": experiments}))
    for number, run in enumerate(every.trainings):
        write_finetuning(folder, run, 1.5 + number / 10)
    picture = training_curves.draw("training_curves", every, folder.root)
    (legend,) = picture.figure.legends
    looks = [(line.get_marker(), str(line.get_linestyle()), line.get_color()) for line in legend.get_lines()]
    assert len(looks) == len(training_curves.KINDS)
    for column in range(3):
        assert column == 1 or len({look[column] for look in looks}) == len(looks)


def test_the_longest_runs_make_no_large_file(grid: Grid, folder: Folder) -> None:
    noise = np.random.default_rng(0)
    for training in grid.trainings:
        path = write_finetuning(folder, training)
        lines = [f"{epoch},0.1,{noise.uniform(1, 2)},{noise.uniform()}" for epoch in range(1, 251)]
        path.write_text("\n".join(["epoch,lr,loss,val_miou", *lines]) + "\n")
    picture = training_curves.draw("training_curves", grid, folder.root)
    save_picture(picture, folder.root)
    assert (folder.root / "training_curves.svg").stat().st_size < 300_000
    assert "Of long runs one epoch in 3 is drawn." in picture.words.caption
    last = [line.get_xdata()[-1] for line in lines_with_points(picture.figure.axes[0])]
    assert set(last) == {250}


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("loss", "los", "lacks loss"),
        ("1,0.05", "one,0.05", "could not convert"),
        ("1,0.05", ",0.05", "could not convert"),
        ("1,0.05", "inf,0.05", "not finite"),
    ],
)
def test_a_malformed_log_is_an_error(grid: Grid, folder: Folder, old: str, new: str, problem: str) -> None:
    path = write_pretraining(folder, grid.backbones[0])
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(UserError, match=problem) as caught:
        training_curves.draw("training_curves", grid, folder.root)
    assert str(path) in str(caught.value)


def test_a_log_of_no_epoch_is_an_error(grid: Grid, folder: Folder) -> None:
    path = write_pretraining(folder, grid.backbones[0])
    path.write_text("epoch,lr,loss,val_top1\n")
    with pytest.raises(UserError, match="it has no epoch"):
        training_curves.draw("training_curves", grid, folder.root)
