"""Which (operation, channels, stride, size) the space can reach: the keys of the lookup table.

Sizes are (height, width) in pixels of an operation's input. Only candidate operations are listed;
stem, preprocessing, aggregation cell and head lie outside (method, "Lookup table").
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from pipeline_src.config.models import SpaceConfig
from pipeline_src.space.catalogue import CELL_EDGES, CELL_OPERATIONS, HYPER_CELLS, edge_stride

CellKind = Literal["reduction", "normal", "leading"]


class LutKey(NamedTuple):
    """One entry of the lookup table."""

    operation: str
    channels_in: int
    channels_out: int
    stride: int
    height_px: int
    width_px: int

    @property
    def text(self) -> str:
        """The key in a table's JSON: `operation|c_in|c_out|stride|height|width`."""
        return "|".join(str(part) for part in self)


def halved(size: tuple[int, int]) -> tuple[int, int]:
    """The size behind a stride-2 operation: halves, rounded up."""
    return (size[0] + 1) // 2, (size[1] + 1) // 2


def node_channels(space: SpaceConfig, stage: int) -> int:
    """Width of a node after `stage` reductions; stage 0 is the stem (A2)."""
    return space.initial_channels * space.channel_multiplier**stage


def stage_size(space: SpaceConfig, input_hw: tuple[int, int], stage: int) -> tuple[int, int]:
    """Feature size after `stage` reductions; stage 0 is the stem's output (A1)."""
    size = input_hw
    for stride in space.stem_strides:
        size = halved(size) if stride == 2 else size
    for _ in range(stage):
        size = halved(size)
    return size


def cell_keys(
    space: SpaceConfig, input_hw: tuple[int, int], hyper_cell: int, kind: CellKind
) -> tuple[tuple[LutKey, ...], ...]:
    """The keys of one cell: an inner tuple of ten for each of its five edges.

    Args:
        space: widths and strides.
        input_hw: the network's input (height, width).
        hyper_cell: 0, 1 or 2; a `leading` cell lies before hyper-cell 0.
        kind: reduction, normal, or leading (Table 5).
    """
    stage = 0 if kind == "leading" else hyper_cell + 1
    channels = node_channels(space, stage)
    rows = []
    for edge in CELL_EDGES:
        stride = edge_stride(edge, kind == "reduction")
        size = stage_size(space, input_hw, stage - (stride - 1))
        rows.append(tuple(LutKey(name, channels, channels, stride, *size) for name in CELL_OPERATIONS))
    return tuple(rows)


def reachable_keys(space: SpaceConfig, input_hw: tuple[int, int]) -> tuple[LutKey, ...]:
    """Every key that some network of the space uses, each once."""
    kinds: list[tuple[int, CellKind]] = [(0, "leading")]
    for hyper_cell in range(HYPER_CELLS):
        kinds += [(hyper_cell, "reduction"), (hyper_cell, "normal")]
    keys = (key for index, kind in kinds for row in cell_keys(space, input_hw, index, kind) for key in row)
    return tuple(dict.fromkeys(keys))
