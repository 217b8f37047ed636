"""The supernet: every candidate of every edge and every depth at once, weighted by masks (Eq. 2, 5).

Symbols: alpha (operations), beta (depths), O candidate operations, n + 1 cells of a hyper-cell.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from pipeline_src.config.models import SpaceConfig
from pipeline_src.config.search import DeriveZero
from pipeline_src.space.aggregation import AggregationCell
from pipeline_src.space.catalogue import (
    AGGREGATION_EDGES,
    AGGREGATION_OPERATIONS,
    CELL_EDGES,
    CELL_OPERATIONS,
    HYPER_CELLS,
)
from pipeline_src.space.cell import resize
from pipeline_src.space.derivation import chosen_operations
from pipeline_src.space.genotype import Genotype, HyperCellGenotype
from pipeline_src.space.head import MultiScaleHead
from pipeline_src.space.hyper_cell import HyperCell, HyperCellMasks
from pipeline_src.space.network import build_stem
from pipeline_src.space.operations import EdgeMasks, MixedOperation, supernet_norm
from pipeline_src.space.reach import node_channels

INITIAL_SPREAD = 1e-3
"""Standard deviation of the initial log alpha and log beta (A9: initialised near 0)."""


class Masks(NamedTuple):
    """One value for every architecture choice: soft (Gumbel), uniform, one-hot, or one drawn (A20)."""

    hyper_cells: tuple[HyperCellMasks, ...]
    aggregation: EdgeMasks


class ArchitectureParameters(nn.Module):
    """log alpha and log beta (A9): six alphas (5, 10), the aggregation's (7, 5), three betas (n + 1,).

    The normal cells of a hyper-cell share one alpha, its reduction cell has its own (A4).

    Args:
        depths: initial numbers of cells of the hyper-cells.
        generator: draws the initial values.
    """

    def __init__(self, depths: tuple[int, int, int], generator: torch.Generator) -> None:
        super().__init__()

        def near_zero(*shape: int) -> nn.Parameter:
            return nn.Parameter(INITIAL_SPREAD * torch.randn(*shape, generator=generator))

        edges, operations = len(CELL_EDGES), len(CELL_OPERATIONS)
        self.reduction = nn.ParameterList(near_zero(edges, operations) for _ in range(HYPER_CELLS))
        self.normal = nn.ParameterList(near_zero(edges, operations) for _ in range(HYPER_CELLS))
        self.aggregation = near_zero(len(AGGREGATION_EDGES), len(AGGREGATION_OPERATIONS))
        self.depth = nn.ParameterList(near_zero(depth) for depth in depths)

    def alphas(self) -> list[nn.Parameter]:
        """All operation parameters."""
        return [*self.reduction, *self.normal, self.aggregation]

    def betas(self) -> list[nn.Parameter]:
        """All depth parameters."""
        return list(self.depth)

    def argmax_masks(self, zero: DeriveZero = "keep") -> Masks:
        """One-hot masks of the network that `derive` would give."""

        def one_hot(indices: Sequence[int], like: Tensor) -> Tensor:
            hot = torch.zeros_like(like)
            return hot.scatter(-1, torch.tensor(indices, device=like.device)[:, None], 1.0)

        with torch.no_grad():
            cells = tuple(
                HyperCellMasks(
                    one_hot(chosen_operations(self.reduction[s], zero), self.reduction[s]),
                    one_hot(chosen_operations(self.normal[s], zero), self.normal[s]),
                    one_hot([int(self.depth[s].argmax())], self.depth[s][None])[0],
                )
                for s in range(HYPER_CELLS)
            )
            fusing = [int(index) for index in self.aggregation.argmax(dim=-1)]
            return Masks(cells, one_hot(fusing, self.aggregation))

    def map_masks(
        self, edges_of: Callable[[Tensor], EdgeMasks], depth_of: Callable[[Tensor], Tensor] | None = None
    ) -> Masks:
        """Masks from functions of one parameter's logits.

        Args:
            edges_of: (E, O) -> weights of the same shape, or one operation drawn for each edge.
            depth_of: (n + 1,) -> weights of the same shape; `edges_of` where it is None.
        """
        depth_mask: Callable[[Tensor], Any] = depth_of or edges_of
        hyper_cells = tuple(
            HyperCellMasks(edges_of(self.reduction[s]), edges_of(self.normal[s]), depth_mask(self.depth[s]))
            for s in range(HYPER_CELLS)
        )
        return Masks(hyper_cells, edges_of(self.aggregation))

    def derive(self, space: SpaceConfig, zero: DeriveZero = "keep") -> Genotype:
        """The genotype of the largest parameter of every choice (Sec. 3.1, 3.2; A23 for `zero`)."""

        def names(log_alpha: Tensor) -> tuple[str, ...]:
            return tuple(CELL_OPERATIONS[index] for index in chosen_operations(log_alpha, zero))

        first, second, third = (
            HyperCellGenotype(
                depth=int(self.depth[s].argmax()) + 1,
                reduction=names(self.reduction[s]),
                normal=names(self.normal[s]),
            )
            for s in range(HYPER_CELLS)
        )
        aggregation = tuple(AGGREGATION_OPERATIONS[int(index)] for index in self.aggregation.argmax(dim=-1))
        return Genotype(space=space, hyper_cells=(first, second, third), aggregation=aggregation)


class Supernet(nn.Module):
    """The weights w of every network of the space.

    Args:
        space: widths and strides.
        depths: initial numbers of cells {a, b, c}.
        num_classes: K.
        batched: whether cells compute soft masks in few wide kernels (`batched.py`).
    """

    def __init__(
        self, space: SpaceConfig, depths: tuple[int, int, int], num_classes: int, *, batched: bool = False
    ) -> None:
        super().__init__()
        self.stem = build_stem(space, supernet_norm)

        def mixed(index: int, channels: int, stride: int) -> nn.Module:
            return MixedOperation(CELL_OPERATIONS, channels, channels, stride, supernet_norm)

        channels_in = space.initial_channels
        hyper_cells = []
        for stage, depth in enumerate(depths):
            hyper_cell = HyperCell(
                channels_in,
                channels_in,
                node_channels(space, stage + 1),
                depth,
                make_reduction_edge=mixed,
                make_normal_edge=mixed,
                norm=supernet_norm,
                passes_entry=stage < len(depths) - 1,
                batched=batched,
            )
            hyper_cells.append(hyper_cell)
            channels_in = hyper_cell.channels_out
        self.hyper_cells = nn.ModuleList(hyper_cells)
        self.aggregation = AggregationCell(
            [one.channels_out for one in hyper_cells],
            space.aggregation_channels,
            lambda index, c_in, c_out, stride: MixedOperation(
                AGGREGATION_OPERATIONS, c_in, c_out, stride, supernet_norm
            ),
        )
        self.head = MultiScaleHead(self.aggregation.channels_out, num_classes, space, supernet_norm)

    def forward(self, x: Tensor, masks: Masks) -> Tensor:
        """(B, 3, H, W) normalised image and masks -> logits (B, K, H, W)."""
        newer = self.stem(x)
        older: Tensor | None = newer
        maps = []
        for hyper_cell, mask in zip(self.hyper_cells, masks.hyper_cells, strict=True):
            older, newer = hyper_cell(older, newer, mask)
            maps.append(newer)
        fused = self.aggregation(*maps, masks.aggregation)
        return resize(self.head(fused), x.shape[-2:])
