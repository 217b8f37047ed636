"""A set that this project has never seen: 5 classes in frames of 40x72, its folder and its description."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import yaml
from PIL import Image

CLASSES = ("floor", "wall", "door", "traffic sign", "sky")  # two of them have namesakes in the paper's tables
COLOURS = ((90, 90, 90), (160, 60, 40), (60, 120, 200), (220, 220, 0), (70, 130, 180))
SIZE = (40, 72)
FRAMES = 16


def frame(number: int) -> tuple[np.ndarray, np.ndarray]:
    """A picture and its class indices: a sky, a wall with a door and a sign, a floor."""
    rng = np.random.default_rng(number)
    label = np.zeros(SIZE, np.uint8)
    label[:14], label[14:28] = 4, 1
    left = int(rng.integers(4, 40))
    label[18:28, left : left + 10] = 2
    label[16:22, left + 14 : left + 22] = 3
    colours = np.array(COLOURS, float)[label] + rng.normal(0, 12, (*SIZE, 3))
    label[39] = 255
    return colours.clip(0, 255).astype(np.uint8), label


def write_yard(root: Path) -> None:
    """`photos/NAME.jpg` and `masks/NAME.png` of class indices; 255 is void."""
    for folder in ("photos", "masks"):
        (root / folder).mkdir(parents=True)
    for number in range(FRAMES):
        image, label = frame(number)
        Image.fromarray(image).save(root / "photos" / f"walk_{number:04d}.jpg", quality=95)
        Image.fromarray(label).save(root / "masks" / f"walk_{number:04d}.png")


def description(root: Path, **sizes: int) -> dict[str, Any]:
    """Its description, without a test split."""
    return {
        "title": "Back yard",
        "path": str(root),
        "classes": [
            {"name": name, "colour": list(colour)} for name, colour in zip(CLASSES, COLOURS, strict=True)
        ],
        "layouts": {
            "walks": {
                "images": "photos/{name}",
                "labels": "masks/{name}",
                "hold": "train_ids",
                "ignored": [255],
                "splits": {"train": {"rest": True}, "val": {"share": 0.25}},
            }
        },
        "sizes": {
            "input_height_px": SIZE[0],
            "input_width_px": SIZE[1],
            "crop_height_px": 32,
            "crop_width_px": 64,
            "search_crop_height_px": 32,
            "search_crop_width_px": 64,
            **sizes,
        },
    }  # fmt: skip


def describe_yard(path: Path, root: Path, **sizes: int) -> Path:
    """Write its description to a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(description(root, **sizes), sort_keys=False), encoding="utf-8")
    return path
