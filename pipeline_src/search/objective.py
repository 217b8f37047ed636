"""The search's objective: expected latency (Eq. 4, 7 with A11) and the total loss (Eq. 8)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from pipeline_src.config.models import SpaceConfig
from pipeline_src.space.catalogue import HYPER_CELLS
from pipeline_src.space.operations import EdgeMasks, SampledEdges
from pipeline_src.space.reach import CellKind, LutKey, cell_keys, entry_key, preprocessing_keys
from pipeline_src.space.supernet import Masks


@dataclass(frozen=True)
class LatencyModel:
    """Latency in microseconds of all that a search chooses; linear in each mask.

    Attributes:
        reduction, normal: (5, O), of every candidate of every edge, for each hyper-cell; 0 for `zero`, which
            a network drops (A28).
        preprocessing: of the reduction cell, the first normal cell and each further one, for each hyper-cell.
        entries: of what a hyper-cell of one cell needs beside it (A5).
    """

    reduction: tuple[Tensor, ...]
    normal: tuple[Tensor, ...]
    preprocessing: tuple[tuple[float, float, float], ...]
    entries: tuple[float, ...]

    @classmethod
    def build(
        cls,
        space: SpaceConfig,
        input_hw: tuple[int, int],
        latency_us: Callable[[LutKey], float],
        device: torch.device,
    ) -> LatencyModel:
        """Read every key that a search can reach from a lookup table."""

        def costs(hyper_cell: int, kind: CellKind) -> Tensor:
            rows = cell_keys(space, input_hw, hyper_cell, kind)
            return torch.tensor(
                [[0.0 if key.operation == "zero" else latency_us(key) for key in row] for row in rows],
                device=device,
            )

        def preprocessing(hyper_cell: int) -> tuple[float, float, float]:
            first, second, further = (
                sum(latency_us(key) for key in preprocessing_keys(space, input_hw, hyper_cell, position))
                for position in range(3)
            )
            return first, second, further

        stages = range(HYPER_CELLS)
        entries = [latency_us(entry_key(space, input_hw, stage)) for stage in stages[:-1]]
        return cls(
            tuple(costs(s, "reduction") for s in stages),
            tuple(costs(s, "normal") for s in stages),
            tuple(preprocessing(s) for s in stages),
            (*entries, 0.0),
        )

    def expected_us(self, masks: Masks) -> Tensor:
        """sum_s sum_p (sum_{q>=p} u_q) lat_p, with lat_p from Eq. 4 (A11, A28); a scalar in microseconds.

        The weight of cell p is the probability that no earlier depth is chosen, which makes Eq. 7's
        set of remaining cells differentiable in beta; with one-hot masks it is that very sum.
        """
        totals: list[Tensor] = []
        for stage, mask in enumerate(masks.hyper_cells):
            kept = mask.depth.flip(0).cumsum(0).flip(0)
            first, second, further = self.preprocessing[stage]
            totals += [
                kept[0] * ((_weights(mask.reduction) * self.reduction[stage]).sum() + first),
                kept[1:].sum() * (_weights(mask.normal) * self.normal[stage]).sum(),
                kept[1:2].sum() * second + kept[2:].sum() * further,
                mask.depth[0] * self.entries[stage],
            ]
        return torch.stack(totals).sum()


def _weights(mask: EdgeMasks) -> Tensor:
    return mask.cost if isinstance(mask, SampledEdges) else mask


def search_loss(cross_entropy: Tensor, latency_us: Tensor, gamma: float, offset_us: float = 0.0) -> Tensor:
    """L = CE + gamma * log(offset + Latency) (Eq. 8; A21); the unit, microseconds, only shifts the loss.

    Args:
        offset_us: time of what no choice can remove; the gradient in the latency is gamma / (offset + it).
    """
    return cross_entropy + gamma * torch.log((offset_us + latency_us).clamp(min=1e-6))


def expected_depth(logits: Tensor) -> float:
    """sum_p p * softmax(beta)_p, the red curve of Figure 5."""
    positions = torch.arange(1, len(logits) + 1, device=logits.device)
    return float((torch.softmax(logits.detach(), dim=0) * positions).sum())


def argmax_depths(betas: Sequence[Tensor]) -> list[int]:
    """The depth that each hyper-cell would be cut to now."""
    return [int(beta.argmax()) + 1 for beta in betas]
