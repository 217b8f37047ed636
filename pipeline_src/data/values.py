"""How label files become train ids: by a table of numbers, or of colours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from pipeline_src.config.dataset import Colour, Description, Layout, RawEntry
from pipeline_src.config.faults import nearest
from pipeline_src.data.class_table import read_class_table
from pipeline_src.data.classes import IGNORE
from pipeline_src.data.images import to_values
from pipeline_src.data.palettes import refuse_contrary_palette
from pipeline_src.errors import DataError

MAX_UNKNOWN_SHARE = 0.01
"""A label file with a larger share of pixels of unknown colours is refused; official files have a few."""


@dataclass(frozen=True)
class NumberLabels:
    """Reads label files whose pixels are numbers.

    Attributes:
        train_of: uint8 (N,), the train id of each number; 255 where ignored.
        known: bool (N,), which numbers may occur. shown: name and colour of a number's label, for palettes.
        title, remedy: the set, and what to do about other numbers, for messages.
    """

    train_of: np.ndarray
    known: np.ndarray
    shown: Mapping[int, tuple[str, Colour]]
    title: str
    remedy: str

    def __call__(self, label: Image.Image, path: Path) -> tuple[np.ndarray, int]:
        """Train ids, uint8 (H, W), of a decoded label map of one channel; no pixel is unknown.

        Raises:
            DataError: a number that is not known, more than one channel, or a palette that says otherwise.
        """
        values = to_values(label, path)
        refuse_contrary_palette(label, path, self.shown, self.title)
        inside = np.minimum(values, len(self.known) - 1)
        wrong = (values != inside) | ~self.known[inside]
        if wrong.any():
            raise DataError(
                path,
                f"holds the unknown label value {int(values[wrong].max())}; known are "
                f"{_ranges(np.flatnonzero(self.known).tolist())}.",
                self.remedy or "Use the label maps of these values, or add the value to the description.",
            )
        return self.train_of[inside], 0


@dataclass(frozen=True)
class ColourLabels:
    """Reads label files whose pixels are colours.

    Attributes:
        codes: int32 (N,), the known colours as one number each, in order.
        train_of: uint8 (N,), their train ids.
    """

    codes: np.ndarray
    train_of: np.ndarray
    title: str
    remedy: str

    def __call__(self, label: Image.Image, path: Path) -> tuple[np.ndarray, int]:
        """Train ids, uint8 (H, W), of a decoded label map, and how many pixels had an unknown colour (void).

        Raises:
            DataError: more than MAX_UNKNOWN_SHARE of the pixels have unknown colours.
        """
        rgb = np.asarray(label.convert("RGB"))
        packed = (rgb[..., 0].astype(np.int32) << 16) | (rgb[..., 1].astype(np.int32) << 8) | rgb[..., 2]
        place = np.searchsorted(self.codes, packed).clip(max=len(self.codes) - 1)
        known = self.codes[place] == packed
        unknown = int(known.size - known.sum())
        if unknown > MAX_UNKNOWN_SHARE * known.size:
            colours, counts = np.unique(packed[~known], return_counts=True)
            worst = int(colours[counts.argmax()])
            raise DataError(
                path,
                f"has {unknown / known.size:.1%} pixels of colours that are no {self.title} class, mostly "
                f"({worst >> 16}, {worst >> 8 & 255}, {worst & 255}).",
                self.remedy or "Use the label maps as they were made, or add the colour to the description.",
            )
        return np.where(known, self.train_of[place], np.uint8(IGNORE)), unknown


def reader_of(found: Description, layout: Layout, root: Path) -> NumberLabels | ColourLabels:
    """What reads the label files of a layout.

    Raises:
        DataError: the set's own class table is absent, or names a label that the description does not.
    """
    if layout.hold == "train_ids":
        return _numbers(found, layout, [(index, name, name) for index, name in enumerate(found.class_names)])
    labels = found.labels if layout.class_table is None else _from_table(found, root / layout.class_table)
    if layout.hold == "ids":
        numbered = [(one.id, one.name, one.becomes) for one in labels if one.id is not None]
        return _numbers(found, layout, numbered, {one.name: one.colour for one in labels})
    coloured = {_code(one.colour): _train_id(found, one.becomes) for one in labels if one.colour is not None}
    coloured |= {_code(one): IGNORE for one in layout.ignored if not isinstance(one, int)}
    codes = sorted(coloured)
    return ColourLabels(
        np.array(codes, np.int32),
        np.array([coloured[code] for code in codes], np.uint8),
        found.title,
        found.wrong_values,
    )


def _numbers(
    found: Description,
    layout: Layout,
    labels: Sequence[tuple[int, str, str | None]],
    colours: Mapping[str, Colour | None] | None = None,
) -> NumberLabels:
    ignored = [one for one in layout.ignored if isinstance(one, int)]
    size = max([255, *ignored, *(value for value, _, _ in labels)]) + 1
    train_of, known = np.full(size, IGNORE, np.uint8), np.zeros(size, bool)
    shown = {}
    own = colours or {one.name: one.colour for one in found.classes}
    for value, name, becomes in labels:
        known[value], train_of[value] = True, _train_id(found, becomes)
        colour = own.get(name)
        if colour is not None:
            shown[value] = (name, colour)
    known[ignored], train_of[ignored] = True, IGNORE
    return NumberLabels(train_of, known, shown, found.title, found.wrong_values)


def _train_id(found: Description, name: str | None) -> int:
    return IGNORE if name is None else found.train_ids[name]


def _code(colour: Colour) -> int:
    red, green, blue = colour
    return red << 16 | green << 8 | blue


def _from_table(found: Description, path: Path) -> tuple[RawEntry, ...]:
    """The labels of the set's own class table, each with the class that the description gives it."""
    known = {one.name: one for one in found.labels}
    labels = []
    for number, row in enumerate(read_class_table(path)):
        if row.name not in known:
            raise DataError(
                path,
                f"names {row.name!r}, which the description of {found.title} does not."
                f"{nearest(row.name, known)}",
                "Add it to `raw`: with the class that it becomes, or null.",
            )
        one = known[row.name]
        labels.append(one.model_copy(update={"id": number, "colour": row.colour or one.colour}))
    absent = set(found.class_names) - {one.becomes for one in labels}
    if absent:
        first = min(absent, key=found.class_names.index)
        raise DataError(
            path,
            f"has no label that becomes {first!r}: the class could never occur.",
            "Complete the table, or leave the class out of the description.",
        )
    return tuple(labels)


def _ranges(numbers: Sequence[int]) -> str:
    """[0, 1, 2, 7] -> '0 to 2, 7'."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]} to {run[-1]}" for run in runs)
