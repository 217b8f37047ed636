"""The soft supernet's edges in few wide kernels: the sums of Eq. 1 and 2 as in `cell.py`, in another order.

In the plain form each candidate of each edge runs its own small kernels. Here the edges that leave states of
one size are computed together: convolutions of one kind become one grouped convolution, all batch norms one,
and the mixing of Eq. 2 one matrix product. The weights are those of the plain modules, so checkpoints are the
same, and so are results but for rounding. It serves soft masks alone: of drawn operations there is nothing to
put together (A20).

Shapes: B batch, S states, E edges that leave each, O candidates, C channels, H x W pixels in, h x w out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pipeline_src.space.catalogue import CELL_EDGES, CELL_INPUTS, CELL_NODES, CELL_OPERATIONS, edge_stride
from pipeline_src.space.operations import FactorisedReduction, MixedOperation

Group = Sequence[Sequence[MixedOperation]]
"""The edges of each state, (S, E)."""

_FULL = ("conv3x3_x2", "conv3x3")
_BY_DILATION = {
    1: ("sepconv3x3_x2", "sepconv3x3"),
    2: ("dilconv3x3_d2_x2", "dilconv3x3_d2"),
    4: ("dilconv3x3_d4",),
}
_SEPARABLE = ("sepconv3x3_x2", "dilconv3x3_d2_x2", "sepconv3x3", "dilconv3x3_d2", "dilconv3x3_d4")
_LONG = ("conv3x3_x2", "sepconv3x3_x2", "dilconv3x3_d2_x2")
"""What goes through a second convolution."""


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
    mixed = cast("Sequence[MixedOperation]", edges)
    leaving = [
        [mixed[index] for index, edge in enumerate(CELL_EDGES) if edge[0] == state] for state in range(3)
    ]
    # The first four edges are listed by node, then by input: to (input, node).
    of_inputs = masks[: CELL_INPUTS * CELL_NODES].view(CELL_NODES, CELL_INPUTS, -1).transpose(0, 1)
    inputs = torch.stack((older, newer), dim=1)
    by_edge = mix_edges(leaving[:CELL_INPUTS], inputs, of_inputs, edge_stride(CELL_EDGES[0], reduction))
    first, second = _parts(by_edge.sum(dim=1), (1, 1), dim=1)
    inner = mix_edges(leaving[CELL_INPUTS:], first, masks[None, CELL_INPUTS * CELL_NODES :], 1)
    return torch.cat((first, second + inner[:, 0]), dim=1).flatten(1, 2)


def mix_edges(group: Group, states: Tensor, masks: Tensor, stride: int) -> Tensor:
    """All candidates of all edges, weighted by masks (Eq. 2).

    Args:
        group: the edges that leave each state, as many for each.
        states: (B, S, C, H, W).
        masks: (S, E, O).
        stride: of these edges.

    Returns:
        (B, S, E, C, h, w).
    """
    flat = states.flatten(1, 2)
    live = F.relu(flat)
    long, once = _first(group, live, stride)
    conv, sep, dilated, *reduced = _parts(once, (1, 1, 2) if stride == 1 else (1, 1, 2, 1))
    conv_x2, sep_x2, dilated_x2 = _parts(_second(group, long), (1, 1, 1))
    pooled = _for_each_edge(F.max_pool2d(flat, 3, stride, padding=1), group)
    skipped = reduced[0] if reduced else _for_each_edge(flat, group)
    # As CELL_OPERATIONS, without the leading zero, which adds nothing.
    terms = torch.cat((skipped, pooled, conv, conv_x2, sep, sep_x2, dilated, dilated_x2), dim=3)
    return cast(Tensor, _Mix.apply(terms, masks[:, :, 1:]))  # type: ignore[no-untyped-call]


class _Mix(torch.autograd.Function):
    """Terms (B, S, E, O, C, h, w) summed by weights (S, E, O): (B, S, E, C, h, w).

    The product's own backward pass would be an outer product, slow on a CPU; here it is elementwise.
    """

    @staticmethod
    def forward(ctx: Any, terms: Tensor, weights: Tensor) -> Tensor:
        ctx.save_for_backward(terms, weights)
        return (weights[:, :, None] @ terms.flatten(4)).view(*terms.shape[:3], *terms.shape[4:])

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor]:  # type: ignore[override]
        terms, weights = ctx.saved_tensors
        of_terms = gradient[:, :, :, None] * weights[..., None, None, None]
        of_weights = (terms.flatten(4) @ gradient.flatten(3)[..., None]).sum(dim=0)[..., 0]
        return of_terms, of_weights


def _first(group: Group, live: Tensor, stride: int) -> tuple[Tensor, Tensor]:
    """First convolutions of a (B, S * C, H, W) map behind its ReLU, normalised.

    Returns:
        What goes on, `_LONG`, (B, S, E, 3, C, h, w), and what is done: conv3x3, sepconv3x3, dilconv3x3_d2,
        dilconv3x3_d4 and at stride 2 skip, (B, S, E, 4 or 5, C, h, w).
    """
    full = F.conv2d(live, _kernels(group, _FULL, 0), stride=stride, padding=1, groups=len(group))
    conv_x2, conv = _parts(_split(full, group, len(_FULL)), (1, 1))
    depthwise: dict[str, Tensor] = {}
    for dilation, names in _BY_DILATION.items():
        copies = _for_each_edge(live, group, len(names)).flatten(1, 4)
        depthwise |= dict(zip(names, _depthwise(group, copies, names, 0, stride, dilation), strict=True))
    apart = torch.cat([depthwise[name] for name in _SEPARABLE], dim=3)
    others_x2, others = _parts(_pointwise(group, apart, _SEPARABLE, 1), (2, 3))
    reduced = [_reduced(group, live)] if stride == 2 else []
    normed = _norm(torch.cat((conv_x2, others_x2, conv, others, *reduced), dim=3))
    done = normed.shape[3] - len(_LONG)
    long, once = _parts(normed, (len(_LONG), done))
    return long, once


def _second(group: Group, long: Tensor) -> Tensor:
    """Second convolutions of `_LONG`, normalised: (B, S, E, 3, C, h, w) -> the same shape."""
    conv, sep, dilated = (one.flatten(1, 4) for one in _parts(F.relu(long), (1, 1, 1)))
    full = F.conv2d(conv, _kernels(group, _LONG[:1], 1), padding=1, groups=len(group) * len(group[0]))
    apart = [
        *_depthwise(group, sep, _LONG[1:2], 2, 1, 1),
        *_depthwise(group, dilated, _LONG[2:], 2, 1, 2),
    ]
    pointwise = _pointwise(group, torch.cat(apart, dim=3), _LONG[1:], 3)
    return _norm(torch.cat((_split(full, group, 1), pointwise), dim=3))


def _reduced(group: Group, live: Tensor) -> Tensor:
    """The factorised reductions of `skip` at stride 2, before their norm: (B, S, E, 1, C, h, w)."""
    skips = [[cast(FactorisedReduction, _candidate(edge, "skip")) for edge in edges] for edges in group]
    halves = []
    for name, shown in (("even", live), ("odd", F.pad(live, (-1, 1, -1, 1)))):
        kernels = torch.cat([getattr(one, name).weight for edges in skips for one in edges])
        halves.append(_split(F.conv2d(shown, kernels, stride=2, groups=len(group)), group, 1))
    return torch.cat(halves, dim=4)


def _depthwise(
    group: Group, copies: Tensor, names: Sequence[str], place: int, stride: int, dilation: int
) -> tuple[Tensor, ...]:
    """A depthwise convolution for each (edge, name), of its own copy of the map.

    (B, S * E * n * C, H, W) -> n maps of (B, S, E, 1, C, h, w).
    """
    kernels = _kernels(group, names, place)
    made = F.conv2d(copies, kernels, None, stride, dilation, dilation, groups=copies.shape[1])
    return _parts(_split(made, group, len(names)), (1,) * len(names))


def _pointwise(group: Group, maps: Tensor, names: Sequence[str], place: int) -> Tensor:
    """A 1x1 convolution for each (edge, name): (B, S, E, n, C, h, w) -> the same shape."""
    channels = maps.shape[4]
    kernels = _kernels(group, names, place).view(*maps.shape[1:4], channels, channels)
    return (kernels @ maps.flatten(5)).view(maps.shape)


def _norm(maps: Tensor) -> Tensor:
    """`supernet_norm` of every channel."""
    flat = maps.flatten(1, 4)
    return F.batch_norm(flat, None, None, training=True).view(maps.shape)


def _split(maps: Tensor, group: Group, operations: int) -> Tensor:
    """(B, S * E * n * C, h, w) -> (B, S, E, n, C, h, w)."""
    return maps.view(maps.shape[0], len(group), len(group[0]), operations, -1, *maps.shape[-2:])


def _parts(maps: Tensor, sizes: Sequence[int], dim: int = 3) -> tuple[Tensor, ...]:
    """Consecutive parts along the candidates: one node of the autograd graph, where slices would be many."""
    return tuple(torch.split_with_sizes(maps, list(sizes), dim))


def _for_each_edge(maps: Tensor, group: Group, copies: int = 1) -> Tensor:
    """(B, S * C, H, W) -> the same map for each edge, (B, S, E, copies, C, H, W)."""
    split = maps.view(maps.shape[0], len(group), 1, 1, -1, *maps.shape[-2:])
    return split.expand(-1, -1, len(group[0]), copies, -1, -1, -1)


def _candidate(edge: MixedOperation, name: str) -> nn.Module:
    return edge.candidates[CELL_OPERATIONS.index(name)]


def _kernels(group: Group, names: Sequence[str], place: int) -> Tensor:
    """Weights of the candidates' convolution at a place, one below the other by (state, edge, name)."""
    return torch.cat(
        [
            _convolution(_candidate(edge, name), place).weight
            for edges in group
            for edge in edges
            for name in names
        ]
    )


def _convolution(candidate: nn.Module, place: int) -> nn.Conv2d:
    return [one for one in candidate.modules() if isinstance(one, nn.Conv2d)][place]
