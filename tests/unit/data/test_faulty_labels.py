"""Labels and images in range and wrong: refused by name, or read rightly, or told with a number."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from known_sets import (
    CAMVID_PALETTE,
    CITYSCAPES_ID_TO_TRAIN,
    CITYSCAPES_PALETTE,
    CITYSCAPES_RAW,
    OFFICIAL,
    prepare_camvid,
    prepare_cityscapes,
)
from PIL import Image

from pipeline_src.cli.main import main
from pipeline_src.data.doubts import Totals, doubts_of
from pipeline_src.data.imagenet import prepare_imagenet
from pipeline_src.data.images import read_rgb
from pipeline_src.errors import DataError

ORIENTATION = 0x0112


def labels_of(root: Path, split: str = "train") -> list[Path]:
    return sorted((root / split / "labels").iterdir()) or []


def rewrite(
    paths: list[Path], change: Callable[[np.ndarray], np.ndarray], kind: type[np.unsignedinteger] = np.uint8
) -> None:
    for path in paths:
        Image.fromarray(change(np.asarray(Image.open(path)).copy()).astype(kind)).save(path)


def refused(root: Path, output: Path, prepare: Callable[[Path, Path], object] = prepare_camvid) -> str:
    with pytest.raises(DataError) as caught:
        prepare(root, output)
    assert caught.value.remedy
    assert not (output / "manifest.json").exists()
    return str(caught.value)


@pytest.mark.parametrize("ignored", [255, 0])
def test_train_ids_are_not_label_ids(cityscapes: Path, tmp_path: Path, ignored: int) -> None:
    table = np.array([CITYSCAPES_ID_TO_TRAIN[raw] for raw in range(34)])
    table[table == 255] = ignored
    rewrite(sorted((cityscapes / "gtFine").rglob("*.png")), lambda label: table[label])
    said = refused(cityscapes, tmp_path / "prepared", prepare_cityscapes)
    if ignored == 255:
        assert "holds the unknown label value 255" in said and "not *_labelTrainIds.png" in said
    else:
        assert "split 'train'" in said and "these look like train ids" in said


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
@pytest.mark.parametrize("split", ["gtFine/val", "gtCoarse/train_extra"])
def test_train_ids_in_one_split_are_found(
    cityscapes: Path, tmp_path: Path, split: str, kind: type[np.unsignedinteger]
) -> None:
    table = np.array([CITYSCAPES_ID_TO_TRAIN[raw] % 255 for raw in range(34)])
    rewrite(sorted((cityscapes / split).rglob("*.png")), lambda label: table[label], kind)
    said = refused(cityscapes, tmp_path / "prepared", prepare_cityscapes)
    name = {"val": "val", "train_extra": "coarse"}[split.split("/")[1]]
    assert f"split {name!r}" in said and "these look like train ids" in said


@pytest.mark.parametrize("by", [1, -1])
def test_real_labels_shifted_by_one_are_refused(real_data: Path, tmp_path: Path, by: int) -> None:
    for split in ("train", "val", "test"):
        for kind in ("images", "labels"):
            (tmp_path / "raw" / split / kind).mkdir(parents=True)
        for image in sorted((real_data / "camvid" / split / "images").iterdir())[::40]:
            shutil.copy(image, tmp_path / "raw" / split / "images")
            label = real_data / "camvid" / split / "labels" / f"{image.stem}.png"
            shutil.copy(label, tmp_path / "raw" / split / "labels")
    manifest = prepare_camvid(tmp_path / "raw", tmp_path / "prepared")
    assert not [doubt for doubt in manifest.doubts if "differ from the official ones" in doubt]
    assert "train: 10 images, the official release has 367" in manifest.doubts
    rewrite(sorted((tmp_path / "raw").rglob("*.png")), lambda label: (label.astype(int) + by) % 12)
    said = refused(tmp_path / "raw", tmp_path / "prepared")
    words = "lowered" if by == 1 else "raised"
    assert f"when every value is {words} by one: the indices look shifted" in said


def test_a_palette_that_contradicts_the_indices_is_refused(camvid: Path, tmp_path: Path) -> None:
    path = labels_of(camvid)[0]
    swapped = [*CAMVID_PALETTE[1:], CAMVID_PALETTE[0], (0, 0, 0)]
    label = Image.open(path)
    label.putpalette([value for colour in swapped for value in colour])
    label.save(path)
    said = refused(camvid, tmp_path / "prepared")
    assert str(path) in said and "has a palette that contradicts its indices: index" in said


@pytest.mark.parametrize(
    "palette",
    [
        pytest.param([*CAMVID_PALETTE, (0, 0, 0)], id="of the set"),
        pytest.param([(index, index, index) for index in range(12)], id="grey"),
        pytest.param(  # of PASCAL VOC, with which toolkits save any set's labels
            [(0, 0, 0), (128, 0, 0), (0, 128, 0), (128, 128, 0), (0, 0, 128), (128, 0, 128), (0, 128, 128),
             (128, 128, 128), (64, 0, 0), (192, 0, 0), (64, 128, 0), (192, 128, 0)],
            id="of another",
        ),
    ],
)  # fmt: skip
def test_other_palettes_say_nothing(
    camvid: Path, tmp_path: Path, palette: list[tuple[int, int, int]]
) -> None:
    plain = prepare_camvid(camvid, tmp_path / "plain")
    for path in labels_of(camvid):
        label = Image.open(path)
        label.putpalette([value for colour in palette for value in colour])
        label.save(path)
    assert prepare_camvid(camvid, tmp_path / "prepared").class_shares == plain.class_shares


def test_a_palette_of_train_ids_on_label_ids_is_refused(cityscapes: Path, tmp_path: Path) -> None:
    path = sorted((cityscapes / "gtFine/train").rglob("*.png"))[0]
    label = Image.open(path)
    colours = [*CITYSCAPES_PALETTE, *(row.colour for row in CITYSCAPES_RAW[19:])]
    label.putpalette([value for colour in colours for value in colour])
    label.save(path)
    assert "contradicts" in refused(cityscapes, tmp_path / "prepared", prepare_cityscapes)


@pytest.mark.parametrize("split", ["train", "val", "test"])
def test_a_split_of_void_is_refused(camvid: Path, tmp_path: Path, split: str) -> None:
    rewrite(labels_of(camvid, split), lambda label: np.full_like(label, 11))
    count = len(labels_of(camvid, split))
    said = refused(camvid, tmp_path / "prepared")
    assert f"has no labelled pixel in split {split!r}: all {count} labels are void throughout" in said


def test_one_class_only_is_refused(camvid: Path, tmp_path: Path) -> None:
    rewrite(labels_of(camvid), lambda label: np.full_like(label, 3))
    assert "has pixels of one class only (Road) in split 'train'" in refused(camvid, tmp_path / "prepared")


def test_what_only_looks_wrong_is_told_with_its_number(
    camvid: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    first, second, *others = labels_of(camvid)
    rewrite([first, second], lambda label: np.full_like(label, 11))
    rewrite(others, lambda label: np.where((label == 3) | (label == 8), 11, label))
    words = [
        "prepare-data",
        "--dataset",
        "camvid",
        "--root",
        str(camvid),
        "--output",
        str(tmp_path / "prepared"),
    ]
    assert main(words) == 0
    shares = prepare_camvid(camvid, tmp_path / "again").class_shares["train"]
    assert shares["void"] > 0.5
    for doubt in (
        f"camvid: train: {shares['void']:.1%} of the pixels are void",
        "camvid: train: 2 of 5 labels are void throughout",
        "of 11 classes never occur: ",
    ):
        assert doubt in caplog.text


def test_shares_far_from_the_official_ones_are_told() -> None:
    total = Totals(frames=367)
    total.train[:11] = [1, 1, 1, 1, 1, 1, 1, 1, 90, 1, 1]
    (doubt,) = doubts_of({"train": total}, ["class"] * 11, OFFICIAL["camvid"])
    # Cars 0.9 against 0.061, pedestrians 0.01 against 0.0067, cyclists 0.01 against 0.003.
    assert doubt == "train: class shares differ from the official ones by 0.85 (0 to 1)"


def test_a_compressed_label_is_refused_whatever_its_name(camvid: Path, tmp_path: Path) -> None:
    path = labels_of(camvid)[2]
    Image.open(path).save(path, format="JPEG")
    said = refused(camvid, tmp_path / "prepared")
    assert f"{path}: is a JPEG file whatever its name says" in said


def test_frames_of_mixed_sizes_are_refused_before_training(camvid: Path, tmp_path: Path) -> None:
    for kind, resample in (("images", Image.Resampling.BILINEAR), ("labels", Image.Resampling.NEAREST)):
        path = camvid / "test" / kind / "TE0001_00001.png"
        Image.open(path).resize((64, 64), resample).save(path)
    said = refused(camvid, tmp_path / "prepared")
    assert "has frames of 2 sizes in split 'test': 1 of 128x64 px, 1 of 64x64 px" in said


def test_the_upper_byte_of_16_bit_grey_is_read(tmp_path: Path) -> None:
    values = np.array([[0, 255, 256, 0x1234], [0x7FFF, 0x8000, 0xFEFF, 0xFFFF]], dtype=np.uint16)
    Image.fromarray(values).save(tmp_path / "deep.png")
    expected = np.array([[0, 0, 1, 0x12], [0x7F, 0x80, 0xFE, 0xFF]])
    assert np.array_equal(read_rgb(tmp_path / "deep.png"), np.repeat(expected[..., None], 3, axis=2))


def test_16_bit_grey_images_are_prepared_as_they_look(camvid: Path, tmp_path: Path) -> None:
    from pipeline_src.data.datasets import SegmentationDataset
    from pipeline_src.data.transforms import EvalTransform

    path = camvid / "train/images/TR0001_00000.png"
    grey = np.asarray(Image.open(path).convert("L"))
    Image.fromarray(grey.astype(np.uint16) * 257).save(path)
    manifest = prepare_camvid(camvid, tmp_path / "prepared")
    assert "train: 1 of 5 images are grey with 16 bits, of which the upper 8 were read" in manifest.doubts
    data = SegmentationDataset(tmp_path / "prepared", camvid, ("train",), EvalTransform((64, 128)))
    assert np.array_equal(data.arrays(0)[0][..., 1], grey)


def save_turned(pixels: np.ndarray, path: Path, orientation: int) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    Image.fromarray(pixels).save(path, exif=exif)


@pytest.mark.parametrize(
    ("orientation", "shown"),
    [
        (1, lambda stored: stored),
        (2, np.fliplr),
        (3, lambda stored: np.rot90(stored, 2)),
        (4, np.flipud),
        (5, lambda stored: stored.swapaxes(0, 1)),
        (6, lambda stored: np.rot90(stored, -1)),
        (7, lambda stored: np.rot90(stored, 2).swapaxes(0, 1)),
        (8, np.rot90),
    ],
)
def test_photographs_are_read_as_they_are_shown(
    tmp_path: Path, orientation: int, shown: Callable[[np.ndarray], np.ndarray]
) -> None:
    stored = np.random.default_rng(0).integers(0, 256, (5, 7, 3), dtype=np.uint8)
    save_turned(stored, tmp_path / "photo.png", orientation)
    assert np.array_equal(read_rgb(tmp_path / "photo.png"), shown(stored))


def test_a_label_must_fit_the_image_as_it_is_shown(camvid: Path, tmp_path: Path) -> None:
    path = camvid / "train/images/TR0001_00000.png"
    upright = np.asarray(Image.open(path)).copy()
    save_turned(np.ascontiguousarray(np.rot90(upright)), path, 6)
    manifest = prepare_camvid(camvid, tmp_path / "prepared")
    assert (manifest.splits["train"][0].width, manifest.splits["train"][0].height) == (128, 64)
    assert "train: 1 of 5 images are turned by their EXIF, and were read upright" in manifest.doubts
    save_turned(upright, path, 6)
    said = refused(camvid, tmp_path / "prepared")
    assert "is 128x64 px, but its image" in said and "64x128 px, turned upright as its EXIF says" in said


def test_damaged_exif_is_ignored_as_viewers_do(tmp_path: Path) -> None:
    pixels = np.zeros((4, 6, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "photo.jpg", exif=b"Exif\0\0II*\0\xff\xff\xff\x7f")
    assert read_rgb(tmp_path / "photo.jpg").shape == (4, 6, 3)


def one_byte(pixels: np.ndarray) -> np.ndarray:
    pixels[40, 77, 1] ^= 1
    return pixels


def test_a_test_frame_is_found_in_training_after_one_changed_byte(camvid: Path, tmp_path: Path) -> None:
    source, target = camvid / "test/images/TE0001_00001.png", camvid / "train/images/TR0001_00003.png"
    shutil.copy(source, target)
    rewrite([target], one_byte)
    said = refused(camvid, tmp_path / "prepared")
    assert (
        f"{source}: (split 'test') has the same content as {target} (split 'train'); 1 frame in all" in said
    )


def test_a_validation_photograph_is_found_in_training_when_saved_again(
    imagenet: Path, tmp_path: Path
) -> None:
    photograph = Image.open(imagenet / "val/car/00001.png")
    photograph.save(imagenet / "train/tree/00002.png", compress_level=1, pnginfo=None)
    said = refused(imagenet, tmp_path / "prepared", prepare_imagenet)
    assert "val/car/00001.png: has the same content as train/tree/00002.png" in said


def test_frames_that_only_share_their_sky_are_different(camvid: Path, tmp_path: Path) -> None:
    source, target = camvid / "test/images/TE0001_00001.png", camvid / "train/images/TR0001_00003.png"
    pixels = np.asarray(Image.open(target)).copy()
    pixels[:32] = np.asarray(Image.open(source))[:32]
    Image.fromarray(pixels).save(target)
    assert prepare_camvid(camvid, tmp_path / "prepared").counts["train"] == 5
