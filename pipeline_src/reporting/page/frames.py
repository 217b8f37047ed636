"""Frames of Figures 8 and 9 one by one, for a slider between label and prediction. [no torch]"""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Set
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pipeline_src import places
from pipeline_src.reporting.read.predictions import Frame, Predictions, frame_pixels, read_predictions

QUALITY = 80
"""Of a photograph as JPEG, which only lies below the labels."""


def frames_of(results: Path, dead: Mapping[str, str]) -> dict[str, Any]:
    """What the page's script shows of each figure whose pictures are there, as JSON values.

    Args:
        results: the folder `results/SCALE`.
        dead: by letter, which of networks A, B and C are dead, and why.

    Published results have the index and no pictures; then the figure stands alone, as on paper.

    Raises:
        UserError: an index or a picture is malformed.
    """
    found = {}
    for figure in places.SHOWN_FIGURES:
        path = results / places.predictions(figure)
        if not path.is_file():
            continue
        index = read_predictions(path)
        if all((path.parent / name).is_file() for frame in index.frames for name in frame.files.values()):
            found[figure] = _figure(index, path.parent, {f"AutoRTNet-{letter}" for letter in dead})
    return found


def _figure(index: Predictions, folder: Path, dead: Set[str]) -> dict[str, Any]:
    classes = [(one.name, one.colour) for one in index.classes if one.present]
    classes += [("void", index.void.colour)] if index.void.present else []
    return {
        "classes": [{"name": name, "colour": list(colour)} for name, colour in classes],
        "networks": [
            {
                "column": one.column,
                "label": f"{one.label} (dead network)" if one.label in dead else one.label,
            }
            for one in index.networks
        ],
        "frames": [_frame(one, index, folder) for one in index.frames],
    }


def _frame(frame: Frame, index: Predictions, folder: Path) -> dict[str, Any]:
    columns = ["truth", *(one.column for one in index.networks)]
    maps = {one: _png(frame_pixels(folder / frame.files[one], smooth=False)) for one in columns}
    scores = {
        one: "no labels" if score is None else f"mIoU {100 * score:.1f} %"
        for one, score in frame.miou.items()
    }
    image = _jpeg(frame_pixels(folder / frame.files["image"], smooth=True))
    return {"name": frame.name, "image": image, "maps": maps, "miou": scores}


def _png(pixels: NDArray[np.uint8]) -> str:
    return _uri(pixels, "png", optimize=True)


def _jpeg(pixels: NDArray[np.uint8]) -> str:
    return _uri(pixels, "jpeg", quality=QUALITY)


def _uri(pixels: NDArray[np.uint8], kind: str, **keywords: Any) -> str:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, format=kind, **keywords)
    return f"data:image/{kind};base64,{base64.b64encode(stream.getvalue()).decode('ascii')}"
