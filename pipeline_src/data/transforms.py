"""From decoded images to tensors: augmentation for training, plain resizing for evaluation.

Every tensor is contiguous (NCHW once batched), never channels_last. Images are resized bilinearly, labels by
nearest neighbour. There is no colour jitter: the paper has none (Sec. 4.1).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image

from pipeline_src.data.classes import IGNORE

Size = tuple[int, int]

# Mean and standard deviation of ImageNet's RGB values in 0..1, as everywhere in this field.
MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)
_SCALE = (1.0 / (255.0 * np.array(STD))).astype(np.float32)[:, None, None]
_SHIFT = (-np.array(MEAN) / np.array(STD)).astype(np.float32)[:, None, None]
# Padding is the mean colour, so that it becomes (nearly) zero after normalisation.
_MEAN_COLOUR = np.round(255.0 * np.array(MEAN)).astype(np.uint8)


def to_tensor(image: np.ndarray) -> torch.Tensor:
    """Normalise uint8 (H, W, 3) to a contiguous float32 tensor (3, H, W) by ImageNet's mean and deviation."""
    pixels = np.empty((3, *image.shape[:2]), dtype=np.float32)
    np.multiply(image.transpose(2, 0, 1), _SCALE, out=pixels)
    pixels += _SHIFT
    return torch.from_numpy(pixels)


def label_tensor(label: np.ndarray) -> torch.Tensor:
    """Turn uint8 (H, W) into a contiguous int64 tensor (H, W)."""
    return torch.from_numpy(np.ascontiguousarray(label, dtype=np.int64))


@dataclass(frozen=True)
class TrainTransform:
    """Random scale, crop and flip (Sec. 4.1).

    Attributes:
        crop_hw: size of the crop in pixels. base_hw: size at scale 1, the deployed input size (A17).
        scale_range: the scale is uniform in it. flip_probability: of a horizontal flip.
    """

    crop_hw: Size
    base_hw: Size
    scale_range: tuple[float, float] = (0.5, 2.0)
    flip_probability: float = 0.5

    def __call__(
        self, image: np.ndarray, label: np.ndarray, rng: np.random.Generator
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Augment uint8 (H, W, 3) and uint8 (H, W) to float32 (3, *crop_hw) and int64 crop_hw."""
        scale = rng.uniform(*self.scale_range)
        scaled = tuple(max(1, round(scale * side)) for side in self.base_hw)
        top, left = (
            int(rng.integers(0, abs(side - crop) + 1))
            for side, crop in zip(scaled, self.crop_hw, strict=True)
        )
        flip = rng.random() < self.flip_probability
        pixels, classes = self._cropped(image, label, (scaled[0], scaled[1]), top, left)
        if flip:
            pixels, classes = pixels[:, ::-1], classes[:, ::-1]
        return to_tensor(pixels), label_tensor(classes)

    def _cropped(
        self, image: np.ndarray, label: np.ndarray, scaled: Size, top: int, left: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Crop of the scaled frame; along a side too short, `top`/`left` is where the frame is put."""
        rows = _span(scaled[0], self.crop_hw[0], top)
        columns = _span(scaled[1], self.crop_hw[1], left)
        # Only the region that is kept is resized: at scale 2 that is a quarter of the frame or less.
        per_row, per_column = image.shape[0] / scaled[0], image.shape[1] / scaled[1]
        size = (columns.length, rows.length)
        box = (
            columns.source * per_column,
            rows.source * per_row,
            min((columns.source + columns.length) * per_column, image.shape[1]),
            min((rows.source + rows.length) * per_row, image.shape[0]),
        )
        pixels = np.asarray(Image.fromarray(image).resize(size, Image.Resampling.BILINEAR, box))
        classes = np.asarray(Image.fromarray(label).resize(size, Image.Resampling.NEAREST, box))
        if (rows.length, columns.length) == self.crop_hw:
            return pixels, classes
        padded = np.empty((*self.crop_hw, 3), dtype=np.uint8)
        padded[:] = _MEAN_COLOUR
        padded_classes = np.full(self.crop_hw, IGNORE, dtype=np.uint8)
        place = (
            slice(rows.target, rows.target + rows.length),
            slice(columns.target, columns.target + columns.length),
        )
        padded[place], padded_classes[place] = pixels, classes
        return padded, padded_classes


@dataclass(frozen=True)
class _Span:
    """A stretch along one side: where it begins in the scaled frame and in the crop, and its length."""

    source: int
    target: int
    length: int


def _span(scaled: int, crop: int, offset: int) -> _Span:
    if scaled >= crop:
        return _Span(offset, 0, crop)
    return _Span(0, offset, scaled)


@dataclass(frozen=True)
class EvalTransform:
    """Resize the image to the deployed input size; the label stays at its native size."""

    input_hw: Size

    def __call__(self, image: np.ndarray, label: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
        """Turn uint8 (H, W, 3) and uint8 (H, W) into float32 (3, *input_hw) and int64 (H, W)."""
        return self.image(image), label_tensor(label)

    def image(self, image: np.ndarray) -> torch.Tensor:
        """Turn uint8 (H, W, 3) into float32 (3, *input_hw)."""
        return to_tensor(_resized(image, self.input_hw))


@dataclass(frozen=True)
class ClassTrainTransform:
    """Random resized crop and flip, the common ImageNet recipe (A13).

    Attributes:
        crop_px: side of the square crop. area_range: share of the image's area that the crop covers.
    """

    crop_px: int
    area_range: tuple[float, float] = (0.08, 1.0)
    flip_probability: float = 0.5

    def __call__(self, image: np.ndarray, rng: np.random.Generator) -> torch.Tensor:
        """Augment uint8 (H, W, 3) to float32 (3, crop_px, crop_px)."""
        height, width = image.shape[:2]
        area = rng.uniform(*self.area_range) * height * width
        aspect = float(np.exp(rng.uniform(np.log(3 / 4), np.log(4 / 3))))
        crop_width = min(width, max(1, round(float(np.sqrt(area * aspect)))))
        crop_height = min(height, max(1, round(float(np.sqrt(area / aspect)))))
        top = int(rng.integers(0, height - crop_height + 1))
        left = int(rng.integers(0, width - crop_width + 1))
        crop = image[top : top + crop_height, left : left + crop_width]
        pixels = _resized(np.ascontiguousarray(crop), (self.crop_px, self.crop_px))
        if rng.random() < self.flip_probability:
            pixels = pixels[:, ::-1]
        return to_tensor(pixels)


@dataclass(frozen=True)
class ClassEvalTransform:
    """Resize the shorter side to `resize_px`, then crop the centre to `crop_px`."""

    resize_px: int
    crop_px: int

    def __call__(self, image: np.ndarray) -> torch.Tensor:
        """Turn uint8 (H, W, 3) into float32 (3, crop_px, crop_px)."""
        height, width = image.shape[:2]
        side = max(self.resize_px, self.crop_px)
        factor = side / min(height, width)
        resized = _resized(image, (max(side, round(height * factor)), max(side, round(width * factor))))
        top, left = ((length - self.crop_px) // 2 for length in resized.shape[:2])
        return to_tensor(resized[top : top + self.crop_px, left : left + self.crop_px])


def _resized(image: np.ndarray, size_hw: Size) -> np.ndarray:
    if image.shape[:2] == tuple(size_hw):
        return image
    size = (size_hw[1], size_hw[0])
    return np.asarray(Image.fromarray(image).resize(size, Image.Resampling.BILINEAR))
