"""Cars, trucks, buses and trains as boxes in perspective, seen along the road."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline_src.data.rendering.canvas import Camera, Canvas, shaded, varied

GLASS = (42, 52, 62)
TYRE = (24, 24, 26)

_CAR_COLOURS = (
    (190, 30, 30), (30, 60, 160), (225, 225, 225), (40, 42, 46), (150, 155, 160), (20, 90, 60),
    (200, 150, 40), (95, 25, 35), (70, 110, 150), (110, 95, 80),
)  # fmt: skip
_TRUCK_COLOURS = ((235, 235, 230), (210, 205, 190), (60, 120, 70), (70, 90, 150), (190, 120, 50))
_BUS_COLOURS = ((225, 175, 30), (200, 40, 40), (215, 120, 30))
_TRAIN_COLOURS = ((60, 150, 170), (40, 120, 90), (90, 90, 170))


@dataclass(frozen=True)
class Box:
    """A box in the scene: x0 < x1 across, y0 < y1 up, z0 < z1 ahead, in metres."""

    x0: float
    x1: float
    y0: float
    y1: float
    z0: float
    z1: float


@dataclass(frozen=True)
class Painter:
    """Paints the visible faces of the boxes of one thing."""

    canvas: Canvas
    camera: Camera
    kind: str

    def box(self, box: Box, colour: Sequence[float]) -> None:
        """Paint top, visible side and near face; the side is darker."""
        if box.y1 < self.camera.height_m:
            top = ((box.x0, box.z0), (box.x1, box.z0), (box.x1, box.z1), (box.x0, box.z1))
            self.face([(x, box.y1, z) for x, z in top], shaded(colour, 1.15))
        self.side(box, 0.0, 1.0, 0.0, 1.0, shaded(colour, 0.72))
        self.near(box, 0.0, 1.0, 0.0, 1.0, colour)

    def near(
        self, box: Box, left: float, right: float, low: float, high: float, colour: Sequence[float]
    ) -> None:
        """Paint a part of the near face, given in shares of its width and height."""
        x0, x1 = box.x0 + left * (box.x1 - box.x0), box.x0 + right * (box.x1 - box.x0)
        y0, y1 = box.y0 + low * (box.y1 - box.y0), box.y0 + high * (box.y1 - box.y0)
        self.face([(x0, y0, box.z0), (x1, y0, box.z0), (x1, y1, box.z0), (x0, y1, box.z0)], colour)

    def side(
        self, box: Box, begin: float, end: float, low: float, high: float, colour: Sequence[float]
    ) -> None:
        """Paint a part of the side that the camera sees, given in shares of its length and height."""
        x = self.visible_side(box)
        if x is None:
            return
        z0, z1 = box.z0 + begin * (box.z1 - box.z0), box.z0 + end * (box.z1 - box.z0)
        y0, y1 = box.y0 + low * (box.y1 - box.y0), box.y0 + high * (box.y1 - box.y0)
        self.face([(x, y0, z0), (x, y1, z0), (x, y1, z1), (x, y0, z1)], colour)

    def visible_side(self, box: Box) -> float | None:
        """The x of the side that the camera sees; None when it looks straight at the near face."""
        drift = self.camera.bend * box.z0**2
        if box.x0 + drift > 0:
            return box.x0
        return box.x1 if box.x1 + drift < 0 else None

    def face(self, corners: Sequence[tuple[float, float, float]], colour: Sequence[float]) -> None:
        """Paint a polygon given in metres."""
        number = self.canvas.material(self.kind, colour, corners[0][2])
        self.canvas.polygon([self.camera.point(*corner) for corner in corners], number)

    def wheels(self, box: Box, radius: float, places: Sequence[float]) -> None:
        """Paint the wheels of the visible side, at shares of its length, and the near pair's tyres."""
        tyre = self.canvas.material(self.kind, TYRE, box.z0)
        side = self.visible_side(box)
        for place in places if side is not None else ():
            assert side is not None
            z = box.z0 + place * (box.z1 - box.z0)
            x, y = self.camera.point(side, radius, z)
            half_y = radius * self.camera.scale(z)
            # A wheel on the side is seen at an angle: as wide as its stretch of z appears.
            half_x = (
                abs(self.camera.point(side, 0, z + radius)[0] - self.camera.point(side, 0, z - radius)[0]) / 2
            )
            self.canvas.ellipse(x - half_x, y - half_y, x + half_x, y + half_y, tyre)
        width = 0.14 * (box.x1 - box.x0)
        for x in (box.x0, box.x1 - width):
            corners = ((x, 0.0), (x + width, 0.0), (x + width, radius), (x, radius))
            self.canvas.polygon([self.camera.point(a, y, box.z0) for a, y in corners], tyre)

    def shadow(self, box: Box) -> None:
        """Darken the ground below and beside the thing."""
        grown = (
            (box.x0 - 0.3, box.z0 - 0.4),
            (box.x1 + 0.3, box.z0 - 0.4),
            (box.x1 + 0.3, box.z1),
            (box.x0, box.z1),
        )
        self.canvas.shade([self.camera.point(x, 0.0, z) for x, z in grown], 95)


def draw_car(
    canvas: Canvas, camera: Camera, rng: random.Random, x: float, z: float, oncoming: bool = False
) -> None:
    """A car whose near end is at distance z, centred at x."""
    paint = Painter(canvas, camera, "car")
    colour = varied(rng, rng.choice(_CAR_COLOURS), 14)
    half, length, waist = rng.uniform(0.85, 0.95), rng.uniform(3.8, 4.7), rng.uniform(0.82, 0.95)
    body = Box(x - half, x + half, 0.28, waist, z, z + length)
    tall = rng.uniform(1.4, 1.75)
    start, stop = (1.2, length - 0.5) if oncoming else (0.35, length - 1.3)
    cabin = Box(x - half * 0.84, x + half * 0.84, waist, tall, z + start, z + stop)
    paint.shadow(body)
    paint.side(cabin, 0.0, 1.0, 0.0, 1.0, shaded(colour, 0.75))
    paint.box(body, colour)
    paint.box(cabin, shaded(colour, 0.95))
    paint.side(cabin, 0.08, 0.48, 0.12, 0.82, GLASS)
    paint.side(cabin, 0.54, 0.92, 0.12, 0.82, GLASS)
    paint.near(cabin, 0.07, 0.93, 0.1, 0.88, shaded(GLASS, rng.uniform(0.8, 1.6)))
    lamp = (250, 245, 220) if oncoming else (215, 30, 25)
    for left in (0.03, 0.79):
        paint.near(body, left, left + 0.18, 0.5, 0.8, lamp)
    paint.near(body, 0.36, 0.64, 0.3, 0.52, (225, 225, 205))
    paint.near(body, 0.0, 1.0, 0.0, 0.16, shaded(colour, 0.4))
    paint.wheels(body, 0.32, (0.2, 0.8))


def draw_truck(
    canvas: Canvas, camera: Camera, rng: random.Random, x: float, z: float, oncoming: bool = False
) -> None:
    """A lorry: a plain cargo box on a dark chassis, and a cab of another colour."""
    paint = Painter(canvas, camera, "truck")
    cargo_colour, cab_colour = (
        varied(rng, rng.choice(_TRUCK_COLOURS), 10),
        varied(rng, rng.choice(_CAR_COLOURS), 10),
    )
    half, length, tall = 1.22, rng.uniform(6.0, 8.5), rng.uniform(3.2, 3.8)
    near_cab = 1.9 if oncoming else 0.0
    chassis = Box(x - half * 0.9, x + half * 0.9, 0.45, 1.0, z, z + length)
    cargo = Box(x - half, x + half, 1.0, tall, z + near_cab, z + length - (0.0 if oncoming else 2.1))
    cab_start = z if oncoming else z + length - 1.9
    cab = Box(x - half * 0.95, x + half * 0.95, 0.6, 2.6, cab_start, cab_start + 1.8)
    paint.shadow(chassis)
    first, second = (cargo, cab) if oncoming else (cab, cargo)
    paint.box(chassis, (45, 45, 48))
    for part in (first, second):
        paint.box(part, cab_colour if part is cab else cargo_colour)
    paint.side(cab, 0.3, 0.9, 0.5, 0.85, GLASS)
    if oncoming:
        paint.near(cab, 0.08, 0.92, 0.48, 0.88, GLASS)
        for left in (0.05, 0.8):
            paint.near(cab, left, left + 0.15, 0.08, 0.2, (250, 245, 220))
    else:
        paint.near(cargo, 0.485, 0.515, 0.0, 1.0, shaded(cargo_colour, 0.55))
        paint.near(cargo, 0.0, 1.0, 0.0, 0.05, (200, 60, 40))
        for left in (0.02, 0.86):
            paint.near(chassis, left, left + 0.12, 0.3, 0.7, (215, 30, 25))
    paint.wheels(chassis, 0.5, (0.12, 0.28, 0.85))


def draw_bus(
    canvas: Canvas, camera: Camera, rng: random.Random, x: float, z: float, oncoming: bool = False
) -> None:
    """A bus: one long bright box with a band of windows and a wide rear or front window."""
    paint = Painter(canvas, camera, "bus")
    colour = varied(rng, rng.choice(_BUS_COLOURS), 10)
    body = Box(x - 1.25, x + 1.25, 0.35, rng.uniform(2.9, 3.2), z, z + rng.uniform(9.0, 11.5))
    paint.shadow(body)
    paint.box(body, colour)
    for window in range(7):
        paint.side(body, 0.04 + window * 0.135, 0.145 + window * 0.135, 0.45, 0.82, GLASS)
    if oncoming:
        paint.near(body, 0.06, 0.94, 0.3, 0.8, GLASS)
    else:
        paint.near(body, 0.12, 0.88, 0.5, 0.8, GLASS)
        paint.near(body, 0.2, 0.8, 0.12, 0.3, shaded(colour, 0.6))
    paint.near(body, 0.25, 0.75, 0.86, 0.96, (20, 20, 20))
    paint.near(body, 0.32, 0.68, 0.89, 0.94, (250, 180, 60))
    lamp = (250, 245, 220) if oncoming else (215, 30, 25)
    for left in (0.03, 0.87):
        paint.near(body, left, left + 0.1, 0.08, 0.2, lamp)
    paint.wheels(body, 0.48, (0.2, 0.78))


def draw_train(
    canvas: Canvas, camera: Camera, rng: random.Random, x: float, z: float, oncoming: bool = False
) -> None:
    """A tram: cars of two colours in a row, glass nearly all round, a pale roof and a current collector."""
    paint = Painter(canvas, camera, "train")
    colour, pale = varied(rng, rng.choice(_TRAIN_COLOURS), 10), (228, 228, 222)
    tall = rng.uniform(3.3, 3.6)
    for part in (2, 1, 0):
        start = z + part * 9.3
        body = Box(x - 1.2, x + 1.2, 0.2, tall, start, start + 9.0)
        paint.shadow(body)
        paint.box(body, pale)
        paint.side(body, 0.0, 1.0, 0.0, 0.36, shaded(colour, 0.8))
        paint.side(body, 0.0, 1.0, 0.38, 0.8, shaded(GLASS, 0.8))
        for post in range(1, 5):
            paint.side(body, post * 0.2 - 0.015, post * 0.2 + 0.015, 0.38, 0.8, shaded(pale, 0.7))
    near = Box(x - 1.2, x + 1.2, 0.2, tall, z, z + 9.0)
    paint.near(near, 0.0, 1.0, 0.0, 0.36, colour)
    paint.near(near, 0.08, 0.92, 0.4, 0.82, shaded(GLASS, 0.8))
    paint.near(near, 0.42, 0.58, 0.2, 0.28, (250, 245, 220) if oncoming else (215, 30, 25))
    paint.near(near, 0.3, 0.7, 0.86, 0.95, (30, 30, 30))
    wire = canvas.material("train", (60, 60, 60), z)
    canvas.line([camera.point(x, tall, z + 4), camera.point(x + 0.5, tall + 0.9, z + 4.5)], 1, wire)
    canvas.line(
        [camera.point(x - 0.7, tall + 0.9, z + 4.5), camera.point(x + 0.7, tall + 0.9, z + 4.5)], 1, wire
    )
