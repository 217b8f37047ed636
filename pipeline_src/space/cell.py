"""A cell (Eq. 1, Figure 3): two inputs, two nodes, five edges, output = concatenation of the nodes.

Shapes: inputs (B, C_older, H0, W0) and (B, C_newer, H, W); output (B, 2C, H', W') with H' = H, or
ceil(H/2) in a reduction cell. The same class serves the supernet (edges take a mask) and networks.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pipeline_src.space.batched import mixed_nodes
from pipeline_src.space.catalogue import (
    CELL_EDGES,
    CELL_INPUTS,
    CELL_NODES,
    NODE_EDGES,
    PREPROCESSING,
    computed_edges,
    edge_stride,
)
from pipeline_src.space.operations import EdgeMasks, Norm, Zero, build_operation

MakeEdge = Callable[[int, int, int], nn.Module]
"""(edge index, channels, stride) -> the module of that edge."""


class Cell(nn.Module):
    """One cell.

    Args:
        channels_older: channels of the output of the cell before the last.
        channels_newer: channels of the output of the last cell.
        channels: width C of a node.
        reduction: whether the edges that leave the inputs have stride 2.
        older_is_larger: whether the older input has twice the newer one's size (A3).
        make_edge: builds the five edges.
        norm: batch norm of the preprocessing.
        batched: whether soft masks are computed in few wide kernels (`batched.py`), in training.
    """

    def __init__(
        self,
        channels_older: int,
        channels_newer: int,
        channels: int,
        *,
        reduction: bool,
        older_is_larger: bool,
        make_edge: MakeEdge,
        norm: Norm,
        batched: bool = False,
    ) -> None:
        super().__init__()
        self.reduction, self.batched = reduction, batched
        self.channels_out = CELL_NODES * channels
        stride = 2 if older_is_larger else 1
        self.older = build_operation(PREPROCESSING, channels_older, channels, stride, norm=norm)
        self.newer = build_operation(PREPROCESSING, channels_newer, channels, 1, norm=norm)
        self.edges = nn.ModuleList(
            make_edge(index, channels, edge_stride(edge, reduction)) for index, edge in enumerate(CELL_EDGES)
        )
        # In the supernet, whose edges are mixed, all of them.
        self.computed = computed_edges(["zero" if isinstance(one, Zero) else "" for one in self.edges])

    def forward(self, older: Tensor, newer: Tensor, mask: EdgeMasks | None = None) -> Tensor:
        """Compute the cell; `mask` is (5, O) or drawn in the supernet and None in a network."""
        states = [self.older(older), self.newer(newer)]
        # Without gradients the plain form leaves out what a one-hot mask does not need.
        if self.batched and isinstance(mask, Tensor) and torch.is_grad_enabled():
            return mixed_nodes(self.edges, states[0], states[1], mask, reduction=self.reduction)
        for edges in NODE_EDGES:
            if mask is None:
                computed = [index for index in edges if index in self.computed]
                terms = [self.edges[index](states[CELL_EDGES[index][0]]) for index in computed]
            else:
                terms = [self.edges[index](states[CELL_EDGES[index][0]], mask[index]) for index in edges]
            states.append(sum(terms[1:], start=terms[0]))
        return torch.cat(states[CELL_INPUTS:], dim=1)


def resize(x: Tensor, size: torch.Size | tuple[int, int]) -> Tensor:
    """Bilinear resizing to (height, width), or `x` itself when it has that size."""
    if tuple(x.shape[-2:]) == tuple(size):
        return x
    return F.interpolate(x, size=tuple(size), mode="bilinear", align_corners=False)
