"""The Cityscapes test submission: label-id PNGs, named and packed as the benchmark's server takes them.

[no torch] The server's own script (cityscapesscripts, evalPixelLevelSemanticLabeling) looks for
`CITY_SEQUENCE_FRAME*.png` and reads 8-bit single-channel label ids at the size of the ground truth.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pipeline_src.artifacts import write_atomically
from pipeline_src.data.classes import IGNORE
from pipeline_src.errors import DataError

_FRAME = re.compile(r"[A-Za-z-]+_\d{6}_\d{6}")
_EPOCH_OF_ZIP = (1980, 1, 1, 0, 0, 0)
SUFFIX = "_pred_labelIds.png"


def submission_name(frame: str) -> str:
    """The file name of a frame's prediction.

    Args:
        frame: a name that starts with `CITY_SEQUENCE_FRAME`, as `berlin_000000_000019_leftImg8bit`.

    Raises:
        DataError: it does not.
    """
    match = _FRAME.match(frame)
    if match is None:
        raise DataError(
            frame,
            "is not a Cityscapes frame name (CITY_SEQUENCE_FRAME, six digits each).",
            "Submit predictions of Cityscapes' own frames only.",
        )
    return match.group() + SUFFIX


def to_label_ids(prediction: NDArray[np.integer], id_to_train: Mapping[int, int]) -> NDArray[np.uint8]:
    """Map train ids (H, W) back to the raw label ids of Cityscapes.

    Args:
        id_to_train: raw id -> train id of the evaluated classes; others may be 255.

    Raises:
        ValueError: a train id that no raw id maps to.
    """
    train_to_id = {train: raw for raw, train in id_to_train.items() if train != IGNORE and raw >= 0}
    table = np.full(256, IGNORE, dtype=np.uint8)
    table[list(train_to_id)] = list(train_to_id.values())
    label_ids = table[prediction]
    if (label_ids == IGNORE).any():
        raise ValueError("a prediction holds a train id that stands for no class")
    return label_ids


def write_prediction(
    folder: Path, frame: str, prediction: NDArray[np.integer], id_to_train: Mapping[int, int]
) -> Path:
    """Write one frame's train-id prediction (H, W) at full resolution; returns the file's path."""
    path = folder / submission_name(frame)
    picture = Image.fromarray(to_label_ids(prediction, id_to_train))
    write_atomically(path, lambda temporary: picture.save(temporary, format="PNG", compress_level=1))
    return path


def pack_submission(paths: Sequence[Path], archive: Path) -> None:
    """Pack prediction files flat into one zip; the same files give the same bytes.

    Raises:
        DataError: there are none, or two files have one name.
    """
    names = [path.name for path in paths]
    if not names or len(set(names)) != len(names):
        problem = "has no predictions." if not names else "holds two predictions of one frame."
        raise DataError(archive, problem, "Check the split's manifest.")

    def write(temporary: Path) -> None:
        # PNGs are compressed already: storing them is as small and much faster.
        with zipfile.ZipFile(temporary, "w", zipfile.ZIP_STORED) as pack:
            for path in sorted(paths, key=lambda one: one.name):
                pack.writestr(zipfile.ZipInfo(path.name, _EPOCH_OF_ZIP), path.read_bytes())

    write_atomically(archive, write)
