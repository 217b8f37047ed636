"""DF1-Seg (Li et al., 2019, "Partial Order Pruning", arXiv 1903.03777), after its authors' prototxt (A19).

The backbone DF1 was found by a search for a TX2; a pyramid at 1/32 and a decoder with thin lateral
connections follow. Logits lie at 1/8.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from pipeline_src.peers.parts import BasicUnit, System, conv_bn, initialise, pooled_rows, resized

GRIDS = (1, 2, 4, 8)
"""Rows of the pooled maps; columns follow the map's shape, as windows of the same side would."""


class DF1(nn.Module):
    """The backbone: basic units of 64, 128 and 256 channels, three each, and a last one of 512."""

    channels_out = (64, 128, 512)

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(conv_bn(3, 32, 3, 2), conv_bn(32, 64, 3, 2))
        self.second = _units(64, 64)
        self.third = _units(64, 128)
        self.fourth = nn.Sequential(*_units(128, 256), BasicUnit(256, 512))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(B, 3, H, W) -> maps at 1/8, 1/16 and 1/32."""
        second = self.second(self.stem(x))
        third = self.third(second)
        return second, third, self.fourth(third)


def _units(channels_in: int, channels: int) -> nn.Sequential:
    return nn.Sequential(
        BasicUnit(channels_in, channels, 2), BasicUnit(channels, channels), BasicUnit(channels, channels)
    )


class _Pyramid(nn.Module):
    """Means over grids of the map, beside the map itself."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        level = channels // len(GRIDS)
        self.levels = nn.ModuleList(conv_bn(channels, level, 1) for _ in GRIDS)
        self.fuse = conv_bn(channels + level * len(GRIDS), channels)

    def forward(self, x: Tensor) -> Tensor:
        found = [x]
        for rows, level in zip(GRIDS, self.levels, strict=True):
            found.append(resized(level(pooled_rows(x, rows)), x.shape[-2:]))
        return self.fuse(torch.cat(found, dim=1))  # type: ignore[no-any-return]


class _Upwards(nn.Module):
    """One step of the decoder: narrowed and doubled, joined with the lateral map."""

    def __init__(self, channels_in: int, lateral: int, channels: int) -> None:
        super().__init__()
        self.lateral = conv_bn(lateral, channels, 1)
        self.project = conv_bn(channels_in, channels, 1)
        self.blend = conv_bn(2 * channels, channels)

    def forward(self, x: Tensor, lateral: Tensor) -> Tensor:
        lateral = self.lateral(lateral)
        enlarged = resized(self.project(x), lateral.shape[-2:])
        return self.blend(torch.cat((lateral, enlarged), dim=1))  # type: ignore[no-any-return]


class DF1Seg(System):
    """DF1-Seg for K classes."""

    stride = 32

    def __init__(self, num_classes: int) -> None:
        super().__init__()
        self.backbone = DF1()
        eighth, sixteenth, deepest = self.backbone.channels_out
        self.pyramid = nn.Sequential(_Pyramid(deepest), conv_bn(deepest, 128, 1))
        self.to_sixteenth = _Upwards(128, sixteenth, 32)
        self.to_eighth = _Upwards(32, eighth, num_classes)
        self.score = nn.Conv2d(num_classes, num_classes, 3, padding=1)
        initialise(self)

    def logits(self, x: Tensor) -> Tensor:
        """At 1/8 of the input."""
        eighth, sixteenth, deepest = self.backbone(x)
        x = self.to_sixteenth(self.pyramid(deepest), sixteenth)
        return self.score(self.to_eighth(x, eighth))  # type: ignore[no-any-return]
