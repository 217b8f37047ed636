"""Auto-DeepLab (Liu et al., 2019, arXiv 1901.02985): the network that its search found (A19).

Stem, cell and path are `hnasnet` of its authors' code (tensorflow/models, research/deeplab: nas_network.py
and nas_cell.py at commit fb7472a), pyramid and decoder those of its model.py, which is DeepLabv3+, with
whole 3x3 convolutions in place of separable ones: so F = 20, 32 and 48 have the 10.15, 21.62 and 44.42 M
parameters that the paper prints for its sizes S, M and L. Its multiply-adds are 4 to 5 % above those of the
convolutions, and within 2 % if dilated ones are counted on maps padded to multiples of their rate, as
TensorFlow computes them. Drop path is of the authors' training and left out.

Maps of one level have one size wherever the path comes back to it, so an input of any size is taken as it is.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pipeline_src.peers.parts import System, conv_bn, initialise

SMALL, MEDIUM, LARGE = 20, 32, 48
"""F of the authors' three sizes: channels of an operation at 1/4 of the input."""
PATH = (0, 0, 0, 1, 2, 1, 2, 2, 3, 3, 2, 1)
"""The level of each cell: its maps are at 1/4, 1/8, 1/16 or 1/32 of the input."""
BLOCKS = (
    (("atrous", 5, 1), ("separable", 3, 0)),
    (("separable", 3, 1), ("atrous", 3, 0)),
    (("separable", 3, 3), ("separable", 3, 1)),
    (("separable", 5, 4), ("separable", 5, 2)),
    (("separable", 5, 3), ("atrous", 5, 5)),
)
"""The cell: two operations a block, with kernel and state; 0 is the cell before, 1 the one before that."""
STEM = (64, 64, 128)
LOW = 3
"""Cells before the map at 1/4 that the decoder takes."""
RATES = (12, 24, 36)
"""Of the pyramid's atrous convolutions, on maps at 1/8."""
WIDTH, LOW_WIDTH = 256, 48
"""Channels of pyramid and decoder, and of the map at 1/4 in it."""


def _aligned(x: Tensor, size: torch.Size | tuple[int, int]) -> Tensor:
    """`x` at another size, bilinear with corners on corners, as the authors resize everything."""
    if x.shape[-2:] == torch.Size(size):
        return x
    return F.interpolate(x, tuple(size), mode="bilinear", align_corners=True)


def _half(size: torch.Size) -> tuple[int, int]:
    return (size[0] + 1) // 2, (size[1] + 1) // 2


def _entry(channels_in: int, channels: int) -> nn.Sequential:
    return nn.Sequential(nn.ReLU(), *conv_bn(channels_in, channels, 1, relu=False))


def _separable(channels: int, kernel: int, stride: int) -> nn.Sequential:
    """Twice ReLU, depthwise and pointwise convolution, batch norm; the first has the stride."""
    layers: list[nn.Module] = []
    for one in (stride, 1):
        depthwise = nn.Conv2d(channels, channels, kernel, one, kernel // 2, groups=channels, bias=False)
        layers += [nn.ReLU(), depthwise, *conv_bn(channels, channels, 1, relu=False)]
    return nn.Sequential(*layers)


def _dilated(channels_in: int, channels: int, kernel: int, rate: int) -> list[nn.Module]:
    """Atrous convolution that keeps the size, and batch norm."""
    padding = rate * (kernel // 2)
    convolution = nn.Conv2d(channels_in, channels, kernel, padding=padding, dilation=rate, bias=False)
    return [convolution, nn.BatchNorm2d(channels)]


class _Atrous(nn.Module):
    """ReLU and a convolution of rate 2; of rate 1 behind resizing to half where the cell has stride 2."""

    def __init__(self, channels: int, kernel: int, stride: int) -> None:
        super().__init__()
        self.halves = stride == 2
        self.convolve = nn.Sequential(*_dilated(channels, channels, kernel, 1 if self.halves else 2))

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(x)
        x = _aligned(x, _half(x.shape[-2:])) if self.halves else x
        return self.convolve(x)  # type: ignore[no-any-return]


class _Cell(nn.Module):
    """Five blocks, each the sum of two operations; the blocks' outputs side by side."""

    def __init__(self, channels_in: int, channels_before: int, channels: int, stride: int) -> None:
        super().__init__()
        self.enter, self.enter_before = _entry(channels_in, channels), _entry(channels_before, channels)
        self.operations = nn.ModuleList()
        for kind, kernel, state in (one for block in BLOCKS for one in block):
            build = _separable if kind == "separable" else _Atrous
            self.operations.append(build(channels, kernel, stride if state < 2 else 1))

    def forward(self, x: Tensor, before: Tensor) -> Tensor:
        """The outputs of the last cell, at this cell's size or twice that, and of the one before it."""
        states = [self.enter(x), self.enter_before(_aligned(before, x.shape[-2:]))]
        for number, (left, right) in enumerate(BLOCKS):
            operations = self.operations[2 * number], self.operations[2 * number + 1]
            states.append(operations[0](states[left[2]]) + operations[1](states[right[2]]))
        return torch.cat(states[2:], dim=1)


class _Encoder(nn.Module):
    """The stem and the twelve cells."""

    def __init__(self, filters: int) -> None:
        super().__init__()
        first, second, third = STEM
        self.stem = nn.Sequential(conv_bn(3, first, 3, 2), conv_bn(first, second, relu=False))
        self.quarter = nn.Sequential(nn.ReLU(), *conv_bn(second, third, 3, 2, relu=False))
        widths, level, cells = [second, third], 0, []
        for to in PATH:
            channels = filters * 2**to
            cells.append(_Cell(widths[-1], widths[-2], channels, 2 if to > level else 1))
            widths.append(len(BLOCKS) * channels)
            level = to
        self.cells = nn.ModuleList(cells)
        self.channels_low, self.channels_out = widths[1 + LOW], widths[-1]

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """(B, 3, H, W) -> maps at 1/4 and 1/8, before and behind a ReLU."""
        before = self.stem(x)
        x = self.quarter(before)
        sizes, level, low = {0: x.shape[-2:]}, 0, x
        for number, (cell, to) in enumerate(zip(self.cells, PATH, strict=True), start=1):
            given = _aligned(x, sizes[to]) if to < level else x
            before, x = x, cell(given, before)
            sizes.setdefault(to, x.shape[-2:])
            level, low = to, x if number == LOW else low
        return low, F.relu(x)


class _Pyramid(nn.Module):
    """Atrous spatial pyramid pooling: the map's mean, a 1x1 and three atrous convolutions, joined."""

    def __init__(self, channels_in: int) -> None:
        super().__init__()
        self.pooled, self.plain = conv_bn(channels_in, WIDTH, 1), conv_bn(channels_in, WIDTH, 1)
        self.atrous = nn.ModuleList(
            nn.Sequential(*_dilated(channels_in, WIDTH, 3, rate), nn.ReLU(inplace=True)) for rate in RATES
        )
        self.join = nn.Sequential(*conv_bn((2 + len(RATES)) * WIDTH, WIDTH, 1), nn.Dropout(0.1))

    def forward(self, x: Tensor) -> Tensor:
        mean = self.pooled(x.mean(dim=(2, 3), keepdim=True)).expand(-1, -1, *x.shape[-2:])
        found = [mean, self.plain(x), *(one(x) for one in self.atrous)]
        return self.join(torch.cat(found, dim=1))  # type: ignore[no-any-return]


class AutoDeepLab(System):
    """Auto-DeepLab for K classes; the paper does not say which size it timed, so the largest is the default.

    Args:
        num_classes: K.
        filters: F of the authors' sizes.
    """

    stride = 1

    def __init__(self, num_classes: int, filters: int = LARGE) -> None:
        super().__init__()
        self.encoder = _Encoder(filters)
        self.pyramid = _Pyramid(self.encoder.channels_out)
        self.narrow = conv_bn(self.encoder.channels_low, LOW_WIDTH, 1)
        self.decode = nn.Sequential(*conv_bn(WIDTH + LOW_WIDTH, WIDTH), *conv_bn(WIDTH, WIDTH))
        self.score = nn.Conv2d(WIDTH, num_classes, 1)
        initialise(self)

    def logits(self, x: Tensor) -> Tensor:
        """At 1/4 of the input."""
        low, deep = self.encoder(x)
        low = self.narrow(low)
        deep = _aligned(self.pyramid(deep), low.shape[-2:])
        return self.score(self.decode(torch.cat([deep, low], dim=1)))  # type: ignore[no-any-return]
