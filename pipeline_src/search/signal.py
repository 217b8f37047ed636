"""Whether alpha's gradient has a direction, and whether seeds agree: what a search's choices are worth."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

SHUFFLES = 200
RESOLVED = 3.0
"""Standard errors by which a mean gradient must differ from 0 to be told from noise."""


class GradientRecord:
    """Gradients of some parameters over the steps of a search."""

    def __init__(self) -> None:
        self._steps: list[Tensor] = []

    @property
    def steps(self) -> int:
        """How many were added."""
        return len(self._steps)

    def add(self, gradients: Sequence[Tensor]) -> None:
        """Keep one step's gradients; they are copied."""
        self._steps.append(torch.cat([one.detach().flatten().cpu() for one in gradients]).clone())

    def signal(self, generator: torch.Generator) -> dict[str, Any]:
        """Mean over standard deviation of each parameter's gradient over the steps, against shuffled signs.

        Args:
            generator: draws the signs, one for each parameter and step.

        Returns:
            steps: N.
            ratio: |mean| / sd, averaged over the parameters that ever had a gradient.
            null_ratio, null_sd: the same after a shuffle of signs: mean and sd over `SHUFFLES` shuffles.
            z: (ratio - null_ratio) / null_sd.
            snr: the signal-to-noise ratio of one step without the part that N steps of noise show too,
                sqrt(max(0, mean(ratio^2) - that of the shuffles)).
            steps_to_resolve: (RESOLVED / snr)^2, the steps after which a parameter with that ratio lies
                RESOLVED standard errors from 0; None where snr is 0.

        Raises:
            ValueError: fewer than three steps were added.
        """
        if self.steps < 3:
            raise ValueError(f"{self.steps} steps have no spread to tell a signal by")
        gradients = torch.stack(self._steps)
        gradients = gradients[:, gradients.abs().amax(dim=0) > 0]
        ratios = _ratios(gradients)
        shuffled = []
        for _ in range(SHUFFLES):
            signs = torch.randint(0, 2, gradients.shape, generator=generator) * 2.0 - 1.0
            shuffled.append(_ratios(gradients * signs))
        null = torch.stack([one.mean() for one in shuffled])
        noise = torch.stack([one.square().mean() for one in shuffled]).mean()
        snr = math.sqrt(max(0.0, float(ratios.square().mean() - noise)))
        return {
            "steps": self.steps,
            "ratio": float(ratios.mean()),
            "null_ratio": float(null.mean()),
            "null_sd": float(null.std()),
            "z": float((ratios.mean() - null.mean()) / null.std()),
            "snr": snr,
            "steps_to_resolve": (RESOLVED / snr) ** 2 if snr > 0 else None,
        }


def _ratios(gradients: Tensor) -> Tensor:
    """(N, P) -> |mean| / sd over the steps, (P,)."""
    spread = gradients.std(dim=0)
    return gradients.mean(dim=0).abs() / spread.clamp(min=torch.finfo(spread.dtype).tiny)


def agreement(seeds: Sequence[Sequence[str]]) -> float:
    """The share of choices that two seeds have in common, over all pairs of seeds.

    Args:
        seeds: each seed's choices, edge by edge.
    """
    pairs = [
        sum(one == other for one, other in zip(first, second, strict=True)) / len(first)
        for first, second in itertools.combinations(seeds, 2)
    ]
    return sum(pairs) / len(pairs)


def agreement_by_chance(
    candidates: Sequence[int], seeds: int, draws: int, generator: torch.Generator
) -> tuple[float, list[float]]:
    """The agreement of seeds whose choices are drawn evenly.

    Args:
        candidates: how many operations each edge chooses from.
        seeds: how many seeds.
        draws: how often to draw.
        generator: draws the choices.

    Returns:
        Its expectation, and `draws` draws of it.
    """
    columns = [torch.randint(0, n, (draws, seeds), generator=generator) for n in candidates]
    chosen = torch.stack(columns, dim=-1)
    pairs = [
        (chosen[:, one] == chosen[:, other]).float().mean(dim=-1)
        for one, other in itertools.combinations(range(seeds), 2)
    ]
    return sum(1 / n for n in candidates) / len(candidates), torch.stack(pairs).mean(dim=0).tolist()
