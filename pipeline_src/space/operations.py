"""The only definition of every candidate operation: supernet, lookup table and networks all build from it.

Shapes: B batch, C_in and C_out channels, H x W pixels; stride s turns H x W into ceil(H/s) x ceil(W/s).
Every convolution is ReLU-Conv-Norm; a separable one is ReLU-depthwise-pointwise-Norm (Sec. 3.1).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pipeline_src.space.catalogue import PREPROCESSING

Norm = Callable[[int], nn.Module]


def network_norm(channels: int) -> nn.Module:
    """Batch norm of a derived network: affine, with running statistics."""
    return nn.BatchNorm2d(channels)


def supernet_norm(channels: int) -> nn.Module:
    """Batch norm of the supernet: no affine parameters, always the statistics of the batch.

    Running statistics would mix the statistics of many sampled networks, so none are kept.
    """
    return nn.BatchNorm2d(channels, affine=False, track_running_stats=False)


class Zero(nn.Module):
    """The zero operation: no signal, at the resolution that the stride asks for."""

    def __init__(self, stride: int) -> None:
        super().__init__()
        self.stride = stride

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> zeros of (B, C, ceil(H/s), ceil(W/s))."""
        return torch.zeros_like(x[:, :, :: self.stride, :: self.stride])


class FactorisedReduction(nn.Module):
    """Two offset stride-2 1x1 convolutions, concatenated: halves the size without losing pixels (A3)."""

    def __init__(self, channels_in: int, channels_out: int, norm: Norm) -> None:
        super().__init__()
        half = channels_out // 2
        self.even = nn.Conv2d(channels_in, half, 1, stride=2, bias=False)
        self.odd = nn.Conv2d(channels_in, channels_out - half, 1, stride=2, bias=False)
        self.norm = norm(channels_out)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C_in, H, W) -> (B, C_out, ceil(H/2), ceil(W/2))."""
        x = F.relu(x)
        # Shifted by one pixel and padded back, so that odd sizes give both halves the same shape.
        shifted = F.pad(x, (-1, 1, -1, 1))
        return self.norm(torch.cat((self.even(x), self.odd(shifted)), dim=1))


class _Kind(NamedTuple):
    separable: bool
    kernel: int
    dilation: int = 1
    repeat: int = 1


_CONVOLUTIONS: dict[str, _Kind] = {
    "conv3x3": _Kind(False, 3),
    "conv3x3_x2": _Kind(False, 3, repeat=2),
    "sepconv3x3": _Kind(True, 3),
    "sepconv3x3_x2": _Kind(True, 3, repeat=2),
    "dilconv3x3_d2": _Kind(True, 3, dilation=2),
    "dilconv3x3_d4": _Kind(True, 3, dilation=4),
    "dilconv3x3_d2_x2": _Kind(True, 3, dilation=2, repeat=2),
    "dilconv3x3_d4_x2": _Kind(True, 3, dilation=4, repeat=2),
    "dilconv3x3_d8_x2": _Kind(True, 3, dilation=8, repeat=2),
    "conv1x1_x2": _Kind(False, 1, repeat=2),
}


def convolution(
    channels_in: int,
    channels_out: int,
    kernel: int,
    *,
    stride: int = 1,
    dilation: int = 1,
    separable: bool = False,
    norm: Norm = network_norm,
) -> nn.Sequential:
    """ReLU, convolution (depthwise then pointwise when separable), norm; same padding."""
    padding = dilation * (kernel - 1) // 2
    if separable:
        layers: list[nn.Module] = [
            nn.Conv2d(
                channels_in, channels_in, kernel, stride, padding, dilation, groups=channels_in, bias=False
            ),
            nn.Conv2d(channels_in, channels_out, 1, bias=False),
        ]
    else:
        layers = [nn.Conv2d(channels_in, channels_out, kernel, stride, padding, dilation, bias=False)]
    # Never in place: the same tensor feeds other edges.
    return nn.Sequential(nn.ReLU(), *layers, norm(channels_out))


def build_operation(
    name: str, channels_in: int, channels_out: int, stride: int, *, norm: Norm = network_norm
) -> nn.Module:
    """Build one candidate operation.

    Args:
        name: of `catalogue.CELL_OPERATIONS` or `AGGREGATION_OPERATIONS`, or `PREPROCESSING`.
        channels_in: input channels; zero, skip at stride 1 and pooling need as many output channels.
        channels_out: output channels.
        stride: 1 or 2; an operation "repeated 2" has it on the first only.
        norm: `network_norm` or `supernet_norm`.

    Raises:
        ValueError: an unknown name, or a shape the operation cannot have.
    """
    if name in _CONVOLUTIONS:
        kind = _CONVOLUTIONS[name]
        steps = [
            convolution(
                channels_in if step == 0 else channels_out,
                channels_out,
                kind.kernel,
                stride=stride if step == 0 else 1,
                dilation=kind.dilation,
                separable=kind.separable,
                norm=norm,
            )
            for step in range(kind.repeat)
        ]
        return steps[0] if len(steps) == 1 else nn.Sequential(*steps)
    if name == PREPROCESSING and stride == 1:
        return convolution(channels_in, channels_out, 1, norm=norm)
    if name in ("skip", PREPROCESSING) and stride == 2:
        return FactorisedReduction(channels_in, channels_out, norm)
    if channels_in != channels_out:
        raise ValueError(f"{name} cannot turn {channels_in} channels into {channels_out}")
    if name == "zero":
        return Zero(stride)
    if name == "skip":
        return nn.Identity()
    if name == "maxpool3x3":
        return nn.MaxPool2d(3, stride, padding=1)
    raise ValueError(f"unknown operation {name!r}")


class Choice(NamedTuple):
    """What was drawn for one edge: one or two places among the candidates, and a weight for each (k,)."""

    operations: tuple[int, ...]
    weights: Tensor


@dataclass(frozen=True)
class SampledEdges:
    """One or two operations drawn for each edge of a cell (A20), in the place of a mask (E, O).

    Attributes:
        operations: E places among the candidates.
        weights: (E,), each 1, or (E, 2), each row adding up to 1; carry the gradient of what was computed.
        cost: (E, O), the weights at their places; carries the gradient of what is known of every candidate:
            its latency.
        seconds: E places of the second operations; None where one is drawn.
    """

    operations: tuple[int, ...]
    weights: Tensor
    cost: Tensor
    seconds: tuple[int, ...] | None = None

    def __getitem__(self, edge: int) -> Choice:
        first = self.operations[edge]
        drawn = (first,) if self.seconds is None else (first, self.seconds[edge])
        return Choice(drawn, self.weights[edge].reshape(-1))


EdgeMasks = Tensor | SampledEdges
"""Of all edges of a cell: (E, O), or what was drawn for each."""


class MixedOperation(nn.Module):
    """All candidates of one edge, weighted by a mask (Eq. 2), or those that were drawn (A20)."""

    def __init__(
        self, names: tuple[str, ...], channels_in: int, channels_out: int, stride: int, norm: Norm
    ) -> None:
        super().__init__()
        self.names = names
        self.candidates = nn.ModuleList(
            build_operation(name, channels_in, channels_out, stride, norm=norm) for name in names
        )

    def forward(self, x: Tensor, mask: Tensor | Choice) -> Tensor:
        """(B, C_in, H, W) and a mask (O,) or a choice -> (B, C_out, ceil(H/s), ceil(W/s))."""
        if isinstance(mask, Choice):
            terms = [w * self.candidates[o](x) for o, w in zip(mask.operations, mask.weights, strict=True)]
            return sum(terms[1:], start=terms[0])
        # Without gradients a weight of exactly 0 adds nothing, so one-hot masks cost one operation.
        weights = mask.tolist() if not torch.is_grad_enabled() else None
        total: Tensor | None = None
        for index, (name, candidate) in enumerate(zip(self.names, self.candidates, strict=True)):
            if name == "zero" or (weights is not None and weights[index] == 0.0):
                continue
            term = mask[index] * candidate(x)
            total = term if total is None else total + term
        if total is None:
            return self.candidates[self.names.index("zero")](x)  # type: ignore[no-any-return]
        return total
