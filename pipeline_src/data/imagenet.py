"""ImageNet, or any set of class folders: every photograph decoded once, classes sorted by folder name."""

from __future__ import annotations

import hashlib
from collections import Counter
from pathlib import Path
from statistics import median
from typing import NamedTuple

from pipeline_src.data.checks import is_rendered, refuse_empty
from pipeline_src.data.doubts import count_doubts
from pipeline_src.data.folders import images_in, subfolders
from pipeline_src.data.images import decode, is_deep, is_turned, read_bytes, to_rgb, upright
from pipeline_src.data.manifest import (
    MANIFEST_NAME,
    ClassItem,
    ClassManifest,
    digest_of,
    drop_manifest,
    write_class_items,
)
from pipeline_src.data.official import IMAGENET
from pipeline_src.data.parallel import Progress, map_ordered, silent
from pipeline_src.data.same_frames import Seen, fingerprint, shared_frames
from pipeline_src.data.sources import layout_of, require_source
from pipeline_src.errors import DataError

SPLITS = ("train", "val")
MAX_DUPLICATE_SHARE = 0.01
"""A larger share of validation images that are training images too, by bytes or by pixels, is an error:
ImageNet itself may have a few, a set split carelessly has many."""
UNEVEN = 10
"""A class with this many times fewer training images than the middle one is worth a word."""


def prepare_imagenet(
    root: Path, output: Path, processes: int = 1, progress: Progress = silent
) -> ClassManifest:
    """Check a class-folder set and write its list of images and its manifest.

    Args:
        root: folder with train/CLASS/* and val/CLASS/*. output: prepared folder.

    Raises:
        DataError: a folder is missing or empty, the splits have different classes, an image is unreadable,
            or the splits share images.
    """
    require_source("imagenet", root)
    classes = _class_names(root)
    tasks = {split: _photographs(root, split, classes) for split in SPLITS}
    refuse_empty(tasks, root, layout_of("imagenet"))
    drop_manifest(output)
    flat = [task for rows in tasks.values() for task in rows]
    checked = map_ordered(_check, flat, processes, progress, "checking imagenet")
    items: dict[str, list[ClassItem]] = {split: [] for split in SPLITS}
    seen: dict[str, list[Seen]] = {split: [] for split in SPLITS}
    for (path, class_index), one in zip(flat, checked, strict=True):
        image = path.relative_to(root).as_posix()
        split = image.split("/")[0]
        items[split].append(ClassItem(image, class_index, one.width, one.height, one.sha256))
        seen[split].append(Seen(image, (one.width, one.height), one.sha256, one.blocks))
    manifest = ClassManifest(
        name="imagenet",
        class_names=classes,
        counts={split: len(rows) for split, rows in items.items()},
        class_shares={split: _shares(rows, classes) for split, rows in items.items()},
        converted_to_rgb=sum(one.mode != "RGB" for one in checked),
        duplicates_across_splits=_count_duplicates(seen, root),
        source_sha256=digest_of((item.image, item.image_sha256) for rows in items.values() for item in rows),
        items_sha256=write_class_items(output, items),
        doubts=_doubts(items, checked, classes, root),
    )
    manifest.save(output / MANIFEST_NAME)
    return manifest


def _class_names(root: Path) -> tuple[str, ...]:
    found = {split: tuple(path.name for path in subfolders(root / split)) for split in SPLITS}
    only = set(found["train"]) ^ set(found["val"])
    if only:
        raise DataError(
            root,
            f"has class folders in one of train and val only: {', '.join(sorted(only)[:5])}.",
            "Both splits must have the same class folders; sort the ImageNet validation images into them.",
        )
    if len(found["train"]) == 1:
        raise DataError(
            root,
            f"has one class folder only ({found['train'][0]}): a classifier has nothing to tell apart.",
            "Give a folder of each class; images lie directly in it, as in train/CLASS/NAME.jpg.",
        )
    return found["train"]


def _photographs(root: Path, split: str, classes: tuple[str, ...]) -> list[tuple[Path, int]]:
    found: list[tuple[Path, int]] = []
    for index, name in enumerate(classes):
        folder = root / split / name
        images = images_in(folder)
        if not images:
            below = subfolders(folder)
            problem = f"has no images, only the folder {below[0].name}." if below else "has no images."
            raise DataError(folder, problem, "Fill the class folder, or remove it from both splits.")
        found.extend((path, index) for path in images)
    return found


class _Checked(NamedTuple):
    width: int
    height: int
    sha256: str
    mode: str
    blocks: bytes
    turned: bool
    deep: bool


def _check(task: tuple[Path, int]) -> _Checked:
    path, _ = task
    content = read_bytes(path)
    image = decode(content, path)
    pixels = to_rgb(upright(image))
    height, width = pixels.shape[:2]
    checksum = hashlib.sha256(content).hexdigest()
    return _Checked(
        width, height, checksum, image.mode, fingerprint(pixels), is_turned(image), is_deep(image)
    )


def _doubts(
    items: dict[str, list[ClassItem]], checked: list[_Checked], classes: tuple[str, ...], root: Path
) -> tuple[str, ...]:
    """What a user should look at, with its number."""
    found = []
    official = IMAGENET
    if not is_rendered(root):
        if len(classes) != official.classes:
            found.append(f"{len(classes)} classes, the official release has {official.classes}")
        else:
            found += count_doubts({split: len(rows) for split, rows in items.items()}, official)
    counts = Counter(item.class_index for item in items["train"])
    few = [name for index, name in enumerate(classes) if UNEVEN * counts[index] < median(counts.values())]
    if few:
        found.append(
            f"train: {len(few)} of {len(classes)} classes have less than a {UNEVEN}th of the images of the "
            f"middle one: {', '.join(few[:5])}"
        )
    for number, problem in (
        (sum(one.turned for one in checked), "are turned by their EXIF, and were read upright"),
        (sum(one.deep for one in checked), "are grey with 16 bits, of which the upper 8 were read"),
    ):
        if number:
            found.append(f"{number} of {len(checked)} images {problem}")
    return tuple(found)


def _shares(items: list[ClassItem], classes: tuple[str, ...]) -> dict[str, float]:
    counts = Counter(item.class_index for item in items)
    return {name: counts[index] / len(items) for index, name in enumerate(classes)}


def _count_duplicates(seen: dict[str, list[Seen]], root: Path) -> int:
    """How many validation images are training images too."""
    pairs = [
        (first, second) if split == "train" else (second, first)
        for split, first, _, second in shared_frames(seen)
    ]
    shared = {val.path: train.path for train, val in pairs}
    if len(shared) > MAX_DUPLICATE_SHARE * len(seen["val"]):
        first = min(shared)
        raise DataError(
            root / first,
            f"has the same content as {shared[first]}; so have {len(shared)} of "
            f"{len(seen['val'])} validation images.",
            "Split the set so that no image is in both.",
        )
    return len(shared)
