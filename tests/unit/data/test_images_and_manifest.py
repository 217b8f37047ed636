from __future__ import annotations

import io
import json

import numpy as np
import pytest
from known_sets import prepare_camvid
from PIL import Image

from pipeline_src.data.images import encode_png, read_label, read_rgb, write_png
from pipeline_src.data.manifest import ClassManifest, Manifest
from pipeline_src.errors import DataError, UserError


@pytest.mark.parametrize("shape", [(1, 1, 3), (7, 5, 3), (64, 33, 3), (1, 1), (9, 4), (40, 70)])
def test_png_round_trip(shape):
    pixels = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    image = Image.open(io.BytesIO(encode_png(pixels)))
    assert image.mode == ("L" if len(shape) == 2 else "RGB")
    image.verify()
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(encode_png(pixels)))), pixels)


def test_palette_labels_are_read_by_index(tmp_path):
    image = Image.fromarray(np.array([[0, 3], [2, 1]], dtype=np.uint8))
    image.putpalette([value for index in range(4) for value in (index * 60, 0, 0)])
    image.save(tmp_path / "label.png")
    assert read_label(tmp_path / "label.png").tolist() == [[0, 3], [2, 1]]


def test_sixteen_bit_labels(tmp_path):
    Image.fromarray(np.array([[0, 33]], dtype=np.uint16)).save(tmp_path / "good.png")
    assert read_label(tmp_path / "good.png").tolist() == [[0, 33]]
    Image.fromarray(np.array([[0, 300]], dtype=np.uint16)).save(tmp_path / "bad.png")
    with pytest.raises(DataError, match="unknown label value 300"):
        read_label(tmp_path / "bad.png")


def test_missing_image(tmp_path):
    with pytest.raises(DataError, match=r"x\.png: cannot be read"):
        read_rgb(tmp_path / "x.png")


def test_write_png_makes_folders(tmp_path):
    write_png(tmp_path / "a/b.png", np.zeros((2, 3), dtype=np.uint8))
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["b.png"]


def test_manifests_that_are_none(camvid, tmp_path):
    with pytest.raises(UserError, match="does not exist"):
        Manifest.load(tmp_path / "manifest.json")
    prepare_camvid(camvid, tmp_path / "prepared")
    path = tmp_path / "prepared/manifest.json"
    with pytest.raises(DataError, match="is no manifest of this kind"):
        ClassManifest.load(path)
    text = path.read_text()
    path.write_text(text[: len(text) // 2])
    with pytest.raises(UserError, match="is not readable JSON"):
        Manifest.load(path)
    changed = {**json.loads(text), "colour": 1}
    path.write_text(json.dumps(changed))
    with pytest.raises(DataError, match="colour"):
        Manifest.load(path.parent)


def test_unknown_split(camvid, tmp_path):
    manifest = prepare_camvid(camvid, tmp_path / "prepared")
    with pytest.raises(DataError, match="has no split 'coarse'; it has train, val, test"):
        manifest.items(("train", "coarse"))
