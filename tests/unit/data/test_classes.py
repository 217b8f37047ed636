from __future__ import annotations

import numpy as np
import pytest
from known_sets import (
    CAMVID_32,
    CAMVID_CLASSES,
    CAMVID_PALETTE,
    CITYSCAPES_CLASSES,
    CITYSCAPES_ID_TO_TRAIN,
    CITYSCAPES_PALETTE,
)

from pipeline_src.data.classes import IGNORE, colourise


def test_cityscapes_table_is_the_official_one():
    labels = pytest.importorskip("cityscapesscripts.helpers.labels").labels
    official = [label for label in labels if label.id >= 0]
    assert {label.id: label.trainId for label in official} == CITYSCAPES_ID_TO_TRAIN
    trained = sorted(
        (label for label in official if label.trainId != IGNORE), key=lambda label: label.trainId
    )
    assert tuple(label.name for label in trained) == CITYSCAPES_CLASSES
    assert tuple(label.color for label in trained) == CITYSCAPES_PALETTE


def test_camvid_tables_are_those_in_circulation(real_data):
    lines = (real_data / "camvid_class_tables" / "label_colors.txt").read_text().splitlines()
    official = {line.split("\t")[-1]: tuple(int(v) for v in line.split("\t")[0].split()) for line in lines}
    assert {row.name: row.colour for row in CAMVID_32} == official
    rows = (real_data / "camvid_class_tables" / "map_32_to_11.tsv").read_text().splitlines()[1:]
    groups = {fields[0]: int(fields[4]) for fields in (row.split("\t") for row in rows)}
    assert {row.name: CAMVID_CLASSES.index(row.becomes) if row.becomes else 11 for row in CAMVID_32} == groups
    table = [
        line.split("\t") for line in (real_data / "camvid" / "classes.txt").read_text().splitlines()[1:12]
    ]
    assert tuple(tuple(int(v) for v in fields[2:5]) for fields in table) == CAMVID_PALETTE
    assert [fields[1].split(" ")[0] for fields in table] == list(CAMVID_CLASSES)


def test_colourise_leaves_ignored_pixels_black():
    coloured = colourise(np.array([[0, 10, IGNORE]], dtype=np.uint8), CAMVID_PALETTE)
    assert coloured.tolist() == [[list(CAMVID_PALETTE[0]), list(CAMVID_PALETTE[10]), [0, 0, 0]]]
