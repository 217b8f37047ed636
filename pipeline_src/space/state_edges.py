"""All candidates of the edges that leave one state, computed at once, with the backward pass written out.

Maps lie with their channels first, so that all convolutions of one kind are one matrix product over patches
of 3x3 pixels, all batch norms one, and the mixing of Eq. 2 one product. Kept for the backward pass is one
normalised map for each convolution, where the plain form keeps its input, its output and that one's rectified
copy; the patches are made twice.

Shapes: B batch, E edges, O candidates, C channels, H x W pixels in, h x w out, N = B * h * w, n candidates'
names; a stack is (n, E, C, N), by name, then by edge.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from pipeline_src.space.catalogue import CELL_OPERATIONS
from pipeline_src.space.operations import supernet_norm
from pipeline_src.space.patches import CENTRE, KERNEL, LAST, PLACES, Rectified, folded

_FULL = ("conv3x3", "conv3x3_x2")
_LONG = ("conv3x3_x2", "sepconv3x3_x2", "dilconv3x3_d2_x2")
"""What goes through a second convolution."""
_ONCE = ("sepconv3x3", "dilconv3x3_d2", "dilconv3x3_d4")
_SEPARABLE = (*_LONG[1:], *_ONCE)
_BY_DILATION = {
    1: ("sepconv3x3_x2", "sepconv3x3"),
    2: ("dilconv3x3_d2_x2", "dilconv3x3_d2"),
    4: ("dilconv3x3_d4",),
}
_NEAR, _FAR = 1, 2
"""Dilations of second convolutions."""

KINDS: tuple[tuple[tuple[str, ...], int], ...] = (
    (_FULL, 0),
    (_LONG[:1], 1),
    *((names, 0) for names in _BY_DILATION.values()),
    (_LONG[1:], 2),
    (_SEPARABLE, 1),
    (_LONG[1:], 3),
    (("skip",), 0),
    (("skip",), 1),
)
"""What is one product: candidates, and which of their convolutions. `skip` convolves at stride 2 alone."""

# In the stack behind the first convolutions: conv3x3, then `_LONG`, then `_ONCE`, then at stride 2 skip.
_FIRST_FULL, _FIRST_SEPARABLE = slice(0, 2), slice(2, 7)
_FIRST_LONG, _FIRST_ONCE = slice(1, 4), slice(4, None)
max_pool_backward = torch.ops.aten.max_pool2d_with_indices_backward
threshold_backward = torch.ops.aten.threshold_backward
_EPS = cast(nn.BatchNorm2d, supernet_norm(1)).eps


class StateEdges(torch.autograd.Function):
    """State (B, C, H, W), masks (E, O), stride, weights by `KINDS`, name and edge -> (E, B, C, h, w).

    It computes in the state's precision and mixes in the masks', as the plain form does.
    """

    @staticmethod
    def forward(ctx: Any, state: Tensor, masks: Tensor, stride: int, *weights: Tensor) -> Tensor:
        """See the class."""
        kernels = _Kernels.of(weights, len(masks), state.dtype)
        maps = state.transpose(0, 1).contiguous()
        pooled, pooled_from = F.max_pool2d(maps, KERNEL, stride, padding=1, return_indices=True)
        first, first_scale, apart = _first(Rectified.of(maps, max(_BY_DILATION)), kernels, stride)
        second, second_scale, second_apart = _second(_long(first, pooled), kernels)
        mixed = _mixed(_own(first, second), _shared(maps, pooled, stride), masks, stride)
        ctx.stride, ctx.shapes, ctx.dtype = stride, [one.shape for one in weights], weights[0].dtype
        made = (first, first_scale, apart, second, second_scale, second_apart)
        ctx.save_for_backward(masks, maps, pooled, pooled_from, *made, *kernels)
        return mixed.view(len(masks), *pooled.shape).transpose(1, 2)

    @staticmethod
    @once_differentiable  # type: ignore[untyped-decorator]
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        """Gradients of the state, the masks and the weights."""
        masks, maps, pooled, pooled_from, *made = ctx.saved_tensors
        first, first_scale, apart, second, second_scale, second_apart, *stacks = made
        stride, kernels = ctx.stride, _Kernels(*stacks)
        of_kernels = _Kernels(*(torch.empty_like(one) for one in stacks if one is not None))
        of_first, of_second = torch.empty_like(first), torch.empty_like(second)
        of_mixed = gradient.transpose(1, 2).reshape(len(masks), -1)
        of_own, shared = _own(of_first, of_second), _shared(maps, pooled, stride)
        of_shared, of_masks = _mixing_gradients(of_mixed, _own(first, second), of_own, shared, masks, stride)

        of_second = _norm_gradient(of_second, second, second_scale)
        of_long = _second_gradients(of_second, _long(first, pooled), second_apart, kernels, of_kernels)
        long, of_first_long = first[_FIRST_LONG], of_first[_FIRST_LONG]
        threshold_backward.grad_input(of_long.view_as(long), long, 0, grad_input=of_first_long)
        of_first = _norm_gradient(of_first, first, first_scale)
        live = Rectified.of(maps, max(_BY_DILATION))
        of_maps = _first_gradients(of_first, live, apart, kernels, of_kernels, stride)

        of_maps = threshold_backward(of_maps, maps, 0)
        window = ([KERNEL] * 2, [stride] * 2, [1, 1], [1, 1], False)
        of_pooled = of_shared[0].view_as(pooled)
        of_maps += max_pool_backward(of_pooled, maps, *window, pooled_from)
        if stride == 1:
            of_maps += of_shared[1].view_as(maps)
        return of_maps.transpose(0, 1), of_masks, None, *of_kernels.split(ctx.shapes, ctx.dtype)


class _Kernels(NamedTuple):
    """The weights, by `KINDS`, or their gradients: those of one shape one below the other.

    Attributes:
        full: of `_FULL` and of the second convolution of conv3x3_x2, (3 * E, C, 9 * C).
        depthwise: of the three dilations and of `_LONG`'s second ones, (7 * E, C, 9).
        pointwise: of `_SEPARABLE` and of `_LONG`'s second ones, (7 * E, C, C).
        even, odd: of skip at stride 2, (E, C / 2, C) each.
    """

    full: Tensor
    depthwise: Tensor
    pointwise: Tensor
    even: Tensor | None = None
    odd: Tensor | None = None

    @classmethod
    def of(cls, weights: Sequence[Tensor], edges: int, dtype: torch.dtype) -> _Kernels:
        """From the weights that `StateEdges` is given."""
        stacks, start = [], 0
        for count in (3, 7, 7, 1, 1):
            stack = weights[start : start + count * edges]
            if stack:
                stacks.append(torch.cat(list(stack)).to(dtype).view(len(stack), len(stack[0]), -1))
            start += len(stack)
        return cls(*stacks)

    @property
    def edges(self) -> int:
        """E."""
        return len(self.full) // 3

    @property
    def first_full(self) -> Tensor:
        """(2 * E, C, 9 * C)."""
        return self.full[: 2 * self.edges]

    @property
    def second_full(self) -> Tensor:
        """(E, C, 9 * C)."""
        return self.full[2 * self.edges :]

    @property
    def first_depthwise(self) -> Sequence[Tensor]:
        """By dilation, (n * E, C, 9)."""
        counts = [len(names) * self.edges for names in _BY_DILATION.values()]
        return torch.split_with_sizes(self.depthwise[: sum(counts)], counts)

    @property
    def second_depthwise(self) -> Tensor:
        """(2, E * C, 1, 9)."""
        return self.depthwise[5 * self.edges :].view(2, -1, 1, PLACES)

    @property
    def first_pointwise(self) -> Tensor:
        """(5 * E, C, C)."""
        return self.pointwise[: 5 * self.edges]

    @property
    def second_pointwise(self) -> Tensor:
        """(2 * E, C, C)."""
        return self.pointwise[5 * self.edges :]

    def split(self, shapes: Sequence[torch.Size], dtype: torch.dtype) -> Iterator[Tensor]:
        """Stacked gradients as those of each weight."""
        start = 0
        for stack in self:
            if stack is not None:
                yield from stack.to(dtype).view(len(stack), *shapes[start]).unbind()
                start += len(stack)


def _long(first: Tensor, pooled: Tensor) -> Rectified:
    """What goes through second convolutions, 3 * E * C planes."""
    return Rectified.of(first[_FIRST_LONG].view(-1, *pooled.shape[1:]), max(_NEAR, _FAR))


def _shared(maps: Tensor, pooled: Tensor, stride: int) -> Tensor:
    """What all edges have in common, pooling and at stride 1 skip: (n, C * N)."""
    return torch.stack((pooled.flatten(), maps.flatten()) if stride == 1 else (pooled.flatten(),))


@functools.lru_cache
def _places(device: torch.device, stride: int) -> tuple[Tensor, list[int]]:
    """Where a mask holds what is mixed, by the stacks of `_own`, last what is shared; and how many each."""
    once, shared = (_ONCE, ("maxpool3x3", "skip")) if stride == 1 else ((*_ONCE, "skip"), ("maxpool3x3",))
    groups: tuple[tuple[str, ...], ...] = (_FULL[:1], once, _LONG, shared)
    flat = [CELL_OPERATIONS.index(name) for names in groups for name in names]
    return torch.tensor(flat, device=device), [len(names) for names in groups]


def _own(first: Tensor, second: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Stacks of what each edge adds up for itself."""
    return first[:1], first[_FIRST_ONCE], second


def _by_edge(stack: Tensor, dtype: torch.dtype) -> Tensor:
    """(n, E, C, N) -> (E, n, C * N)."""
    return stack.flatten(2).transpose(0, 1).to(dtype)


def _mixed(own: Sequence[Tensor], shared: Tensor, masks: Tensor, stride: int) -> Tensor:
    """(E, C * N)."""
    places, counts = _places(masks.device, stride)
    *of_own, of_shared = torch.split_with_sizes(masks[:, places], counts, dim=1)
    mixed = (of_shared @ shared.to(masks.dtype)).unsqueeze(1)
    for stack, weight in zip(own, of_own, strict=True):
        mixed = mixed.baddbmm(weight.unsqueeze(1), _by_edge(stack, masks.dtype))
    return mixed[:, 0]


def _mixing_gradients(
    of_mixed: Tensor,
    own: Sequence[Tensor],
    of_own: Sequence[Tensor],
    shared: Tensor,
    masks: Tensor,
    stride: int,
) -> tuple[Tensor, Tensor]:
    """Gradients of what is shared and of the masks; those of the stacks are written to `of_own`."""
    places, counts = _places(masks.device, stride)
    *weights, of_shared = torch.split_with_sizes(masks[:, places], counts, dim=1)
    of_places = []
    for stack, of_stack, weight in zip(own, of_own, weights, strict=True):
        torch.mul(weight.t().unsqueeze(-1), of_mixed, out=of_stack.flatten(2))
        of_places.append((_by_edge(stack, masks.dtype) @ of_mixed.unsqueeze(-1)).squeeze(-1))
    of_places.append(of_mixed @ shared.t().to(masks.dtype))
    of_masks = torch.zeros_like(masks).index_copy_(1, places, torch.cat(of_places, dim=1))
    return (of_shared.t() @ of_mixed).to(shared.dtype), of_masks


def _norm(maps: Tensor) -> tuple[Tensor, Tensor]:
    """`supernet_norm` of a stack, and 1 / standard deviation of each of its channels."""
    normed, _, scale = torch.native_batch_norm(
        maps.view(1, -1, maps.shape[-1]), None, None, None, None, True, 0.0, _EPS
    )
    return normed.view_as(maps), scale


def _norm_gradient(gradient: Tensor, normed: Tensor, scale: Tensor) -> Tensor:
    """From the output alone: the gradient of a norm of what is normed already, scaled."""
    flat = (1, -1, normed.shape[-1])
    of_input, _, _ = torch.ops.aten.native_batch_norm_backward(
        gradient.view(flat),
        normed.view(flat),
        scale,
        None,
        None,
        torch.zeros_like(scale),
        torch.ones_like(scale),
        True,
        _EPS,
        [True, False, False],
    )
    return cast(Tensor, of_input).view_as(normed)


def _first(live: Rectified, kernels: _Kernels, stride: int) -> tuple[Tensor, Tensor, Tensor]:
    """First convolutions of a state of C planes.

    Returns:
        Their stack, normalised; its scale; and what lies between depthwise and pointwise convolutions,
        (C, 5 * E, N).
    """
    edges, channels = kernels.edges, len(live.maps)
    seen = [live.patches(dilation, stride) for dilation in _BY_DILATION]
    pixels = seen[0].shape[-1]
    names = _FIRST_SEPARABLE.stop + (kernels.even is not None)
    raw = live.maps.new_empty(names, edges, channels, pixels)
    full = raw[_FIRST_FULL].view(-1, pixels)
    torch.mm(kernels.first_full.view(len(full), -1), seen[0].view(-1, pixels), out=full)
    near, far, farthest = (
        torch.bmm(stack.transpose(0, 1), one)
        for stack, one in zip(kernels.first_depthwise, seen, strict=True)
    )
    # As `_SEPARABLE`.
    apart = torch.cat((near[:, :edges], far[:, :edges], near[:, edges:], far[:, edges:], farthest), dim=1)
    separable = raw[_FIRST_SEPARABLE].view(-1, channels, pixels)
    torch.bmm(kernels.first_pointwise, apart.transpose(0, 1), out=separable)
    if kernels.even is not None and kernels.odd is not None:
        half = kernels.even.shape[1]
        raw[-1][:, :half] = kernels.even @ seen[0][:, CENTRE]
        raw[-1][:, half:] = kernels.odd @ seen[0][:, LAST]
    return *_norm(raw), apart


def _first_gradients(
    of_raw: Tensor, live: Rectified, apart: Tensor, kernels: _Kernels, of_kernels: _Kernels, stride: int
) -> Tensor:
    """Of the rectified state, from that of the stack before its norm; fills `of_kernels`' first ones."""
    _, _, channels, pixels = of_raw.shape
    of_full, of_separable = of_raw[_FIRST_FULL].view(-1, pixels), of_raw[_FIRST_SEPARABLE]
    of_pointed = of_separable.view(-1, channels, pixels)
    torch.bmm(of_pointed, apart.permute(1, 2, 0), out=of_kernels.first_pointwise)
    of_apart = torch.bmm(kernels.first_pointwise.transpose(1, 2), of_pointed).view_as(of_separable)
    # The reverse of the order in `_first`.
    of_depthwise = (of_apart[0:4:2], of_apart[1:4:2], of_apart[4:])
    border = 2 * live.border
    size = (live.maps.shape[1], live.maps.shape[2] - border, live.maps.shape[3] - border)
    of_live: Tensor | None = None
    for place, dilation in enumerate(_BY_DILATION):
        seen = live.patches(dilation, stride)
        of_made = of_depthwise[place].reshape(-1, channels, pixels).transpose(0, 1)
        of_stack = torch.bmm(of_made, seen.transpose(1, 2)).transpose(0, 1)
        of_kernels.first_depthwise[place].copy_(of_stack)
        of_seen = torch.bmm(kernels.first_depthwise[place].permute(1, 2, 0), of_made)
        if dilation == 1:
            flat, full = seen.view(-1, pixels), kernels.first_full.view(len(of_full), -1)
            torch.mm(of_full, flat.t(), out=of_kernels.first_full.view_as(full))
            of_seen.view_as(flat).addmm_(full.t(), of_full)
            _reduction_gradients(of_raw[-1], seen, of_seen, kernels, of_kernels)
        here = folded(of_seen, size, dilation, stride)
        of_live = here if of_live is None else of_live.add_(here)
    assert of_live is not None
    return of_live


def _reduction_gradients(
    of_raw: Tensor, seen: Tensor, of_seen: Tensor, kernels: _Kernels, of_kernels: _Kernels
) -> None:
    """Of skip at stride 2 (E, C, N): added to `of_seen`, written to `of_kernels`."""
    if kernels.even is None or kernels.odd is None or of_kernels.even is None or of_kernels.odd is None:
        return
    half = kernels.even.shape[1]
    for kernel, of_kernel, place, of_half in (
        (kernels.even, of_kernels.even, CENTRE, of_raw[:, :half]),
        (kernels.odd, of_kernels.odd, LAST, of_raw[:, half:]),
    ):
        of_kernel.copy_(of_half @ seen[:, place].t())
        of_seen[:, place] += kernel.flatten(0, 1).t() @ of_half.flatten(0, 1)


def _second(long: Rectified, kernels: _Kernels) -> tuple[Tensor, Tensor, Tensor]:
    """Second convolutions of 3 * E * C planes.

    Returns:
        Their stack, normalised, as `_LONG`; its scale; and what lies between depthwise and pointwise
        convolutions, (2 * E, C, N).
    """
    edges, channels = kernels.edges, len(long.maps) // (len(_LONG) * kernels.edges)
    planes = edges * channels
    near, far = long.patches(_NEAR, 1, slice(2 * planes)), long.patches(_FAR, 1, slice(2 * planes, None))
    pixels = near.shape[-1]
    raw = long.maps.new_empty(len(_LONG), edges, channels, pixels)
    torch.bmm(kernels.second_full, near[:planes].view(edges, -1, pixels), out=raw[0])
    of_near, of_far = kernels.second_depthwise
    apart = torch.cat((torch.bmm(of_near, near[planes:]), torch.bmm(of_far, far)))
    apart = apart.view(-1, channels, pixels)
    torch.bmm(kernels.second_pointwise, apart, out=raw[1:].view_as(apart))
    return *_norm(raw), apart


def _second_gradients(
    of_raw: Tensor, long: Rectified, apart: Tensor, kernels: _Kernels, of_kernels: _Kernels
) -> Tensor:
    """Of the rectified maps, from that of the stack before its norm; fills `of_kernels`' second ones."""
    _, edges, channels, pixels = of_raw.shape
    planes = edges * channels
    near, far = long.patches(_NEAR, 1, slice(2 * planes)), long.patches(_FAR, 1, slice(2 * planes, None))
    by_edge = near[:planes].view(edges, -1, pixels)
    of_pointed = of_raw[1:].view_as(apart)
    torch.bmm(of_raw[0], by_edge.transpose(1, 2), out=of_kernels.second_full)
    torch.bmm(of_pointed, apart.transpose(1, 2), out=of_kernels.second_pointwise)
    of_apart = torch.bmm(kernels.second_pointwise.transpose(1, 2), of_pointed).view(2, planes, 1, pixels)
    for made, seen, kernel in zip(of_apart, (near[planes:], far), of_kernels.second_depthwise, strict=True):
        torch.bmm(made, seen.transpose(1, 2), out=kernel)
    # Outer products, for which a matrix product is slow.
    of_near, of_far = kernels.second_depthwise.transpose(2, 3)
    of_seen = torch.empty_like(near)
    torch.bmm(kernels.second_full.transpose(1, 2), of_raw[0], out=of_seen[:planes].view_as(by_edge))
    torch.mul(of_near, of_apart[0], out=of_seen[planes:])
    border = 2 * long.border
    size = (long.maps.shape[1], long.maps.shape[2] - border, long.maps.shape[3] - border)
    return torch.cat((folded(of_seen, size, _NEAR, 1), folded(of_far * of_apart[1], size, _FAR, 1)))
