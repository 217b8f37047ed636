"""ImageNet, or any set of class folders: every photograph decoded once, classes sorted by folder name."""

from __future__ import annotations

import hashlib
from collections import Counter
from pathlib import Path

from pipeline_src.data.checks import refuse_empty
from pipeline_src.data.images import IMAGE_SUFFIXES, decode, read_bytes
from pipeline_src.data.manifest import (
    MANIFEST_NAME,
    ClassItem,
    ClassManifest,
    digest_of,
    drop_manifest,
    write_class_items,
)
from pipeline_src.data.parallel import Progress, map_ordered, silent
from pipeline_src.data.sources import SOURCES, require_source
from pipeline_src.errors import DataError

SPLITS = ("train", "val")
MAX_DUPLICATE_SHARE = 0.01
"""More validation images than this with the bytes of a training image are an error: ImageNet itself may have
a few, a set split carelessly has many."""


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
    refuse_empty(tasks, root, SOURCES["imagenet"].layout)
    drop_manifest(output)
    flat = [task for rows in tasks.values() for task in rows]
    checked = map_ordered(_check, flat, processes, progress, "checking imagenet")
    items: dict[str, list[ClassItem]] = {split: [] for split in SPLITS}
    for (path, class_index), (width, height, checksum, _) in zip(flat, checked, strict=True):
        image = path.relative_to(root).as_posix()
        items[image.split("/")[0]].append(ClassItem(image, class_index, width, height, checksum))
    manifest = ClassManifest(
        name="imagenet",
        class_names=classes,
        counts={split: len(rows) for split, rows in items.items()},
        class_shares={split: _shares(rows, classes) for split, rows in items.items()},
        converted_to_rgb=sum(mode != "RGB" for _, _, _, mode in checked),
        duplicates_across_splits=_count_duplicates(items, root),
        source_sha256=digest_of((item.image, item.image_sha256) for rows in items.values() for item in rows),
        items_sha256=write_class_items(output, items),
    )
    manifest.save(output / MANIFEST_NAME)
    return manifest


def _class_names(root: Path) -> tuple[str, ...]:
    found = {
        split: tuple(sorted(path.name for path in (root / split).iterdir() if path.is_dir()))
        for split in SPLITS
    }
    only = set(found["train"]) ^ set(found["val"])
    if only:
        raise DataError(
            root,
            f"has class folders in one of train and val only: {', '.join(sorted(only)[:5])}.",
            "Both splits must have the same class folders; sort the ImageNet validation images into them.",
        )
    return found["train"]


def _photographs(root: Path, split: str, classes: tuple[str, ...]) -> list[tuple[Path, int]]:
    found: list[tuple[Path, int]] = []
    for index, name in enumerate(classes):
        folder = root / split / name
        images = sorted(path for path in folder.iterdir() if path.suffix.lower() in IMAGE_SUFFIXES)
        if not images:
            raise DataError(folder, "has no images.", "Fill the class folder, or remove it from both splits.")
        found.extend((path, index) for path in images)
    return found


def _check(task: tuple[Path, int]) -> tuple[int, int, str, str]:
    path, _ = task
    content = read_bytes(path)
    image = decode(content, path)
    return image.width, image.height, hashlib.sha256(content).hexdigest(), image.mode


def _shares(items: list[ClassItem], classes: tuple[str, ...]) -> dict[str, float]:
    counts = Counter(item.class_index for item in items)
    return {name: counts[index] / len(items) for index, name in enumerate(classes)}


def _count_duplicates(items: dict[str, list[ClassItem]], root: Path) -> int:
    trained = {item.image_sha256: item.image for item in items["train"]}
    shared = [item for item in items["val"] if item.image_sha256 in trained]
    if len(shared) > MAX_DUPLICATE_SHARE * len(items["val"]):
        first = shared[0]
        raise DataError(
            root / first.image,
            f"has the same content as {trained[first.image_sha256]}; so have {len(shared)} of "
            f"{len(items['val'])} validation images.",
            "Split the set so that no image is in both.",
        )
    return len(shared)
