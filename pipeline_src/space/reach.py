"""Which (operation, channels, stride, size) the space can reach: the keys of the lookup table.

Sizes are (height, width) in pixels of an operation's input. Listed are the candidate operations and the
preprocessing of the cells (A28); stem, aggregation cell and head lie outside.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Literal, NamedTuple

from pipeline_src.config.models import SpaceConfig
from pipeline_src.space.catalogue import (
    CELL_EDGES,
    CELL_NODES,
    CELL_OPERATIONS,
    HYPER_CELLS,
    PREPROCESSING,
    edge_stride,
)

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


@lru_cache(maxsize=64)  # latency matching asks for the same few a hundred thousand times
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


def preprocessing_keys(
    space: SpaceConfig, input_hw: tuple[int, int], hyper_cell: int, position: int, leading_cells: int = 0
) -> tuple[LutKey, LutKey]:
    """What brings the older and the newer input of a cell to the node width (A3).

    Args:
        hyper_cell: 0, 1 or 2.
        position: of the cell within it; 0 is the reduction cell. All cells from 2 on are alike.
        leading_cells: cells before hyper-cell 0 (Table 5).
    """
    channels = node_channels(space, hyper_cell + 1)
    before, within = (stage_size(space, input_hw, hyper_cell + step) for step in (0, 1))
    older, newer = _inputs(space, hyper_cell, leading_cells)
    out = CELL_NODES * channels
    if position == 0:
        return _preprocessing(older, channels, 1, before), _preprocessing(newer, channels, 1, before)
    further = _preprocessing(out, channels, 1, within)
    return (_preprocessing(newer, channels, 2, before) if position == 1 else further), further


def entry_key(
    space: SpaceConfig, input_hw: tuple[int, int], hyper_cell: int, leading_cells: int = 0
) -> LutKey:
    """What makes of a hyper-cell's own input the next one's older input, where it is one cell deep (A5)."""
    _, newer = _inputs(space, hyper_cell, leading_cells)
    out = CELL_NODES * node_channels(space, hyper_cell + 1)
    return _preprocessing(newer, out, 2, stage_size(space, input_hw, hyper_cell))


def leading_preprocessing_keys(
    space: SpaceConfig, input_hw: tuple[int, int], position: int
) -> tuple[LutKey, LutKey]:
    """As `preprocessing_keys`, of a cell before hyper-cell 0; position counts from 0 (Table 5)."""
    channels, size = node_channels(space, 0), stage_size(space, input_hw, 0)
    older, newer = _inputs(space, 0, position)
    return _preprocessing(older, channels, 1, size), _preprocessing(newer, channels, 1, size)


def _inputs(space: SpaceConfig, hyper_cell: int, leading_cells: int) -> tuple[int, int]:
    """Channels of the older and the newer input of a hyper-cell's first cell (A18)."""
    out = CELL_NODES * node_channels(space, hyper_cell)
    if hyper_cell > 0:
        return out, out
    stem = space.initial_channels
    return (out if leading_cells > 1 else stem), (out if leading_cells > 0 else stem)


def _preprocessing(channels_in: int, channels_out: int, stride: int, size: tuple[int, int]) -> LutKey:
    return LutKey(PREPROCESSING, channels_in, channels_out, stride, *size)


def reachable_keys(space: SpaceConfig, input_hw: tuple[int, int]) -> tuple[LutKey, ...]:
    """Every key that some network of the space uses, each once: candidates, then preprocessing."""
    kinds: list[tuple[int, CellKind]] = [(0, "leading")]
    for hyper_cell in range(HYPER_CELLS):
        kinds += [(hyper_cell, "reduction"), (hyper_cell, "normal")]
    keys = [key for index, kind in kinds for row in cell_keys(space, input_hw, index, kind) for key in row]
    # From the third cell on, all are alike: in a hyper-cell, and before the first.
    for leading in range(3):
        keys += leading_preprocessing_keys(space, input_hw, leading)
        for hyper_cell in range(HYPER_CELLS):
            for position in range(3):
                keys += preprocessing_keys(space, input_hw, hyper_cell, position, leading)
            if hyper_cell < HYPER_CELLS - 1:
                keys.append(entry_key(space, input_hw, hyper_cell, leading))
    return tuple(dict.fromkeys(keys))
