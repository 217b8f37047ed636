"""What holds for every picture of numbers: words, legible texts, formats, sizes, half-finished runs."""

from __future__ import annotations

import importlib
import json
import re
import subprocess
import sys
from pathlib import Path

import matplotlib as mpl
import pytest
import seaborn
from fabricate import Folder
from fabricate_epochs import write_all, write_table_head
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from pipeline_src.config.grid import Grid
from pipeline_src.errors import UserError
from pipeline_src.reporting.drawing.picture import COLOURS, Picture, not_run, save_picture
from pipeline_src.reporting.read.pictures import PICTURES

NUMBERS = (
    "figure_1",
    "figure_5",
    "figure_6",
    "lut_check",
    "soft_to_hard",
    "search_curves",
    "training_curves",
    "confusion",
    "class_difference",
    "matched_random",
)
WITH_QUOTED_POINTS = ("figure_1", "figure_5", "figure_6")
REDRAWN = ("figure_6", "class_difference", "matched_random")
"""A front with names, bars and a scatter of points: drawn twice by `make test`."""
REDRAWN_ELSEWHERE = "save_picture, which makes the bytes repeat, is tested with three other pictures"
LARGEST_SVG_BYTES = 300_000
PHONE_PX, SMALLEST_PX = 390, 6.0


def write_everything(folder: Folder, grid: Grid) -> None:
    """Everything that a picture of numbers reads, heads of lookup tables too."""
    write_all(folder, grid)
    for dataset in sorted({grid.main, *(one.dataset for one in grid.searches)}):
        write_table_head(folder, dataset)


def drawn(name: str, grid: Grid, folder: Folder) -> Picture:
    module = importlib.import_module(f"pipeline_src.reporting.drawing.{PICTURES[name].module}")
    picture: Picture = module.draw(name, grid, folder.root)
    return picture


def _texts(picture: Picture) -> list[Text]:
    """All texts that are seen; tick labels beyond the limits of their axes are not."""
    picture.figure.draw_without_rendering()
    hidden = {
        label
        for axes in picture.figure.axes
        for axis, (low, high) in ((axes.xaxis, axes.get_xlim()), (axes.yaxis, axes.get_ylim()))
        for tick in axis.get_major_ticks()
        for label in (tick.label1, tick.label2)
        if not min(low, high) <= tick.get_loc() <= max(low, high)
    }
    found = [one for one in picture.figure.findobj(Text) if one.get_visible() and one.get_text().strip()]
    return [one for one in found if one not in hidden]


def assert_texts_are_legible(picture: Picture) -> None:
    """Every text lies inside the picture, covers no other one, and is not too small on a phone."""
    edges = picture.figure.bbox.padded(1)
    phone_px_per_pt = PHONE_PX / picture.figure.get_figwidth() / 72
    boxes: list[tuple[str, Bbox]] = []
    for text in _texts(picture):
        box = text.get_window_extent()
        assert edges.x0 <= box.x0 and box.x1 <= edges.x1, (text.get_text(), box, edges)
        assert edges.y0 <= box.y0 and box.y1 <= edges.y1, (text.get_text(), box, edges)
        assert text.get_fontsize() * phone_px_per_pt >= SMALLEST_PX, text.get_text()
        for other, taken in boxes:
            assert not box.padded(-1).overlaps(taken), (text.get_text(), other)
        boxes.append((text.get_text(), box.padded(-1)))


@pytest.mark.parametrize("name", NUMBERS)
def test_a_finished_run_is_drawn_whole(name: str, any_grid: Grid, folder: Folder) -> None:
    write_everything(folder, any_grid)
    picture = drawn(name, any_grid, folder)
    words = picture.words
    if name == "class_difference" and any_grid.config.scale == "camvid":
        # At this scale CamVid is judged at 360x480, in the paper at 720x960: there is nothing to subtract.
        assert words.status == "not_run" and "not compared with the paper" in words.reason
        return
    assert (words.name, words.status) == (name, "measured")
    assert set(words.sources) <= set(PICTURES[name].sources(any_grid)) and words.sources
    assert words.caption.endswith(".") and words.alt.endswith(".") and re.search(r"\d", words.alt)
    says_nothing = "say nothing about the paper" in words.caption
    assert says_nothing == (any_grid.config.scale == "tiny")
    assert f"cale {any_grid.config.scale}" in words.caption
    assert_texts_are_legible(picture)


@pytest.mark.parametrize("name", NUMBERS)
def test_an_empty_folder_is_said_to_be_empty(name: str, grid: Grid, folder: Folder) -> None:
    picture = drawn(name, grid, folder)
    words = picture.words
    assert words.status == ("quoted" if name in WITH_QUOTED_POINTS else "not_run")
    assert "missing" in words.reason and words.reason in words.caption
    assert words.sources == ()
    assert_texts_are_legible(picture)


@pytest.mark.parametrize("name", NUMBERS)
def test_a_half_finished_run_shows_what_there_is(name: str, grid: Grid, folder: Folder) -> None:
    write_everything(folder, grid)
    sources = PICTURES[name].sources(grid)
    gone = [path for path in sources if "camvid" in path or "random-0" in path]
    for path in gone:
        (folder.root / path).unlink()
    picture = drawn(name, grid, folder)
    all_of_camvid = name == "figure_6"
    assert picture.words.status == ("quoted" if all_of_camvid else "measured")
    assert bool(picture.words.reason) == bool(gone)
    assert not set(gone) & set(picture.words.sources)
    assert_texts_are_legible(picture)


@pytest.mark.parametrize(
    "name",
    [
        name if name in REDRAWN else pytest.param(name, marks=pytest.mark.slow(REDRAWN_ELSEWHERE))
        for name in NUMBERS
    ],
)
def test_the_same_results_give_the_same_bytes(name: str, grid: Grid, folder: Folder, tmp_path: Path) -> None:
    write_everything(folder, grid)
    for place in "ab":
        with mpl.rc_context({"font.size": 30 if place == "a" else 5, "text.usetex": place == "a"}):
            save_picture(drawn(name, grid, folder), tmp_path / place)
    for kind in ("svg", "pdf", "png", "json"):
        first, second = ((tmp_path / place / f"{name}.{kind}").read_bytes() for place in "ab")
        assert first == second, kind
    assert (tmp_path / "a" / f"{name}.svg").stat().st_size < LARGEST_SVG_BYTES
    assert json.loads((tmp_path / "a" / f"{name}.json").read_text())["name"] == name


@pytest.mark.parametrize("name", NUMBERS)
def test_a_malformed_file_is_an_error_that_names_it(name: str, grid: Grid, folder: Folder) -> None:
    write_everything(folder, grid)
    path = folder.root / PICTURES[name].sources(grid)[0]
    path.write_text("{]", encoding="utf-8")
    with pytest.raises(UserError) as caught:
        drawn(name, grid, folder)
    assert str(path) in str(caught.value)


def test_drawing_loads_no_torch_and_the_registry_no_matplotlib() -> None:
    code = (
        "import sys, importlib; from pipeline_src.reporting.read.pictures import PICTURES;"
        "assert not {'matplotlib', 'pandas', 'seaborn'} & set(sys.modules);"
        "load = lambda module: importlib.import_module('pipeline_src.reporting.drawing.' + module);"
        f"[load(PICTURES[name].module) for name in {NUMBERS}];"
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_colours_are_seaborns() -> None:
    assert tuple(seaborn.color_palette("colorblind").as_hex()) == COLOURS


def test_a_long_reason_stays_in_its_picture_and_off_the_title() -> None:
    reason = "; ".join(
        f"evaluate/random-{number}/camvid-train/test-360x480.json is missing" for number in range(9)
    )
    picture = not_run("confusion", "Confusion matrices of network A", reason)
    assert_texts_are_legible(picture)
    shown = " ".join(text.get_text() for text in picture.figure.texts).replace("\n", " ")
    assert reason in shown and "not drawn" in shown and picture.words.status == "not_run"


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("trained", [0, 1])
def test_what_is_missing_is_told_in_a_few_lines(
    name: str, trained: int, camvid_grid: Grid, folder: Folder
) -> None:
    """With nothing there, and with one of A's three trainings: the first files are named, not all of them."""
    config = camvid_grid.config
    experiments = config.experiments.model_copy(update={"training_seeds": 2})
    repeated = Grid(config.model_copy(update={"experiments": experiments}))
    tests = next(row for row in repeated.of_table("table_8") if row.label == "AutoRTNet-A").test
    assert len(tests) == 3
    for evaluation in tests[:trained]:
        folder.evaluation(evaluation, 0.4)
    words = drawn(name, repeated, folder).words
    assert len(words.caption) < 1000, words.caption
