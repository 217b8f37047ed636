"""Sizes and widths along a network, as the schematic pictures print them. [no torch, no matplotlib]

Everything is computed from the space's settings, a genotype and an input size by the functions that the
lookup table is keyed with; tests hold it against the shapes of the real network. The catalogue is read when
asked, not when imported, so that a picture follows the wiring as it is.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from pipeline_src.config.datasets import described
from pipeline_src.config.grid import Grid
from pipeline_src.config.models import SpaceConfig
from pipeline_src.config.runs import Size
from pipeline_src.space import catalogue
from pipeline_src.space.genotype import Genotype
from pipeline_src.space.reach import CellKind, node_channels, stage_size


@dataclass(frozen=True)
class Level:
    """A resolution of the network, reached after `stage` reductions (0: the stem's output).

    Attributes:
        stage: number of reductions.
        size: (height, width) in pixels at the deployed input.
        downsampling: factor between the input's size and this one.
        node_channels: width of a cell's node here.
        cell_channels: width of a cell's output here, the concatenation of its nodes.
    """

    stage: int
    size: Size
    downsampling: int
    node_channels: int
    cell_channels: int

    @property
    def fraction(self) -> str:
        """`1/8`."""
        return f"1/{self.downsampling}"

    @property
    def where(self) -> str:
        """`96×192 (1/8)`."""
        return f"{by(self.size)} ({self.fraction})"


@dataclass(frozen=True)
class PlacedCell:
    """A cell of a network: its position among all cells (from 1), kind and resolution."""

    position: int
    kind: CellKind
    hyper_cell: int
    level: Level


def by(size: Size) -> str:
    """`768×1536`: height, then width."""
    return f"{size[0]}×{size[1]}"


def counted(number: int, noun: str) -> str:
    """`1 cell`, `2 cells`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def level(space: SpaceConfig, input_hw: Size, stage: int) -> Level:
    """The resolution after `stage` reductions (A1, A2)."""
    reduction = max(catalogue.edge_stride(edge, True) for edge in catalogue.CELL_EDGES)
    nodes = node_channels(space, stage)
    return Level(
        stage,
        stage_size(space, input_hw, stage),
        math.prod(space.stem_strides) * reduction**stage,
        nodes,
        catalogue.CELL_NODES * nodes,
    )


def placed_cells(genotype: Genotype, input_hw: Size) -> tuple[PlacedCell, ...]:
    """Every cell of a network in order: leading ones (Table 5), then those of the hyper-cells."""
    stem = level(genotype.space, input_hw, 0)
    cells = [PlacedCell(index + 1, "leading", 0, stem) for index in range(genotype.leading_cells)]
    for hyper_cell, depth in enumerate(genotype.depths):
        here = level(genotype.space, input_hw, hyper_cell + 1)
        for index in range(depth):
            kind: CellKind = "normal" if index else "reduction"
            cells.append(PlacedCell(len(cells) + 1, kind, hyper_cell, here))
    return tuple(cells)


def aggregation_stages() -> dict[str, int]:
    """Reductions behind every map of the aggregation cell: its inputs x1.. and inner nodes (A6).

    Raises:
        ValueError: edges of different resolutions meet in a node.
    """
    stages = {f"x{stage}": stage for stage in range(1, catalogue.HYPER_CELLS + 1)}
    for edge in catalogue.AGGREGATION_EDGES:
        stage = stages[edge.source] + int(math.log2(edge.stride))
        if stages.setdefault(edge.target, stage) != stage:
            raise ValueError(f"edges of different resolutions meet in node {edge.target}")
    return stages


def levels_of(space: SpaceConfig, input_hw: Size) -> tuple[Level, ...]:
    """The stem's resolution and that of every hyper-cell."""
    return tuple(level(space, input_hw, stage) for stage in range(catalogue.HYPER_CELLS + 1))


def aggregation_level(space: SpaceConfig, input_hw: Size) -> Level:
    """The resolution of the aggregation cell's output: that of the first of its final maps."""
    return level(space, input_hw, aggregation_stages()[catalogue.AGGREGATION_OUTPUTS[0]])


def aggregation_channels(space: SpaceConfig) -> int:
    """Width of the aggregation cell's output, the concatenation of its final maps (A7)."""
    return space.aggregation_channels * len(catalogue.AGGREGATION_OUTPUTS)


def class_count(grid: Grid, dataset: str) -> int:
    """Number of classes of a data set."""
    own = grid.config.data.own
    return len(own.class_names if own and dataset == grid.main else described(dataset).classes)


def uses_normal(genotype: Genotype, hyper_cell: int) -> bool:
    """Whether the network has cells of a hyper-cell's normal type; leading cells are of the first one's."""
    return genotype.hyper_cells[hyper_cell].depth > 1 or (hyper_cell == 0 and genotype.leading_cells > 0)


def used_operations(genotype: Genotype) -> tuple[str, ...]:
    """The operations of a network, one for each edge of each cell type in use and of the aggregation cell."""
    found: list[str] = []
    for index, part in enumerate(genotype.hyper_cells):
        found += [*part.reduction, *(part.normal if uses_normal(genotype, index) else ())]
    return (*found, *(genotype.aggregation or ()))
