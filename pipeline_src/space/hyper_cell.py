"""A hyper-cell (Sec. 3.2, Figure 3): a reduction cell and n normal cells, cut off behind one of them."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from pipeline_src.space.catalogue import PREPROCESSING
from pipeline_src.space.cell import Cell, MakeEdge
from pipeline_src.space.operations import EdgeMasks, Norm, build_operation


class HyperCellMasks(NamedTuple):
    """Masks of one hyper-cell: operations of both cell types (5, O) or drawn, and the depth (n + 1,)."""

    reduction: EdgeMasks
    normal: EdgeMasks
    depth: Tensor


class HyperCell(nn.Module):
    """A hyper-cell of `depth` cells.

    Args:
        channels_older: channels of the older input.
        channels_newer: channels of the newer input.
        channels: node width C; the output has 2C channels at half the input's size.
        depth: number of cells, the reduction cell included.
        make_reduction_edge, make_normal_edge: build the edges of either cell type.
        norm: batch norm.
        passes_entry: whether the hyper-cell's own input may have to serve as the next one's older
            input (A5): always in the supernet, at depth 1 in a network, never in the last.
        batched: as of `Cell`.
    """

    def __init__(
        self,
        channels_older: int,
        channels_newer: int,
        channels: int,
        depth: int,
        *,
        make_reduction_edge: MakeEdge,
        make_normal_edge: MakeEdge,
        norm: Norm,
        passes_entry: bool,
        batched: bool = False,
    ) -> None:
        super().__init__()
        reduction = Cell(
            channels_older,
            channels_newer,
            channels,
            reduction=True,
            older_is_larger=False,
            make_edge=make_reduction_edge,
            norm=norm,
            batched=batched,
        )
        self.channels_out = reduction.channels_out
        cells = [reduction]
        for position in range(1, depth):
            first_normal = position == 1
            cells.append(
                Cell(
                    channels_newer if first_normal else self.channels_out,
                    self.channels_out,
                    channels,
                    reduction=False,
                    older_is_larger=first_normal,
                    make_edge=make_normal_edge,
                    norm=norm,
                    batched=batched,
                )
            )
        self.cells = nn.ModuleList(cells)
        self.entry = (
            build_operation(PREPROCESSING, channels_newer, self.channels_out, 2, norm=norm)
            if passes_entry
            else None
        )

    def outputs(self, older: Tensor, newer: Tensor, masks: HyperCellMasks | None) -> list[Tensor]:
        """Outputs C_1 .. C_n of all cells, each (B, 2C, ceil(H/2), ceil(W/2))."""
        made: list[Tensor] = []
        for position, cell in enumerate(self.cells):
            mask = None if masks is None else masks.reduction if position == 0 else masks.normal
            made.append(cell(older, newer, mask))
            older, newer = newer, made[-1]
        return made

    def forward(
        self, older: Tensor, newer: Tensor, masks: HyperCellMasks | None = None
    ) -> tuple[Tensor | None, Tensor]:
        """The next hyper-cell's two inputs: (s0, s1), Eq. 5 with masks, the last cells without.

        s0 is None in a last hyper-cell, which nothing follows.
        """
        cells = self.outputs(older, newer, masks)
        entry = self.entry(newer) if self.entry is not None else None
        if masks is None:
            return (cells[-2] if len(cells) > 1 else entry), cells[-1]
        s1 = _weighted(masks.depth, cells)
        s0 = _weighted(masks.depth, [entry, *cells[:-1]]) if entry is not None else None
        return s0, s1


def _weighted(weights: Tensor, maps: list[Tensor]) -> Tensor:
    return torch.stack([weights[index] * one for index, one in enumerate(maps)]).sum(dim=0)
