"""The network that a genotype alone describes: for segmentation, and for classification (pretraining).

Shapes: input (B, 3, H, W); the hyper-cells' outputs lie at 1/8, 1/16 and 1/32 of it (A1).
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from pipeline_src.config.models import SpaceConfig
from pipeline_src.space.aggregation import AggregationCell
from pipeline_src.space.cell import Cell, MakeEdge, resize
from pipeline_src.space.genotype import Genotype
from pipeline_src.space.head import MultiScaleHead
from pipeline_src.space.hyper_cell import HyperCell
from pipeline_src.space.operations import Norm, build_operation, network_norm
from pipeline_src.space.reach import node_channels


def build_stem(space: SpaceConfig, norm: Norm) -> nn.Sequential:
    """Two 3x3 convolutions with the strides of A1: (B, 3, H, W) -> (B, C0, H/4, W/4)."""
    channels = space.initial_channels
    first, second = space.stem_strides
    return nn.Sequential(
        nn.Conv2d(3, channels, 3, first, 1, bias=False),
        norm(channels),
        nn.ReLU(),
        nn.Conv2d(channels, channels, 3, second, 1, bias=False),
        norm(channels),
    )


def _chosen(operations: tuple[str, ...]) -> MakeEdge:
    return lambda index, channels, stride: build_operation(operations[index], channels, channels, stride)


class Backbone(nn.Module):
    """Stem, leading cells (Table 5 only) and three hyper-cells: what pretraining trains (A15).

    Both inputs of the first cell are the stem's output (A18).
    """

    def __init__(self, genotype: Genotype) -> None:
        super().__init__()
        space = genotype.space
        self.stem = build_stem(space, network_norm)
        older = newer = space.initial_channels
        leading = []
        for _ in range(genotype.leading_cells):
            make_edge = _chosen(genotype.hyper_cells[0].normal)
            cell = Cell(
                older,
                newer,
                node_channels(space, 0),
                reduction=False,
                older_is_larger=False,
                make_edge=make_edge,
                norm=network_norm,
            )
            leading.append(cell)
            older, newer = newer, cell.channels_out
        self.leading = nn.ModuleList(leading)
        hyper_cells = []
        for stage, part in enumerate(genotype.hyper_cells):
            last = stage == len(genotype.hyper_cells) - 1
            hyper_cell = HyperCell(
                older,
                newer,
                node_channels(space, stage + 1),
                part.depth,
                make_reduction_edge=_chosen(part.reduction),
                make_normal_edge=_chosen(part.normal),
                norm=network_norm,
                passes_entry=part.depth == 1 and not last,
            )
            hyper_cells.append(hyper_cell)
            older = newer = hyper_cell.channels_out
        self.hyper_cells = nn.ModuleList(hyper_cells)
        self.channels_out = tuple(one.channels_out for one in hyper_cells)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(B, 3, H, W) -> the three hyper-cells' outputs."""
        newer = self.stem(x)
        older = newer
        for cell in self.leading:
            older, newer = newer, cell(older, newer)
        maps = []
        for hyper_cell in self.hyper_cells:
            older, newer = hyper_cell(older, newer)
            maps.append(newer)
        return maps[0], maps[1], maps[2]


class SegmentationNetwork(nn.Module):
    """Backbone, aggregation cell (where the genotype has one) and head.

    Args:
        genotype: the architecture.
        num_classes: K.
    """

    def __init__(self, genotype: Genotype, num_classes: int) -> None:
        super().__init__()
        self.backbone = Backbone(genotype)
        channels = self.backbone.channels_out
        self.aggregation: AggregationCell | None = None
        head_channels = channels[-1]
        if genotype.aggregation is not None:
            names = genotype.aggregation
            self.aggregation = AggregationCell(
                channels,
                genotype.space.aggregation_channels,
                lambda index, c_in, c_out, stride: build_operation(names[index], c_in, c_out, stride),
            )
            head_channels = self.aggregation.channels_out
        self.head = MultiScaleHead(head_channels, num_classes, genotype.space, network_norm)

    def forward(self, x: Tensor) -> Tensor:
        """(B, 3, H, W) normalised image -> logits (B, K, H, W)."""
        maps = self.backbone(x)
        fused = maps[-1] if self.aggregation is None else self.aggregation(*maps)
        return resize(self.head(fused), x.shape[-2:])


class ClassificationNetwork(nn.Module):
    """The same backbone under a global-pooling classifier, for pretraining (Sec. 4.1)."""

    def __init__(self, genotype: Genotype, num_classes: int) -> None:
        super().__init__()
        self.backbone = Backbone(genotype)
        self.classify = nn.Linear(self.backbone.channels_out[-1], num_classes)

    def forward(self, x: Tensor) -> Tensor:
        """(B, 3, H, W) normalised image -> logits (B, K)."""
        deepest = F.relu(self.backbone(x)[-1])
        return self.classify(deepest.mean(dim=(2, 3)))  # type: ignore[no-any-return]
