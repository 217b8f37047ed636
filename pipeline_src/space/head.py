"""The multi-scale head (A8): the module of CAS that the paper names is not public, so an ASPP form."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pipeline_src.config.models import SpaceConfig
from pipeline_src.space.cell import resize
from pipeline_src.space.operations import Norm, convolution


class MultiScaleHead(nn.Module):
    """1x1, three dilated separable 3x3, and image pooling; concatenated, mixed, classified.

    Args:
        channels_in: channels of the fused map.
        num_classes: K.
        space: `head_channels`, `head_dilations`, `head_dropout`.
        norm: batch norm.
    """

    def __init__(self, channels_in: int, num_classes: int, space: SpaceConfig, norm: Norm) -> None:
        super().__init__()
        channels = space.head_channels
        self.branches = nn.ModuleList([convolution(channels_in, channels, 1, norm=norm)])
        for dilation in space.head_dilations:
            self.branches.append(
                convolution(channels_in, channels, 3, dilation=dilation, separable=True, norm=norm)
            )
        # No batch norm on the pooled 1x1 map: a batch of one would have nothing to normalise over.
        self.pooled = nn.Conv2d(channels_in, channels, 1)
        self.mix = convolution(channels * (len(self.branches) + 1), channels, 1, norm=norm)
        self.dropout = nn.Dropout(space.head_dropout)
        self.classify = nn.Conv2d(channels, num_classes, 1)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C_in, H, W) -> logits (B, K, H, W)."""
        pooled = self.pooled(F.relu(F.adaptive_avg_pool2d(x, 1)))
        maps = [branch(x) for branch in self.branches] + [resize(pooled, x.shape[-2:])]
        mixed = F.relu(self.mix(torch.cat(maps, dim=1)))
        return self.classify(self.dropout(mixed))  # type: ignore[no-any-return]
