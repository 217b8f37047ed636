"""Asks a process for each kind of work what its steps take on this device. [no torch]"""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pipeline_src.config.models import Config
from pipeline_src.errors import UserError
from pipeline_src.planning.costs import Range, Rates

LOG = logging.getLogger(__name__)
CHILD = "pipeline_src.cli.plan_step"
BUDGET_S = 200.0
"""For all steps together; the processes' starts come on top."""
START_S_MAX = 60.0
"""What a process may take to load torch, on a busy machine."""


@dataclass(frozen=True)
class Taken:
    """What was measured, on which device, how long it took, and which batches were too large to be timed."""

    rates: Rates
    device: str
    seconds: float
    scaled: tuple[str, ...]
    on_gpu: bool = False


def measure_rates(config: Config, needed: Sequence[tuple[str, str]]) -> Taken:
    """Measure some kinds of work, each in a process of its own.

    Args:
        needed: (kind, peer), as of `Costs.needed`.

    Raises:
        UserError: a step cannot be run here.
    """
    started = time.monotonic()
    rates: dict[tuple[str, str], Range] = {}
    memory: dict[tuple[str, str], float] = {}
    weights: dict[str, float] = {}
    scaled, device, on_gpu = [], "", False
    _, start_s = _asked({"kind": ""}, "starting", START_S_MAX)
    budget_s = BUDGET_S / max(1, len(needed))
    for kind, peer in needed:
        name = f"{kind} {peer}".strip()
        LOG.info("measuring a few steps of %s", name)
        given = {
            "kind": kind,
            "peer": peer,
            "budget_s": budget_s,
            "config": config.model_dump(mode="json"),
        }
        found, _ = _asked(given, name, 2 * budget_s + START_S_MAX)
        rates[kind, peer] = Range(*found["seconds"])
        memory[kind, peer] = found["memory_mib"]
        weights[peer] = max(weights.get(peer, 0.0), found["weights_bytes"])
        device, on_gpu = found["device"], found["on_gpu"]
        if found["images"] < found["whole"] or found["shrunk"] > 1:
            smaller = f", sides divided by {found['shrunk']}" if found["shrunk"] > 1 else ""
            scaled.append(f"{name}: timed with {found['images']} of {found['whole']} images a step{smaller}")
    return Taken(
        Rates(rates, memory, weights, start_s), device, time.monotonic() - started, tuple(scaled), on_gpu
    )


def _asked(given: dict[str, Any], name: str, limit_s: float) -> tuple[dict[str, Any], float]:
    """A child's answer, and the seconds from its start to its end."""
    began = time.monotonic()
    remedy = "Give --from with finished jobs instead."
    command = [sys.executable, "-m", CHILD]
    try:
        done = subprocess.run(
            command, input=json.dumps(given), capture_output=True, text=True, check=False, timeout=limit_s
        )
    except subprocess.TimeoutExpired as error:
        problem = f"is not over after {limit_s:.0f} s: this device is too slow for it, or busy."
        raise UserError(f"a step of {name}", problem, remedy) from error
    if done.returncode:
        lines = done.stderr.strip().splitlines()
        killed = "it was killed, most likely for want of memory"
        said = killed if done.returncode < 0 else (lines[-1] if lines else "it said nothing")
        raise UserError(
            f"a step of {name}",
            f"cannot be measured here ({said}).",
            "Give --from with finished jobs instead.",
        )
    return json.loads(done.stdout.strip().splitlines()[-1]), time.monotonic() - began
