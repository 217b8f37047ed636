"""From a painted canvas to a photograph: texture, haze, shade, light, blur and noise."""

from __future__ import annotations

import random
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from PIL import Image, ImageFilter

from pipeline_src.data.rendering.canvas import Camera, Canvas

# Quantiles of the normal distribution: a uniform byte looked up here is normally distributed.
_NORMAL = np.array([NormalDist().inv_cdf((step + 0.5) / 256) for step in range(256)])


@dataclass(frozen=True)
class Light:
    """Weather and camera of one frame.

    Attributes:
        gain: brightness. tint: per channel. haze_colour: RGB towards which distance fades.
        haze_m: distance at which 63 % is faded. shade: share of the shadows' depth that is seen, 0..1.
        noise: standard deviation of the sensor's noise, in 0..255. blur: radius as a share of the height.
        gamma: contrast curve.
    """

    gain: float
    tint: tuple[float, float, float]
    haze_colour: tuple[float, float, float]
    haze_m: float
    shade: float
    noise: float
    blur: float
    gamma: float


def draw_light(rng: random.Random, haze_colour: tuple[float, float, float], sunny: bool) -> Light:
    """Random weather: sun or overcast, warm or cold, clear or hazy."""
    warm = rng.uniform(-0.07, 0.09)
    return Light(
        gain=rng.uniform(0.8, 1.12) if sunny else rng.uniform(0.6, 0.95),
        tint=(1.0 + warm, 1.0, 1.0 - warm),
        haze_colour=haze_colour,
        haze_m=rng.uniform(160.0, 420.0) if sunny else rng.uniform(90.0, 220.0),
        shade=rng.uniform(0.8, 1.0) if sunny else rng.uniform(0.3, 0.6),
        noise=rng.uniform(1.5, 6.0),
        blur=rng.uniform(0.0025, 0.0055),
        gamma=rng.uniform(0.85, 1.2),
    )


def develop(canvas: Canvas, camera: Camera, light: Light, rng: np.random.Generator) -> np.ndarray:
    """The picture of a canvas, uint8 (H, W, 3).

    Args:
        rng: of the texture and the noise.
    """
    numbers, ground = canvas.materials(), canvas.ground_map()
    textures = np.array(canvas.textures, dtype=np.float32)
    strength = 1.0 + np.take(textures, numbers) * _pattern(canvas, rng)
    shade = np.asarray(canvas.shade_image.filter(ImageFilter.BoxBlur(canvas.height / 96)), dtype=np.float32)
    strength *= np.where(ground, 1.0 - light.shade * (1.0 - shade / 255.0), np.float32(1.0))
    haze = _haze(canvas, camera, light, numbers, ground)
    gains = light.gain * np.array(light.tint, dtype=np.float32)
    palette = np.array(canvas.colours, dtype=np.float32).clip(0, 255) * gains
    # Clear colour and haze are weighed so that every array of three channels is passed over once.
    colour = np.take(palette, numbers, axis=0)
    colour *= (strength * (1.0 - haze))[..., None]
    colour += haze[..., None] * (np.array(light.haze_colour, dtype=np.float32) * gains)
    np.clip(colour, 0, 255, out=colour)
    blurred = Image.fromarray(colour.astype(np.uint8)).filter(ImageFilter.BoxBlur(light.blur * canvas.height))
    # Curve and noise are tables of 256 small integers: a normal variate for each value would cost the most.
    curve = 255.0 * (np.arange(256) / 255.0) ** light.gamma
    drawn = rng.integers(0, 256, colour.shape, dtype=np.uint8)
    exposed = np.take(np.rint(curve).astype(np.int16), np.asarray(blurred))
    exposed += np.take(np.rint(light.noise * _NORMAL).astype(np.int16), drawn)
    return exposed.clip(0, 255).astype(np.uint8)


def _pattern(canvas: Canvas, rng: np.random.Generator) -> np.ndarray:
    """A blotchy pattern of zero mean and unit amplitude, float32 (H, W), alike at every image size."""
    coarse = rng.uniform(0, 255, (24, 48)).astype(np.uint8)
    fine = rng.uniform(0, 255, (64, 128)).astype(np.uint8)
    size = (canvas.width, canvas.height)
    total = np.zeros((canvas.height, canvas.width), dtype=np.float32)
    for grid in (coarse, fine):
        total += np.asarray(Image.fromarray(grid).resize(size, Image.Resampling.BILINEAR))
    return total / 255.0 - 1.0


def _haze(
    canvas: Canvas, camera: Camera, light: Light, numbers: np.ndarray, ground: np.ndarray
) -> np.ndarray:
    """Share of the haze colour in every pixel, float32 (H, W), from the distance of what it shows."""
    below = np.maximum(np.arange(canvas.height, dtype=np.float32) - camera.horizon_px, 0.5)
    row_m = np.minimum(camera.focal_px * camera.height_m / below, 300.0)
    of_row = 1.0 - np.exp(-row_m / light.haze_m)
    of_material = 1.0 - np.exp(-np.array(canvas.distances, dtype=np.float32) / light.haze_m)
    return np.where(ground, of_row[:, None], of_material[numbers])
