"""DDRNet-23-slim (Hong et al., 2021, arXiv 2101.06085), after its authors' code (A19); beyond the paper.

One branch goes down to 1/64 of the input, another stays at 1/8, and they exchange their maps twice. A pyramid
of pooled maps (DAPPM) follows the deep one. The auxiliary head of the authors' training is left out.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pipeline_src.peers.parts import Stage, System, conv_bn, initialise, resized

PLANES, POOLED, HEAD = 32, 128, 64
"""Channels at 1/4, of each pooled map, and in the head."""
WINDOWS = ((5, 2), (9, 4), (17, 8))
"""Side and stride of the pooling windows; a last one takes the whole map."""


def norm_first(channels_in: int, channels: int, kernel: int = 1, *, groups: int = 1) -> nn.Sequential:
    """Batch norm and ReLU before a convolution that keeps the size."""
    convolution = nn.Conv2d(channels_in, channels, kernel, padding=kernel // 2, groups=groups, bias=False)
    return nn.Sequential(nn.BatchNorm2d(channels_in), nn.ReLU(inplace=True), convolution)


def head(channels_in: int, inner: int, num_classes: int) -> nn.Sequential:
    """A 3x3 and a 1x1 convolution to the classes, each behind batch norm and ReLU."""
    last = nn.Conv2d(inner, num_classes, 1)
    return nn.Sequential(
        *norm_first(channels_in, inner, 3), nn.BatchNorm2d(inner), nn.ReLU(inplace=True), last
    )


class Bottleneck(nn.Module):
    """1x1, 3x3 and 1x1 convolution beside a shortcut, no ReLU behind the sum; twice `channels` come out."""

    def __init__(self, channels_in: int, channels: int, stride: int = 1) -> None:
        super().__init__()
        self.body = nn.Sequential(
            conv_bn(channels_in, channels, 1),
            conv_bn(channels, channels, 3, stride),
            conv_bn(channels, 2 * channels, 1, relu=False),
        )
        same = stride == 1 and channels_in == 2 * channels
        self.shortcut = nn.Identity() if same else conv_bn(channels_in, 2 * channels, 1, stride, relu=False)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> (B, C', H / stride, W / stride)."""
        return self.body(x) + self.shortcut(x)  # type: ignore[no-any-return]


class PooledScales(nn.Module):
    """A map and its means over wider and wider windows, each narrowed, all at the map's size."""

    def __init__(self, channels_in: int, channels: int) -> None:
        super().__init__()
        pools = [nn.AvgPool2d(side, stride, side // 2) for side, stride in WINDOWS]
        self.plain = norm_first(channels_in, channels)
        self.pooled = nn.ModuleList(
            nn.Sequential(pool, norm_first(channels_in, channels))
            for pool in (*pools, nn.AdaptiveAvgPool2d(1))
        )

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        """(B, C, H, W) -> five maps (B, C', H, W), the plain one first."""
        return self.plain(x), *(resized(one(x), x.shape[-2:]) for one in self.pooled)


class _Pyramid(nn.Module):
    """DAPPM: each wider scale is added to the finer one before it."""

    def __init__(self, channels_in: int, channels: int) -> None:
        super().__init__()
        self.scales = PooledScales(channels_in, POOLED)
        self.steps = nn.ModuleList(norm_first(POOLED, POOLED, 3) for _ in range(len(WINDOWS) + 1))
        self.join = norm_first((len(WINDOWS) + 2) * POOLED, channels)
        self.shortcut = norm_first(channels_in, channels)

    def forward(self, x: Tensor) -> Tensor:
        first, *wider = self.scales(x)
        found = [first]
        for one, step in zip(wider, self.steps, strict=True):
            found.append(step(one + found[-1]))
        return self.join(torch.cat(found, dim=1)) + self.shortcut(x)  # type: ignore[no-any-return]


class _Branches(nn.Module):
    """What is pretrained: both branches, as far as the deep one sees them."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(conv_bn(3, PLANES, 3, 2), conv_bn(PLANES, PLANES, 3, 2))
        widths = [PLANES * times for times in (1, 1, 2, 4, 8)]
        self.stages = nn.ModuleList(
            Stage(widths[one], widths[one + 1], 2, 2 if one else 1) for one in range(4)
        )
        fine = 2 * PLANES
        self.fine = nn.ModuleList(Stage(fine, fine, 2, 1) for _ in range(2))
        self.to_fine = conv_bn(4 * PLANES, fine, 1, relu=False)
        to_third = conv_bn(fine, 4 * PLANES, 3, 2, relu=False)
        to_fourth = nn.Sequential(
            conv_bn(fine, 4 * PLANES, 3, 2), conv_bn(4 * PLANES, 8 * PLANES, 3, 2, relu=False)
        )
        self.to_deep = nn.ModuleList((to_third, to_fourth))
        self.deepest = Bottleneck(8 * PLANES, 8 * PLANES, 2)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(B, 3, H, W) -> the fine map at 1/8 before its ReLU, and the deep ones at 1/32 and 1/64."""
        first, second, third, fourth = self.stages
        eighth, _ = second(first(self.stem(x))[0])
        sixteenth, total = third(eighth)
        fine, fine_total = self.fine[0](eighth)
        deep = F.relu(total + self.to_deep[0](fine))
        fine_total = fine_total + resized(self.to_fine(sixteenth), fine.shape[-2:])
        thirty_second, total = fourth(deep)
        fine, fine_total = self.fine[1](F.relu(fine_total))
        return fine_total, thirty_second, self.deepest(F.relu(total + self.to_deep[1](fine)))


class DDRNet23Slim(System):
    """DDRNet-23-slim for K classes."""

    stride = 64

    def __init__(self, num_classes: int) -> None:
        super().__init__()
        self.backbone = _Branches()
        self.to_fine = conv_bn(8 * PLANES, 2 * PLANES, 1, relu=False)
        self.fine = Bottleneck(2 * PLANES, 2 * PLANES)
        self.pyramid = _Pyramid(16 * PLANES, 4 * PLANES)
        self.head = head(4 * PLANES, HEAD, num_classes)
        initialise(self)

    def logits(self, x: Tensor) -> Tensor:
        """At 1/8 of the input."""
        fine, thirty_second, deep = self.backbone(x)
        size = fine.shape[-2:]
        fine = self.fine(F.relu(fine + resized(self.to_fine(thirty_second), size)))
        return self.head(fine + resized(self.pyramid(deep), size))  # type: ignore[no-any-return]
