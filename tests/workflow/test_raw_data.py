"""A raw folder that changes after it was prepared is prepared again, and what follows is run again."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from workflow_checkout import Checkout

from pipeline_src.data.rendering.layouts import render_camvid, render_cityscapes
from pipeline_src.data.sources import CLAIM_NAME

STARTS = pytest.mark.slow("starts Snakemake several times; each case of a raw folder: tests/unit/data")

MANIFEST = "data/tiny/camvid/manifest.json"
NOTHING = "Nothing to be done"


def configured(checkout: Checkout, path: str | None) -> Checkout:
    sizes = {f"{name}_{side}_px": 32 for name in ("input", "crop") for side in ("height", "width")}
    render = {"train": 3, "val": 2, "test": 2, "coarse": 0, "height_px": 32, "width_px": 64}
    where = {"path": path} if path else {"render": render}
    checkout.configure(
        {"scale": "tiny", "data": {"main": "camvid", "cityscapes": None, "camvid": {**where, **sizes}}}
    )
    return checkout


def prepared(checkout: Checkout) -> Checkout:
    ended = checkout.snakemake(MANIFEST)
    assert ended.status == 0, ended.text
    return checkout


def asked_again(checkout: Checkout) -> str:
    ended = checkout.snakemake(MANIFEST, "--dry-run")
    assert ended.status == 0, ended.text
    return ended.text


@STARTS
def test_a_raw_folder_is_watched_through_links(checkout: Checkout, tmp_path: Path) -> None:
    raw = tmp_path / "disk/camvid"
    render_camvid(raw, {"train": 3, "val": 2, "test": 2}, 0, 32, 64)
    (raw / CLAIM_NAME).unlink()
    (tmp_path / "camvid").symlink_to(raw)
    prepared(configured(checkout, str(tmp_path / "camvid")))
    assert NOTHING in asked_again(checkout)
    before = (checkout.root / MANIFEST).read_text()

    label = raw / "train/labels/TR0001_00001.png"
    pixels = np.asarray(Image.open(label)).copy()
    pixels[0, 0] = 4 if pixels[0, 0] != 4 else 5
    Image.fromarray(pixels).save(label)
    text = asked_again(checkout)
    assert "prepare_data" in text and "Params have changed" in text
    prepared(checkout)
    assert (checkout.root / MANIFEST).read_text() != before
    assert NOTHING in asked_again(checkout)

    shutil.copy2(raw / "test/images/TE0001_00000.png", raw / "train/images/TR0001_00001.png")
    assert "prepare_data" in asked_again(checkout)
    ended = checkout.snakemake(MANIFEST)  # and then the leak is refused
    assert ended.status != 0 and "has the same content as" in ended.text


@STARTS
def test_files_unpacked_again_rerun_nothing(checkout: Checkout, tmp_path: Path) -> None:
    raw = tmp_path / "camvid"
    render_camvid(raw, {"train": 3, "val": 2, "test": 2}, 0, 32, 64)
    prepared(configured(checkout, str(raw)))
    shutil.copytree(raw, tmp_path / "again")
    shutil.rmtree(raw)
    (tmp_path / "again").rename(raw)
    for path in raw.rglob("*.png"):
        os.utime(path)
    assert NOTHING in asked_again(checkout)


@STARTS
def test_a_rendered_set_that_was_altered_is_prepared_again(checkout: Checkout) -> None:
    prepared(configured(checkout, None))
    assert NOTHING in asked_again(checkout)
    label = checkout.root / "data/tiny/raw/camvid/train/labels/TR0001_00001.png"
    Image.fromarray(np.full_like(np.asarray(Image.open(label)), 3)).save(label)
    assert "prepare_data" in asked_again(checkout)
    prepared(checkout)
    assert NOTHING in asked_again(checkout)


@STARTS
def test_cityscapes_without_its_test_labels_and_coarse_set_is_enough(
    checkout: Checkout, tmp_path: Path
) -> None:
    raw = tmp_path / "cityscapes"
    render_cityscapes(raw, {"train": 3, "val": 2, "test": 2}, 0, 32, 64)
    shutil.rmtree(raw / "gtFine/test")
    (raw / CLAIM_NAME).unlink()
    params = {"scale": "tiny", "data": {"cityscapes": {"path": str(raw)}}}
    checkout.configure(params)
    ended = checkout.snakemake("reproduce_tables", "--dry-run")
    assert ended.status != 0 and "experiments.coarse: false" in ended.text
    checkout.configure({**params, "experiments": {"coarse": False}})
    ended = checkout.snakemake("data/tiny/cityscapes/manifest.json")
    assert ended.status == 0, ended.text
    # What looks wrong is said where it is seen, and not in a log alone.
    assert "Look at the data: cityscapes: train: 3 images, the official release has 2975" in ended.text
    ended = checkout.snakemake("reproduce_tables", "--dry-run")
    assert ended.status == 0 and "export_submission" in ended.text, ended.text


def test_what_the_graph_cannot_look_at_is_told_without_a_traceback(
    checkout: Checkout, tmp_path: Path
) -> None:
    raw = tmp_path / "camvid"
    render_camvid(raw, {"train": 3, "val": 2, "test": 2}, 0, 32, 64)
    name = os.fsdecode("Größe.png".encode("latin-1"))
    try:
        (raw / "val/labels" / name).write_text("")
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    ended = configured(checkout, str(raw)).snakemake(MANIFEST, "--dry-run")
    assert ended.status != 0 and "Traceback" not in ended.text and "fault of the program" not in ended.text
    assert f"{raw}/val/labels: has a file whose name is not UTF-8" in ended.text, ended.text
