"""BiSeNet (Yu et al., 2018, arXiv 1808.00897) with Xception39 or ResNet-18, after its authors' code (A19).

A spatial path keeps 1/8 of the resolution; a context path (the backbone) and attention refinement give the
wide view; both are fused. The two auxiliary heads of the authors' training are left out, as everywhere here.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pipeline_src.peers.parts import ResNet18, System, conv_bn, initialise, resized

WIDTH = 128
XCEPTION39 = ((4, 16), (8, 32), (4, 64))
"""Units and inner width of each stage; the outer width is four times as much."""
EXPANSION = 4


def _separable(channels_in: int, channels: int, stride: int = 1, *, relu: bool = True) -> nn.Sequential:
    depthwise = nn.Conv2d(channels_in, channels_in, 3, stride, 1, groups=channels_in, bias=False)
    return nn.Sequential(depthwise, conv_bn(channels_in, channels, 1, relu=relu))


class _XceptionUnit(nn.Module):
    """Three separable convolutions beside a shortcut."""

    def __init__(self, channels_in: int, inner: int, stride: int) -> None:
        super().__init__()
        outer = inner * EXPANSION
        self.body = nn.Sequential(
            _separable(channels_in, inner, stride),
            _separable(inner, inner),
            _separable(inner, outer, relu=False),
        )
        self.shortcut = nn.Identity() if stride == 1 else _separable(channels_in, outer, stride, relu=False)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.body(x) + self.shortcut(x))


class Xception39(nn.Module):
    """The authors' own small backbone: maps at 1/8, 1/16 and 1/32 with 64, 128 and 256 channels."""

    channels_out = tuple(inner * EXPANSION for _, inner in XCEPTION39)

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(conv_bn(3, 8, 3, 2), nn.MaxPool2d(3, 2, 1))
        channels, stages = 8, []
        for count, inner in XCEPTION39:
            units = []
            for index in range(count):
                units.append(_XceptionUnit(channels, inner, 2 if index == 0 else 1))
                channels = inner * EXPANSION
            stages.append(nn.Sequential(*units))
        self.stages = nn.ModuleList(stages)

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        """(B, 3, H, W) -> the three maps, from fine to coarse."""
        x = self.stem(x)
        maps = []
        for stage in self.stages:
            x = stage(x)
            maps.append(x)
        return tuple(maps)


class _Refined(nn.Module):
    """Attention refinement: a 3x3 convolution whose channels are weighted by their means."""

    def __init__(self, channels_in: int) -> None:
        super().__init__()
        self.convolve = conv_bn(channels_in, WIDTH)
        self.weigh = conv_bn(WIDTH, WIDTH, 1, relu=False)

    def forward(self, x: Tensor) -> Tensor:
        x = self.convolve(x)
        return x * torch.sigmoid(self.weigh(F.adaptive_avg_pool2d(x, 1)))


class _Fused(nn.Module):
    """Feature fusion: both paths joined, plus themselves weighted by their means."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.join = conv_bn(channels, channels, 1)
        self.weigh = nn.Sequential(
            nn.Conv2d(channels, channels, 1, bias=False),
            nn.ReLU(),
            nn.Conv2d(channels, channels, 1, bias=False),
        )

    def forward(self, spatial: Tensor, context: Tensor) -> Tensor:
        x = self.join(torch.cat((spatial, context), dim=1))
        return x + x * torch.sigmoid(self.weigh(F.adaptive_avg_pool2d(x, 1)))


class BiSeNet(System):
    """BiSeNet for K classes.

    Args:
        num_classes: K.
        backbone: its last two maps are at 1/16 and 1/32.
    """

    stride = 32

    def __init__(self, num_classes: int, backbone: Xception39 | ResNet18) -> None:
        super().__init__()
        self.backbone = backbone
        *_, middle, deepest = backbone.channels_out
        self.spatial = nn.Sequential(
            conv_bn(3, 64, 7, 2), conv_bn(64, 64, 3, 2), conv_bn(64, 64, 3, 2), conv_bn(64, WIDTH, 1)
        )
        self.overall = conv_bn(deepest, WIDTH, 1)
        self.attention = nn.ModuleList([_Refined(deepest), _Refined(middle)])
        self.refine = nn.ModuleList([conv_bn(WIDTH, WIDTH), conv_bn(WIDTH, WIDTH)])
        self.fuse = _Fused(2 * WIDTH)
        self.head = nn.Sequential(conv_bn(2 * WIDTH, 64), nn.Conv2d(64, num_classes, 1))
        initialise(self)

    def logits(self, x: Tensor) -> Tensor:
        """At 1/8 of the input."""
        spatial = self.spatial(x)
        *_, middle, deepest = self.backbone(x)
        context = self.overall(F.adaptive_avg_pool2d(deepest, 1))
        sizes = (middle.shape[-2:], spatial.shape[-2:])
        for one, attention, refine, size in zip(
            (deepest, middle), self.attention, self.refine, sizes, strict=True
        ):
            context = refine(resized(attention(one) + context, size))
        return self.head(self.fuse(spatial, context))  # type: ignore[no-any-return]


def bisenet_xception39(num_classes: int) -> BiSeNet:
    """The system of Tables 1, 2, 7 and 8."""
    return BiSeNet(num_classes, Xception39())


def bisenet_resnet18(num_classes: int) -> BiSeNet:
    """The larger one, in Table 10 only."""
    return BiSeNet(num_classes, ResNet18())
