"""The value that tells whether a raw folder is still the one that was prepared."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipeline_src.cli.main import main
from pipeline_src.data import raw_state as module
from pipeline_src.data.raw_state import RENDERED, TIMES_NAME, raw_files, raw_state, state_of


@pytest.fixture
def prepared(camvid_original: Path, tmp_path: Path) -> Path:
    """CamVid prepared as the workflow does, with the state it saw."""
    output = tmp_path / "prepared"
    prepare(camvid_original, output)
    return output


def prepare(root: Path, output: Path, *command: str) -> str:
    state = raw_state(root, output)
    words = command or ("prepare-data", "--dataset", "camvid")
    assert main([*words, "--root", str(root), "--output", str(output), "--raw-state", state]) == 0
    return state


def overwrite_label(root: Path) -> None:
    """Another map of the same number of bytes, as an uncompressed one would have."""
    path = root / "LabeledApproved_full/TR0001_00001_L.png"
    content = bytearray(path.read_bytes())
    content[-6] ^= 1
    path.write_bytes(bytes(content))


def add_frame(root: Path) -> None:
    shutil.copy(root / "701_StillsRaw_full/TR0001_00001.png", root / "701_StillsRaw_full/TR0001_00009.png")


def replace_image(root: Path) -> None:
    Image.new("RGB", (128, 64), (9, 9, 9)).save(root / "701_StillsRaw_full/TR0001_00001.png")


def leak_a_test_image(root: Path) -> None:
    folder = root / "701_StillsRaw_full"
    shutil.copy2(folder / "TE0001_00000.png", folder / "TR0001_00001.png")


def move_a_frame(root: Path) -> None:
    """The same number of bytes in both lists."""
    for name, old, new in (
        ("train", "TR0001_00001", "VA0001_00001"),
        ("val", "VA0001_00001", "TR0001_00001"),
    ):
        path = root / f"{name}.txt"
        path.write_text(path.read_text().replace(old, new))


def remove_label(root: Path) -> None:
    (root / "LabeledApproved_full/TR0001_00001_L.png").unlink()


CHANGES = [overwrite_label, add_frame, replace_image, leak_a_test_image, move_a_frame, remove_label]


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("linked", [False, True])
def test_every_change_of_the_raw_set_is_seen(
    camvid_original: Path, tmp_path: Path, change: Callable[[Path], None], linked: bool
) -> None:
    root = camvid_original
    if linked:  # the set is a link, and so is a folder in it
        moved = camvid_original.rename(tmp_path / "elsewhere")
        shutil.move(moved / "LabeledApproved_full", tmp_path / "labels-elsewhere")
        (moved / "LabeledApproved_full").symlink_to(tmp_path / "labels-elsewhere")
        root.symlink_to(moved)
    output = tmp_path / "prepared"
    given = prepare(root, output)
    assert raw_state(root, output) == given
    change(root)
    seen = raw_state(root, output)
    assert seen != given
    assert raw_state(root, output) == seen


def test_the_same_content_with_other_times_is_the_same_state(
    camvid_original: Path, prepared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = raw_state(camvid_original, prepared)
    files = [path for path in camvid_original.rglob("*") if path.is_file()]
    for path in files:
        os.utime(path, (1, 1))
    assert raw_state(camvid_original, prepared) == given
    # The new times are kept: nothing is read a second time.
    monkeypatch.setattr(module, "sha256_of", lambda path: pytest.fail(f"read {path}"))
    assert raw_state(camvid_original, prepared) == given


def test_only_files_whose_times_changed_are_read(
    camvid_original: Path, prepared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[Path] = []
    whole = module.sha256_of
    monkeypatch.setattr(module, "sha256_of", lambda path: read.append(path) or whole(path))
    given = raw_state(camvid_original, prepared)
    assert read == []
    touched = camvid_original / "701_StillsRaw_full/TR0001_00001.png"
    os.utime(touched)
    assert raw_state(camvid_original, prepared) == given
    assert read == [touched]


def test_a_change_that_was_prepared_is_the_state_from_then_on(camvid_original: Path, prepared: Path) -> None:
    before, manifest = raw_state(camvid_original, prepared), (prepared / "manifest.json").read_text()
    label = camvid_original / "LabeledApproved_full/TR0001_00001_L.png"
    pixels = np.asarray(Image.open(label)).copy()
    pixels[:4] = (64, 0, 128)
    Image.fromarray(pixels).save(label)
    seen = prepare(camvid_original, prepared)
    assert seen != before
    assert raw_state(camvid_original, prepared) == seen
    assert (prepared / "manifest.json").read_text() != manifest


def test_files_that_no_preparation_reads_change_nothing(camvid_original: Path, prepared: Path) -> None:
    given = raw_state(camvid_original, prepared)
    (camvid_original / ".DS_Store").write_text("x")
    (camvid_original / "701_StillsRaw_full/._TR0001_00001.png").write_text("x")
    (camvid_original / "notes.md").write_text("x")
    assert raw_state(camvid_original, prepared) == given


def test_a_clone_takes_equal_names_and_sizes_for_the_same_set(
    camvid_original: Path, prepared: Path, tmp_path: Path
) -> None:
    given = raw_state(camvid_original, prepared)
    clone = Path(shutil.copytree(camvid_original, tmp_path / "clone"))
    (prepared / TIMES_NAME).unlink()  # DVC does not carry it
    assert raw_state(clone, prepared) == given
    overwrite_label(clone)
    assert raw_state(clone, prepared) != given


@pytest.mark.parametrize("spoil", ["", "{}\n", '{"digest": 3}\nnonsense\n', "\0\0"])
def test_a_damaged_note_of_times_means_that_contents_are_compared(
    camvid_original: Path, prepared: Path, spoil: str
) -> None:
    given = raw_state(camvid_original, prepared)
    (prepared / TIMES_NAME).write_text(spoil)
    assert raw_state(camvid_original, prepared) == given
    (prepared / TIMES_NAME).write_text(spoil)
    overwrite_label(camvid_original)
    assert raw_state(camvid_original, prepared) != given


def test_a_rendered_set_has_a_state_before_it_is_rendered(camvid: Path, tmp_path: Path) -> None:
    output = tmp_path / "prepared"
    assert raw_state(tmp_path / "later", output, rendered=True) == RENDERED
    words = [
        "prepare-data",
        "--dataset",
        "camvid",
        "--root",
        str(camvid),
        "--output",
        str(output),
        "--raw-state",
        RENDERED,
    ]
    assert main(words) == 0
    assert raw_state(camvid, output, rendered=True) == RENDERED
    path = next((camvid / "train/labels").iterdir())
    path.write_bytes(path.read_bytes() + b"\0")
    assert raw_state(camvid, output, rendered=True) != RENDERED


def test_class_folders_are_watched_too(imagenet: Path, tmp_path: Path) -> None:
    output = tmp_path / "prepared"
    given = prepare(imagenet, output, "prepare-imagenet")
    for path in imagenet.rglob("*.png"):
        os.utime(path)
    assert raw_state(imagenet, output) == given
    shutil.copy2(imagenet / "val/car/00000.png", imagenet / "train/car/00001.png")
    assert raw_state(imagenet, output) != given


def test_links_in_a_circle_end(camvid_original: Path) -> None:
    before = [file.path for file in raw_files(camvid_original)]
    (camvid_original / "701_StillsRaw_full/again").symlink_to(camvid_original)
    (camvid_original / "701_StillsRaw_full/gone.png").symlink_to(camvid_original / "nowhere.png")
    files = list(raw_files(camvid_original))
    assert [file.path for file in files if file.size >= 0 and "again" not in file.path] == before
    assert state_of(files).files < 3 * len(before)


def test_the_record_says_what_was_there(camvid_original: Path, prepared: Path) -> None:
    raw = json.loads((prepared / "run.json").read_text())["raw"]
    files = [path for path in camvid_original.rglob("*") if path.suffix in (".png", ".txt")]
    assert (raw["files"], raw["bytes"]) == (len(files), sum(path.stat().st_size for path in files))
    assert raw["state"] == raw_state(camvid_original, prepared)
