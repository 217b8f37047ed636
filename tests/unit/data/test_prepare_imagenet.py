from __future__ import annotations

import shutil

import numpy as np
import pytest
from PIL import Image

from pipeline_src.data.datasets import ClassificationDataset
from pipeline_src.data.imagenet import prepare_imagenet
from pipeline_src.data.manifest import ClassManifest
from pipeline_src.data.transforms import ClassEvalTransform
from pipeline_src.errors import DataError


def test_items_and_manifest(imagenet, tmp_path):
    output = tmp_path / "prepared"
    manifest = prepare_imagenet(imagenet, output)
    assert manifest == ClassManifest.load(output)
    assert manifest.class_names == ("car", "person", "tree")
    assert manifest.counts == {"train": 12, "val": 6}
    assert manifest.class_shares["val"] == {"car": 1 / 3, "person": 1 / 3, "tree": 1 / 3}
    items = manifest.items(output, ("val",))
    assert [item.class_index for item in items] == [0, 0, 1, 1, 2, 2]
    assert items[2].image == "val/person/00000.png"


def test_grey_and_cmyk_images_become_rgb(imagenet, tmp_path):
    path = imagenet / "train/car"
    Image.linear_gradient("L").resize((40, 30)).save(path / "a-grey.jpg")
    Image.new("CMYK", (40, 30), (0, 200, 200, 10)).save(path / "b-cmyk.JPEG")
    manifest = prepare_imagenet(imagenet, tmp_path / "prepared")
    assert manifest.converted_to_rgb == 2
    data = ClassificationDataset(tmp_path / "prepared", imagenet, ("train",), ClassEvalTransform(32, 32))
    names = [item.image for item in data.items]
    grey, cmyk = (data.array(names.index(f"train/car/{name}")) for name in ("a-grey.jpg", "b-cmyk.JPEG"))
    assert grey.shape == cmyk.shape == (30, 40, 3)
    assert np.array_equal(grey[..., 0], grey[..., 2])
    assert cmyk[..., 0].mean() > cmyk[..., 1].mean() + 50


def test_unreadable_image(imagenet, tmp_path):
    path = imagenet / "val/tree/00001.png"
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(DataError, match=r"00001\.png: cannot be decoded"):
        prepare_imagenet(imagenet, tmp_path / "prepared")


def test_class_folders_must_agree(imagenet, tmp_path):
    shutil.rmtree(imagenet / "val/tree")
    with pytest.raises(DataError, match="in one of train and val only: tree"):
        prepare_imagenet(imagenet, tmp_path / "prepared")


def test_empty_class_and_empty_split(imagenet, tmp_path):
    for path in (imagenet / "val/tree").iterdir():
        path.unlink()
    with pytest.raises(DataError, match=r"val/tree: has no images"):
        prepare_imagenet(imagenet, tmp_path / "prepared")
    for split in ("train", "val"):
        shutil.rmtree(imagenet / split)
        (imagenet / split).mkdir()
    with pytest.raises(DataError, match="no images in split 'train'"):
        prepare_imagenet(imagenet, tmp_path / "prepared")


def test_shared_images_are_an_error(imagenet, tmp_path):
    shutil.copy(imagenet / "train/car/00000.png", imagenet / "val/car/00000.png")
    with pytest.raises(DataError, match=r"has the same content as train/car/00000\.png"):
        prepare_imagenet(imagenet, tmp_path / "prepared")


def test_an_altered_list_is_refused(imagenet, tmp_path):
    output = tmp_path / "prepared"
    manifest = prepare_imagenet(imagenet, output)
    with (output / "items.csv").open("a") as stream:
        stream.write("train,train/car/x.png,0,1,1,0\n")
    with pytest.raises(DataError, match="altered"):
        manifest.items(output, ("train",))


def test_missing_folder(tmp_path):
    with pytest.raises(DataError, match=r"does not exist(.|\n)*image-net\.org(.|\n)*data\.imagenet\.path"):
        prepare_imagenet(tmp_path / "nowhere", tmp_path / "prepared")
