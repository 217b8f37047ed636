"""What stands beside the road: buildings, walls, fences, plants, poles, traffic lights and signs."""

from __future__ import annotations

import random
from dataclasses import dataclass

from pipeline_src.data.rendering.canvas import Board, Camera, Canvas, shaded, varied

_FACADES = (
    (196, 170, 140), (150, 78, 62), (205, 200, 188), (165, 150, 132), (120, 112, 108), (214, 186, 120),
    (176, 120, 96), (132, 138, 146),
)  # fmt: skip
_ROOFS = ((128, 62, 48), (84, 82, 86), (104, 74, 60))
_LEAVES = ((52, 92, 38), (70, 112, 46), (38, 74, 34), (92, 120, 52), (58, 84, 52))
_METAL = ((120, 122, 124), (88, 92, 94), (70, 74, 72), (150, 152, 152))
_SIGN_RED, _SIGN_BLUE, _SIGN_YELLOW, _WHITE = (200, 25, 30), (25, 75, 180), (240, 190, 20), (240, 240, 238)


@dataclass(frozen=True)
class Stretch:
    """A piece of the roadside: at lateral position x, from z0 (near) to z1; `side` is -1 left, 1 right."""

    x: float
    z0: float
    z1: float
    side: int


def _upright(canvas: Canvas, camera: Camera, stretch: Stretch, low: float, high: float, number: int) -> None:
    """Paint the plane along the road between two heights."""
    corners = ((stretch.z0, low), (stretch.z0, high), (stretch.z1, high), (stretch.z1, low))
    canvas.polygon([camera.point(stretch.x, y, z) for z, y in corners], number)


def draw_building(canvas: Canvas, camera: Camera, rng: random.Random, stretch: Stretch) -> None:
    """A house: a facade along the road with windows, its gable towards the camera, perhaps a roof."""
    colour, storeys = varied(rng, rng.choice(_FACADES), 18), rng.randint(2, 6)
    tall = 3.1 * storeys + 0.8
    middle = (stretch.z0 + stretch.z1) / 2
    lit = 0.72 if stretch.side > 0 else 1.0
    if rng.random() < 0.45:
        roof = canvas.material("building", rng.choice(_ROOFS), middle, 0.08)
        back = stretch.x + stretch.side * 4
        ridge = [(stretch.x, tall, stretch.z0), (back, tall + 3, stretch.z0 + 1)]
        ridge += [(back, tall + 3, stretch.z1), (stretch.x, tall, stretch.z1)]
        canvas.polygon([camera.point(*corner) for corner in ridge], roof)
    gable = canvas.material("building", shaded(colour, 0.86), stretch.z0, 0.06)
    outer = stretch.x + stretch.side * 14
    canvas.polygon(
        [
            camera.point(x, y, stretch.z0)
            for x, y in ((stretch.x, 0), (outer, 0), (outer, tall), (stretch.x, tall))
        ],
        gable,
    )
    _upright(
        canvas, camera, stretch, 0.0, tall, canvas.material("building", shaded(colour, lit), middle, 0.05)
    )
    base = canvas.material("building", shaded(colour, 0.55 * lit), middle, 0.05)
    _upright(canvas, camera, stretch, 0.0, 0.7, base)
    _windows(canvas, camera, rng, stretch, storeys)


def _windows(canvas: Canvas, camera: Camera, rng: random.Random, stretch: Stretch, storeys: int) -> None:
    tone = rng.choice(((48, 58, 70), (66, 80, 96), (36, 40, 46)))
    glass = canvas.material("building", tone, (stretch.z0 + stretch.z1) / 2, 0.12)
    frame = canvas.material("building", (222, 220, 214), (stretch.z0 + stretch.z1) / 2)
    framed, pitch = rng.random() < 0.5, rng.choice((2.4, 3.0, 3.6))
    z = stretch.z0 + 0.8
    while z + pitch * 0.55 < stretch.z1:
        near, far = z, z + pitch * 0.55
        # Windows narrower than a pixel would be painted a pixel wide, and hide the facade.
        if abs(camera.point(stretch.x, 0, near)[0] - camera.point(stretch.x, 0, far)[0]) < 1.6:
            break
        for storey in range(storeys):
            low = 1.0 + 3.1 * storey
            corners = ((near, low), (near, low + 1.7), (far, low + 1.7), (far, low))
            points = [camera.point(stretch.x, y, depth) for depth, y in corners]
            canvas.polygon(points, glass)
            if framed and points[0][1] - points[1][1] > 6:
                canvas.line([points[0], points[3]], 1, frame)
        z += pitch


def draw_wall(canvas: Canvas, camera: Camera, rng: random.Random, stretch: Stretch) -> None:
    """A wall of 1.6 to 3 m with coping and courses of stone, plants looking over it."""
    colour, tall = (
        varied(rng, rng.choice(((150, 140, 150), (128, 122, 140), (165, 158, 160))), 10),
        rng.uniform(1.6, 3.0),
    )
    middle = (stretch.z0 + stretch.z1) / 2
    _plants_behind(canvas, camera, rng, stretch, tall)
    _upright(canvas, camera, stretch, 0.0, tall, canvas.material("wall", colour, middle, 0.1))
    joint = canvas.material("wall", shaded(colour, 0.7), middle)
    for share in (0.3, 0.6):
        ends = [camera.point(stretch.x, share * tall, z) for z in (stretch.z0, stretch.z1)]
        if ends[0][1] - camera.point(stretch.x, tall, stretch.z0)[1] > 6:
            canvas.line(ends, 1, joint)
    _upright(canvas, camera, stretch, tall, tall + 0.15, canvas.material("wall", shaded(colour, 1.2), middle))


def draw_fence(canvas: Canvas, camera: Camera, rng: random.Random, stretch: Stretch) -> None:
    """A fence of 1.1 to 1.9 m: dark ground seen through light slats and two rails."""
    colour = varied(rng, rng.choice(((190, 150, 110), (205, 205, 200), (120, 90, 62))), 12)
    tall, middle = rng.uniform(1.1, 1.9), (stretch.z0 + stretch.z1) / 2
    _plants_behind(canvas, camera, rng, stretch, tall)
    _upright(canvas, camera, stretch, 0.0, tall, canvas.material("fence", shaded(colour, 0.5), middle, 0.08))
    slat = canvas.material("fence", colour, middle)
    z, step = stretch.z0, 0.5
    while z < stretch.z1:
        foot, head = camera.point(stretch.x, 0.0, z), camera.point(stretch.x, tall + 0.12, z)
        canvas.line([foot, head], 0.16 * camera.scale(z) * 0.6, slat)
        # Slats must stay at least three pixels apart, or the fence becomes a wall.
        while z + step < stretch.z1 and abs(camera.point(stretch.x, 0, z + step)[0] - foot[0]) < 3:
            step *= 1.5
        z += step
    for share in (0.35, 0.9):
        ends = [camera.point(stretch.x, share * tall, z) for z in (stretch.z0, stretch.z1)]
        canvas.line(ends, 0.08 * camera.scale(middle), slat)


def _plants_behind(canvas: Canvas, camera: Camera, rng: random.Random, stretch: Stretch, tall: float) -> None:
    for place in range(max(1, int((stretch.z1 - stretch.z0) / 6))):
        z = stretch.z1 - (place + rng.random()) * 5
        if z > stretch.z0 and rng.random() < 0.8:
            draw_tree(
                canvas,
                camera,
                rng,
                stretch.x + stretch.side * rng.uniform(2.0, 5.0),
                z,
                rng.uniform(1.2, 2.2) * tall,
            )


def draw_hedge(canvas: Canvas, camera: Camera, rng: random.Random, stretch: Stretch) -> None:
    """A row of bushes and trees."""
    z = stretch.z1
    while z > stretch.z0:
        tall = rng.choice((rng.uniform(1.5, 3.0), rng.uniform(5.0, 9.0)))
        draw_tree(canvas, camera, rng, stretch.x + stretch.side * rng.uniform(0.3, 2.5), z, tall)
        z -= rng.uniform(1.5, 3.0) * (1 + z / 40)


def draw_tree(canvas: Canvas, camera: Camera, rng: random.Random, x: float, z: float, tall: float) -> None:
    """A tree, or a bush when it is lower than 3 m: a trunk and a crown of overlapping discs."""
    board = Board(canvas, camera, x, z)
    leaf = varied(rng, rng.choice(_LEAVES), 14)
    bush = tall < 3.0
    radius = tall * (0.45 if bush else 0.24)
    centre = tall * (0.45 if bush else 0.68)
    if not bush:
        trunk = board.material("vegetation", (82, 64, 48), 0.1)
        board.rectangle(-0.03 * tall, 0.0, 0.03 * tall, centre, trunk)
    count = 5 if camera.scale(z) * tall < 14 else 9
    for number in range(count):
        light = 0.72 + 0.6 * number / count
        patch = board.material("vegetation", shaded(leaf, light), 0.3)
        spread_x, spread_y = rng.uniform(-0.6, 0.6) * radius, rng.uniform(-0.6, 0.5) * radius
        # Later discs are lighter and higher: light comes from above.
        lift = (number / count - 0.5) * 0.5 * radius
        board.disc(spread_x, centre + spread_y + lift, radius * rng.uniform(0.5, 0.8), patch, 0.9)


def draw_pole(canvas: Canvas, camera: Camera, rng: random.Random, x: float, z: float) -> None:
    """A lamp post, or a plain post."""
    board = Board(canvas, camera, x, z)
    metal, tall = board.material("pole", varied(rng, rng.choice(_METAL), 8)), rng.uniform(4.5, 8.0)
    board.rectangle(-0.1, 0.0, 0.1, tall, metal)
    board.rectangle(-0.16, 0.0, 0.16, 0.8, metal)
    if rng.random() < 0.6:
        inward = -1.6 if x > 0 else 1.6
        board.stroke([(0.0, tall), (inward, tall + 0.2)], 0.14, metal)
        board.polygon(
            [
                (inward, tall + 0.05),
                (inward * 1.35, tall + 0.05),
                (inward * 1.35, tall + 0.35),
                (inward, tall + 0.35),
            ],
            metal,
        )


def draw_traffic_light(canvas: Canvas, camera: Camera, rng: random.Random, x: float, z: float) -> None:
    """A dark case with three lamps, one of them lit, on a post."""
    board = Board(canvas, camera, x, z)
    metal = board.material("pole", varied(rng, rng.choice(_METAL), 8))
    board.rectangle(-0.07, 0.0, 0.07, 2.6, metal)
    places = [(0.0, 2.5)]
    if rng.random() < 0.5:
        inward = -2.6 if x > 0 else 2.6
        board.stroke([(0.0, 2.6), (0.0, 5.2), (inward, 5.4)], 0.13, metal)
        places.append((inward, 4.6))
    lit = rng.randrange(3)
    case = board.material("traffic light", (28, 32, 30))
    rim = board.material("traffic light", (225, 170, 40))
    for right, foot in places:
        board.rectangle(right - 0.27, foot - 0.05, right + 0.27, foot + 1.2, rim)
        board.rectangle(right - 0.21, foot, right + 0.21, foot + 1.15, case)
        for lamp, colour in enumerate(((40, 235, 90), (255, 190, 40), (255, 45, 40))):
            shown = board.material("traffic light", colour if lamp == lit else shaded(colour, 0.28))
            board.disc(right, foot + 0.22 + 0.36 * lamp, 0.15, shown)


def draw_traffic_sign(canvas: Canvas, camera: Camera, rng: random.Random, x: float, z: float) -> None:
    """A round, triangular or square sign on a post."""
    board = Board(canvas, camera, x, z)
    board.rectangle(-0.05, 0.0, 0.05, 2.4, board.material("pole", varied(rng, rng.choice(_METAL), 8)))
    shape, middle, half = rng.randrange(4), 2.55, rng.uniform(0.38, 0.5)

    def plate(colour: tuple[int, int, int]) -> int:
        return board.material("traffic sign", colour, 0.0)

    if shape == 0:
        board.disc(0.0, middle, half, plate(_SIGN_RED))
        board.disc(0.0, middle, half * 0.68, plate(_WHITE))
    elif shape == 1:
        for size, colour in ((half * 1.15, _SIGN_RED), (half * 0.62, _WHITE)):
            board.polygon(
                [(-size, middle - size * 0.8), (size, middle - size * 0.8), (0.0, middle + size)],
                plate(colour),
            )
    elif shape == 2:
        board.rectangle(-half, middle - half, half, middle + half, plate(_SIGN_BLUE))
        board.polygon(
            [(-half * 0.4, middle - half * 0.5), (half * 0.4, middle - half * 0.5), (0, middle + half * 0.6)],
            plate(_WHITE),
        )
    else:
        for size, colour in ((half * 1.1, _WHITE), (half * 0.85, _SIGN_YELLOW)):
            board.polygon(
                [(-size, middle), (0, middle - size), (size, middle), (0, middle + size)], plate(colour)
            )
