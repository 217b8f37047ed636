"""What all benchmarks say alike: ratios of one interleaved run, n, quartiles, the machine, the versions."""

from __future__ import annotations

import gc
import os
import platform
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

import torch

from pipeline_src.config.models import LatencyConfig
from pipeline_src.latency.fingerprint import current
from pipeline_src.latency.load import load_average

Samples = dict[str, list[float]]
"""Seconds of each piece of work, round by round; all pieces of a round saw the same moment of the machine."""
Clock = Callable[[], float]

SPREAD_MAX = 0.25
"""Widest spread between the quartiles of a ratio that is published, as a share of its median."""


def summary(values: Sequence[float]) -> dict[str, float | int]:
    """n, median and quartiles of repeated measurements."""
    lower, median, upper = statistics.quantiles(values, n=4) if len(values) > 1 else [values[0]] * 3
    return {"n": len(values), "median": median, "q1": lower, "q3": upper}


def ratios(values: Sequence[float], floors: Sequence[float]) -> dict[str, float | int]:
    """Summary of the ratios, pair by pair: both members of a pair saw the same moment of the machine."""
    return summary([value / floor for value, floor in zip(values, floors, strict=True)])


def clock_of(device: torch.device, threads: int = 1) -> Clock:
    """Seconds that work takes: the processor's where one thread of the CPU does it, else those on the wall.

    Processor time leaves out what other programs took meanwhile. On a GPU the device's work is waited for.
    """
    if device.type == "cuda":

        def synchronised() -> float:
            torch.cuda.synchronize(device)
            return time.perf_counter()

        return synchronised
    return time.process_time if threads == 1 else time.perf_counter


def in_turns(
    works: Mapping[str, Callable[[], object]], clock: Clock, *, rounds: int, warmup: int = 1
) -> Samples:
    """Time several pieces of work in turns, A B C A B C ..., after rounds that do not count."""
    taken: Samples = {name: [] for name in works}
    for turn in range(warmup + rounds):
        for name, work in works.items():
            gc.collect()  # what one left behind is not charged to the next
            started = clock()
            work()
            if turn >= warmup:
                taken[name].append(clock() - started)
    return taken


def calmest(
    attempt: Callable[[], Samples],
    pairs: Mapping[str, tuple[str, str]],
    *,
    budget_s: float,
    spread_max: float = SPREAD_MAX,
    now: Clock = time.monotonic,
) -> dict[str, dict[str, Any]]:
    """The steadiest ratio of each pair; without its numbers where every attempt was too restless.

    Args:
        attempt: one interleaved run.
        pairs: by key, the names of the work above and below the line.
        budget_s: seconds after which no further attempt is started.
        spread_max: as `SPREAD_MAX`.

    Returns:
        By key: n, median, q1, q3, the medians of both in seconds, spread, attempts, load, and `withheld`,
        which says why there are no numbers or is None.
    """
    started, attempts = now(), 0
    found: dict[str, dict[str, Any]] = {}
    while attempts == 0 or (
        any(one["spread"] > spread_max for one in found.values()) and now() - started < budget_s
    ):
        load = load_average()
        samples, attempts = attempt(), attempts + 1
        for key, (above, below) in pairs.items():
            told = ratios(samples[above], samples[below])
            told |= {
                "above_s": statistics.median(samples[above]),
                "below_s": statistics.median(samples[below]),
                "spread": (told["q3"] - told["q1"]) / told["median"],
            }
            if key not in found or told["spread"] < found[key]["spread"]:
                found[key] = {**told, "load": load}
    return {key: _published(one, attempts, spread_max) for key, one in found.items()}


def _published(told: dict[str, Any], attempts: int, spread_max: float) -> dict[str, Any]:
    """The numbers, or why there are none."""
    told |= {"attempts": attempts, "spread_max": spread_max, "withheld": None}
    if told["spread"] <= spread_max:
        return told
    kept = {name: told[name] for name in ("n", "spread", "spread_max", "attempts", "load")}
    reason = (
        f"{100 * told['spread']:.0f} % between the quartiles of the ratio at best, in {attempts} attempts;"
        f" over {100 * spread_max:.0f} % the machine is too busy with something else"
    )
    return kept | {"withheld": reason}


def surroundings(device: torch.device) -> dict[str, Any]:
    """Machine, load, versions and date of a benchmark."""
    here = current(LatencyConfig(), device)
    return {
        "machine": {
            "device": here.device,
            "driver": here.driver,
            "cores": os.cpu_count(),
            "load": load_average(),
            "system": platform.platform(),
        },
        "versions": {
            "python": platform.python_version(),
            **{name: version(name) for name in ("torch", "numpy", "pillow")},
        },
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
    }
