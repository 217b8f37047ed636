"""Confusion matrices and differences of classes, with names of classes that nobody would choose."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
import pytest
from fabricate import Folder
from known_sets import CAMVID_CLASSES

from pipeline_src.artifacts import read_json, write_json
from pipeline_src.config.grid import Grid
from pipeline_src.errors import UserError
from pipeline_src.reporting.drawing import class_difference, confusion
from pipeline_src.reporting.drawing.panels import printable, sound
from pipeline_src.reporting.drawing.picture import save_picture
from pipeline_src.reporting.paper.quoted import quoted_table
from pipeline_src.reporting.read.picture_sources import confusions_of_a

HOSTILE = (
    "<script>alert(1)</script>",
    "$x^2$",
    "100 % \\textbf{a}_b",
    "道路と歩道",
    "a" * 200,
    "line\nbreak \ud800",
)


def _of_camvid(grid: Grid, folder: Folder, **changes: object) -> Path:
    return folder.evaluation(confusions_of_a(grid)[-1], **changes)


def test_a_row_is_a_true_class_and_adds_up_to_its_pixels(camvid_grid: Grid, folder: Folder) -> None:
    _of_camvid(camvid_grid, folder)
    picture = confusion.draw("confusion", camvid_grid, folder.root)
    axes = picture.figure.axes[0]
    shares = np.asarray(axes.collections[0].get_array()).reshape(11, 11)
    assert np.diagonal(shares) == pytest.approx(np.full(11, 0.8))
    assert shares[0, 1] == pytest.approx(0.2) and shares.sum(axis=1) == pytest.approx(np.ones(11))
    assert [label.get_text() for label in axes.get_yticklabels()] == list(CAMVID_CLASSES)
    assert {text.get_text() for text in axes.texts} == {"80", "20", ""}
    assert "Sky as Building 20 %" in picture.words.alt and "Sky 80 %" in picture.words.alt


def test_both_data_sets_have_a_matrix(grid: Grid, folder: Folder) -> None:
    for one in confusions_of_a(grid):
        folder.evaluation(one)
    picture = confusion.draw("confusion", grid, folder.root)
    sizes = [axes.collections[0].get_array().size for axes in picture.figure.axes[:2]]
    assert sizes == [19 * 19, 11 * 11]


def test_a_class_without_pixels_is_no_division_by_zero(camvid_grid: Grid, folder: Folder) -> None:
    path = _of_camvid(camvid_grid, folder)
    value = read_json(path)
    value["confusion"][3] = [0] * 11
    write_json(path, value)
    picture = confusion.draw("confusion", camvid_grid, folder.root)
    shares = picture.figure.axes[0].collections[0].get_array().reshape(11, 11)
    assert np.ma.getmaskarray(shares)[3].all() and not np.ma.getmaskarray(shares)[2].any()
    assert "of 10 classes with pixels" in picture.words.alt


def test_withheld_labels_are_said_to_be_withheld(camvid_grid: Grid, folder: Folder) -> None:
    _of_camvid(camvid_grid, folder, labelled=False)
    words = confusion.draw("confusion", camvid_grid, folder.root).words
    assert words.status == "not_run" and "withheld" in words.reason


@pytest.mark.parametrize("matrix", [[[1]], [[1, 2]] * 11, [[-1] * 11] * 11])
def test_a_matrix_that_does_not_fit_is_an_error(camvid_grid: Grid, folder: Folder, matrix: list) -> None:
    path = _of_camvid(camvid_grid, folder, confusion=matrix)
    with pytest.raises(UserError, match="is not a result file") as caught:
        confusion.draw("confusion", camvid_grid, folder.root)
    assert str(path) in str(caught.value)


def test_hostile_names_are_drawn_as_text(camvid_grid: Grid, folder: Folder, tmp_path: Path) -> None:
    names = (*HOSTILE, *CAMVID_CLASSES[len(HOSTILE) :])
    _of_camvid(camvid_grid, folder, class_names=names)
    picture = confusion.draw("confusion", camvid_grid, folder.root)
    save_picture(picture, tmp_path)
    shown = [label.get_text() for label in picture.figure.axes[0].get_yticklabels()]
    assert shown[:4] == ["<script>alert(1…", "$x^2$", "100 % \\textbf{a…", "□□□□□"]
    assert all(len(name) <= 16 and "\n" not in name for name in shown)
    tree = ElementTree.fromstring((tmp_path / "confusion.svg").read_bytes())
    assert not any(element.tag.endswith("script") for element in tree.iter())
    words = read_json(tmp_path / "confusion.json")
    assert "\ud800" not in words["alt"] and "<script>" in words["alt"]
    picture.figure.draw_without_rendering()
    edges = picture.figure.bbox.padded(1)
    for label in picture.figure.axes[0].get_yticklabels():
        assert edges.contains(*label.get_window_extent().min)


def test_names_for_pictures_and_captions() -> None:
    assert printable("  a \n b ") == "a b" and printable("naïve Straße Ω") == "naïve Straße Ω"
    assert printable("x" * 30, 5) == "xxxx…" and printable("路") == "□"
    assert sound("a\ud800\nb") == "a? b"


def test_a_bar_is_measured_minus_quoted(grid: Grid, folder: Folder) -> None:
    folder.everything(grid)
    picture = class_difference.draw("class_difference", grid, folder.root)
    left, right = picture.figure.axes
    assert (len(left.patches), len(right.patches)) == (20, 12)
    paper = quoted_table("table_8")
    assert left.patches[0].get_width() == pytest.approx(30.0 - float(paper.cell("AutoRTNet-A", "Road")))
    assert left.patches[18].get_width() == pytest.approx(48.0 - float(paper.cell("AutoRTNet-A", "Bicycle")))
    tree = right.get_yticklabels()[1].get_text()
    assert tree == "Tree"
    wanted = 35.0 - float(quoted_table("table_10").cell("AutoRTNet-A", "Tree"))
    assert right.patches[1].get_width() == pytest.approx(wanted)
    assert all(bool(bar.get_hatch()) == (bar.get_width() < 0) for bar in (*left.patches, *right.patches))
    assert f"Tree {wanted:+.1f}" in picture.words.alt


def test_classes_of_two_data_sets_or_sizes_are_not_subtracted(camvid_grid: Grid, folder: Folder) -> None:
    folder.everything(camvid_grid)
    words = class_difference.draw("class_difference", camvid_grid, folder.root).words
    assert words.status == "not_run"
    assert "Table 8: camvid has no class 'Wall'" in words.reason
    assert "not compared with the paper (data set: Cityscapes, here CamVid; size: 768 × 1536" in words.reason
