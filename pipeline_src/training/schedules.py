"""Learning rates and the Gumbel temperature, as pure functions of the step or epoch."""

from __future__ import annotations

import math
from typing import Literal


def poly(step: int, total: int, base: float, power: float) -> float:
    """Polynomial decay from `base` at step 0 to 0 at step `total` (Sec. 4.1, finetuning)."""
    return float(base * (1.0 - step / total) ** power)


def cosine(step: int, total: int, base: float, minimum: float) -> float:
    """Half a cosine from `base` at step 0 to `minimum` at step `total` (Sec. 4.1, search)."""
    return minimum + 0.5 * (base - minimum) * (1.0 + math.cos(math.pi * step / total))


def exponential(epoch: int, base: float, decay: float) -> float:
    """`base`, times `decay` for each epoch done (A13, pretraining)."""
    return float(base * decay**epoch)


def temperature(
    epoch: int, epochs: int, start: float, end: float, schedule: Literal["linear", "exponential"]
) -> float:
    """Gumbel-softmax temperature: `start` in epoch 0, `end` in the last one (Sec. 3.1; A10).

    A single epoch is run at `start`.
    """
    share = epoch / (epochs - 1) if epochs > 1 else 0.0
    if schedule == "linear":
        return start + (end - start) * share
    return float(start * (end / start) ** share)
