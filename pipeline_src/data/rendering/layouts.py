"""Rendered sets written in the official layouts of Cityscapes, CamVid and ImageNet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pipeline_src.artifacts import write_text
from pipeline_src.config.datasets import described
from pipeline_src.data.images import write_png
from pipeline_src.data.parallel import Progress, map_ordered, silent
from pipeline_src.data.rendering.canvas import CAMVID_VOID
from pipeline_src.data.rendering.coarse import coarsen
from pipeline_src.data.rendering.objects import OBJECT_CLASSES, render_object
from pipeline_src.data.rendering.street import frame_seed, render_street
from pipeline_src.data.sources import CLAIM_NAME
from pipeline_src.errors import DataError
from pipeline_src.ownership import require_replaceable

Style = Literal["cityscapes", "cityscapes-coarse", "camvid-indexed", "camvid-original"]

# Made-up towns, one a split: no frame's name can be in two splits.
_TOWNS = {"train": "ahlen", "val": "borken", "test": "coesfeld", "train_extra": "dorsten"}


@dataclass(frozen=True)
class _Frame:
    """One frame to be rendered: its identity (seed, split, number, size) and where its files go."""

    style: Style
    seed: int
    split: str
    number: int
    height: int
    width: int
    image: Path
    label: Path


def render_cityscapes(
    root: Path,
    counts: Mapping[str, int],
    seed: int,
    height: int,
    width: int,
    processes: int = 1,
    progress: Progress = silent,
) -> int:
    """Write a rendered set in the layout of Cityscapes and return the number of frames.

    Args:
        counts: frames by split, of train, val, test (exact labels) and train_extra (coarse labels only).
        height, width: in pixels. A frame depends on seed, split, number and size alone.

    Raises:
        DataError: `root` holds files that were not rendered.
    """
    _claim(root)
    frames = []
    for split, count in counts.items():
        coarse = split == "train_extra"
        kind, town = ("gtCoarse" if coarse else "gtFine"), _TOWNS[split]
        for number in range(count):
            name = f"{town}_{number:06d}_000019"
            image = root / "leftImg8bit" / split / town / f"{name}_leftImg8bit.png"
            label = root / kind / split / town / f"{name}_{kind}_labelIds.png"
            style: Style = "cityscapes-coarse" if coarse else "cityscapes"
            frames.append(_Frame(style, seed, split, number, height, width, image, label))
    map_ordered(_write_frame, frames, processes, progress, "rendering cityscapes")
    _prune(root, {path for frame in frames for path in (frame.image, frame.label)})
    return len(frames)


def render_camvid(
    root: Path,
    counts: Mapping[str, int],
    seed: int,
    height: int,
    width: int,
    layout: Literal["indexed", "original"] = "indexed",
    processes: int = 1,
    progress: Progress = silent,
) -> int:
    """Write a rendered set in one of the two layouts of CamVid and return the number of frames.

    Args:
        counts: frames by split, of train, val and test. The other arguments: see `render_cityscapes`.
    """
    _claim(root)
    frames, names = [], {}
    for split, count in counts.items():
        names[split] = [f"{split[:2].upper()}0001_{number:05d}" for number in range(count)]
        for number, name in enumerate(names[split]):
            if layout == "indexed":
                style: Style = "camvid-indexed"
                image, label = (
                    root / split / "images" / f"{name}.png",
                    root / split / "labels" / f"{name}.png",
                )
            else:
                style = "camvid-original"
                image = root / "701_StillsRaw_full" / f"{name}.png"
                label = root / "LabeledApproved_full" / f"{name}_L.png"
            frames.append(_Frame(style, seed, split, number, height, width, image, label))
    map_ordered(_write_frame, frames, processes, progress, "rendering camvid")
    _prune(root, {path for frame in frames for path in (frame.image, frame.label)})
    for split, members in names.items():
        write_text(root / f"{split}.txt", "".join(f"{name}\n" for name in members))
    if layout == "indexed":
        write_text(root / "classes.txt", _class_table())
    return len(frames)


def render_classes(
    root: Path,
    classes: int,
    counts: Mapping[str, int],
    seed: int,
    size_px: int,
    processes: int = 1,
    progress: Progress = silent,
) -> int:
    """Write class folders `SPLIT/CLASS/*.png` of rendered things and return the number of images.

    Args:
        classes: how many of OBJECT_CLASSES. counts: images per class by split.
    """
    _claim(root)
    tasks = [
        (root / split / OBJECT_CLASSES[index][0] / f"{number:05d}.png", (seed, split, index, number), size_px)
        for split, count in counts.items()
        for index in range(classes)
        for number in range(count)
    ]
    map_ordered(_write_object, tasks, processes, progress, "rendering objects")
    _prune(root, {path for path, _, _ in tasks})
    return len(tasks)


def _claim(root: Path) -> None:
    """Mark a folder as rendered.

    Raises:
        DataError: it holds files that were not rendered here.
    """
    if root.is_dir() and any(root.iterdir()) and not (root / CLAIM_NAME).is_file():
        raise DataError(root, "holds files that were not rendered.", "Render into a new or empty folder.")
    if not (root / CLAIM_NAME).is_file():
        write_text(root / CLAIM_NAME, "What is here was rendered and may be rendered over.\n")


def _prune(root: Path, written: set[Path]) -> None:
    """Remove the pictures of an earlier, larger rendering: they would be taken for frames of this one.

    Raises:
        UserError: there is a picture that was not rendered; it would be taken for one, too.
    """
    for path in root.rglob("*.png"):
        if path not in written:
            require_replaceable(path)
            path.unlink()


def _write_frame(frame: _Frame) -> None:
    family = frame.style.split("-")[0]
    identity = frame_seed(family, frame.seed, frame.split, frame.number)
    image, labels = render_street(identity, frame.number, frame.height, frame.width)
    if frame.style == "cityscapes":
        label = labels.raw_ids
    elif frame.style == "cityscapes-coarse":
        label = coarsen(labels.raw_ids)
    else:
        label = labels.camvid_indices if frame.style == "camvid-indexed" else labels.camvid_colours
    write_png(frame.image, image)
    write_png(frame.label, label)


def _write_object(task: tuple[Path, tuple[int, str, int, int], int]) -> None:
    path, identity, size_px = task
    write_png(path, render_object(frame_seed("objects", *identity), identity[2], size_px))


def _class_table() -> str:
    camvid = described("camvid")
    rows = zip(camvid.class_names, camvid.palette, strict=True)
    lines = [f"{index}\t{name}\t{r}\t{g}\t{b}" for index, (name, (r, g, b)) in enumerate(rows)]
    return "\n".join(["index\tname\tr\tg\tb", *lines, f"{CAMVID_VOID}\tvoid\t0\t0\t0"]) + "\n"
