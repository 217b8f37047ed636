"""A network's latency as the lookup table tells it: Eq. 4 over all kept cells (Eq. 7; A28). [no torch]"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from pipeline_src.latency.table import LookupTable
from pipeline_src.space.catalogue import CELL_OPERATIONS, computed_edges
from pipeline_src.space.genotype import Genotype
from pipeline_src.space.reach import (
    LutKey,
    cell_keys,
    entry_key,
    leading_preprocessing_keys,
    preprocessing_keys,
)

_INDEX = {name: index for index, name in enumerate(CELL_OPERATIONS)}


def genotype_keys(genotype: Genotype, input_hw: tuple[int, int]) -> tuple[LutKey, ...]:
    """The keys of all that the network's cells compute, repeated as often as they occur.

    Edges that a network drops (`zero` beside others) are not computed and cost nothing.
    """
    return tuple(key for cell in keys_by_cell(genotype, input_hw) for key in cell.keys)


class CellKeys(NamedTuple):
    """One cell of a network: `hyper_cell` from 1 (0 before the first), `position` in it from 1, its keys."""

    hyper_cell: int
    position: int
    keys: tuple[LutKey, ...]


def keys_by_cell(genotype: Genotype, input_hw: tuple[int, int]) -> tuple[CellKeys, ...]:
    """The keys of each cell, from the stem on, its preprocessing among them."""
    space, leading = genotype.space, genotype.leading_cells
    cells = []
    for position in range(leading):
        before = _chosen(cell_keys(space, input_hw, 0, "leading"), genotype.hyper_cells[0].normal)
        brought = leading_preprocessing_keys(space, input_hw, position)
        cells.append(CellKeys(0, position + 1, (*before, *brought)))
    for index, cell in enumerate(genotype.hyper_cells):
        for position in range(cell.depth):
            kind, operations = ("normal", cell.normal) if position else ("reduction", cell.reduction)
            keys = _chosen(cell_keys(space, input_hw, index, kind), operations)  # type: ignore[arg-type]
            keys += preprocessing_keys(space, input_hw, index, position, leading)
            if cell.depth == 1 and index < len(genotype.hyper_cells) - 1:
                keys += (entry_key(space, input_hw, index, leading),)
            cells.append(CellKeys(index + 1, position + 1, keys))
    return tuple(cells)


def _chosen(rows: Sequence[Sequence[LutKey]], operations: Sequence[str]) -> tuple[LutKey, ...]:
    return tuple(rows[index][_INDEX[operations[index]]] for index in computed_edges(operations))


def predict_latency_us(genotype: Genotype, table: LookupTable) -> float:
    """Latency of the hyper-cells in microseconds, at the table's input size.

    Stem, aggregation cell and head are outside, as in the search's objective.

    Raises:
        LookupTableError: the table lacks a key of this network.
    """
    return math.fsum(table.latency_us(key) for key in genotype_keys(genotype, table.input_hw))
