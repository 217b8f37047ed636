"""What all benchmarks say alike: n, median and quartiles; the machine; the versions."""

from __future__ import annotations

import os
import platform
import statistics
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

import torch

from pipeline_src.config.models import LatencyConfig
from pipeline_src.latency.fingerprint import current


def summary(values: Sequence[float]) -> dict[str, float | int]:
    """n, median and quartiles of repeated measurements."""
    lower, median, upper = statistics.quantiles(values, n=4) if len(values) > 1 else [values[0]] * 3
    return {"n": len(values), "median": median, "q1": lower, "q3": upper}


def ratios(values: Sequence[float], floors: Sequence[float]) -> dict[str, float | int]:
    """Summary of the ratios, pair by pair: both members of a pair saw the same moment of the machine."""
    return summary([value / floor for value, floor in zip(values, floors, strict=True)])


def surroundings(device: torch.device) -> dict[str, Any]:
    """Machine, load, versions and date of a benchmark."""
    here = current(LatencyConfig(), device)
    return {
        "machine": {
            "device": here.device,
            "driver": here.driver,
            "cores": os.cpu_count(),
            "load": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
            "system": platform.platform(),
        },
        "versions": {
            "python": platform.python_version(),
            **{name: version(name) for name in ("torch", "numpy", "pillow")},
        },
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
    }
