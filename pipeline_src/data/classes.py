"""Class tables of Cityscapes and CamVid: names, colours, and how raw labels become train ids."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

Colour = tuple[int, int, int]

IGNORE = 255
"""Label value of pixels that neither the loss nor the metric may see."""


class RawClass(NamedTuple):
    """One of the 34 classes that a Cityscapes `*_labelIds.png` holds, at its raw id."""

    name: str
    train_id: int
    colour: Colour


# The official table (cityscapesscripts, helpers/labels.py), in the order of raw ids 0 to 33.
CITYSCAPES_RAW: tuple[RawClass, ...] = (
    RawClass("unlabeled", IGNORE, (0, 0, 0)),
    RawClass("ego vehicle", IGNORE, (0, 0, 0)),
    RawClass("rectification border", IGNORE, (0, 0, 0)),
    RawClass("out of roi", IGNORE, (0, 0, 0)),
    RawClass("static", IGNORE, (0, 0, 0)),
    RawClass("dynamic", IGNORE, (111, 74, 0)),
    RawClass("ground", IGNORE, (81, 0, 81)),
    RawClass("road", 0, (128, 64, 128)),
    RawClass("sidewalk", 1, (244, 35, 232)),
    RawClass("parking", IGNORE, (250, 170, 160)),
    RawClass("rail track", IGNORE, (230, 150, 140)),
    RawClass("building", 2, (70, 70, 70)),
    RawClass("wall", 3, (102, 102, 156)),
    RawClass("fence", 4, (190, 153, 153)),
    RawClass("guard rail", IGNORE, (180, 165, 180)),
    RawClass("bridge", IGNORE, (150, 100, 100)),
    RawClass("tunnel", IGNORE, (150, 120, 90)),
    RawClass("pole", 5, (153, 153, 153)),
    RawClass("polegroup", IGNORE, (153, 153, 153)),
    RawClass("traffic light", 6, (250, 170, 30)),
    RawClass("traffic sign", 7, (220, 220, 0)),
    RawClass("vegetation", 8, (107, 142, 35)),
    RawClass("terrain", 9, (152, 251, 152)),
    RawClass("sky", 10, (70, 130, 180)),
    RawClass("person", 11, (220, 20, 60)),
    RawClass("rider", 12, (255, 0, 0)),
    RawClass("car", 13, (0, 0, 142)),
    RawClass("truck", 14, (0, 0, 70)),
    RawClass("bus", 15, (0, 60, 100)),
    RawClass("caravan", IGNORE, (0, 0, 90)),
    RawClass("trailer", IGNORE, (0, 0, 110)),
    RawClass("train", 16, (0, 80, 100)),
    RawClass("motorcycle", 17, (0, 0, 230)),
    RawClass("bicycle", 18, (119, 11, 32)),
)

RAW_ID: dict[str, int] = {row.name: raw_id for raw_id, row in enumerate(CITYSCAPES_RAW)}
CITYSCAPES_ID_TO_TRAIN: dict[int, int] = {raw_id: row.train_id for raw_id, row in enumerate(CITYSCAPES_RAW)}
_TRAINED = sorted((row for row in CITYSCAPES_RAW if row.train_id != IGNORE), key=lambda row: row.train_id)
CITYSCAPES_CLASSES: tuple[str, ...] = tuple(row.name for row in _TRAINED)
CITYSCAPES_PALETTE: tuple[Colour, ...] = tuple(row.colour for row in _TRAINED)

CAMVID_CLASSES: tuple[str, ...] = (
    "Sky",
    "Building",
    "Pole",
    "Road",
    "Pavement",
    "Tree",
    "SignSymbol",
    "Fence",
    "Car",
    "Pedestrian",
    "Bicyclist",
)
CAMVID_PALETTE: tuple[Colour, ...] = (
    (128, 128, 128),
    (128, 0, 0),
    (192, 192, 128),
    (128, 64, 128),
    (0, 0, 192),
    (128, 128, 0),
    (192, 128, 128),
    (64, 64, 128),
    (64, 0, 128),
    (64, 64, 0),
    (0, 128, 192),
)
CAMVID_VOID_INDEX = 11
"""Value of void pixels in the 480x360 layout of class indices."""


class ColourClass(NamedTuple):
    """One of CamVid's 32 classes: its colour in `*_L.png` and its place among the 11."""

    name: str
    colour: Colour
    group: int


# Official colours (label_colors.txt); grouping as in the widely used 11-class protocol.
CAMVID_32: tuple[ColourClass, ...] = (
    ColourClass("Animal", (64, 128, 64), 9),
    ColourClass("Archway", (192, 0, 128), 1),
    ColourClass("Bicyclist", (0, 128, 192), 10),
    ColourClass("Bridge", (0, 128, 64), 1),
    ColourClass("Building", (128, 0, 0), 1),
    ColourClass("Car", (64, 0, 128), 8),
    ColourClass("CartLuggagePram", (64, 0, 192), 9),
    ColourClass("Child", (192, 128, 64), 9),
    ColourClass("Column_Pole", (192, 192, 128), 2),
    ColourClass("Fence", (64, 64, 128), 7),
    ColourClass("LaneMkgsDriv", (128, 0, 192), 3),
    ColourClass("LaneMkgsNonDriv", (192, 0, 64), 3),
    ColourClass("Misc_Text", (128, 128, 64), 6),
    ColourClass("MotorcycleScooter", (192, 0, 192), 10),
    ColourClass("OtherMoving", (128, 64, 64), 8),
    ColourClass("ParkingBlock", (64, 192, 128), 4),
    ColourClass("Pedestrian", (64, 64, 0), 9),
    ColourClass("Road", (128, 64, 128), 3),
    ColourClass("RoadShoulder", (128, 128, 192), 4),
    ColourClass("Sidewalk", (0, 0, 192), 4),
    ColourClass("SignSymbol", (192, 128, 128), 6),
    ColourClass("Sky", (128, 128, 128), 0),
    ColourClass("SUVPickupTruck", (64, 128, 192), 8),
    ColourClass("TrafficCone", (0, 0, 64), 2),
    ColourClass("TrafficLight", (0, 64, 64), 6),
    ColourClass("Train", (192, 64, 128), 8),
    ColourClass("Tree", (128, 128, 0), 5),
    ColourClass("Truck_Bus", (192, 128, 192), 8),
    ColourClass("Tunnel", (64, 0, 64), 1),
    ColourClass("VegetationMisc", (192, 192, 0), 5),
    ColourClass("Void", (0, 0, 0), IGNORE),
    ColourClass("Wall", (64, 192, 0), 1),
)
CAMVID_32_INDEX: dict[str, int] = {row.name: index for index, row in enumerate(CAMVID_32)}


def colourise(train_ids: np.ndarray, palette: tuple[Colour, ...]) -> np.ndarray:
    """Colour a map of train ids: uint8 (H, W) to uint8 (H, W, 3); everything outside the palette is black."""
    table = np.zeros((256, 3), dtype=np.uint8)
    table[: len(palette)] = palette
    return table[train_ids]
