"""The index and the pictures of `autortnet draw-predictions` (Figures 8 and 9). [no torch, no matplotlib]"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipeline_src.artifacts import read_json
from pipeline_src.data.images import read_rgb
from pipeline_src.errors import UserError, first_fault

WIDEST_PX = 400
"""Frames are reduced to this width: a column is no wider in print, and a large frame would swell the page."""
_REMEDY = "Run `autortnet draw-predictions` again."


class _Index(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class ClassColour(_Index):
    """A class as it is painted, and whether a shown label or prediction holds it."""

    name: str
    colour: tuple[int, int, int]
    present: bool


class Void(_Index):
    """How pixels without a class are painted, and whether there are any."""

    colour: tuple[int, int, int]
    present: bool


class Network(_Index):
    """A column: its key in files and scores, its heading, and how it was trained."""

    column: str
    label: str
    epoch: int | None = None
    pretrained: bool | None = None


class Frame(_Index):
    """A row: its name, its files by column, and each network's mIoU on it (0..1)."""

    name: str
    files: dict[str, str]
    miou: dict[str, float | None]


class Predictions(_Index):
    """The index beside the pictures."""

    dataset: str
    split: str
    images_in_split: int
    classes: tuple[ClassColour, ...]
    void: Void
    networks: tuple[Network, ...]
    frames: Annotated[tuple[Frame, ...], Field(min_length=1)]


def read_predictions(path: Path) -> Predictions:
    """The index.

    Raises:
        UserError: it is no index of predictions.
    """
    try:
        return Predictions.model_validate(read_json(path))
    except ValidationError as error:
        raise UserError(path, f"is no index of predictions: {first_fault(error)}.", _REMEDY) from error


def frame_pixels(path: Path, smooth: bool) -> NDArray[np.uint8]:
    """A frame as uint8 (H, W, 3), no wider than `WIDEST_PX`; label maps keep their colours exactly.

    Raises:
        UserError: it is missing or cannot be read.
    """
    if not path.exists():
        raise UserError(path, "is missing, but the index beside it names it.", _REMEDY)
    pixels: NDArray[np.uint8] = read_rgb(path)
    height, width = pixels.shape[:2]
    if width <= WIDEST_PX:
        return pixels
    size = (WIDEST_PX, max(1, round(height * WIDEST_PX / width)))
    kind = Image.Resampling.LANCZOS if smooth else Image.Resampling.NEAREST
    return np.asarray(Image.fromarray(pixels).resize(size, kind))
