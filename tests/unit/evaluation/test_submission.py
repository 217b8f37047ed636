"""The submission is what the benchmark's own script finds and reads; pictures of predictions."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest
from known_sets import CITYSCAPES_CLASSES, CITYSCAPES_ID_TO_TRAIN, CITYSCAPES_PALETTE
from PIL import Image

from pipeline_src.errors import DataError
from pipeline_src.evaluation.colour import class_shares, colourise, overlay
from pipeline_src.evaluation.submission import (
    pack_submission,
    submission_name,
    to_label_ids,
    write_prediction,
)

FRAMES = ("berlin_000000_000019", "bad-honnef_000003_000021")


@pytest.mark.parametrize(
    "frame",
    ["berlin_000000_000019", "berlin_000000_000019_leftImg8bit", "berlin_000000_000019_leftImg8bit.png"],
)
def test_a_name_holds_the_frame_id(frame: str) -> None:
    assert submission_name(frame) == "berlin_000000_000019_pred_labelIds.png"


@pytest.mark.parametrize("frame", ["0001TP_008550", "berlin_19", "", "berlin_000000_19x"])
def test_other_names_are_refused(frame: str) -> None:
    with pytest.raises(DataError, match="not a Cityscapes frame name"):
        submission_name(frame)


def test_label_ids_are_the_official_ones() -> None:
    labels = pytest.importorskip("cityscapesscripts.helpers.labels")
    train = np.arange(19, dtype=np.uint8)
    expected = [labels.trainId2label[int(k)].id for k in train]
    assert to_label_ids(train, CITYSCAPES_ID_TO_TRAIN).tolist() == expected
    with pytest.raises(ValueError, match="no class"):
        to_label_ids(np.array([[255]]), CITYSCAPES_ID_TO_TRAIN)


def write_frames(folder: Path, shape: tuple[int, int]) -> tuple[list[Path], list[np.ndarray]]:
    rng = np.random.default_rng(0)
    maps = [rng.integers(0, 19, shape).astype(np.uint8) for _ in FRAMES]
    paths = [
        write_prediction(folder, frame, one, CITYSCAPES_ID_TO_TRAIN)
        for frame, one in zip(FRAMES, maps, strict=True)
    ]
    return paths, maps


def test_the_official_script_finds_reads_and_scores_it(tmp_path: Path) -> None:
    official = pytest.importorskip("cityscapesscripts.evaluation.evalPixelLevelSemanticLabeling")
    _, maps = write_frames(tmp_path / "predictions", (64, 128))
    truths = []
    for frame, one in zip(FRAMES, maps, strict=True):
        truths.append(str(tmp_path / f"{frame}_gtFine_labelIds.png"))
        Image.fromarray(to_label_ids(one, CITYSCAPES_ID_TO_TRAIN)).save(truths[-1])
    args = official.args
    args.evalInstLevelScore, args.JSONOutput, args.quiet = False, False, True
    args.predictionPath, args.predictionWalk = str(tmp_path / "predictions"), None
    try:
        found = [official.getPrediction(args, truth) for truth in truths]
        result = official.evaluateImgLists(found, truths, args)
    finally:
        args.predictionPath = args.predictionWalk = None
    assert [Path(path).name for path in found] == [submission_name(frame) for frame in FRAMES]
    assert result["averageScoreClasses"] == 1.0


def test_files_are_8_bit_single_channel_of_the_given_size(tmp_path: Path) -> None:
    paths, _ = write_frames(tmp_path, (1024, 2048))
    with Image.open(paths[0]) as picture:
        assert picture.format == "PNG" and picture.mode == "L" and picture.size == (2048, 1024)


def test_the_zip_is_flat_whole_and_repeatable(tmp_path: Path) -> None:
    paths, _ = write_frames(tmp_path / "predictions", (8, 16))
    pack_submission(paths, tmp_path / "one.zip")
    pack_submission(paths[::-1], tmp_path / "two.zip")
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "one.zip") as pack:
        assert pack.testzip() is None
        assert pack.namelist() == sorted(path.name for path in paths)
        assert pack.read(paths[0].name) == paths[0].read_bytes()


def test_an_empty_or_doubled_submission_is_refused(tmp_path: Path) -> None:
    paths, _ = write_frames(tmp_path, (4, 4))
    with pytest.raises(DataError, match="no predictions"):
        pack_submission([], tmp_path / "pack.zip")
    with pytest.raises(DataError, match="two predictions"):
        pack_submission([*paths, paths[0]], tmp_path / "pack.zip")
    assert not (tmp_path / "pack.zip").exists()


def test_colours_are_the_palettes() -> None:
    prediction = np.array([[0, 13], [10, 0]], dtype=np.uint8)
    mask = colourise(prediction, CITYSCAPES_PALETTE)
    assert mask.dtype == np.uint8 and mask.shape == (2, 2, 3)
    assert tuple(mask[0, 1]) == (0, 0, 142) and tuple(mask[1, 0]) == (70, 130, 180)


def test_overlay_blends_and_keeps_both_ends() -> None:
    image, mask = np.full((1, 1, 3), 255, np.uint8), np.zeros((1, 1, 3), np.uint8)
    assert overlay(image, mask, 0.0)[0, 0, 0] == 255 and overlay(image, mask, 1.0)[0, 0, 0] == 0
    assert overlay(image, mask, 0.4)[0, 0, 0] == 153


def test_shares_name_present_classes_largest_first() -> None:
    shares = class_shares(np.array([[0, 2, 2, 2]]), CITYSCAPES_CLASSES)
    assert shares == [("building", 0.75), ("road", 0.25)]
