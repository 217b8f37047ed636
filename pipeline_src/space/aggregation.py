"""The aggregation cell (Sec. 3.3, Figure 4) built from the wiring in `catalogue` (A6, A7)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from pipeline_src.space.catalogue import AGGREGATION_EDGES, AGGREGATION_OUTPUTS
from pipeline_src.space.cell import resize
from pipeline_src.space.operations import EdgeMasks

MakeAggregationEdge = Callable[[int, int, int, int], nn.Module]
"""(edge index, channels in, channels out, stride) -> the module of that edge."""


class AggregationCell(nn.Module):
    """Fuses the hyper-cells' outputs x1, x2, x3 (at 1/8, 1/16, 1/32) into one map at 1/8.

    Args:
        channels_in: channels of x1, x2, x3.
        channels: width of the inner nodes.
        make_edge: builds the seven edges.
    """

    def __init__(self, channels_in: Sequence[int], channels: int, make_edge: MakeAggregationEdge) -> None:
        super().__init__()
        widths = {f"x{index + 1}": width for index, width in enumerate(channels_in)}
        self.edges = nn.ModuleList(
            make_edge(index, widths.get(edge.source, channels), channels, edge.stride)
            for index, edge in enumerate(AGGREGATION_EDGES)
        )
        self.channels_out = channels * len(AGGREGATION_OUTPUTS)

    def forward(self, x1: Tensor, x2: Tensor, x3: Tensor, mask: EdgeMasks | None = None) -> Tensor:
        """(B, C1, H, W), (B, C2, H/2, W/2), (B, C3, H/4, W/4) -> (B, 3C, H, W); mask of 7 edges or None."""
        states: dict[str, Tensor] = {"x1": x1, "x2": x2, "x3": x3}
        for index, edge in enumerate(AGGREGATION_EDGES):
            source = states[edge.source]
            term = self.edges[index](source) if mask is None else self.edges[index](source, mask[index])
            states[edge.target] = states[edge.target] + term if edge.target in states else term
        first = states[AGGREGATION_OUTPUTS[0]]
        return torch.cat([resize(states[name], first.shape[-2:]) for name in AGGREGATION_OUTPUTS], dim=1)
