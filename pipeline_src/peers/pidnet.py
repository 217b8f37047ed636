"""PIDNet-S (Xu et al., 2023, arXiv 2206.02066), after its authors' code (A19); beyond the paper.

Three branches: details at 1/8, context down to 1/64, and edges, which say where details count. Both auxiliary
heads of the authors' training are left out; one is for edges, so these are learnt from the classes alone.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pipeline_src.peers.ddrnet import Bottleneck, PooledScales, head, norm_first
from pipeline_src.peers.parts import BasicUnit, Stage, System, conv_bn, initialise, resized

PLANES, POOLED, HEAD = 32, 96, 128
"""Channels at 1/4, of each pooled map, and in the head."""


class _Context(nn.Module):
    """The branch that is pretrained."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(conv_bn(3, PLANES, 3, 2), conv_bn(PLANES, PLANES, 3, 2))
        widths = [PLANES * times for times in (1, 1, 2, 4, 8)]
        counts = (2, 2, 3, 3)
        self.stages = nn.ModuleList(
            Stage(widths[one], widths[one + 1], count, 2 if one else 1) for one, count in enumerate(counts)
        )
        deep = 8 * PLANES
        self.deepest = nn.Sequential(Bottleneck(deep, deep, 2), Bottleneck(2 * deep, deep))

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        """(B, 3, H, W) -> maps at 1/8, 1/16, 1/32 and 1/64, the last before a ReLU."""
        x, maps = self.stem(x), []
        for stage in self.stages:
            x, _ = stage(x)
            maps.append(x)
        return *maps[1:], self.deepest(x)


class _Guide(nn.Module):
    """Pixel by pixel, details give way to context where the two agree (PagFM)."""

    def __init__(self, channels: int, inner: int) -> None:
        super().__init__()
        self.of_detail = conv_bn(channels, inner, 1, relu=False)
        self.of_context = conv_bn(channels, inner, 1, relu=False)

    def forward(self, detail: Tensor, context: Tensor) -> Tensor:
        size = detail.shape[-2:]
        products = self.of_detail(detail) * resized(self.of_context(context), size)
        share = products.sum(dim=1, keepdim=True).sigmoid()
        return (1 - share) * detail + share * resized(context, size)  # type: ignore[no-any-return]


class _Pyramid(nn.Module):
    """PAPPM: all wider scales are processed side by side."""

    def __init__(self, channels_in: int, channels: int) -> None:
        super().__init__()
        self.scales = PooledScales(channels_in, POOLED)
        self.process = norm_first(4 * POOLED, 4 * POOLED, 3, groups=4)
        self.join = norm_first(5 * POOLED, channels)
        self.shortcut = norm_first(channels_in, channels)

    def forward(self, x: Tensor) -> Tensor:
        plain, *wider = self.scales(x)
        processed = self.process(torch.cat([one + plain for one in wider], dim=1))
        return self.join(torch.cat((plain, processed), dim=1)) + self.shortcut(x)  # type: ignore[no-any-return]


class _Fusion(nn.Module):
    """Details count at edges, context elsewhere (Light-Bag)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.of_detail = conv_bn(channels, channels, 1, relu=False)
        self.of_context = conv_bn(channels, channels, 1, relu=False)

    def forward(self, detail: Tensor, context: Tensor, edge: Tensor) -> Tensor:
        share = edge.sigmoid()
        return self.of_detail((1 - share) * context + detail) + self.of_context(context + share * detail)  # type: ignore[no-any-return]


class PIDNetS(System):
    """PIDNet-S for K classes."""

    stride = 64

    def __init__(self, num_classes: int) -> None:
        super().__init__()
        self.backbone = _Context()
        fine, deep = 2 * PLANES, (4 * PLANES, 8 * PLANES)
        self.narrow = nn.ModuleList(conv_bn(one, fine, 1, relu=False) for one in deep)
        self.guides = nn.ModuleList(_Guide(fine, PLANES) for _ in deep)
        self.details = nn.ModuleList(Stage(fine, fine, 2, 1) for _ in deep)
        self.detail = Bottleneck(fine, fine)
        self.first_edge = BasicUnit(fine, PLANES)
        self.edges = nn.Sequential(Bottleneck(PLANES, PLANES), Bottleneck(fine, fine))
        self.to_edges = nn.ModuleList(
            (conv_bn(deep[0], PLANES, 3, relu=False), conv_bn(deep[1], fine, 3, relu=False))
        )
        self.pyramid = _Pyramid(16 * PLANES, 2 * fine)
        self.fusion = _Fusion(2 * fine)
        self.head = head(2 * fine, HEAD, num_classes)
        initialise(self)

    def logits(self, x: Tensor) -> Tensor:
        """At 1/8 of the input."""
        detail, *maps, deepest = self.backbone(x)
        size, edge = detail.shape[-2:], self.first_edge.total(detail)
        for number, one in enumerate(maps):
            _, detail = self.details[number](detail)
            detail = F.relu(self.guides[number](detail, self.narrow[number](one)))
            edge = self.edges[number](F.relu(edge + resized(self.to_edges[number](one), size)))
        context = resized(self.pyramid(deepest), size)
        return self.head(self.fusion(self.detail(detail), context, edge))  # type: ignore[no-any-return]
