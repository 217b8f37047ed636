"""Pictures of single things of the street, for pretraining a classifier without ImageNet."""

from __future__ import annotations

import random
from collections.abc import Callable

import numpy as np

from pipeline_src.data.rendering.canvas import Camera, Canvas, shaded, varied
from pipeline_src.data.rendering.people import draw_bicycle, draw_motorcycle, draw_person
from pipeline_src.data.rendering.roadside import (
    Stretch,
    draw_building,
    draw_fence,
    draw_traffic_light,
    draw_traffic_sign,
    draw_tree,
)
from pipeline_src.data.rendering.shading import develop, draw_light
from pipeline_src.data.rendering.vehicles import draw_bus, draw_car

_Draw = Callable[[Canvas, Camera, random.Random, float], None]


def _stretch(draw: Callable[[Canvas, Camera, random.Random, Stretch], None], x: float) -> _Draw:
    def drawn(canvas: Canvas, camera: Camera, rng: random.Random, z: float) -> None:
        side = rng.choice((-1, 1))
        draw(canvas, camera, rng, Stretch(side * x, z * 0.6, z * rng.uniform(2.5, 4.0), side))

    return drawn


def _thing(draw: Callable[..., None], spread: float) -> _Draw:
    def drawn(canvas: Canvas, camera: Camera, rng: random.Random, z: float) -> None:
        draw(canvas, camera, rng, rng.uniform(-spread, spread), z)

    return drawn


def _tree(canvas: Canvas, camera: Camera, rng: random.Random, z: float) -> None:
    draw_tree(canvas, camera, rng, rng.uniform(-1, 1), z, rng.uniform(4.5, 7.0))


# Class name, how to draw it, nearest and farthest distance in metres at which it fills the picture well.
OBJECT_CLASSES: tuple[tuple[str, _Draw, float, float], ...] = (
    ("car", _thing(draw_car, 1.2), 3.5, 6.5),
    ("person", _thing(draw_person, 0.5), 2.6, 4.5),
    ("tree", _tree, 7.0, 12.0),
    ("traffic_sign", _thing(draw_traffic_sign, 0.6), 3.6, 5.8),
    ("building", _stretch(draw_building, 4.0), 6.0, 11.0),
    ("bicycle", _thing(draw_bicycle, 0.4), 2.4, 3.8),
    ("bus", _thing(draw_bus, 1.8), 5.5, 9.0),
    ("fence", _stretch(draw_fence, 1.8), 3.0, 5.0),
    ("motorcycle", _thing(draw_motorcycle, 0.5), 2.6, 4.2),
    ("traffic_light", _thing(draw_traffic_light, 0.6), 4.8, 7.5),
)


def render_object(seed: int, class_index: int, size_px: int) -> np.ndarray:
    """Render one picture of an OBJECT_CLASSES class, uint8 (size_px, size_px, 3)."""
    rng = random.Random(seed)
    canvas = Canvas(size_px, size_px)
    camera = Camera(
        focal_px=size_px * rng.uniform(0.95, 1.2),
        centre_px=size_px * rng.uniform(0.4, 0.6),
        horizon_px=size_px * rng.uniform(0.4, 0.55),
        height_m=rng.uniform(1.2, 1.7),
        mirror=rng.choice((1.0, -1.0)),
    )
    sunny = rng.random() < 0.6
    sky = varied(rng, (120, 165, 220) if sunny else (190, 195, 200), 25)
    _paint_backdrop(canvas, camera, rng, sky)
    _, draw, near, far = OBJECT_CLASSES[class_index]
    draw(canvas, camera, rng, rng.uniform(near, far))
    return develop(canvas, camera, draw_light(rng, shaded(sky, 1.05), sunny), np.random.default_rng(seed))


def _paint_backdrop(
    canvas: Canvas, camera: Camera, rng: random.Random, sky: tuple[float, float, float]
) -> None:
    """Sky, ground, and blocks of any colour behind the thing: no class has a background of its own."""
    size = float(canvas.width)
    canvas.polygon([(0, 0), (size, 0), (size, size), (0, size)], canvas.material("sky", sky, 0.0, 0.03))
    for _ in range(rng.randint(0, 4)):
        left, top = rng.uniform(-0.2, 0.9) * size, camera.horizon_px - rng.uniform(0.03, 0.35) * size
        right = left + rng.uniform(0.15, 0.5) * size
        colour = [rng.uniform(60, 200) for _ in range(3)]
        block = canvas.material("building", colour, 40.0, 0.15)
        canvas.polygon(
            [(left, top), (right, top), (right, camera.horizon_px), (left, camera.horizon_px)], block
        )
    tone = rng.choice(((95, 95, 100), (165, 158, 155), (112, 138, 66)))
    ground = canvas.material("road", varied(rng, tone, 20), 0.0, 0.12)
    canvas.polygon([(0, camera.horizon_px), (size, camera.horizon_px), (size, size), (0, size)], ground)
