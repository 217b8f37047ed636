"""Labels that can be read but look wrong: refused where the numbers leave no doubt, else a warning."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from pipeline_src.data.classes import IGNORE
from pipeline_src.data.folders import count_of
from pipeline_src.data.official import Official
from pipeline_src.errors import DataError

VOID_SHARE = {"coarse": 0.75}
"""A larger share of void pixels is worth a word, by split; half elsewhere."""
FAR, NEARER = 0.3, 0.5
"""Class shares differ from the official ones by this much (total variation, 0..1) before anything is said;
another reading of the values is taken for the right one at this part of the difference, or less."""


@dataclass
class Totals:
    """What the frames of a split add up to.

    Attributes:
        values: pixels by value of the label files; None where these are colours. train: by train id.
        unlabelled: frames without a pixel of any class. sizes: frames by (width, height).
        turned, deep: images turned by their EXIF, and grey images of 16 bits.
    """

    frames: int = 0
    values: np.ndarray | None = None
    train: np.ndarray = field(default_factory=lambda: np.zeros(256, dtype=np.int64))
    unlabelled: int = 0
    sizes: Counter[tuple[int, int]] = field(default_factory=Counter)
    turned: int = 0
    deep: int = 0


def refuse_mixed_sizes(totals: Mapping[str, Totals], root: Path) -> None:
    """Raise DataError when the frames of a split differ in size: no batch could be made of them."""
    for split, total in totals.items():
        if len(total.sizes) > 1:
            (_, most), *others = total.sizes.most_common()
            shown = ", ".join(f"{count} of {w}x{h} px" for (w, h), count in total.sizes.most_common(4))
            raise DataError(
                root,
                f"has frames of {len(total.sizes)} sizes in split {split!r}: {shown}.",
                f"Bring the {sum(count for _, count in others)} others to the size of the {most}, images and "
                "labels alike.",
            )


def refuse_unlabelled(
    totals: Mapping[str, Totals], classes: Sequence[str], root: Path, allowed: Sequence[str]
) -> None:
    """Raise DataError when a split has no labelled pixel, or training labels only one class.

    Args:
        allowed: splits that may be without labels, such as a benchmark's test set.
    """
    for split, total in totals.items():
        present = int(np.count_nonzero(total.train[: len(classes)]))
        if not present and split not in allowed:
            raise DataError(
                root,
                f"has no labelled pixel in split {split!r}: all {count_of(range(total.frames), 'label')} are "
                "void throughout.",
                "Use the split's own labels; a network would learn nothing from these.",
            )
        if present == 1 and split == "train" and len(classes) > 1:
            only = classes[int(total.train[: len(classes)].argmax())]
            raise DataError(
                root,
                f"has pixels of one class only ({only}) in split 'train', of {len(classes)} classes.",
                "Use labels in which all classes occur.",
            )


def refuse_other_reading(
    split: str,
    total: Totals,
    train_of: np.ndarray,
    official: Official | None,
    classes: Sequence[str],
    root: Path,
) -> None:
    """Raise DataError when the labels of a split are train ids, or indices shifted by one.

    Every such value is in range. What gives them away is that no value from the number of classes on occurs
    where many classes have one, or that their shares fit the official ones far better in another reading.

    Args:
        train_of: uint8 (256,), the train id of each value.
    """
    if total.values is None or not total.train[: len(classes)].any():
        return
    count = len(classes)
    high = np.flatnonzero((np.arange(256) >= count) & (train_of != IGNORE))
    if len(high) >= 3 and not total.values[count:].any():
        raise DataError(
            root,
            f"has labels in split {split!r} whose values go to {np.flatnonzero(total.values)[-1]} only, and "
            f"{len(high)} of the {count} classes have values from {count} on: these look like train ids.",
            "Use the label maps of the official ids.",
        )
    if official is None or not official.train_percent:
        return
    ours = _difference(_read(total.values, train_of, count), official)
    if ours <= FAR:
        return
    others = {
        "when every value is lowered by one": np.roll(total.values, -1),
        "when every value is raised by one": np.roll(total.values, 1),
    }
    for words, values in others.items():
        theirs = _difference(_read(values, train_of, count), official)
        if theirs <= NEARER * ours:
            raise DataError(
                root,
                f"has class shares in split {split!r} that differ from the official ones by {ours:.2f} "
                f"(0 to 1), and by {theirs:.2f} {words}: the indices look shifted.",
                "Use the label maps of the official indices.",
            )


def doubts_of(
    totals: Mapping[str, Totals], classes: Sequence[str], official: Official | None
) -> tuple[str, ...]:
    """What a user should look at, with its number; nothing where all is as it should be."""
    found = _counts(totals, official) if official else []
    for split, total in totals.items():
        pixels = int(total.train.sum())
        labelled = total.train[: len(classes)]
        if labelled.any():
            found += _of_labels(split, total, classes, pixels)
        for number, problem in (
            (total.turned, "are turned by their EXIF, and were read upright"),
            (total.deep, "are grey with 16 bits, of which the upper 8 were read"),
        ):
            if number:
                found.append(f"{split}: {number} of {total.frames} images {problem}")
    train = totals.get("train")
    if official and official.train_percent and train is not None and train.train[: len(classes)].any():
        difference = _difference(train.train[: len(classes)], official)
        if difference > FAR:
            found.append(f"train: class shares differ from the official ones by {difference:.2f} (0 to 1)")
    sizes = {split: next(iter(total.sizes)) for split, total in totals.items() if total.sizes}
    if len(set(sizes.values())) > 1:
        shown = ", ".join(f"{split} {w}x{h}" for split, (w, h) in sizes.items())
        found.append(f"frame sizes differ between splits: {shown} px")
    return tuple(found)


def _of_labels(split: str, total: Totals, classes: Sequence[str], pixels: int) -> list[str]:
    found = []
    void = 1 - int(total.train[: len(classes)].sum()) / pixels
    if void > VOID_SHARE.get(split, 0.5):
        found.append(f"{split}: {void:.1%} of the pixels are void")
    if total.unlabelled:
        found.append(f"{split}: {total.unlabelled} of {total.frames} labels are void throughout")
    absent = [name for name, pixels_of in zip(classes, total.train, strict=False) if not pixels_of]
    if absent:
        found.append(f"{split}: {len(absent)} of {len(classes)} classes never occur: {', '.join(absent)}")
    return found


def _counts(totals: Mapping[str, Totals], official: Official) -> list[str]:
    return count_doubts({split: total.frames for split, total in totals.items()}, official)


def count_doubts(counts: Mapping[str, int], official: Official) -> list[str]:
    """By how many images each split differs from the official release."""
    return [
        f"{split}: {count} images, the official release has {official.counts[split]}"
        for split, count in counts.items()
        if split in official.counts and count != official.counts[split]
    ]


def _read(values: np.ndarray, train_of: np.ndarray, count: int) -> np.ndarray:
    """Pixels by class when values are read by a table."""
    return np.bincount(train_of, weights=values, minlength=256)[:count]


def _difference(pixels: np.ndarray, official: Official) -> float:
    """Total variation between two distributions over the classes, 0 (the same) to 1."""
    if not pixels.any():
        return 1.0
    theirs = np.array(official.train_percent)
    return float(np.abs(pixels / pixels.sum() - theirs / theirs.sum()).sum() / 2)
