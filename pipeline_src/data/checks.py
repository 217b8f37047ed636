"""What `prepare` checks of every frame, and the manifest made of it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from pipeline_src.data.classes import IGNORE, Colour
from pipeline_src.data.images import decode, encode_png, read_bytes, to_rgb, write_bytes
from pipeline_src.data.manifest import MANIFEST_NAME, VOID, Item, Manifest, digest_of, drop_manifest
from pipeline_src.data.parallel import Progress, map_ordered, silent
from pipeline_src.errors import DataError

LabelReader = Callable[[Image.Image, Path], tuple[np.ndarray, int]]
"""Turns a decoded label file into train ids, uint8 (H, W), and the count of pixels of unknown value."""


@dataclass(frozen=True)
class Frame:
    """An image and its source label, to be checked; `target` is where the label of train ids goes."""

    name: str
    split: str
    image: Path
    label: Path
    target: Path
    read_label: LabelReader


@dataclass(frozen=True)
class CheckedFrame:
    """What a check found: size in pixels, checksums, and pixels per label value (256)."""

    width: int
    height: int
    image_sha256: str
    source_label_sha256: str
    label_sha256: str
    histogram: tuple[int, ...]
    unknown_pixels: int


def check_frame(frame: Frame) -> CheckedFrame:
    """Check one frame and write its label of train ids.

    Raises:
        DataError: a file is unreadable, the sizes differ, or the label holds an unknown value.
    """
    image_bytes, label_bytes = read_bytes(frame.image), read_bytes(frame.label)
    pixels = to_rgb(decode(image_bytes, frame.image))
    label_image = decode(label_bytes, frame.label)
    height, width = pixels.shape[:2]
    if label_image.size != (width, height):
        raise DataError(
            frame.label,
            f"is {label_image.width}x{label_image.height} px, but its image {frame.image} "
            f"is {width}x{height} px.",
            "An image and its label must have the same size: fetch both from the same release.",
        )
    train_ids, unknown = frame.read_label(label_image, frame.label)
    content = encode_png(train_ids)
    write_bytes(frame.target, content)
    return CheckedFrame(
        width,
        height,
        hashlib.sha256(image_bytes).hexdigest(),
        hashlib.sha256(label_bytes).hexdigest(),
        hashlib.sha256(content).hexdigest(),
        tuple(np.bincount(train_ids.ravel(), minlength=256).tolist()),
        unknown,
    )


def refuse_empty(splits: Mapping[str, Sequence[object]], root: Path, layout: str) -> None:
    """Raise DataError when a split has no frames."""
    for split, frames in splits.items():
        if not frames:
            raise DataError(root, f"has no images in split {split!r}.", f"The layout must be {layout}")


def refuse_shared_names(names: Mapping[str, Iterable[str]], root: Path) -> None:
    """Raise DataError when a frame is listed twice or is in two splits."""
    seen: dict[str, str] = {}
    for split, members in names.items():
        for name in members:
            if name in seen:
                where = (
                    f"twice in split {split!r}"
                    if seen[name] == split
                    else (f"in split {seen[name]!r} and in split {split!r}")
                )
                raise DataError(root, f"frame {name} is {where}.", "A frame may be in one split, once.")
            seen[name] = split


def refuse_shared_content(checksums: Iterable[tuple[str, str, str]]) -> None:
    """Raise DataError when images of two splits have the same bytes.

    Args:
        checksums: (split, path, SHA-256) of every image.
    """
    seen: dict[str, tuple[str, str]] = {}
    for split, path, checksum in checksums:
        first_split, first_path = seen.setdefault(checksum, (split, path))
        if first_split != split:
            raise DataError(
                path,
                f"(split {split!r}) has the same content as {first_path} (split {first_split!r}).",
                "A frame may be in one split: remove it from the other.",
            )


def prepare_frames(
    name: str,
    frames: Mapping[str, Sequence[Frame]],
    root: Path,
    output: Path,
    class_names: tuple[str, ...],
    palette: tuple[Colour, ...],
    processes: int = 1,
    progress: Progress = silent,
) -> Manifest:
    """Check every frame, write its label and the manifest.

    Args:
        frames: by split, in the order they are to be listed.
        root: raw folder, to which the image paths are made relative.
        output: prepared folder, to which the label paths are made relative.

    Raises:
        DataError: see `check_frame`, `refuse_shared_names`, `refuse_shared_content`.
    """
    if output.resolve() == root.resolve():
        raise DataError(output, "is the folder of the raw data.", "Give another folder for the prepared set.")
    refuse_shared_names({split: [frame.name for frame in rows] for split, rows in frames.items()}, root)
    drop_manifest(output)
    tasks = [frame for rows in frames.values() for frame in rows]
    checked = map_ordered(check_frame, tasks, processes, progress, f"checking {name}")
    pairs = list(zip(tasks, checked, strict=True))
    refuse_shared_content((frame.split, str(frame.image), result.image_sha256) for frame, result in pairs)
    manifest = _manifest(name, pairs, root, output, class_names, palette)
    output.mkdir(parents=True, exist_ok=True)
    manifest.save(output / MANIFEST_NAME)
    return manifest


def _manifest(
    name: str,
    pairs: Sequence[tuple[Frame, CheckedFrame]],
    root: Path,
    output: Path,
    class_names: tuple[str, ...],
    palette: tuple[Colour, ...],
) -> Manifest:
    items: dict[str, list[Item]] = {}
    histograms: dict[str, np.ndarray] = {}
    sources: list[tuple[str, str]] = []
    for frame, result in pairs:
        image, source = frame.image.relative_to(root).as_posix(), frame.label.relative_to(root).as_posix()
        items.setdefault(frame.split, []).append(
            Item(
                name=frame.name,
                image=image,
                label=frame.target.relative_to(output).as_posix(),
                width=result.width,
                height=result.height,
                image_sha256=result.image_sha256,
                label_sha256=result.label_sha256,
            )
        )
        total = histograms.setdefault(frame.split, np.zeros(256, dtype=np.int64))
        total += np.asarray(result.histogram)
        sources += [(image, result.image_sha256), (source, result.source_label_sha256)]
    return Manifest(
        name=name,
        class_names=class_names,
        palette=palette,
        splits={split: tuple(rows) for split, rows in items.items()},
        labelled={split: bool(total[: len(class_names)].any()) for split, total in histograms.items()},
        counts={split: len(rows) for split, rows in items.items()},
        class_shares={split: _shares(total, class_names) for split, total in histograms.items()},
        unknown_pixels=sum(result.unknown_pixels for _, result in pairs),
        source_sha256=digest_of(sources),
    )


def _shares(histogram: np.ndarray, class_names: tuple[str, ...]) -> dict[str, float]:
    total = int(histogram.sum())
    shares = {name: int(histogram[index]) / total for index, name in enumerate(class_names)}
    return {**shares, VOID: int(histogram[IGNORE]) / total}
