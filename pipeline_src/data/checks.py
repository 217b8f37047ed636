"""What `prepare` checks of every frame, and the manifest made of it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from pipeline_src.artifacts import sha256_of
from pipeline_src.data.classes import IGNORE, Colour
from pipeline_src.data.doubts import (
    Totals,
    doubts_of,
    refuse_mixed_sizes,
    refuse_other_reading,
    refuse_unlabelled,
)
from pipeline_src.data.folders import count_of
from pipeline_src.data.images import (
    INDEX_MODES,
    decode,
    decode_label,
    encode_png,
    is_deep,
    is_turned,
    read_bytes,
    to_rgb,
    to_values,
    upright,
    write_bytes,
)
from pipeline_src.data.manifest import MANIFEST_NAME, VOID, Item, Manifest, digest_of, drop_manifest
from pipeline_src.data.official import Official
from pipeline_src.data.parallel import Progress, map_ordered, silent
from pipeline_src.data.same_frames import Seen, fingerprint, shared_frames
from pipeline_src.data.sources import CLAIM_NAME
from pipeline_src.errors import DataError

LabelReader = Callable[[Image.Image, Path], tuple[np.ndarray, int]]
"""Turns a decoded label file into train ids, uint8 (H, W), and the count of pixels of unknown value."""


@dataclass(frozen=True)
class Labels:
    """How a set is labelled.

    Attributes:
        class_names, palette: of the train ids 0..K-1.
        train_of: uint8 (256,), the train id of each value of a label file; None where these are colours.
        may_lack: splits that may be without labels.
    """

    class_names: tuple[str, ...]
    palette: tuple[Colour, ...]
    train_of: np.ndarray | None = None
    may_lack: tuple[str, ...] = ()


@dataclass(frozen=True)
class Frame:
    """An image and its source label, to be checked; `target` is where the label of train ids goes.

    Without a source label (None) every pixel is void.
    """

    name: str
    split: str
    image: Path
    label: Path | None
    target: Path
    read_label: LabelReader


@dataclass(frozen=True)
class CheckedFrame:
    """What a check found: size in pixels, checksums, pixels per value of the source label and per train id
    (256 each; no values where the source is coloured or has larger ones), and what `doubts.Totals` counts."""

    width: int
    height: int
    image_sha256: str
    source_sha256: str | None
    label_sha256: str
    blocks: bytes
    values: tuple[int, ...] | None
    histogram: tuple[int, ...]
    unknown_pixels: int
    turned: bool
    deep: bool


def check_frame(frame: Frame) -> CheckedFrame:
    """Check one frame and write its label of train ids.

    Raises:
        DataError: a file is unreadable, the sizes differ, or the label holds an unknown value.
    """
    content = read_bytes(frame.image)
    image = decode(content, frame.image)
    pixels = to_rgb(upright(image))
    source, values = None, None
    if frame.label is None:
        train_ids, unknown = np.full(pixels.shape[:2], IGNORE, dtype=np.uint8), 0
    else:
        label_bytes = read_bytes(frame.label)
        source = hashlib.sha256(label_bytes).hexdigest()
        label = decode_label(label_bytes, frame.label)
        _require_size(frame, label, image, pixels)
        train_ids, unknown = frame.read_label(label, frame.label)
        if label.mode in INDEX_MODES:
            counted = np.bincount(to_values(label, frame.label).ravel(), minlength=256)
            values = tuple(counted.tolist()) if len(counted) == 256 else None
    encoded = encode_png(train_ids)
    write_bytes(frame.target, encoded)
    return CheckedFrame(
        width=pixels.shape[1],
        height=pixels.shape[0],
        image_sha256=hashlib.sha256(content).hexdigest(),
        source_sha256=source,
        label_sha256=hashlib.sha256(encoded).hexdigest(),
        blocks=fingerprint(pixels),
        values=values,
        histogram=tuple(np.bincount(train_ids.ravel(), minlength=256).tolist()),
        unknown_pixels=unknown,
        turned=is_turned(image),
        deep=is_deep(image),
    )


def _require_size(frame: Frame, label: Image.Image, image: Image.Image, pixels: np.ndarray) -> None:
    height, width = pixels.shape[:2]
    if label.size == (width, height):
        return
    turned = ", turned upright as its EXIF says" if is_turned(image) else ""
    assert frame.label is not None
    raise DataError(
        frame.label,
        f"is {label.width}x{label.height} px, but its image {frame.image} is {width}x{height} px{turned}.",
        "An image and its label must have the same size: fetch both from the same release.",
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
                raise DataError(
                    root,
                    f"frame {name} is {where}.",
                    "A frame may be in one split, once. Where these are different frames, set "
                    "`same_names: true` in the layout of the set's description.",
                )
            seen[name] = split


def refuse_shared_content(frames: Mapping[str, Sequence[Seen]]) -> None:
    """Raise DataError when an image is in two splits, by its bytes or by its pixels."""
    shared = list(shared_frames(frames))
    if shared:
        place = list(frames).index
        (split, frame), (other_split, other) = sorted(
            (shared[0][:2], shared[0][2:]), key=lambda side: place(side[0])
        )
        raise DataError(
            other.path,
            f"(split {other_split!r}) has the same content as {frame.path} (split {split!r}); "
            f"{count_of(shared, 'frame')} in all.",
            "A frame may be in one split: remove it from the other.",
        )


def prepare_frames(
    name: str,
    frames: Mapping[str, Sequence[Frame]],
    root: Path,
    output: Path,
    labels: Labels,
    official: Official | None = None,
    processes: int = 1,
    progress: Progress = silent,
    lists: Sequence[Path] = (),
) -> Manifest:
    """Check every frame, write its label and the manifest.

    Args:
        frames: by split, in the order they are to be listed.
        root: raw folder, to which the image paths are made relative.
        output: prepared folder, to which the label paths are made relative.
        official: the set's official release, against which a folder of it is held.
        lists: files in `root` that say which frames there are, and what their labels mean.

    Raises:
        DataError: see `check_frame`, `refuse_shared_names`, `refuse_shared_content` and `doubts`.
    """
    if output.resolve() == root.resolve():
        raise DataError(output, "is the folder of the raw data.", "Give another folder for the prepared set.")
    refuse_shared_names({split: [frame.name for frame in rows] for split, rows in frames.items()}, root)
    drop_manifest(output)
    tasks = [frame for rows in frames.values() for frame in rows]
    checked = map_ordered(check_frame, tasks, processes, progress, f"checking {name}")
    pairs = list(zip(tasks, checked, strict=True))
    refuse_shared_content(_seen(pairs))
    totals = _totals(pairs)
    refuse_mixed_sizes(totals, root)
    official = None if is_rendered(root) else official
    refuse_unlabelled(totals, labels.class_names, root, labels.may_lack)
    if labels.train_of is not None:
        for split, total in totals.items():
            refuse_other_reading(split, total, labels.train_of, official, labels.class_names, root)
    doubts = doubts_of(totals, labels.class_names, official)
    manifest = _manifest(name, pairs, totals, root, output, labels, lists, doubts)
    output.mkdir(parents=True, exist_ok=True)
    manifest.save(output / MANIFEST_NAME)
    return manifest


def is_rendered(root: Path) -> bool:
    """Whether the project rendered a raw folder itself."""
    return (root / CLAIM_NAME).is_file()


def _seen(pairs: Sequence[tuple[Frame, CheckedFrame]]) -> dict[str, list[Seen]]:
    found: dict[str, list[Seen]] = {}
    for frame, result in pairs:
        seen = Seen(str(frame.image), (result.width, result.height), result.image_sha256, result.blocks)
        found.setdefault(frame.split, []).append(seen)
    return found


def _totals(pairs: Sequence[tuple[Frame, CheckedFrame]]) -> dict[str, Totals]:
    found: dict[str, Totals] = {}
    for frame, result in pairs:
        total = found.setdefault(frame.split, Totals())
        histogram = np.asarray(result.histogram)
        total.frames += 1
        total.train += histogram
        total.unlabelled += int(histogram[IGNORE] == histogram.sum())
        total.sizes[result.width, result.height] += 1
        total.turned += result.turned
        total.deep += result.deep
        if result.values is not None:
            values = np.asarray(result.values)
            total.values = values if total.values is None else total.values + values
    return found


def _manifest(
    name: str,
    pairs: Sequence[tuple[Frame, CheckedFrame]],
    totals: Mapping[str, Totals],
    root: Path,
    output: Path,
    labels: Labels,
    lists: Sequence[Path],
    doubts: tuple[str, ...],
) -> Manifest:
    items: dict[str, list[Item]] = {}
    sources: list[tuple[str, str]] = []
    for frame, result in pairs:
        image = frame.image.relative_to(root).as_posix()
        source = None if frame.label is None else frame.label.relative_to(root).as_posix()
        items.setdefault(frame.split, []).append(
            Item(
                name=frame.name,
                image=image,
                label=frame.target.relative_to(output).as_posix(),
                width=result.width,
                height=result.height,
                image_sha256=result.image_sha256,
                label_sha256=result.label_sha256,
                source=source,
                source_sha256=result.source_sha256,
            )
        )
        sources.append((image, result.image_sha256))
        if source is not None and result.source_sha256 is not None:
            sources.append((source, result.source_sha256))
    names = labels.class_names
    return Manifest(
        name=name,
        class_names=names,
        palette=labels.palette,
        splits={split: tuple(rows) for split, rows in items.items()},
        labelled={split: bool(total.train[: len(names)].any()) for split, total in totals.items()},
        counts={split: len(rows) for split, rows in items.items()},
        class_shares={split: _shares(total.train, names) for split, total in totals.items()},
        unknown_pixels=sum(result.unknown_pixels for _, result in pairs),
        source_sha256=digest_of(sources),
        lists={path.relative_to(root).as_posix(): sha256_of(path) for path in lists},
        doubts=doubts,
    )


def _shares(histogram: np.ndarray, class_names: tuple[str, ...]) -> dict[str, float]:
    total = int(histogram.sum())
    shares = {name: int(histogram[index]) / total for index, name in enumerate(class_names)}
    return {**shares, VOID: int(histogram[IGNORE]) / total}
