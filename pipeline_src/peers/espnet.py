"""ESPNet (Mehta et al., 2018, arXiv 1803.06815) with its decoder, as its authors' code defines it (A19).

Every block reduces, filters at five dilations, and adds the results up step by step. Alpha2 = 2, alpha3 = 8.
"""

from __future__ import annotations

from itertools import accumulate

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pipeline_src.peers.parts import System, initialise

DILATIONS = (1, 2, 4, 8, 16)
UNITS = (2, 8)
"""Blocks at 1/4 and at 1/8."""
EPSILON = 1e-3
"""Of batch norm, as in the authors' code."""


def _norm_prelu(channels: int) -> nn.Sequential:
    return nn.Sequential(nn.BatchNorm2d(channels, eps=EPSILON), nn.PReLU(channels))


def _conv_norm_prelu(channels_in: int, channels: int, stride: int = 1) -> nn.Sequential:
    convolution = nn.Conv2d(channels_in, channels, 3, stride, 1, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(channels, eps=EPSILON), nn.PReLU(channels))


class _Pyramid(nn.Module):
    """Efficient spatial pyramid: reduce, five dilations, hierarchical sum, concatenation.

    Args:
        stride: 2 reduces with a 3x3 convolution, 1 with a 1x1.
        residual: whether the input is added.
    """

    def __init__(self, channels_in: int, channels: int, stride: int = 1, *, residual: bool = True) -> None:
        super().__init__()
        narrow = channels // len(DILATIONS)
        first = channels - narrow * (len(DILATIONS) - 1)
        kernel = 3 if stride == 2 else 1
        self.residual = residual
        self.reduce = nn.Conv2d(channels_in, narrow, kernel, stride, kernel // 2, bias=False)
        self.filters = nn.ModuleList(
            nn.Conv2d(narrow, first if rate == 1 else narrow, 3, 1, rate, rate, bias=False)
            for rate in DILATIONS
        )
        self.finish = _norm_prelu(channels)

    def forward(self, x: Tensor) -> Tensor:
        reduced = self.reduce(x)
        plain, *dilated = (one(reduced) for one in self.filters)
        joined = torch.cat((plain, *accumulate(dilated)), dim=1)
        return self.finish(joined + x if self.residual else joined)  # type: ignore[no-any-return]


def _doubling(channels: int) -> nn.ConvTranspose2d:
    return nn.ConvTranspose2d(channels, channels, 2, 2, bias=False)


class ESPNet(System):
    """ESPNet for K classes; the encoder alone, ESPNet-C, would give logits at 1/8."""

    stride = 8

    def __init__(self, num_classes: int) -> None:
        super().__init__()
        self.first = _conv_norm_prelu(3, 16, 2)
        self.join_first = _norm_prelu(16 + 3)
        self.down_second = _Pyramid(16 + 3, 64, 2, residual=False)
        self.second = nn.Sequential(*(_Pyramid(64, 64) for _ in range(UNITS[0])))
        self.join_second = _norm_prelu(128 + 3)
        self.down_third = _Pyramid(128 + 3, 128, 2, residual=False)
        self.third = nn.Sequential(*(_Pyramid(128, 128) for _ in range(UNITS[1])))
        self.join_third = _norm_prelu(256)
        k = num_classes
        self.score_third = nn.Sequential(
            nn.Conv2d(256, k, 1, bias=False), nn.BatchNorm2d(k, eps=EPSILON), _doubling(k)
        )
        self.score_second = nn.Conv2d(128 + 3, k, 1, bias=False)
        self.merge = nn.Sequential(
            _norm_prelu(2 * k), _Pyramid(2 * k, k, residual=False), _doubling(k), _norm_prelu(k)
        )
        self.blend = _conv_norm_prelu(16 + 3 + k, k)
        self.enlarge = _doubling(k)
        initialise(self)

    def logits(self, x: Tensor) -> Tensor:
        """At the input's size."""
        half = F.avg_pool2d(x, 3, 2, 1)
        quarter = F.avg_pool2d(half, 3, 2, 1)
        first = self.join_first(torch.cat((self.first(x), half), dim=1))
        down = self.down_second(first)
        second = self.join_second(torch.cat((self.second(down), down, quarter), dim=1))
        down = self.down_third(second)
        third = self.score_third(self.join_third(torch.cat((down, self.third(down)), dim=1)))
        merged = self.merge(torch.cat((self.score_second(second), third), dim=1))
        return self.enlarge(self.blend(torch.cat((merged, first), dim=1)))  # type: ignore[no-any-return]
