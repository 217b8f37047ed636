"""Persons, riders, bicycles and motorcycles, drawn flat on a board that faces the camera."""

from __future__ import annotations

import random
from collections.abc import Callable

from pipeline_src.data.rendering.canvas import Board, Camera, Canvas, shaded, varied

_SKIN = ((235, 195, 165), (200, 150, 115), (140, 95, 65), (95, 62, 45))
_CLOTHES = (
    (180, 40, 50), (40, 70, 150), (230, 210, 90), (60, 120, 70), (235, 235, 230), (50, 50, 58),
    (150, 80, 140), (220, 120, 50), (90, 150, 190),
)  # fmt: skip
_HAIR = ((40, 30, 25), (90, 60, 35), (190, 160, 100), (120, 120, 120))
_DARK = (30, 30, 33)


def _shadow(canvas: Canvas, camera: Camera, x: float, z: float, half: float) -> None:
    corners = ((x - half, z - 0.25), (x + half, z - 0.25), (x + half, z + 0.3), (x - half, z + 0.3))
    canvas.shade([camera.point(a, 0.0, depth) for a, depth in corners], 120)


def draw_person(canvas: Canvas, camera: Camera, rng: random.Random, x: float, z: float) -> None:
    """A person on foot, 1.2 to 1.9 m tall."""
    board = Board(canvas, camera, x, z)
    tall = rng.choice((rng.uniform(1.6, 1.9), rng.uniform(1.6, 1.9), rng.uniform(1.2, 1.5)))
    top, trousers = varied(rng, rng.choice(_CLOTHES), 15), varied(rng, rng.choice(_CLOTHES[1:6]), 15)
    skin, hair = rng.choice(_SKIN), rng.choice(_HAIR)
    stride, hip, neck = rng.uniform(0.05, 0.28), 0.47 * tall, 0.82 * tall
    half = 0.14 * tall
    _shadow(canvas, camera, x, z, 0.35)
    leg = board.material("person", shaded(trousers, 0.8))
    for foot in (-stride, stride):
        hip_at = 0.4 * half * (1 if foot > 0 else -1)
        board.polygon(
            [(hip_at - 0.09, hip), (hip_at + 0.09, hip), (foot + 0.08, 0.0), (foot - 0.08, 0.0)], leg
        )
    coat = board.material("person", top)
    low = hip - rng.choice((0.0, 0.0, 0.16)) * tall
    board.polygon([(-half, neck), (half, neck), (half * 0.8, low), (-half * 0.8, low)], coat)
    arm = board.material("person", shaded(top, 0.8))
    for side in (-1, 1):
        board.stroke([(side * half, neck - 0.05), (side * (half + 0.1), hip)], 0.1, arm)
    board.disc(0.0, 0.91 * tall, 0.065 * tall, board.material("person", hair), 1.25)
    board.disc(0.0, 0.895 * tall, 0.055 * tall, board.material("person", skin), 1.2)


def _bicycle(board: Board, rng: random.Random) -> None:
    frame = board.material("bicycle", varied(rng, rng.choice(_CLOTHES), 12))
    rim, spokes = board.material("bicycle", _DARK), board.material("bicycle", (120, 122, 126))
    for wheel in (-0.52, 0.52):
        board.disc(wheel, 0.34, 0.34, rim)
        board.disc(wheel, 0.34, 0.25, spokes)
    board.stroke([(-0.52, 0.34), (-0.1, 0.32), (0.36, 0.72), (-0.2, 0.74), (-0.52, 0.34)], 0.07, frame)
    board.stroke([(-0.1, 0.32), (-0.24, 0.88)], 0.07, frame)
    board.stroke([(0.52, 0.34), (0.36, 0.72), (0.32, 0.98), (0.46, 1.0)], 0.06, frame)
    board.stroke([(-0.36, 0.9), (-0.12, 0.9)], 0.09, rim)


def _motorcycle(board: Board, rng: random.Random) -> None:
    colour = varied(rng, rng.choice(((190, 25, 30), (25, 60, 170), (40, 160, 60), (240, 140, 20))), 10)
    tyre, hub = board.material("motorcycle", _DARK), board.material("motorcycle", (105, 105, 110))
    for wheel in (-0.68, 0.68):
        board.disc(wheel, 0.34, 0.35, tyre)
        board.disc(wheel, 0.34, 0.16, hub)
    board.polygon([(-0.35, 0.25), (0.3, 0.25), (0.35, 0.62), (-0.35, 0.62)], hub)
    board.polygon(
        [(-0.95, 0.82), (-0.25, 0.66), (0.2, 0.6), (0.55, 0.72), (0.4, 1.0), (0.05, 1.0), (-0.3, 0.84)],
        board.material("motorcycle", colour),
    )
    board.polygon([(-0.7, 0.8), (0.0, 0.82), (0.0, 0.9), (-0.7, 0.92)], tyre)
    board.stroke([(0.68, 0.34), (0.42, 0.98), (0.3, 1.12)], 0.09, hub)
    board.disc(0.56, 0.86, 0.1, board.material("motorcycle", (245, 240, 205)))


def _rider(board: Board, rng: random.Random, saddle: float, helmet: bool) -> None:
    top, trousers = varied(rng, rng.choice(_CLOTHES), 15), varied(rng, rng.choice(_CLOTHES[1:6]), 15)
    leg, coat = board.material("rider", shaded(trousers, 0.8)), board.material("rider", top)
    board.stroke([(-0.22, saddle), (0.16, saddle - 0.12), (0.0, 0.3)], 0.17, leg)
    shoulder = saddle + 0.52
    board.polygon(
        [(-0.4, saddle - 0.04), (-0.08, saddle - 0.06), (0.3, shoulder - 0.05), (0.08, shoulder + 0.08)], coat
    )
    board.stroke(
        [(0.18, shoulder - 0.05), (0.42, saddle + 0.12)], 0.11, board.material("rider", shaded(top, 0.8))
    )
    head = rng.choice(_CLOTHES) if helmet else rng.choice(_HAIR)
    board.disc(0.24, shoulder + 0.2, 0.14, board.material("rider", head))
    board.disc(0.29, shoulder + 0.15, 0.09, board.material("rider", rng.choice(_SKIN)))


def _turned(rng: random.Random) -> float:
    return rng.choice((-1.0, 1.0)) * rng.uniform(0.55, 1.0)


def draw_bicycle(canvas: Canvas, camera: Camera, rng: random.Random, x: float, z: float) -> None:
    """A bicycle that leans on its stand."""
    _shadow(canvas, camera, x, z, 0.8)
    _bicycle(Board(canvas, camera, x, z, _turned(rng)), rng)


def draw_motorcycle(canvas: Canvas, camera: Camera, rng: random.Random, x: float, z: float) -> None:
    """A parked motorcycle."""
    _shadow(canvas, camera, x, z, 0.9)
    _motorcycle(Board(canvas, camera, x, z, _turned(rng)), rng)


def draw_cyclist(canvas: Canvas, camera: Camera, rng: random.Random, x: float, z: float) -> None:
    """A rider on a bicycle."""
    _ridden(canvas, camera, rng, (x, z), _bicycle, 0.92, rng.random() < 0.5)


def draw_motorcyclist(canvas: Canvas, camera: Camera, rng: random.Random, x: float, z: float) -> None:
    """A rider with a helmet on a motorcycle."""
    _ridden(canvas, camera, rng, (x, z), _motorcycle, 0.9, True)


def _ridden(
    canvas: Canvas,
    camera: Camera,
    rng: random.Random,
    place: tuple[float, float],
    vehicle: Callable[[Board, random.Random], None],
    saddle: float,
    helmet: bool,
) -> None:
    _shadow(canvas, camera, *place, 0.8)
    board = Board(canvas, camera, *place, _turned(rng))
    vehicle(board, rng)
    _rider(board, rng, saddle, helmet)
