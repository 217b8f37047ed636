from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from known_sets import (
    CAMVID_CLASSES,
    CITYSCAPES_CLASSES,
    train_ids_of,
    train_ids_of_colours,
    train_ids_of_indices,
)
from PIL import Image

from pipeline_src.artifacts import sha256_of
from pipeline_src.data.classes import IGNORE
from pipeline_src.data.rendering.coarse import coarsen
from pipeline_src.data.rendering.layouts import render_camvid, render_cityscapes, render_classes
from pipeline_src.data.rendering.objects import OBJECT_CLASSES, render_object
from pipeline_src.data.rendering.street import frame_seed, render_street
from pipeline_src.errors import DataError


def _checksums(root: Path) -> dict[str, str]:
    return {path.relative_to(root).as_posix(): sha256_of(path) for path in sorted(root.rglob("*.png"))}


def test_frames_depend_on_seed_split_number_and_size_alone(tmp_path):
    few, many, other = tmp_path / "few", tmp_path / "many", tmp_path / "other"
    render_cityscapes(few, {"train": 3, "val": 2}, 5, 48, 96)
    render_cityscapes(many, {"test": 4, "val": 20, "train": 50}, 5, 48, 96, processes=2)
    render_cityscapes(other, {"train": 3, "val": 2}, 6, 48, 96)
    assert len(_checksums(few)) == 10
    assert _checksums(few).items() <= _checksums(many).items()
    images = {name: value for name, value in _checksums(few).items() if "leftImg8bit/" in name}
    assert len(set(images.values())) == 5
    assert not set(images.values()) & set(_checksums(other).values())


def test_frames_are_the_same_in_another_process(tmp_path):
    code = (
        "import sys; from pathlib import Path; from pipeline_src.data.rendering.layouts import *\n"
        "render_camvid(Path(sys.argv[1]), {'train': 2}, 3, 48, 64)\n"
        "render_classes(Path(sys.argv[2]), 4, {'train': 1}, 3, 32)\n"
        "assert 'torch' not in sys.modules"
    )
    there, objects = tmp_path / "there", tmp_path / "objects"
    subprocess.run([sys.executable, "-c", code, str(there), str(objects)], check=True)
    render_camvid(tmp_path / "here", {"train": 2}, 3, 48, 64)
    render_classes(tmp_path / "here2", 4, {"train": 1}, 3, 32)
    assert _checksums(there) == _checksums(tmp_path / "here")
    assert _checksums(objects) == _checksums(tmp_path / "here2")


@pytest.mark.parametrize(("split", "seed", "count"), [("train", 0, 48), ("val", 0, 16), ("train", 7, 48)])
def test_every_class_appears_in_several_frames(split, seed, count):
    frames19, frames11 = np.zeros(19, dtype=int), np.zeros(11, dtype=int)
    for number in range(count):
        _, labels = render_street(frame_seed("cityscapes", seed, split, number), number, 64, 128)
        train_ids, _ = train_ids_of(Image.fromarray(labels.raw_ids), Path("raw"))
        frames19 += np.bincount(train_ids.ravel(), minlength=256)[:19] >= 8
        indices, _ = train_ids_of_indices(Image.fromarray(labels.camvid_indices), Path("indices"))
        frames11 += np.bincount(indices.ravel(), minlength=256)[:11] >= 8
    floor = count // 8
    assert dict(zip(CITYSCAPES_CLASSES, frames19 >= floor, strict=True)) == dict.fromkeys(
        CITYSCAPES_CLASSES, True
    )
    assert dict(zip(CAMVID_CLASSES, frames11 >= floor, strict=True)) == dict.fromkeys(CAMVID_CLASSES, True)


def test_the_three_label_schemes_agree():
    _, labels = render_street(11, 4, 96, 192)
    raw, _ = train_ids_of(Image.fromarray(labels.raw_ids), Path("raw"))
    indices, _ = train_ids_of_indices(Image.fromarray(labels.camvid_indices), Path("indices"))
    colours, unknown = train_ids_of_colours(Image.fromarray(labels.camvid_colours), Path("colours"))
    assert unknown == 0
    assert np.array_equal(indices, colours)
    assert np.array_equal(raw == IGNORE, indices == IGNORE)
    for name, group in (("road", "Road"), ("sky", "Sky"), ("person", "Pedestrian"), ("fence", "Fence")):
        assert np.array_equal(
            raw == CITYSCAPES_CLASSES.index(name), indices == CAMVID_CLASSES.index(group)
        ), name


def test_what_is_labelled_can_be_seen():
    """Road is grey and low, sky bright and high: the picture is of the thing that the label names."""
    image, labels = render_street(frame_seed("look"), 0, 128, 256)
    rows = np.arange(128)[:, None] * np.ones((1, 256))
    sky, road = labels.raw_ids == 23, labels.raw_ids == 7
    assert rows[sky].max() < rows[road].max()
    assert image[sky].mean() > image[road].mean() + 30
    assert np.ptp(image[road].mean(axis=0)) < 30


def test_coarse_labels_agree_with_exact_ones_and_leave_borders_void():
    _, labels = render_street(3, 1, 128, 256)
    coarse = coarsen(labels.raw_ids)
    kept = coarse != 0
    assert np.array_equal(coarse[kept], labels.raw_ids[kept])
    assert 0.5 < kept.mean() < 0.95
    borders = labels.raw_ids[:, 1:] != labels.raw_ids[:, :-1]
    assert not kept[:, 1:][borders].any()


def test_official_names(rendered):
    root = rendered / "cityscapes"
    image = root / "leftImg8bit/val/borken/borken_000001_000019_leftImg8bit.png"
    label = root / "gtFine/val/borken/borken_000001_000019_gtFine_labelIds.png"
    assert np.asarray(Image.open(image)).shape == (64, 128, 3)
    assert np.asarray(Image.open(label)).shape == (64, 128)
    assert (root / "leftImg8bit/train_extra/dorsten/dorsten_000000_000019_leftImg8bit.png").is_file()
    assert (root / "gtCoarse/train_extra/dorsten/dorsten_000000_000019_gtCoarse_labelIds.png").is_file()
    assert (rendered / "camvid/train.txt").read_text().split() == [f"TR0001_{i:05d}" for i in range(5)]
    assert (rendered / "camvid/classes.txt").read_text().splitlines()[4] == "3\tRoad\t128\t64\t128"
    assert (
        np.asarray(Image.open(rendered / "camvid-original/LabeledApproved_full/VA0001_00000_L.png")).ndim == 3
    )


def test_objects_differ_by_class_and_number():
    pictures = [
        render_object(frame_seed(0, c, i), c, 32) for c in range(len(OBJECT_CLASSES)) for i in range(2)
    ]
    assert {picture.shape for picture in pictures} == {(32, 32, 3)}
    assert len({picture.tobytes() for picture in pictures}) == len(pictures)


def test_rendering_never_overwrites_a_real_set(tmp_path):
    (tmp_path / "leftImg8bit").mkdir()
    with pytest.raises(DataError, match="holds files that were not rendered"):
        render_cityscapes(tmp_path, {"train": 1}, 0, 32, 64)
    with pytest.raises(DataError, match="holds files that were not rendered"):
        render_classes(tmp_path, 2, {"train": 1}, 0, 32)


def test_a_smaller_rendering_leaves_no_frames_of_a_larger_one(tmp_path):
    render_camvid(tmp_path, {"train": 3, "val": 2}, 0, 32, 64)
    render_camvid(tmp_path, {"train": 1, "val": 1}, 0, 32, 64)
    assert len(list(tmp_path.rglob("*.png"))) == 4
