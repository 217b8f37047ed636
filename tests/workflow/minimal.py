"""Settings far below `tiny`, shared by tests of the workflow: they show that it runs, not what it finds."""

from __future__ import annotations

from typing import Any

IMAGENET: dict[str, Any] = {
    "render": {"classes": 2, "train_per_class": 2, "val_per_class": 1, "size_px": 32},
    "crop_px": 32,
    "resize_px": 32,
}
BLOCKS: dict[str, Any] = {
    "space": {
        "initial_channels": 2, "channel_multiplier": 2, "aggregation_channels": 4, "head_channels": 4
    },
    "latency": {"warmup": 0, "repeats": 3, "lut_repeats": 3},
    "search": {
        "epochs": 2,
        "warmup_epochs": 1,
        "steps_per_epoch": 2,
        "batch_size": 2,
        "validation_images": 2,
        "validation_every": 1,
    },
    "pretrain": {"epochs": 1, "batch_size": 2},
}  # fmt: skip
EXPERIMENTS: dict[str, Any] = {
    "depths": [1, 1, 1],
    "robustness": [{"seed": 2, "depths": [1, 1, 1]}],
    "random_networks": 1,
    "matched_networks": 0,
    "control": False,
    "training_seeds": 0,
    "coarse": False,
    # Batch norm makes no sense of the two values that crops of 32x32 leave ICNet at 1/32.
    "peers": [],
}
