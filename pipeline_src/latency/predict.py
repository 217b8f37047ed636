"""A network's latency as the lookup table tells it: Eq. 4 over all kept cells (Eq. 7; A28). [no torch]"""

from __future__ import annotations

from collections.abc import Sequence

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
    space, leading = genotype.space, genotype.leading_cells
    keys: list[LutKey] = []

    def add(rows: Sequence[Sequence[LutKey]], operations: Sequence[str], times: int = 1) -> None:
        chosen = [rows[index][_INDEX[operations[index]]] for index in computed_edges(operations)]
        keys.extend(chosen * times)

    add(cell_keys(space, input_hw, 0, "leading"), genotype.hyper_cells[0].normal, leading)
    for position in range(leading):
        keys.extend(leading_preprocessing_keys(space, input_hw, position))
    for index, cell in enumerate(genotype.hyper_cells):
        add(cell_keys(space, input_hw, index, "reduction"), cell.reduction)
        add(cell_keys(space, input_hw, index, "normal"), cell.normal, cell.depth - 1)
        for position in range(cell.depth):
            keys.extend(preprocessing_keys(space, input_hw, index, position, leading))
        if cell.depth == 1 and index < len(genotype.hyper_cells) - 1:
            keys.append(entry_key(space, input_hw, index, leading))
    return tuple(keys)


def predict_latency_us(genotype: Genotype, table: LookupTable) -> float:
    """Latency of the hyper-cells in microseconds, at the table's input size.

    Stem, aggregation cell and head are outside, as in the search's objective.

    Raises:
        LookupTableError: the table lacks a key of this network.
    """
    return sum(table.latency_us(key) for key in genotype_keys(genotype, table.input_hw))
