"""Sets that this project has never seen: described in a file, prepared by it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from PIL import Image

from pipeline_src.cli.main import main
from pipeline_src.config.dataset import spare_colours
from pipeline_src.data.manifest import Manifest
from pipeline_src.data.prepare import prepare_data
from pipeline_src.errors import DataError

COUNT = 5
SIZE = (24, 40)  # of no set of the paper
RAW_IDS = (7, 300, 4000, 60_000, 2)
VOID = 65_535


def frame(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """A grey picture and its train ids, in stripes, with void at the border."""
    rng = np.random.default_rng(seed)
    label = (np.arange(SIZE[1]) // 8 + rng.integers(COUNT)) % COUNT * np.ones((SIZE[0], 1), int)
    label[0] = COUNT
    image = 40 * label + rng.integers(0, 30, SIZE)
    return image.astype(np.uint8), label


def yard(root: Path, sequences: int = 4, frames: int = 5) -> dict[tuple[str, str], np.ndarray]:
    """Recordings with the same names of frames, labels of 16 bits beside the images."""
    labels = {}
    for sequence in range(sequences):
        for number in range(frames):
            image, label = frame(100 * sequence + number)
            folder = root / f"walk{sequence}"
            folder.mkdir(parents=True, exist_ok=True)
            Image.fromarray(image).save(folder / f"{number:03d}.jpg", quality=95)
            raw = np.array([*RAW_IDS, VOID], np.uint16)[label]
            Image.fromarray(raw).save(folder / f"{number:03d}_ids.png")
            labels[f"walk{sequence}", f"{number:03d}"] = np.where(label == COUNT, 255, label)
    return labels


def description(**layout: Any) -> dict[str, Any]:
    return {
        "title": "Yard",
        "classes": [{"name": f"thing {index}"} for index in range(COUNT)],
        "raw": [{"name": f"t{i}", "becomes": f"thing {i}", "id": raw} for i, raw in enumerate(RAW_IDS)],
        "layouts": {
            "walks": {
                "images": "{folder}/{name}",
                "labels": "{folder}/{name}_ids.png",
                "hold": "ids",
                "ignored": [VOID],
                "keep_together": "folder",
                "splits": {"train": {"rest": True}, "val": {"share": 0.25}, "test": {"share": 0.25}},
                **layout,
            }
        },
    }


def write(tmp_path: Path, values: dict[str, Any]) -> str:
    path = tmp_path / "yard.yaml"
    path.write_text(yaml.safe_dump(values))
    return str(path)


def prepared(tmp_path: Path, values: dict[str, Any]) -> Manifest:
    return prepare_data(write(tmp_path, values), tmp_path / "raw", tmp_path / "prepared")


def test_grey_images_and_16_bit_labels_beside_them(tmp_path: Path) -> None:
    labels = yard(tmp_path / "raw")
    manifest = prepared(tmp_path, description())
    assert manifest.name == "yard" and manifest.palette == spare_colours()[:COUNT]
    assert manifest.counts == {"train": 10, "val": 5, "test": 5}
    for item in manifest.items(manifest.splits):
        folder, name = item.name.split("/")
        assert item.image == f"{folder}/{name}.jpg" and item.source == f"{folder}/{name}_ids.png"
        train_ids = np.asarray(Image.open(tmp_path / "prepared" / item.label))
        assert np.array_equal(train_ids, labels[folder, name])
    # Whole recordings stay together.
    split_of = {item.name.split("/")[0]: split for split, items in manifest.splits.items() for item in items}
    assert all(
        split_of[item.name.split("/")[0]] == split
        for split, items in manifest.splits.items()
        for item in items
    )


def test_shares_follow_from_names_and_seed_alone(tmp_path: Path) -> None:
    yard(tmp_path / "raw")
    values = description(keep_together="frame", splits={"train": {"share": 0.7}, "val": {"share": 0.3}})
    first = prepared(tmp_path, values)
    assert first.counts == {"train": 14, "val": 6}
    assert prepared(tmp_path, values) == first
    values["layouts"]["walks"]["seed"] = 1
    again = prepared(tmp_path, values)
    assert again.counts == first.counts and again.splits != first.splits


def test_the_command_takes_the_path_of_a_description(tmp_path: Path) -> None:
    yard(tmp_path / "raw")
    words = ["prepare-data", "--dataset", write(tmp_path, description()), "--root", str(tmp_path / "raw")]
    assert main([*words, "--output", str(tmp_path / "prepared")]) == 0
    assert Manifest.load(tmp_path / "prepared").counts["train"] == 10
    assert (tmp_path / "prepared/run.json").is_file()


def drop_label(root: Path) -> str:
    (root / "walk1/003_ids.png").unlink()
    return "walk1/003.jpg: has no label"


def unknown_id(root: Path) -> str:
    path = root / "walk0/000_ids.png"
    values = np.asarray(Image.open(path)).copy()
    values[3, 3] = 299
    Image.fromarray(values).save(path)
    return r"000_ids\.png: holds the unknown label value 299; known are 2, 7, 300, 4000, 60000, 65535"


def drop_all(root: Path) -> str:
    for path in root.rglob("*.jpg"):
        path.unlink()
    return r"raw: has no images: no file fits \{folder\}/\{name\}"


def same_frame_twice(root: Path) -> str:
    Image.open(root / "walk0/000.jpg").save(root / "walk0/000.png")
    return "are both of frame walk0/000"


def loose_image(root: Path) -> str:
    (root / "walk0/000.jpg").rename(root / "000.jpg")
    return "has 1 image outside of its sub-folders: 000.jpg"


@pytest.mark.parametrize("spoil", [drop_label, unknown_id, drop_all, same_frame_twice, loose_image])
def test_what_does_not_fit_its_description_is_refused(tmp_path: Path, spoil: Any) -> None:
    yard(tmp_path / "raw")
    words = spoil(tmp_path / "raw")
    with pytest.raises(DataError, match=words):
        prepared(tmp_path, description())
    assert not (tmp_path / "prepared/manifest.json").exists()


def test_lists_that_overlap_are_refused(tmp_path: Path) -> None:
    root = tmp_path / "raw"
    for number in range(4):
        image, label = frame(number)
        for folder, pixels in (("photos", image), ("masks", label.astype(np.uint8))):
            (root / folder).mkdir(parents=True, exist_ok=True)
            Image.fromarray(pixels).save(root / folder / f"{number}.png")
    (root / "train.txt").write_text("0\n1\n2\n")
    (root / "val.txt").write_text("2\n3\n")
    values = description(
        images="photos/{name}",
        labels="masks/{name}",
        hold="train_ids",
        ignored=[COUNT],
        keep_together="frame",
        splits={"train": {"list": "train.txt"}, "val": {"list": "val.txt"}},
    )
    with pytest.raises(DataError, match="frame 2 is in split 'train' and in split 'val'"):
        prepared(tmp_path, values)
    (root / "val.txt").write_text("3\n")
    manifest = prepared(tmp_path, values)
    assert manifest.counts == {"train": 3, "val": 1} and set(manifest.lists) == {"train.txt", "val.txt"}
    (root / "val.txt").write_text("5\n")
    with pytest.raises(DataError, match=r"val\.txt: names '5' in line 1, and there is no image of that name"):
        prepared(tmp_path, values)


def test_two_classes_in_files_of_one_bit(tmp_path: Path) -> None:
    root = tmp_path / "raw"
    for split in ("train", "val"):
        for folder in ("im", "gt"):
            (root / split / folder).mkdir(parents=True)
        image, label = frame(len(split))
        Image.fromarray(image).convert("P").save(root / split / "im/a.png")  # a palette picture
        Image.fromarray(label < 2).save(root / split / "gt/a.png")
    values = description(images="{split}/im/{name}", labels="{split}/gt/{name}", hold="train_ids", ignored=[])
    values["classes"], values["raw"] = values["classes"][:2], []
    values["layouts"]["walks"] |= {"keep_together": "frame", "splits": {"train": {}, "val": {}}}
    with pytest.raises(
        DataError, match=r"frame a is in split 'train' and in split 'val'.* `same_names: true`"
    ):
        prepared(tmp_path, values)
    values["layouts"]["walks"]["same_names"] = True
    manifest = prepared(tmp_path, values)
    assert [item.name for item in manifest.items(("train", "val"))] == ["train/a", "val/a"]
    assert manifest.counts == {"train": 1, "val": 1} and manifest.class_shares["train"]["void"] == 0


def test_255_classes(tmp_path: Path) -> None:
    root = tmp_path / "raw"
    for split in ("train", "val"):
        for folder in ("im", "gt"):
            (root / split / folder).mkdir(parents=True)
        rng = np.random.default_rng(len(split))
        Image.fromarray(rng.integers(0, 255, (16, 16, 3), np.uint8)).save(root / split / "im/a.png")
        Image.fromarray(np.arange(256, dtype=np.uint8).reshape(16, 16)).save(root / split / "gt/a.png")
    values = description(images="{split}/im/{name}", labels="{split}/gt/{name}", hold="train_ids")
    values["classes"], values["raw"] = [{"name": f"c{index}"} for index in range(255)], []
    values["layouts"]["walks"] |= {
        "keep_together": "frame", "ignored": [255], "same_names": True, "splits": {"train": {}, "val": {}}
    }  # fmt: skip
    manifest = prepared(tmp_path, values)
    shares = manifest.class_shares["train"]
    assert len(set(manifest.palette)) == 255 and set(shares.values()) == {1 / 256}
