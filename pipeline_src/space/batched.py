"""The soft supernet's edges in few wide kernels: the sums of Eq. 1 and 2 as in `cell.py`, in another order.

In the plain form each candidate of each edge runs its own small kernels; here the edges that leave one state
are computed together (`state_edges.py`). The weights are those of the plain modules, so checkpoints are the
same, and so are results but for rounding. It serves soft masks alone: of drawn operations there is nothing to
put together (A20).

Shapes: B batch, E edges that leave a state, O candidates, C channels, H x W pixels in, h x w out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import cast

import torch
from torch import Tensor, nn

from pipeline_src.space.catalogue import CELL_EDGES, CELL_INPUTS, CELL_NODES, CELL_OPERATIONS, edge_stride
from pipeline_src.space.operations import FactorisedReduction, MixedOperation
from pipeline_src.space.state_edges import KINDS, StateEdges


def mixed_nodes(
    edges: Iterable[nn.Module], older: Tensor, newer: Tensor, masks: Tensor, *, reduction: bool
) -> Tensor:
    """The nodes of a cell of mixed operations, concatenated.

    Args:
        edges: the cell's five `MixedOperation`s over `CELL_OPERATIONS`.
        older, newer: the preprocessed inputs, (B, C, H, W) each.
        masks: (5, O).
        reduction: whether the edges that leave the inputs have stride 2.

    Returns:
        (B, 2C, h, w).
    """
    mixed = cast("list[MixedOperation]", list(edges))
    # Both inputs have an edge to each node, listed by node, then by input; the last is from node to node.
    of_inputs = CELL_INPUTS * CELL_NODES

    def leaving(source: Tensor, places: slice) -> Tensor:
        stride = edge_stride(CELL_EDGES[places.start], reduction)
        return mix_edges(mixed[places], source, masks[places], stride)

    both = leaving(older, slice(0, of_inputs, CELL_INPUTS)) + leaving(newer, slice(1, of_inputs, CELL_INPUTS))
    first, second = both.unbind()
    inner = leaving(first, slice(of_inputs, None))
    return torch.cat((first, second + inner[0]), dim=1)


def mix_edges(edges: Sequence[MixedOperation], state: Tensor, masks: Tensor, stride: int) -> Tensor:
    """All candidates of all edges that leave a state, weighted by masks (Eq. 2).

    Args:
        edges: E of them.
        state: (B, C, H, W).
        masks: (E, O).
        stride: of these edges.

    Returns:
        (E, B, C, h, w), in the masks' precision.
    """
    weights = [
        _convolutions(edge, name)[place].weight
        for names, place in KINDS
        if stride == 2 or names != ("skip",)
        for name in names
        for edge in edges
    ]
    device = state.device.type
    used = torch.get_autocast_dtype(device) if torch.is_autocast_enabled(device) else state.dtype
    with torch.autocast(device, enabled=False):
        return cast(Tensor, StateEdges.apply(state.to(used), masks, stride, *weights))  # type: ignore[no-untyped-call]


def _convolutions(edge: MixedOperation, name: str) -> list[nn.Conv2d]:
    """In the order in which the candidate runs them."""
    candidate = edge.candidates[CELL_OPERATIONS.index(name)]
    if isinstance(candidate, FactorisedReduction):
        return [candidate.even, candidate.odd]
    return [one for one in candidate.modules() if isinstance(one, nn.Conv2d)]
