"""The two described sets of the paper, as the tests ask for them: tables, label readers, preparation."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pipeline_src.config.datasets import described
from pipeline_src.data.classes import train_id_of_raw
from pipeline_src.data.manifest import Manifest
from pipeline_src.data.prepare import official_of, prepare_data
from pipeline_src.data.values import reader_of

CITYSCAPES, CAMVID = described("cityscapes"), described("camvid")
CITYSCAPES_CLASSES, CITYSCAPES_PALETTE = CITYSCAPES.class_names, CITYSCAPES.palette
CITYSCAPES_RAW = CITYSCAPES.raw
CITYSCAPES_ID_TO_TRAIN = train_id_of_raw(CITYSCAPES)
CAMVID_CLASSES, CAMVID_PALETTE = CAMVID.class_names, CAMVID.palette
CAMVID_32 = CAMVID.raw
OFFICIAL = {"cityscapes": official_of(CITYSCAPES), "camvid": official_of(CAMVID)}

NOWHERE = Path("nowhere")  # of class tables, which these layouts have not
train_ids_of = reader_of(CITYSCAPES, CITYSCAPES.layouts["official"], NOWHERE)
train_ids_of_indices = reader_of(CAMVID, CAMVID.layouts["indexed"], NOWHERE)
train_ids_of_colours = reader_of(CAMVID, CAMVID.layouts["original"], NOWHERE)


def prepare_camvid(root: Path, output: Path, layout: str = "auto", processes: int = 1) -> Manifest:
    return prepare_data("camvid", root, output, layout=layout, processes=processes)


def prepare_cityscapes(
    root: Path,
    output: Path,
    splits: Sequence[str] | None = None,
    coarse: bool | None = None,
    processes: int = 1,
) -> Manifest:
    return prepare_data("cityscapes", root, output, splits=splits, coarse=coarse, processes=processes)
