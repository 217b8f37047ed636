from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from known_sets import CITYSCAPES_CLASSES, CITYSCAPES_ID_TO_TRAIN, prepare_cityscapes
from PIL import Image

from pipeline_src.artifacts import sha256_of
from pipeline_src.data.manifest import Manifest
from pipeline_src.errors import DataError


def _first(root: Path, kind: str, split: str) -> Path:
    return sorted((root / kind / split).rglob("*.png"))[0]


def test_labels_and_manifest(cityscapes, tmp_path):
    output = tmp_path / "prepared"
    manifest = prepare_cityscapes(cityscapes, output)
    assert manifest == Manifest.load(output)
    assert manifest.counts == {"train": 6, "val": 3, "test": 2, "coarse": 2}
    assert manifest.class_names == CITYSCAPES_CLASSES
    assert all(manifest.labelled.values())
    for split, items in manifest.splits.items():
        assert abs(sum(manifest.class_shares[split].values()) - 1) < 1e-9
        for item in items:
            assert sha256_of(cityscapes / item.image) == item.image_sha256
            assert sha256_of(output / item.label) == item.label_sha256
            assert (item.width, item.height) == (128, 64)
    item = manifest.splits["val"][0]
    source = cityscapes / item.image.replace("leftImg8bit/", "gtFine/").replace(
        "leftImg8bit", "gtFine_labelIds"
    )
    raw, mapped = np.asarray(Image.open(source)), np.asarray(Image.open(output / item.label))
    assert np.array_equal(mapped, np.vectorize(CITYSCAPES_ID_TO_TRAIN.get)(raw))


def test_the_same_for_any_number_of_processes_and_runs(tmp_path):
    from pipeline_src.data.rendering.layouts import render_cityscapes

    root = tmp_path / "raw"
    render_cityscapes(root, {"train": 62, "val": 2, "test": 2}, 0, 32, 64)
    one = prepare_cityscapes(root, tmp_path / "one", processes=1)
    two = prepare_cityscapes(root, tmp_path / "two", processes=2)
    assert one == two
    assert (tmp_path / "one/manifest.json").read_bytes() == (tmp_path / "two/manifest.json").read_bytes()


def test_train_ids_are_never_needed(cityscapes):
    assert not list(cityscapes.rglob("*labelTrainIds*"))


def test_a_test_split_without_classes_is_allowed(cityscapes, tmp_path):
    for path in (cityscapes / "gtFine/test").rglob("*.png"):
        Image.new("L", (128, 64), 3).save(path)
    manifest = prepare_cityscapes(cityscapes, tmp_path / "prepared")
    assert manifest.labelled == {"train": True, "val": True, "test": False, "coarse": True}
    assert manifest.class_shares["test"]["void"] == 1.0


def test_without_coarse(cityscapes, tmp_path):
    assert "coarse" not in prepare_cityscapes(cityscapes, tmp_path / "one", coarse=False).splits
    shutil.rmtree(cityscapes / "gtCoarse")
    assert "coarse" not in prepare_cityscapes(cityscapes, tmp_path / "two").splits
    with pytest.raises(DataError, match="gtCoarse"):
        prepare_cityscapes(cityscapes, tmp_path / "three", coarse=True)


def _truncate_image(root: Path) -> Path:
    path = _first(root, "leftImg8bit", "train")
    path.write_bytes(path.read_bytes()[:-400])
    return path


def _no_image(root: Path) -> Path:
    path = _first(root, "leftImg8bit", "val")
    path.write_text("not a picture")
    return path


def _truncate_label(root: Path) -> Path:
    path = _first(root, "gtFine", "train")
    path.write_bytes(path.read_bytes()[:60])
    return path


def _shrink_label(root: Path) -> Path:
    path = _first(root, "gtFine", "train")
    Image.new("L", (120, 64), 7).save(path)
    return path


def _unknown_value(root: Path) -> Path:
    path = _first(root, "gtFine", "train")
    label = np.asarray(Image.open(path)).copy()
    label[3, 4] = 77
    Image.fromarray(label).save(path)
    return path


def _colour_label(root: Path) -> Path:
    path = _first(root, "gtFine", "train")
    Image.new("RGB", (128, 64)).save(path)
    return path


def _missing_label(root: Path) -> Path:
    _first(root, "gtFine", "val").unlink()
    return _first(root, "leftImg8bit", "val")


def _empty_split(root: Path) -> Path:
    for path in (root / "leftImg8bit/val").rglob("*.png"):
        path.unlink()
    return root


def _same_name(root: Path) -> Path:
    for kind in ("leftImg8bit", "gtFine"):
        target = root / kind / "val/borken" / _first(root, kind, "train").name
        shutil.copy(_first(root, kind, "val"), target)
    return root


def _same_content(root: Path) -> Path:
    target = _first(root, "leftImg8bit", "test")
    shutil.copy(_first(root, "leftImg8bit", "train"), target)
    return target


@pytest.mark.parametrize(
    ("spoil", "problem"),
    [
        (_truncate_image, "cannot be decoded"),
        (_no_image, "cannot be decoded (it is no image of a known format)"),
        (_truncate_label, "cannot be decoded"),
        (_shrink_label, "is 120x64 px, but its image"),
        (_unknown_value, "unknown label value 77"),
        (_colour_label, "pixels of mode RGB"),
        (_missing_label, "gtFine/val; 1 of 3 images have none: borken_000000_000019_leftImg8bit.png"),
        (_empty_split, "no images in split 'val'"),
        (_same_name, "frame ahlen_000000_000019 is in split 'train' and in split 'val'"),
        (_same_content, "has the same content as"),
    ],
)
def test_bad_input_is_named(cityscapes, tmp_path, spoil, problem):
    where = spoil(cityscapes)
    with pytest.raises(DataError) as caught:
        prepare_cityscapes(cityscapes, tmp_path / "prepared")
    assert problem in str(caught.value)
    assert str(where) in caught.value.where
    assert caught.value.remedy
    assert not (tmp_path / "prepared/manifest.json").exists()


def test_an_error_in_a_worker_process_is_the_same_error(tmp_path):
    from pipeline_src.data.rendering.layouts import render_cityscapes

    root = tmp_path / "raw"
    render_cityscapes(root, {"train": 62, "val": 2, "test": 2}, 0, 32, 64)
    _unknown_value(root)
    with pytest.raises(DataError, match="unknown label value 77"):
        prepare_cityscapes(root, tmp_path / "prepared", processes=2)


def test_the_raw_folder_is_never_the_prepared_one(cityscapes):
    with pytest.raises(DataError, match="is the folder of the raw data"):
        prepare_cityscapes(cityscapes, cityscapes)


def test_missing_folder(tmp_path):
    with pytest.raises(DataError) as caught:
        prepare_cityscapes(tmp_path / "nowhere", tmp_path / "prepared")
    for words in ("does not exist", "cityscapes-dataset.com", "gtFine", "data.cityscapes.path"):
        assert words in str(caught.value)
