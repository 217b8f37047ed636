"""DFANet-A (Li et al., 2019, arXiv 1904.02216), after the paper, as its authors published no code (A19).

Three lightweight Xceptions in a row, at 1/4 to 1/16, 1/8 to 1/32 and 1/16 to 1/64. Each stage of a later one
also gets the map of the same stage of the one before, which has the size of its input. The decoder adds up
thin maps of all three. Logits lie at 1/4.

Weights keep PyTorch's own start: with He's, fresh maps would outgrow float32 on the way through three
networks whose attention squares them, before batch norm has seen a batch.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pipeline_src.peers.parts import System, conv_bn, resized

STAGES = ((48, 4), (96, 6), (192, 4))
"""Channels and units of each stage of Xception A."""
CASCADES = 3
FC_WIDTH = 1000
"""Of the fully connected attention: ImageNet's classes, whose weights the authors keep."""
DECODER = 32


def _separable(channels_in: int, channels: int, stride: int = 1, *, relu: bool = True) -> nn.Sequential:
    return nn.Sequential(
        conv_bn(channels_in, channels_in, 3, stride, groups=channels_in, relu=False),
        conv_bn(channels_in, channels, 1, relu=relu),
    )


class _Unit(nn.Module):
    """Three separable convolutions of a quarter of the width and at last the full one, beside a shortcut."""

    def __init__(self, channels_in: int, channels: int, stride: int = 1) -> None:
        super().__init__()
        quarter = channels // 4
        self.body = nn.Sequential(
            _separable(channels_in, quarter),
            _separable(quarter, quarter),
            _separable(quarter, channels, stride, relu=False),
        )
        same = stride == 1 and channels_in == channels
        self.shortcut = nn.Identity() if same else conv_bn(channels_in, channels, 1, stride, relu=False)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.body(x) + self.shortcut(x))


class _Attention(nn.Module):
    """Channels weighted by a fully connected layer over their means."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weigh = nn.Sequential(nn.Conv2d(channels, FC_WIDTH, 1), conv_bn(FC_WIDTH, channels, 1))

    def forward(self, x: Tensor) -> Tensor:
        return x * self.weigh(F.adaptive_avg_pool2d(x, 1))  # type: ignore[no-any-return]


class _Xception(nn.Module):
    """Three stages and the attention.

    Args:
        channels_in: of the first stage.
        follows: whether each stage also gets the map of the same stage of the Xception before.
    """

    def __init__(self, channels_in: int, *, follows: bool) -> None:
        super().__init__()
        stages = []
        for channels, count in STAGES:
            units = (_Unit(channels, channels) for _ in range(count - 1))
            entering = channels_in + (channels if follows else 0)
            stages.append(nn.Sequential(_Unit(entering, channels, 2), *units))
            channels_in = channels
        self.stages = nn.ModuleList(stages)
        self.attention = _Attention(channels_in)

    def forward(self, x: Tensor, before: list[Tensor] | None = None) -> tuple[Tensor, ...]:
        """The maps of the stages, and after them the attended last one."""
        maps = []
        for index, stage in enumerate(self.stages):
            x = stage(x if before is None else torch.cat((x, before[index]), dim=1))
            maps.append(x)
        return *maps, self.attention(x)


class XceptionA(nn.Module):
    """The backbone that is pretrained: stem, the first Xception and its attention."""

    channels_out = (*(channels for channels, _ in STAGES), STAGES[-1][0])

    def __init__(self) -> None:
        super().__init__()
        self.stem = conv_bn(3, 8, 3, 2)
        self.body = _Xception(8, follows=False)

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        """(B, 3, H, W) -> maps at 1/4, 1/8 and 1/16, and the last one attended."""
        return self.body(self.stem(x))  # type: ignore[no-any-return]


class DFANet(System):
    """DFANet-A for K classes."""

    stride = 64

    def __init__(self, num_classes: int) -> None:
        super().__init__()
        self.backbone = XceptionA()
        first, *_, last = self.backbone.channels_out
        self.cascade = nn.ModuleList(_Xception(last, follows=True) for _ in range(CASCADES - 1))
        self.fine = nn.ModuleList(conv_bn(first, DECODER, 1) for _ in range(CASCADES))
        self.coarse = nn.ModuleList(conv_bn(last, DECODER, 1) for _ in range(CASCADES))
        self.blend = conv_bn(DECODER, DECODER, 1)
        self.classify = nn.Conv2d(DECODER, num_classes, 1)

    def logits(self, x: Tensor) -> Tensor:
        """At 1/4 of the input."""
        networks = [self.backbone(x)]
        for xception in self.cascade:
            *before, attended = networks[-1]
            networks.append(xception(resized(attended, before[0].shape[-2:]), before))
        size = networks[0][0].shape[-2:]
        fine = [resized(one(maps[0]), size) for one, maps in zip(self.fine, networks, strict=True)]
        coarse = [resized(one(maps[-1]), size) for one, maps in zip(self.coarse, networks, strict=True)]
        total = self.blend(_summed(fine))
        return self.classify(_summed([total, *coarse]))  # type: ignore[no-any-return]


def _summed(maps: list[Tensor]) -> Tensor:
    """Added up in a fixed order: it is part of what a seed fixes."""
    total = maps[0]
    for one in maps[1:]:
        total = total + one
    return total
