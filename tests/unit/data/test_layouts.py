"""One set in every layout in circulation is prepared to the same train ids, pixel by pixel."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from known_sets import CAMVID, CAMVID_32, CAMVID_CLASSES, CAMVID_PALETTE, prepare_camvid
from PIL import Image

from pipeline_src.data.manifest import Manifest
from pipeline_src.data.prepare import find_layout
from pipeline_src.errors import DataError

SPLITS = ("train", "val", "test")
VOID = 11
# Every label of the 32 is somewhere: those of one class take turns by row.
MEMBERS = [
    [place for place, row in enumerate(CAMVID_32) if row.becomes == name] for name in (*CAMVID_CLASSES, None)
]
COLOURS = np.array([row.colour for row in CAMVID_32], np.uint8)


def of_the_32(indices: np.ndarray) -> np.ndarray:
    """Class indices 0..11, uint8 (H, W), as indices into the table of 32."""
    rows = np.arange(len(indices))[:, None]
    return np.select(
        [indices == one for one in range(VOID + 1)],
        [np.array(members)[rows % len(members)] * np.ones_like(indices) for members in MEMBERS],
    ).astype(np.uint8)


def place(image: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.symlink_to(image.resolve())


def save(pixels: np.ndarray, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(target)


def write_lists(root: Path, names: dict[str, list[str]]) -> None:
    for split, members in names.items():
        (root / f"{split}.txt").write_text("".join(f"{name}\n" for name in members))


Frames = list[tuple[str, Path, np.ndarray]]
"""Split, image and class indices."""


def class_dict(frames: Frames, root: Path) -> None:
    for split, image, indices in frames:
        place(image, root / split / image.name)
        save(COLOURS[of_the_32(indices)], root / f"{split}_labels" / f"{image.stem}_L.png")
    with (root / "class_dict.csv").open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["name", "r", "g", "b"])
        writer.writerows([row.name, *row.colour] for row in CAMVID_32)


def codes(frames: Frames, root: Path) -> None:
    names: dict[str, list[str]] = {split: [] for split in SPLITS}
    order = np.random.default_rng(0).permutation(len(CAMVID_32))  # codes.txt need not be alphabetical
    back = np.argsort(order).astype(np.uint8)
    for split, image, indices in frames:
        place(image, root / "images" / image.name)
        save(back[of_the_32(indices)], root / "labels" / f"{image.stem}_P.png")
        names[split].append(image.stem)
    write_lists(root, names)
    (root / "codes.txt").write_text("\r\n".join(CAMVID_32[one].name for one in order))


def original(frames: Frames, root: Path) -> None:
    names: dict[str, list[str]] = {split: [] for split in SPLITS}
    for split, image, indices in frames:
        place(image, root / "701_StillsRaw_full" / image.name)
        save(COLOURS[of_the_32(indices)], root / "LabeledApproved_full" / f"{image.stem}_L.png")
        names[split].append(image.stem)
    write_lists(root, names)


def palette(frames: Frames, root: Path) -> None:
    for split, image, indices in frames:
        place(image, root / split / "images" / image.name)
        target = root / split / "labels" / f"{image.stem}.png"
        target.parent.mkdir(parents=True, exist_ok=True)
        label = Image.fromarray(indices)
        label.putpalette([value for colour in (*CAMVID_PALETTE, (0, 0, 0)) for value in colour])
        label.save(target)


def sixteen_bits(frames: Frames, root: Path) -> None:
    for split, image, indices in frames:
        place(image, root / split / image.name)
        save(indices.astype(np.uint16), root / f"{split}annot" / f"{image.stem}.png")


LAYOUTS: dict[str, tuple[str, Callable[[Frames, Path], None]]] = {
    "32 colours and class_dict.csv": ("class_dict", class_dict),
    "indices of codes.txt": ("codes", codes),
    "32 colours and lists": ("original", original),
    "palette PNG": ("indexed", palette),
    "16-bit PNG": ("segnet", sixteen_bits),
}


def frames_of(root: Path, step: int = 1) -> Frames:
    return [
        (split, image, np.asarray(Image.open(root / split / "labels" / f"{image.stem}.png")))
        for split in SPLITS
        for image in sorted((root / split / "images").iterdir())[::step]
    ]


def require_same(frames: Frames, manifest: Manifest, prepared: Path) -> None:
    items = {item.name: item for item in manifest.items(SPLITS)}
    assert len(items) == len(frames)
    for split, image, indices in frames:
        item = items[image.stem]
        assert item.label == f"labels/{split}/{image.stem}.png"
        train_ids = np.asarray(Image.open(prepared / item.label))
        assert np.array_equal(train_ids, np.where(indices == VOID, 255, indices)), image.stem


@pytest.mark.parametrize("case", LAYOUTS)
def test_a_rearranged_set_has_the_same_train_ids(camvid: Path, tmp_path: Path, case: str) -> None:
    name, rearrange = LAYOUTS[case]
    frames, root = frames_of(camvid), tmp_path / "rearranged"
    rearrange(frames, root)
    assert find_layout("camvid", root) == CAMVID.layouts[name]
    require_same(frames, prepare_camvid(root, tmp_path / "prepared"), tmp_path / "prepared")


@pytest.mark.slow(
    "reads 140 real frames in each layout; rendered frames in each layout are read in make test"
)
@pytest.mark.parametrize("case", LAYOUTS)
def test_real_camvid_rearranged_has_the_same_train_ids(real_data: Path, tmp_path: Path, case: str) -> None:
    """A fifth of its frames; AUTORTNET_WHOLE_CAMVID takes all 701."""
    _, rearrange = LAYOUTS[case]
    step = 1 if os.environ.get("AUTORTNET_WHOLE_CAMVID") else 5
    frames, root = frames_of(real_data / "camvid", step), tmp_path / "rearranged"
    rearrange(frames, root)
    manifest = prepare_camvid(root, tmp_path / "prepared")
    require_same(frames, manifest, tmp_path / "prepared")
    assert manifest.unknown_pixels == 0


def test_the_table_of_the_folder_says_what_colours_and_ids_mean(camvid: Path, tmp_path: Path) -> None:
    root = tmp_path / "rearranged"
    class_dict(frames_of(camvid), root)
    path = root / "class_dict.csv"
    text = path.read_text()
    for wrong, said in (
        (
            text.replace("\r\n", "\n").replace("Archway", "Archwey"),
            "names 'Archwey', .* Did you mean 'Archway'",
        ),
        (text.replace("Sky,", "Skye,"), "names 'Skye'"),
        (text.replace("128,128,128", "128,128"), "has too few columns in line 23"),
        (text.replace("Fence,64,64,128", "Fence,64,64,300"), r"has the colour 64, 64, 300 \(11\)"),
        ("name,r,g,b\nSky,128,128,128\n", "has no label that becomes 'Building'"),
        (text + "Sky,128,128,128\n", "has 'Sky' 2 times"),
        ("", "is empty"),
    ):
        path.write_text(wrong)
        with pytest.raises(DataError, match=rf"class_dict\.csv: {said}"):
            prepare_camvid(root, tmp_path / "prepared")
    path.unlink()
    with pytest.raises(DataError, match=r"lacks the file class_dict\.csv"):
        prepare_camvid(root, tmp_path / "prepared")


def test_a_changed_class_table_is_another_raw_state(camvid: Path, tmp_path: Path) -> None:
    from pipeline_src.data.raw_state import raw_files, state_of

    root = tmp_path / "rearranged"
    class_dict(frames_of(camvid), root)
    manifest = prepare_camvid(root, tmp_path / "prepared")
    assert set(manifest.lists) == {"class_dict.csv"}
    before = state_of(raw_files(root)).shape
    (root / "class_dict.csv").write_text((root / "class_dict.csv").read_text() + "\n\n")
    assert state_of(raw_files(root)).shape != before
