"""Settings far below `tiny` whose steps still take a while, and waiting for what they do."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")

SPACE = {"initial_channels": 2, "channel_multiplier": 2, "aggregation_channels": 4, "head_channels": 4}
SEARCHED = "cityscapes-g0.01-s2-d1.1.1"
GENOTYPE = f"results/tiny/search/{SEARCHED}/genotype.json"
SIZES = {"input": (32, 64), "crop": (32, 32), "search_crop": (32, 32), "full": (64, 128)}


def params(**search: Any) -> dict[str, Any]:
    """params.yaml of a graph with one search, on one core in seconds."""
    return {
        "scale": "tiny",
        "runtime": {"checkpoint_every_s": 0.2},
        "data": {
            "cityscapes": {
                "render": {"train": 4, "val": 2, "test": 2, "coarse": 0, "height_px": 64, "width_px": 128},
                **{f"{name}_height_px": size[0] for name, size in SIZES.items()},
                **{f"{name}_width_px": size[1] for name, size in SIZES.items()},
            },
        },
        "space": SPACE,
        "latency": {"warmup": 0, "repeats": 3, "lut_repeats": 3},
        "search": {
            "warmup_epochs": 1,
            "steps_per_epoch": 2,
            "batch_size": 2,
            "validation_images": 0,
            **search,
        },
        "experiments": {
            "depths": [1, 1, 1],
            "robustness": [{"seed": 2, "depths": [1, 1, 1]}],
            "random_networks": 1,
            "matched_networks": 0,
            "control": False,
            "coarse": False,
        },
    }


def environment(root: Path) -> dict[str, str]:
    """Of a command in a checkout: this interpreter's commands, the checkout's package, one thread."""
    return {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(root),
        "OMP_NUM_THREADS": "1",
    }


def wait_for(what: Callable[[], T | None], timeout_s: float = 600.0) -> T:
    """The first answer of `what` that is true; the limit only ends a test that hangs on a busy machine."""
    end = time.monotonic() + timeout_s
    while time.monotonic() < end:
        found = what()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError(f"nothing came within {timeout_s:.0f} s")
