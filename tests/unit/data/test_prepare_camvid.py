from __future__ import annotations

import shutil

import numpy as np
import pytest
from known_sets import CAMVID_CLASSES, prepare_camvid
from PIL import Image

from pipeline_src.config.datasets import described
from pipeline_src.data.classes import IGNORE
from pipeline_src.data.prepare import find_layout
from pipeline_src.errors import DataError


def test_both_layouts_give_the_same_set(camvid, camvid_original, tmp_path):
    indexed = prepare_camvid(camvid, tmp_path / "indexed")
    original = prepare_camvid(camvid_original, tmp_path / "original")
    layouts = described("camvid").layouts
    assert find_layout("camvid", camvid) == layouts["indexed"]
    assert find_layout("camvid", camvid_original) == layouts["original"]
    assert indexed.counts == original.counts == {"train": 5, "val": 2, "test": 2}
    assert indexed.class_names == CAMVID_CLASSES
    assert indexed.class_shares == original.class_shares
    for ours, theirs in zip(indexed.items(("train", "test")), original.items(("train", "test")), strict=True):
        assert (ours.name, ours.image_sha256, ours.label_sha256) == (
            theirs.name,
            theirs.image_sha256,
            theirs.label_sha256,
        )


def test_folders_named_images_and_labels_are_the_original_layout_too(camvid_original, tmp_path):
    (camvid_original / "701_StillsRaw_full").rename(camvid_original / "images")
    (camvid_original / "LabeledApproved_full").rename(camvid_original / "labels")
    assert prepare_camvid(camvid_original, tmp_path / "prepared").counts["train"] == 5


def test_lists_of_paths_are_read(camvid_original, tmp_path):
    path = camvid_original / "train.txt"
    names = path.read_text().split()
    path.write_text(
        "".join(f"/SegNet/CamVid/train/{n}.png /SegNet/CamVid/trainannot/{n}.png\r\n" for n in names)
    )
    assert prepare_camvid(camvid_original, tmp_path / "prepared").counts["train"] == 5


def test_a_few_unknown_colours_are_void_and_counted(camvid_original, tmp_path):
    path = camvid_original / "LabeledApproved_full/TR0001_00000_L.png"
    label = np.asarray(Image.open(path)).copy()
    label[5, 5:25] = (1, 2, 3)
    Image.fromarray(label).save(path)
    manifest = prepare_camvid(camvid_original, tmp_path / "prepared")
    assert manifest.unknown_pixels == 20
    prepared = np.asarray(Image.open(tmp_path / "prepared" / manifest.splits["train"][0].label))
    assert (prepared[5, 5:25] == IGNORE).all()


def test_many_unknown_colours_are_an_error(camvid_original, tmp_path):
    path = camvid_original / "LabeledApproved_full/VA0001_00001_L.png"
    label = np.asarray(Image.open(path)).copy()
    label[:2] = (1, 2, 3)
    Image.fromarray(label).save(path)
    with pytest.raises(DataError, match=r"VA0001_00001_L\.png: has 3\.1% pixels .* mostly \(1, 2, 3\)"):
        prepare_camvid(camvid_original, tmp_path / "prepared")


def test_a_missing_split_list_is_named(camvid_original, tmp_path):
    (camvid_original / "val.txt").unlink()
    with pytest.raises(DataError, match=r"val\.txt: is missing"):
        prepare_camvid(camvid_original, tmp_path / "prepared")


def test_a_listed_frame_must_be_there(camvid_original, tmp_path):
    (camvid_original / "701_StillsRaw_full/TE0001_00001.png").unlink()
    with pytest.raises(DataError, match=r"test\.txt: names 'TE0001_00001' in line 2"):
        prepare_camvid(camvid_original, tmp_path / "prepared")


def test_a_frame_in_two_lists_is_an_error(camvid_original, tmp_path):
    with (camvid_original / "val.txt").open("a") as stream:
        stream.write("TR0001_00002\n")
    with pytest.raises(DataError, match="frame TR0001_00002 is in split 'train' and in split 'val'"):
        prepare_camvid(camvid_original, tmp_path / "prepared")


def test_a_frame_listed_twice_is_an_error(camvid_original, tmp_path):
    with (camvid_original / "val.txt").open("a") as stream:
        stream.write("VA0001_00000\n")
    with pytest.raises(DataError, match="twice in split 'val'"):
        prepare_camvid(camvid_original, tmp_path / "prepared")


def test_an_unknown_index_is_an_error(camvid, tmp_path):
    path = camvid / "val/labels/VA0001_00000.png"
    label = np.asarray(Image.open(path)).copy()
    label[0, 0] = 12
    Image.fromarray(label).save(path)
    with pytest.raises(DataError, match=r"VA0001_00000\.png: holds the unknown label value 12"):
        prepare_camvid(camvid, tmp_path / "prepared")


def test_sizes_must_agree(camvid, tmp_path):
    Image.new("L", (64, 64), 3).save(camvid / "train/labels/TR0001_00003.png")
    with pytest.raises(DataError, match="is 64x64 px, but its image"):
        prepare_camvid(camvid, tmp_path / "prepared")


def test_content_in_two_splits_is_an_error(camvid, tmp_path):
    shutil.copy(camvid / "train/images/TR0001_00000.png", camvid / "val/images/VA0001_00000.png")
    with pytest.raises(DataError, match="has the same content as"):
        prepare_camvid(camvid, tmp_path / "prepared")


def test_an_empty_split_is_an_error(camvid, tmp_path):
    for path in (camvid / "test/images").iterdir():
        path.unlink()
    with pytest.raises(DataError, match="no images in split 'test'"):
        prepare_camvid(camvid, tmp_path / "prepared")


def test_missing_folder(tmp_path):
    with pytest.raises(
        DataError, match=r"does not exist(.|\n)*mi\.eng\.cam\.ac\.uk(.|\n)*data\.camvid\.path"
    ):
        prepare_camvid(tmp_path / "nowhere", tmp_path / "prepared")
