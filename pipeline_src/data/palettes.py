"""Label maps that carry a palette: its colours must not say another class than the indices do."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from PIL import Image

from pipeline_src.data.classes import Colour
from pipeline_src.errors import DataError

_BLACK = (0, 0, 0)  # void in every set, and what writers fill unused entries with


def refuse_contrary_palette(
    label: Image.Image, path: Path, classes: Mapping[int, tuple[str, Colour]], name: str
) -> None:
    """Raise DataError where a palette image shows the set's own colours, but at the indices of other classes.

    A palette of other colours (grey, or another toolkit's) says nothing, and is left alone.

    Args:
        classes: name and colour of the label of each index. name: the set, for messages.
    """
    palette = label.getpalette("RGB") if label.mode == "P" else None
    if palette is None:
        return
    meant: dict[Colour, list[str]] = {}
    for title, colour in classes.values():
        meant.setdefault(colour, []).append(title)
    contrary = []
    for index in np.unique(np.asarray(label)).tolist():
        red, green, blue = palette[3 * index : 3 * index + 3] or _BLACK
        shown = (red, green, blue)
        if index not in classes or _BLACK in (shown, classes[index][1]):
            continue
        if shown not in meant:
            return
        if classes[index][0] not in meant[shown]:
            contrary.append((index, meant[shown][0], classes[index][0]))
    if contrary:
        index, shown_as, read_as = contrary[0]
        raise DataError(
            path,
            f"has a palette that contradicts its indices: index {index} has the colour of {shown_as}, and is "
            f"{read_as} in {name} ({len(contrary)} indices in all).",
            "Use the label maps of the set's own indices, or mend whichever of the two is wrong.",
        )
