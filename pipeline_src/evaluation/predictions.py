"""Some frames of a split with labels and predictions as pictures, and an index of them (Figures 8 and 9).

Shape legend: H W pixels of a frame.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from pipeline_src.config.models import Precision
from pipeline_src.data.classes import colourise
from pipeline_src.data.datasets import SegmentationDataset
from pipeline_src.data.images import write_png
from pipeline_src.errors import CheckpointError
from pipeline_src.evaluation.confusion import ConfusionMatrix
from pipeline_src.evaluation.metrics import predict_classes

VOID_COLOUR = (0, 0, 0)
"""What `colourise` paints outside of the palette; the colour of void in Cityscapes and CamVid, too."""


@dataclass(frozen=True)
class Column:
    """One network of a figure.

    Attributes:
        name: of its files and keys, such as `icnet`.
        label: its heading.
        network: in evaluation mode, on the device.
        metadata: of its weights file.
    """

    name: str
    label: str
    network: nn.Module
    metadata: Mapping[str, Any]


def evenly_spaced(length: int, count: int) -> list[int]:
    """Indices of `count` frames in the middle of as many equal parts; all frames where there are fewer."""
    if length <= count:
        return list(range(length))
    return [(2 * part + 1) * length // (2 * count) for part in range(count)]


def draw_frames(
    data: SegmentationDataset,
    indices: Sequence[int],
    columns: Sequence[Column],
    folder: Path,
    device: torch.device,
    precision: Precision = "float32",
) -> dict[str, Any]:
    """Write PNGs `N_image`, `N_truth` and `N_COLUMN` of each frame, at the frame's own size.

    Args:
        data: with an evaluation transform.
        indices: of the frames.

    Returns:
        The index as JSON values: data set, split, classes with colours and whether they occur here,
        networks, and for each frame its files and each network's mIoU on it (0..1, None without labels).

    Raises:
        CheckpointError: a network yields values that are not numbers.
        DataError: a frame cannot be read or written.
    """
    manifest = data.manifest
    frames, seen = [], np.zeros(256, dtype=bool)
    for number, index in enumerate(indices, start=1):
        pixels, truth = data.arrays(index)
        maps = {"truth": truth}
        for column in columns:
            maps[column.name] = _prediction(column, data[index][0], truth.shape, device, precision)
        files = {"image": f"{number}_image.png"} | {name: f"{number}_{name}.png" for name in maps}
        write_png(folder / files["image"], pixels)
        for name, classes in maps.items():
            seen |= np.bincount(classes.ravel(), minlength=256) > 0
            write_png(folder / files[name], colourise(classes, manifest.palette))
        scores = {column.name: _miou(truth, maps[column.name], data.num_classes) for column in columns}
        frames.append({"name": data.items[index].name, "files": files, "miou": scores})
    painted = zip(manifest.class_names, manifest.palette, seen.tolist(), strict=False)
    return {
        "dataset": manifest.name,
        "split": ",".join(data.splits),
        "images_in_split": len(data),
        "classes": [{"name": name, "colour": colour, "present": here} for name, colour, here in painted],
        "void": {"colour": VOID_COLOUR, "present": bool(seen[manifest.ignore])},
        "networks": [_described(column) for column in columns],
        "frames": frames,
    }


def _described(column: Column) -> dict[str, Any]:
    known = {key: column.metadata.get(key) for key in ("epoch", "pretrained")}
    return {"column": column.name, "label": column.label, **known}


def _prediction(
    column: Column, image: torch.Tensor, size: Sequence[int], device: torch.device, precision: Precision
) -> NDArray[np.uint8]:
    try:
        return predict_classes(
            column.network, image[None], [(int(size[0]), int(size[1]))], device, precision
        )[0]
    except CheckpointError as error:
        raise CheckpointError(column.label, error.problem, error.remedy) from error


def _miou(truth: NDArray[np.uint8], prediction: NDArray[np.uint8], num_classes: int) -> float | None:
    """Over the classes that the frame's label or prediction holds; None without labelled pixels."""
    matrix = ConfusionMatrix(num_classes)
    matrix.update(truth, prediction)
    return None if np.isnan(matrix.miou()) else round(matrix.miou(), 6)
