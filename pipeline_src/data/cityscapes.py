"""Cityscapes in its official layout: raw label ids become the 19 train ids."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from pipeline_src.data.checks import Frame, Labels, prepare_frames, refuse_empty
from pipeline_src.data.classes import (
    CITYSCAPES_CLASSES,
    CITYSCAPES_ID_TO_TRAIN,
    CITYSCAPES_PALETTE,
    CITYSCAPES_RAW,
    IGNORE,
)
from pipeline_src.data.folders import count_of, images_in, names_of, subfolders
from pipeline_src.data.images import to_indices
from pipeline_src.data.manifest import Manifest
from pipeline_src.data.pairs import LABEL_SUFFIXES, Pair, by_name, paired
from pipeline_src.data.palettes import refuse_contrary_palette
from pipeline_src.data.parallel import Progress, silent
from pipeline_src.data.sources import SOURCES, require_source
from pipeline_src.errors import DataError

FINE_SPLITS = ("train", "val", "test")
COARSE_SPLIT = "coarse"
# The 19,998 coarse frames are train_extra; gtCoarse/train only repeats frames that have fine labels.
_COARSE_FOLDER = "train_extra"
_IMAGE_END = "_leftImg8bit"
_UNLABELLED = ("test",)  # the labels of the benchmark's test set are not public
_RAW_COLOURS = tuple((row.name, row.colour) for row in CITYSCAPES_RAW)

_TO_TRAIN = np.full(256, IGNORE, dtype=np.uint8)
for _raw, _train in CITYSCAPES_ID_TO_TRAIN.items():
    _TO_TRAIN[_raw] = _train


def train_ids_of(label: Image.Image, path: Path) -> tuple[np.ndarray, int]:
    """Train ids, uint8 (H, W), of a decoded `*_labelIds.png`; every value but the 19 trained ones is ignored.

    Raises:
        DataError: a value is no raw id of Cityscapes (0 to 33).
    """
    raw = to_indices(label, path)
    refuse_contrary_palette(label, path, _RAW_COLOURS, "Cityscapes")
    highest = int(raw.max())
    if highest >= len(CITYSCAPES_RAW):
        raise DataError(
            path,
            f"holds the unknown label value {highest}; raw ids go from 0 to {len(CITYSCAPES_RAW) - 1}.",
            "Use the official *_labelIds.png, not *_labelTrainIds.png.",
        )
    return _TO_TRAIN[raw], 0


def prepare_cityscapes(
    root: Path,
    output: Path,
    splits: Sequence[str] = FINE_SPLITS,
    coarse: bool | None = None,
    processes: int = 1,
    progress: Progress = silent,
) -> Manifest:
    """Check Cityscapes and write its labels of train ids and the manifest.

    Args:
        root: folder with leftImg8bit and gtFine (and gtCoarse). output: prepared folder.
        splits: fine splits that must be there.
        coarse: whether gtCoarse/train_extra is used; None: when it is there.

    Raises:
        DataError: a folder, file, size or label value is wrong; a split is empty; a frame is in two splits.
    """
    require_source("cityscapes", root)
    frames = {split: _frames(root, output, split, split, "gtFine") for split in splits}
    use_coarse = (root / "gtCoarse" / _COARSE_FOLDER).is_dir() if coarse is None else coarse
    if use_coarse:
        require_source("cityscapes", root, coarse=True)
        frames[COARSE_SPLIT] = _frames(root, output, COARSE_SPLIT, _COARSE_FOLDER, "gtCoarse")
    refuse_empty(frames, root, SOURCES["cityscapes"].layout)
    labels = Labels(CITYSCAPES_CLASSES, CITYSCAPES_PALETTE, _TO_TRAIN, _UNLABELLED)
    return prepare_frames("cityscapes", frames, root, output, labels, processes, progress)


def _frames(root: Path, output: Path, split: str, folder: str, annotation: str) -> list[Frame]:
    """The frames of a split; where the whole folder of test labels is absent, frames without labels."""
    images, labels = root / "leftImg8bit" / folder, root / annotation / folder
    if not images.is_dir():
        raise DataError(
            images, "is missing.", f"Unpack it, or leave the split out. {SOURCES['cityscapes'].layout}"
        )
    loose = images_in(images)
    if loose:
        raise DataError(
            images,
            f"has {count_of(loose, 'image')} outside of a city's folder: {names_of(loose)}.",
            f"Keep the folders of the archive. {SOURCES['cityscapes'].layout}",
        )
    found = by_name(subfolders(images), _IMAGE_END, LABEL_SUFFIXES)
    if labels.is_dir() or split not in _UNLABELLED:
        ending = f"_{annotation}_labelIds"
        theirs = by_name(subfolders(labels), ending, LABEL_SUFFIXES)
        pairs = paired(found, theirs, (images, labels), ending)
    else:
        pairs = [Pair(name, image, None) for name, image in sorted(found.items())]
    return [
        Frame(name, split, image, label, output / "labels" / split / f"{name}.png", train_ids_of)
        for name, image, label in pairs
    ]
