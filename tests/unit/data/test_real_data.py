"""The loaders against real files: shares must be those that were published with the samples."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from known_sets import CITYSCAPES_CLASSES, prepare_camvid, prepare_cityscapes
from PIL import Image

from pipeline_src.data.datasets import ClassificationDataset, SegmentationDataset
from pipeline_src.data.imagenet import prepare_imagenet
from pipeline_src.data.loading import batches
from pipeline_src.data.transforms import ClassTrainTransform, EvalTransform, TrainTransform

SAMPLE_PERCENT = {
    "road": 39.36, "sidewalk": 3.81, "building": 18.89, "wall": 0.12, "fence": 1.06, "pole": 1.06,
    "traffic light": 0.10, "traffic sign": 1.12, "vegetation": 17.12, "terrain": 2.64, "sky": 4.21,
    "person": 0.25, "rider": 0.02, "car": 3.57, "truck": 0.0, "bus": 0.0, "train": 0.0, "motorcycle": 0.01,
    "bicycle": 0.03, "void": 6.64,
}  # fmt: skip
SMALL_PERCENT = {
    "road": 29.72, "sidewalk": 8.02, "building": 38.89, "fence": 0.13, "pole": 1.21, "traffic sign": 0.57,
    "vegetation": 2.03, "sky": 1.77, "person": 0.33, "car": 5.50, "void": 11.82,
}  # fmt: skip
CAMVID_PERCENT = {
    "train": (16.85, 23.26, 0.98, 31.66, 4.49, 9.72, 1.17, 1.13, 5.87, 0.64, 0.29, 3.95),
    "val": (9.18, 25.96, 0.56, 28.95, 8.72, 16.34, 0.89, 3.08, 1.75, 0.65, 2.22, 1.70),
    "test": (17.07, 24.61, 1.18, 25.81, 9.27, 11.25, 1.01, 1.18, 3.97, 0.63, 0.19, 3.83),
}


def test_cityscapes_sample(real_data, tmp_path):
    root = real_data / "cityscapes_sample"
    manifest = prepare_cityscapes(root, tmp_path, splits=("train",))
    assert manifest.counts == {"train": 6}
    shares = manifest.class_shares["train"]
    assert {name: pytest.approx(100 * share, abs=0.011) for name, share in shares.items()} == SAMPLE_PERCENT
    data = SegmentationDataset(tmp_path, root, ("train",), EvalTransform((384, 768)))
    image, label, _ = data[0]
    assert (image.shape, label.shape) == ((3, 384, 768), (1024, 2048))
    crop = SegmentationDataset(tmp_path, root, ("train",), TrainTransform((256, 512), (768, 1536)))
    assert crop[0][0].shape == (3, 256, 512)


def test_cityscapes_small(real_data, tmp_path):
    manifest = prepare_cityscapes(real_data / "cityscapes_small", tmp_path, splits=("val",))
    shares = manifest.class_shares["val"]
    for name in (*CITYSCAPES_CLASSES, "void"):
        assert 100 * shares[name] == pytest.approx(SMALL_PERCENT.get(name, 0.0), abs=0.006), name


def test_cityscapes_train_ids_are_those_of_the_official_script(real_data):
    labels = pytest.importorskip("cityscapesscripts.helpers.labels")
    from known_sets import train_ids_of

    path = sorted((real_data / "cityscapes_sample/gtFine").rglob("*_labelIds.png"))[0]
    ours, _ = train_ids_of(Image.open(path), path)
    table = np.full(256, 255)
    for label in labels.labels:
        if label.id >= 0:
            table[label.id] = label.trainId
    assert np.array_equal(ours, table[np.asarray(Image.open(path))])


def test_the_whole_of_camvid(real_data, tmp_path):
    manifest = prepare_camvid(real_data / "camvid", tmp_path)
    assert manifest.counts == {"train": 367, "val": 101, "test": 233}
    for split, percents in CAMVID_PERCENT.items():
        shares = [100 * share for share in manifest.class_shares[split].values()]
        assert shares == pytest.approx(percents, abs=0.006)
    transform = TrainTransform((192, 256), (360, 480))
    data = SegmentationDataset(tmp_path, real_data / "camvid", ("train", "val"), transform)
    assert len(data) == 468
    images, labels = next(batches(data, 8, 0, 0, shuffle=True, drop_last=True))
    assert images.shape == (8, 3, 192, 256)
    assert set(np.unique(labels)) <= {*range(11), 255}
    assert abs(float(images.mean())) < 1.5


def test_imagenet_classes_and_grey_photographs(real_data, tmp_path):
    root = real_data / "imagenet_mini"
    manifest = prepare_imagenet(root, tmp_path)
    assert manifest.counts == {"train": 1500, "val": 300}
    assert manifest.converted_to_rgb == 27
    assert manifest.class_names == tuple(sorted(path.name for path in (root / "train").iterdir()))
    data = ClassificationDataset(tmp_path, root, ("val",), ClassTrainTransform(64))
    grey = next(i for i, item in enumerate(data.items) if _mode(root / item.image) == "L")
    assert data.array(grey).shape == (224, 224, 3)
    assert data[grey][0].shape == (3, 64, 64)


def _mode(path: Path) -> str:
    with Image.open(path) as image:
        return image.mode
