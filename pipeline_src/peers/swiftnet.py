"""SwiftNet-R18, single scale (Orsic et al., 2019, arXiv 1903.08469), as its authors' code defines it (A19).

ResNet-18, spatial pyramid pooling at 1/32, and three steps upwards of 128 channels, each with a lateral
connection from a stage's sum before its ReLU. Logits lie at 1/4.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from pipeline_src.peers.parts import ResNet18, System, initialise, pooled_rows, resized

WIDTH = 128
GRIDS = (8, 4, 2)
"""Rows of the pooled maps; columns follow the map's shape."""


def _norm_relu_conv(channels_in: int, channels: int, kernel: int = 1, *, bias: bool = False) -> nn.Sequential:
    return nn.Sequential(
        nn.BatchNorm2d(channels_in),
        nn.ReLU(),
        nn.Conv2d(channels_in, channels, kernel, padding=kernel // 2, bias=bias),
    )


class _Pyramid(nn.Module):
    """Spatial pyramid pooling: 512 channels -> 128, with means over grids of the map."""

    def __init__(self, channels_in: int) -> None:
        super().__init__()
        level = WIDTH // len(GRIDS)
        self.narrow = _norm_relu_conv(channels_in, WIDTH)
        self.levels = nn.ModuleList(_norm_relu_conv(WIDTH, level) for _ in GRIDS)
        self.fuse = _norm_relu_conv(WIDTH + level * len(GRIDS), WIDTH)

    def forward(self, x: Tensor) -> Tensor:
        x = self.narrow(x)
        found = [x]
        for rows, level in zip(GRIDS, self.levels, strict=True):
            found.append(resized(level(pooled_rows(x, rows)), x.shape[-2:]))
        return self.fuse(torch.cat(found, dim=1))  # type: ignore[no-any-return]


class _Upwards(nn.Module):
    """One step of the decoder: enlarged, added to the lateral map, blended."""

    def __init__(self, lateral: int) -> None:
        super().__init__()
        self.lateral = _norm_relu_conv(lateral, WIDTH)
        self.blend = _norm_relu_conv(WIDTH, WIDTH, 3)

    def forward(self, x: Tensor, lateral: Tensor) -> Tensor:
        lateral = self.lateral(lateral)
        return self.blend(resized(x, lateral.shape[-2:]) + lateral)  # type: ignore[no-any-return]


class SwiftNet(System):
    """SwiftNet-R18 for K classes."""

    stride = 32

    def __init__(self, num_classes: int) -> None:
        super().__init__()
        self.backbone = ResNet18(before_relu=True)
        *lateral, deepest = self.backbone.channels_out
        self.pyramid = _Pyramid(deepest)
        self.upwards = nn.ModuleList(_Upwards(channels) for channels in reversed(lateral))
        self.classify = _norm_relu_conv(WIDTH, num_classes, bias=True)
        initialise(self)

    def logits(self, x: Tensor) -> Tensor:
        """At 1/4 of the input."""
        *lateral, deepest = self.backbone(x)
        x = self.pyramid(deepest)
        for step, one in zip(self.upwards, reversed(lateral), strict=True):
            x = step(x, one)
        return self.classify(x)  # type: ignore[no-any-return]
