"""What a scene is painted on: a map of materials from which both the picture and its labels follow.

Every shape is painted once, as the number of its material; colours and label values are looked up afterwards.
So no pixel's label can differ from what was painted there.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from PIL import Image, ImageDraw

from pipeline_src.config.datasets import described

Point = tuple[float, float]

# What a thing is: its name among Cityscapes' raw classes and among CamVid's 32.
KINDS: dict[str, tuple[str, str]] = {
    "void": ("static", "Void"),
    "ego": ("ego vehicle", "Void"),
    "road": ("road", "Road"),
    "lane mark": ("road", "LaneMkgsDriv"),
    "sidewalk": ("sidewalk", "Sidewalk"),
    "building": ("building", "Building"),
    "wall": ("wall", "Wall"),
    "fence": ("fence", "Fence"),
    "pole": ("pole", "Column_Pole"),
    "traffic light": ("traffic light", "TrafficLight"),
    "traffic sign": ("traffic sign", "SignSymbol"),
    "vegetation": ("vegetation", "Tree"),
    "terrain": ("terrain", "VegetationMisc"),
    "sky": ("sky", "Sky"),
    "person": ("person", "Pedestrian"),
    "rider": ("rider", "Bicyclist"),
    "car": ("car", "Car"),
    "truck": ("truck", "Truck_Bus"),
    "bus": ("bus", "Truck_Bus"),
    "train": ("train", "Train"),
    "motorcycle": ("motorcycle", "MotorcycleScooter"),
    "bicycle": ("bicycle", "Bicyclist"),
}
_KIND_NUMBER = {kind: number for number, kind in enumerate(KINDS)}
_RAW_IDS = {one.name: one.id for one in described("cityscapes").raw}
_RAW = np.array([_RAW_IDS[raw] for raw, _ in KINDS.values()], dtype=np.uint8)
_CAMVID = {one.name: one for one in described("camvid").raw}
_COLOURS = np.array([_CAMVID[name].colour for _, name in KINDS.values()], dtype=np.uint8)
_TRAIN_IDS = described("camvid").train_ids
CAMVID_VOID = len(_TRAIN_IDS)
"""Value of void pixels in the layout of class indices: the first that is no class."""
_INDICES = np.array(
    [_TRAIN_IDS.get(_CAMVID[name].becomes or "", CAMVID_VOID) for _, name in KINDS.values()], dtype=np.uint8
)
_GROUND = np.isin(list(KINDS), ("road", "lane mark", "sidewalk", "terrain"))


@dataclass
class Labels:
    """Exact label maps of one frame.

    Attributes:
        raw_ids: Cityscapes raw ids, uint8 (H, W). camvid_indices: 0..11 (11 void), uint8 (H, W).
        camvid_colours: the 32 colours, uint8 (H, W, 3).
    """

    raw_ids: np.ndarray
    camvid_indices: np.ndarray
    camvid_colours: np.ndarray


@dataclass
class Canvas:
    """A map of material numbers, and a map of shade cast on the ground (255: none)."""

    height: int
    width: int
    colours: list[Sequence[float]] = field(default_factory=list)
    kinds: list[int] = field(default_factory=list)
    textures: list[float] = field(default_factory=list)
    distances: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.image = Image.new("I", (self.width, self.height), 0)
        self.draw = ImageDraw.Draw(self.image)
        self.shade_image = Image.new("L", (self.width, self.height), 255)
        self.shade_draw = ImageDraw.Draw(self.shade_image)

    def material(self, kind: str, colour: Sequence[float], distance_m: float, texture: float = 0.04) -> int:
        """Number of a new material.

        Args:
            kind: key of KINDS. colour: RGB in 0..255. distance_m: for haze; that of ground is taken
                per row instead. texture: relative amplitude of its brightness pattern.
        """
        self.colours.append(colour)
        self.kinds.append(_KIND_NUMBER[kind])
        self.textures.append(texture)
        self.distances.append(distance_m)
        return len(self.colours) - 1

    def polygon(self, points: Sequence[Point], material: int) -> None:
        """Fill a polygon given in pixels."""
        self.draw.polygon(points, fill=material)

    def ellipse(self, left: float, top: float, right: float, bottom: float, material: int) -> None:
        """Fill the ellipse in a box given in pixels."""
        if right >= left and bottom >= top:
            self.draw.ellipse((left, top, right, bottom), fill=material)

    def line(self, points: Sequence[Point], width_px: float, material: int) -> None:
        """Draw a line at least one pixel wide."""
        self.draw.line(points, fill=material, width=max(1, round(width_px)))

    def shade(self, points: Sequence[Point], level: int) -> None:
        """Cast shade on the ground within a polygon; `level` is the light left, 0..255."""
        self.shade_draw.polygon(points, fill=level)

    def materials(self) -> np.ndarray:
        """Material number of every pixel, int32 (H, W)."""
        return np.asarray(self.image)

    def ground_map(self) -> np.ndarray:
        """Whether a pixel shows the ground, bool (H, W)."""
        return np.take(_GROUND[self.kinds], self.materials())

    def labels(self) -> Labels:
        """The exact labels of what was painted."""
        kinds = np.take(np.array(self.kinds, dtype=np.uint8), self.materials())
        return Labels(np.take(_RAW, kinds), np.take(_INDICES, kinds), np.take(_COLOURS, kinds, axis=0))


@dataclass(frozen=True)
class Camera:
    """A pinhole camera above a level road, looking along it.

    Coordinates in metres: x to the right of the camera's lane, y up from the ground, z ahead.

    Attributes:
        focal_px, centre_px, horizon_px: projection. height_m: of the lens.
        bend: sideways drift of the road, metres per square metre of distance. mirror: -1 drives on the left.
    """

    focal_px: float
    centre_px: float
    horizon_px: float
    height_m: float
    bend: float = 0.0
    mirror: float = 1.0

    def point(self, x: float, y: float, z: float) -> Point:
        """Pixel position of a point; z is kept off the lens."""
        z = max(z, 0.5)
        scale = self.focal_px / z
        drift = self.bend * min(z, 60.0) ** 2
        return (
            self.centre_px + self.mirror * scale * (x + drift),
            self.horizon_px + scale * (self.height_m - y),
        )

    def scale(self, z: float) -> float:
        """Pixels per metre at distance z."""
        return self.focal_px / max(z, 0.5)


@dataclass(frozen=True)
class Board:
    """An upright plane that faces the camera at (x, z), for things drawn flat.

    `squeeze` narrows it (a thing seen at an angle); a negative one turns it round.
    """

    canvas: Canvas
    camera: Camera
    x: float
    z: float
    squeeze: float = 1.0

    def point(self, right: float, up: float) -> Point:
        """Pixel position of a point given in metres from the foot of the board."""
        left, top = self.camera.point(self.x, up, self.z)
        return left + right * self.squeeze * self.camera.scale(self.z), top

    def polygon(self, points: Sequence[Point], material: int) -> None:
        """Fill a polygon given in metres (right, up)."""
        self.canvas.polygon([self.point(*point) for point in points], material)

    def rectangle(self, left: float, bottom: float, right: float, top: float, material: int) -> None:
        """Fill a rectangle given in metres."""
        self.polygon([(left, bottom), (right, bottom), (right, top), (left, top)], material)

    def disc(self, right: float, up: float, radius: float, material: int, aspect: float = 1.0) -> None:
        """Fill a disc given in metres; `aspect` is height over width."""
        centre_x, centre_y = self.point(right, up)
        scale = self.camera.scale(self.z)
        half_x, half_y = abs(radius * self.squeeze) * scale, radius * aspect * scale
        self.canvas.ellipse(
            centre_x - half_x, centre_y - half_y, centre_x + half_x, centre_y + half_y, material
        )

    def stroke(self, points: Sequence[Point], width_m: float, material: int) -> None:
        """Draw a line given in metres, at least one pixel wide."""
        pixels = [self.point(*point) for point in points]
        self.canvas.line(pixels, width_m * self.camera.scale(self.z), material)

    def material(self, kind: str, colour: Sequence[float], texture: float = 0.04) -> int:
        """A new material at the distance of the board."""
        return self.canvas.material(kind, colour, self.z, texture)


def shaded(colour: Sequence[float], factor: float) -> tuple[float, float, float]:
    """A colour made lighter or darker."""
    return colour[0] * factor, colour[1] * factor, colour[2] * factor


def varied(rng: random.Random, colour: Sequence[float], amount: float) -> tuple[float, float, float]:
    """A colour moved by up to `amount` in brightness and a third of that in each channel."""
    shift = rng.uniform(-amount, amount)
    red, green, blue = (value + shift + rng.uniform(-amount, amount) / 3 for value in colour)
    return red, green, blue
