"""ICNet (Zhao et al., 2018, arXiv 1704.08545), put together from the blocks of the library pytorchcv (A19).

The library's own `icnet_resnetd50b_cityscapes` has a backbone of full width: 47.5 M parameters. The authors'
published definition (icnet_cityscapes.prototxt) halves every width, adds up the pooled maps instead of
concatenating them, and leaves the first branch after one unit of the third stage: 6.7 M. This is theirs.

Shapes: input (B, 3, H, W); the three branches meet at 1/8, 1/16 and 1/32 of it.
"""

from __future__ import annotations

import torch.nn.functional as F
from pytorchcv.models.common import conv1x1_block
from pytorchcv.models.icnet import ICHeadBlock, ICInitBlock
from pytorchcv.models.resnet import ResUnit
from pytorchcv.models.senet import SEInitBlock
from torch import Tensor, nn

from pipeline_src.peers.library import unwrap
from pipeline_src.peers.parts import System, initialise

POOLED_SIDES = (1, 2, 3, 6)
"""Sides of the pooled maps, as in the pyramid of PSPNet."""


def _units(channels_in: int, channels: int, count: int, stride: int = 1, dilation: int = 1) -> nn.Sequential:
    """Bottleneck units, of which the first has the stride."""
    return nn.Sequential(
        *(
            ResUnit(
                channels_in if index == 0 else channels,
                channels,
                stride if index == 0 else 1,
                padding=dilation,
                dilation=dilation,
                conv1_stride=True,
            )
            for index in range(count)
        )
    )


def _pyramid(x: Tensor) -> Tensor:
    """`x` and its means over 1, 4, 9 and 36 regions, all at the size of `x`, added up."""
    pooled = (F.adaptive_avg_pool2d(x, side) for side in POOLED_SIDES)
    # Summed in a loop: the order of the additions is part of what a seed fixes.
    total = x
    for one in pooled:
        total = total + F.interpolate(one, size=x.shape[-2:], mode="bilinear", align_corners=True)
    return total


class _Backbone(nn.Module):
    """What is pretrained: the medium branch and, behind it, the small one, here of one and the same image."""

    channels_out = (1024,)

    def __init__(self) -> None:
        super().__init__()
        self.medium = nn.Sequential(SEInitBlock(3, 64), _units(64, 128, 3), _units(128, 256, 1, stride=2))
        self.small = nn.Sequential(
            _units(256, 256, 3), _units(256, 512, 6, dilation=2), _units(512, 1024, 3, dilation=4)
        )

    def forward(self, x: Tensor) -> Tensor:
        """(B, 3, H, W) -> (B, 1024, H/8, W/8)."""
        return self.small(self.medium(x))  # type: ignore[no-any-return]


class ICNet(System):
    """Three branches of one image at full, half and quarter size, fused from coarse to fine.

    Without the two auxiliary classifiers of its authors' training: our networks have none either (A14, A19).

    Args:
        num_classes: K.
    """

    stride = 32
    """Each branch must be exactly twice as large as the next."""

    def __init__(self, num_classes: int) -> None:
        super().__init__()
        self.large = ICInitBlock(3, 64)
        self.backbone = _Backbone()
        self.narrow = conv1x1_block(1024, 256)
        self.head = ICHeadBlock(num_classes)
        for fusion in (self.head.cff_24, self.head.cff_12):
            fusion.conv_cls = nn.Identity()
        unwrap(self)
        initialise(self)

    def logits(self, x: Tensor) -> Tensor:
        """At the input's size."""
        medium = self.backbone.medium(_shrunk(x))
        small = self.narrow(_pyramid(self.backbone.small(_shrunk(medium))))
        return self.head(self.large(x), medium, small)[0]  # type: ignore[no-any-return]


def _shrunk(x: Tensor) -> Tensor:
    """Half the height and width, bilinear."""
    return F.interpolate(x, scale_factor=0.5, mode="bilinear", align_corners=False)
