"""A random street, painted from far to near; the frame depends on its seed alone."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pipeline_src.data.rendering.canvas import Camera, Canvas, Labels, shaded, varied
from pipeline_src.data.rendering.people import (
    draw_bicycle,
    draw_cyclist,
    draw_motorcycle,
    draw_motorcyclist,
    draw_person,
)
from pipeline_src.data.rendering.roadside import (
    Stretch,
    draw_building,
    draw_fence,
    draw_hedge,
    draw_pole,
    draw_traffic_light,
    draw_traffic_sign,
    draw_tree,
    draw_wall,
)
from pipeline_src.data.rendering.shading import develop, draw_light
from pipeline_src.data.rendering.vehicles import draw_bus, draw_car, draw_train, draw_truck

LANE_M = 3.4
_FAR_M = 140.0

Placed = Callable[[Canvas, Camera, random.Random, float, float], None]

# Rare things take turns, so that a few dozen frames show every class.
_LARGE = (draw_truck, draw_bus, draw_train)
_SMALL: tuple[Placed, ...] = (draw_motorcyclist, draw_cyclist, draw_bicycle, draw_motorcycle)
_BORDERS = (draw_wall, draw_fence)


@dataclass(frozen=True)
class Street:
    """Cross-section of a street: x of the kerbs and of what lines the pavements, per side (left, right)."""

    kerbs: tuple[float, float]
    verges: tuple[float, float]
    borders: tuple[float, float]


def frame_seed(*parts: object) -> int:
    """A 64-bit seed from the parts of a frame's identity."""
    text = "/".join(str(part) for part in parts)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


def render_street(seed: int, number: int, height: int, width: int) -> tuple[np.ndarray, Labels]:
    """Render one frame.

    Args:
        seed: of everything random in it. number: of the frame in its set; rare things go by it in turns.
        height, width: in pixels.

    Returns:
        The image, uint8 (H, W, 3), and its exact labels.
    """
    rng = random.Random(seed)
    canvas, camera = Canvas(height, width), _camera(rng, height, width)
    sunny = rng.random() < 0.6
    sky = varied(rng, (120, 165, 220) if sunny else (190, 195, 200), 15)
    street = _street(rng)
    _paint_sky(canvas, camera, rng, sky, sunny)
    _paint_ground(canvas, camera, rng, street)
    _paint_sides(canvas, camera, rng, street, number)
    _paint_things(canvas, camera, rng, street, number)
    if rng.random() < 0.3:
        _paint_bonnet(canvas, rng)
    light = draw_light(rng, shaded(sky, 1.05), sunny)
    image = develop(canvas, camera, light, np.random.default_rng(seed))
    return image, canvas.labels()


def _camera(rng: random.Random, height: int, width: int) -> Camera:
    return Camera(
        focal_px=width * rng.uniform(0.62, 0.85),
        centre_px=width * rng.uniform(0.42, 0.58),
        horizon_px=height * rng.uniform(0.36, 0.46),
        height_m=rng.uniform(1.25, 1.75),
        bend=rng.choice((0.0, rng.uniform(-0.002, 0.002))),
        mirror=rng.choice((1.0, 1.0, -1.0)),
    )


def _street(rng: random.Random) -> Street:
    left = -1.5 * LANE_M - rng.choice((0.4, 2.3))
    right = 0.5 * LANE_M + rng.choice((0.4, 2.3))
    verge = [rng.choice((0.0, 0.0, rng.uniform(1.2, 2.6))) for _ in range(2)]
    walk = [rng.uniform(1.8, 4.0) for _ in range(2)]
    return Street(
        (left, right),
        (left - verge[0], right + verge[1]),
        (left - verge[0] - walk[0], right + verge[1] + walk[1]),
    )


def _paint_sky(
    canvas: Canvas, camera: Camera, rng: random.Random, sky: tuple[float, float, float], sunny: bool
) -> None:
    bands = 6
    for band in range(bands):
        share = band / (bands - 1)
        colour = tuple(value + (235 - value) * 0.6 * share for value in sky)
        top = camera.horizon_px * band / bands
        points = [(0.0, top), (canvas.width, top), (canvas.width, canvas.height), (0.0, canvas.height)]
        canvas.polygon(points, canvas.material("sky", colour, 0.0, 0.02))
    cloud = canvas.material("sky", (240, 240, 242) if sunny else (170, 174, 180), 0.0, 0.04)
    for _ in range(rng.randint(0, 7)):
        x, y = rng.uniform(0, canvas.width), rng.uniform(0, camera.horizon_px * 0.8)
        half_x, half_y = canvas.width * rng.uniform(0.04, 0.13), canvas.height * rng.uniform(0.01, 0.035)
        canvas.ellipse(x - half_x, y - half_y, x + half_x, y + half_y, cloud)
    step = canvas.width / 12
    for place in range(-1, 13):
        kind, colour = rng.choice((("building", (150, 140, 135)), ("vegetation", (70, 96, 60))))
        top = camera.horizon_px - canvas.height * rng.uniform(0.01, 0.08)
        box = [(place * step, top), ((place + 1.4) * step, top)]
        box += [((place + 1.4) * step, camera.horizon_px + 1), (place * step, camera.horizon_px + 1)]
        canvas.polygon(box, canvas.material(kind, varied(rng, colour, 12), _FAR_M, 0.1))


def _strip(
    camera: Camera, left: float, right: float, near: float = 0.5, far: float = _FAR_M
) -> list[tuple[float, float]]:
    """Outline of a strip of ground between two lines along the road."""
    depths = [near]
    while depths[-1] < far:
        depths.append(min(far, depths[-1] * 1.6 + 0.5))
    there = [camera.point(left, 0.0, z) for z in depths]
    return there + [camera.point(right, 0.0, z) for z in reversed(depths)]


def _paint_ground(canvas: Canvas, camera: Camera, rng: random.Random, street: Street) -> None:
    grass = canvas.material("terrain", varied(rng, (112, 138, 66), 18), 0.0, 0.2)
    floor = [(0.0, camera.horizon_px), (canvas.width, camera.horizon_px)]
    canvas.polygon([*floor, (canvas.width, canvas.height), (0.0, canvas.height)], grass)
    slabs = varied(rng, rng.choice(((176, 164, 160), (158, 150, 150), (186, 176, 160))), 10)
    pavement = canvas.material("sidewalk", slabs, 0.0, 0.08)
    kerb = canvas.material("sidewalk", shaded(slabs, 1.2), 0.0)
    for side in (0, 1):
        canvas.polygon(_strip(camera, *sorted((street.verges[side], street.borders[side]))), pavement)
        edge = street.kerbs[side]
        canvas.polygon(_strip(camera, *sorted((edge, edge + (-0.3, 0.3)[side]))), kerb)
    tar = rng.uniform(70, 112)
    asphalt = canvas.material("road", (tar, tar, tar + rng.uniform(0, 8)), 0.0, 0.07)
    canvas.polygon(_strip(camera, *street.kerbs), asphalt)
    _paint_lane_marks(canvas, camera, rng, street)
    if rng.random() < 0.7:
        # Houses throw their shade over one pavement and part of the road.
        side = rng.randrange(2)
        reach = street.kerbs[side] + (1, -1)[side] * rng.uniform(-1.0, 3.5)
        outer = street.borders[side] + (-30, 30)[side]
        canvas.shade(_strip(camera, *sorted((reach, outer)), near=rng.choice((0.5, rng.uniform(5, 14)))), 130)


def _paint_lane_marks(canvas: Canvas, camera: Camera, rng: random.Random, street: Street) -> None:
    white = canvas.material("lane mark", varied(rng, (226, 226, 220), 14), 0.0)
    z, phase = 1.0 + rng.uniform(0, 6), rng.choice((3.0, 4.0))
    while z < 70:
        canvas.polygon(_strip(camera, -LANE_M / 2 - 0.09, -LANE_M / 2 + 0.09, z, z + phase), white)
        z += phase * 2.2
    for kerb, inward in zip(street.kerbs, (0.35, -0.35), strict=True):
        if rng.random() < 0.6:
            canvas.polygon(_strip(camera, kerb + inward - 0.07, kerb + inward + 0.07), white)
    if rng.random() < 0.3:
        z, x = rng.uniform(6, 16), street.kerbs[0] + 0.5
        while x < street.kerbs[1] - 0.5:
            canvas.polygon(_strip(camera, x, x + 0.5, z, z + 3), white)
            x += 1.0


def _paint_sides(canvas: Canvas, camera: Camera, rng: random.Random, street: Street, number: int) -> None:
    """Line both sides, far to near. In turns, one side has a wall or a fence close by."""
    featured_side = (number // 2) % 2
    for side in (0, 1):
        stretches: list[tuple[Callable[[Canvas, Camera, random.Random, Stretch], None], Stretch]] = []
        start, place = 2.5 + rng.uniform(0, 2), 0
        urban = rng.uniform(0.45, 0.85)
        while start < _FAR_M:
            length = rng.uniform(9, 20) * (1 + start / 60)
            stretch = Stretch(street.borders[side], start, start + length, (-1, 1)[side])
            draw: Callable[[Canvas, Camera, random.Random, Stretch], None]
            if side == featured_side and place == 0:
                draw = _BORDERS[number % 2]
            elif rng.random() < urban:
                draw = draw_building
            else:
                draw = rng.choice((draw_hedge, draw_hedge, draw_wall, draw_fence, _draw_meadow))
            stretches.append((draw, stretch))
            start += length + rng.choice((0.0, 0.0, rng.uniform(1, 5)))
            place += 1
        for draw, stretch in reversed(stretches):
            draw(canvas, camera, rng, stretch)


def _draw_meadow(canvas: Canvas, camera: Camera, rng: random.Random, stretch: Stretch) -> None:
    """Open grass with a tree or two far off."""
    for _ in range(rng.randint(0, 2)):
        x = stretch.x + stretch.side * rng.uniform(6, 16)
        draw_tree(canvas, camera, rng, x, rng.uniform(stretch.z0, stretch.z1), rng.uniform(4, 8))


def _paint_things(canvas: Canvas, camera: Camera, rng: random.Random, street: Street, number: int) -> None:
    """Everything between the two lines of houses, far to near."""
    placed: list[tuple[float, float, Placed]] = []
    placed += _traffic(rng, street, number)
    placed += _furniture(rng, street)
    placed += _walkers(rng, street)
    for x, z, draw in sorted(placed, key=lambda thing: -thing[1]):
        draw(canvas, camera, rng, x, z)


def _oncoming(draw: Callable[..., None]) -> Placed:
    def drawn(canvas: Canvas, camera: Camera, rng: random.Random, x: float, z: float) -> None:
        draw(canvas, camera, rng, x, z, oncoming=True)

    return drawn


def _traffic(rng: random.Random, street: Street, number: int) -> list[tuple[float, float, Placed]]:
    placed: list[tuple[float, float, Placed]] = []
    large = _LARGE[number % len(_LARGE)]
    # A tram, lorry or bus ahead in the own lane, or coming the other way.
    ahead = (number // len(_LARGE)) % 2 == 0
    z = rng.uniform(9, 20)
    placed.append((rng.uniform(-0.2, 0.4), z, large) if ahead else (-LANE_M, z, _oncoming(large)))
    small = _SMALL[number % len(_SMALL)]
    ridden = small in (draw_motorcyclist, draw_cyclist)
    x = rng.uniform(1.0, 1.6) if ridden else rng.choice(street.kerbs) * 1.08
    placed.append((x, rng.uniform(4.5, 8.5), small))
    for lane_x, draw, used in ((0.0, draw_car, ahead), (-LANE_M, _oncoming(draw_car), not ahead)):
        z = rng.uniform(38, 55) if used else rng.uniform(8, 22)
        while z < 90:
            placed.append((lane_x + rng.uniform(-0.3, 0.3), z, draw))
            z += rng.uniform(9, 40)
    for kerb, towards, draw in zip(street.kerbs, (1.1, -1.1), (_oncoming(draw_car), draw_car), strict=True):
        if abs(kerb) % LANE_M < 1.0 or rng.random() < 0.3:
            continue
        z = rng.uniform(5, 16)
        while z < 60:
            placed.append((kerb + towards, z, draw))
            z += rng.uniform(5.5, 14)
    return placed


def _furniture(rng: random.Random, street: Street) -> list[tuple[float, float, Placed]]:
    placed: list[tuple[float, float, Placed]] = []
    for side, outward in ((0, -1), (1, 1)):
        x, z = street.kerbs[side] + outward * 0.5, rng.uniform(6, 14)
        while z < 80:
            draw = rng.choice(
                (draw_pole, draw_pole, draw_traffic_sign, draw_tree_of_street, draw_traffic_light)
            )
            placed.append((x, z, draw))
            z += rng.uniform(6, 16)
    side = rng.randrange(2)
    for draw in (draw_traffic_light, draw_traffic_sign):
        x = street.kerbs[side] + (-0.45, 0.45)[side]
        placed.append((x, rng.uniform(7, 13), draw))
        side = 1 - side
    return placed


def draw_tree_of_street(canvas: Canvas, camera: Camera, rng: random.Random, x: float, z: float) -> None:
    """A tree of 4 to 7 m at the kerb."""
    draw_tree(canvas, camera, rng, x, z, rng.uniform(4, 7))


def _walkers(rng: random.Random, street: Street) -> list[tuple[float, float, Placed]]:
    placed: list[tuple[float, float, Placed]] = []
    for _ in range(rng.randint(2, 6)):
        side = rng.randrange(2)
        x = rng.uniform(*sorted((street.kerbs[side], street.borders[side])))
        placed.append((x, rng.uniform(5, 26), draw_person))
    if rng.random() < 0.3:
        placed.append((rng.uniform(*street.kerbs), rng.uniform(7, 22), draw_person))
    for _ in range(rng.randint(0, 2)):
        side = rng.randrange(2)
        x = rng.uniform(*sorted((street.verges[side], street.borders[side])))
        placed.append((x, rng.uniform(6, 22), rng.choice(_SMALL[2:])))
    return placed


def _paint_bonnet(canvas: Canvas, rng: random.Random) -> None:
    """The bonnet of the car that carries the camera: void in both schemes."""
    top, half = canvas.height * rng.uniform(0.92, 0.96), canvas.width * rng.uniform(0.3, 0.42)
    middle = canvas.width / 2
    points = [(middle - half, canvas.height), (middle - half * 0.7, top), (middle + half * 0.7, top)]
    paint = canvas.material("ego", varied(rng, (60, 62, 66), 30), 1.0)
    canvas.polygon([*points, (middle + half, canvas.height)], paint)
