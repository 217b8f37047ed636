"""What a search writes down after each epoch: the data of Figure 5 and of the soft-to-hard gap."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from pipeline_src.search.gumbel import entropy
from pipeline_src.search.objective import argmax_depths, expected_depth
from pipeline_src.space.supernet import ArchitectureParameters


@dataclass
class EpochTotals:
    """Sums over the steps of an epoch, and the depths that its last step sampled."""

    steps: int = 0
    cross_entropy: float = 0.0
    latency_us: float = 0.0
    sampled_depths: list[int] = field(default_factory=list)

    def add(self, cross_entropy: float, latency_us: float, sampled_depths: list[int]) -> None:
        """Count one step."""
        self.steps += 1
        self.cross_entropy += cross_entropy
        self.latency_us += latency_us
        self.sampled_depths = sampled_depths

    @property
    def is_finite(self) -> bool:
        """Whether no step's loss was infinite or not a number."""
        return math.isfinite(self.cross_entropy) and math.isfinite(self.latency_us)

    def state(self) -> dict[str, Any]:
        """Plain values for a checkpoint."""
        return dict(vars(self))

    @classmethod
    def of(cls, state: dict[str, Any]) -> EpochTotals:
        """From `state()`."""
        return cls(**state)


def alpha_entropy(parameters: ArchitectureParameters) -> float:
    """Mean over the seven alphas of their choices' mean entropy, in nats."""
    alphas = [float(entropy(alpha.detach())) for alpha in parameters.alphas()]
    return sum(alphas) / len(alphas)


def epoch_row(
    *,
    epoch: int,
    temperature: float,
    lr: float,
    totals: EpochTotals,
    parameters: ArchitectureParameters,
    scores: tuple[float | None, float | None],
    beta_frozen: bool,
) -> dict[str, Any]:
    """One row of the search log.

    `ce` and `latency_us` are means over the epoch's steps (the expected latency of the sampled masks,
    A11); entropies are means in nats; `miou_soft` and `miou_argmax` are None where not validated.
    """
    betas = parameters.betas()
    row: dict[str, Any] = {
        "epoch": epoch,
        "temperature": temperature,
        "lr": lr,
        "ce": totals.cross_entropy / max(totals.steps, 1),
        "latency_us": totals.latency_us / max(totals.steps, 1),
    }
    for name, depths in (
        ("sampled", totals.sampled_depths),
        ("argmax", argmax_depths(betas)),
        ("expected", [expected_depth(beta) for beta in betas]),
    ):
        row.update({f"{name}_depth_{index + 1}": depth for index, depth in enumerate(depths)})
    row["alpha_entropy"] = alpha_entropy(parameters)
    row["beta_entropy"] = sum(float(entropy(beta.detach())) for beta in betas) / len(betas)
    row["miou_soft"], row["miou_argmax"] = scores
    row["beta_frozen"] = int(beta_frozen)
    return row
