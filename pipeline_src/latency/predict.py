"""A network's latency as the lookup table tells it: Eq. 4 over every cell that is kept (Eq. 7). [no torch]"""

from __future__ import annotations

from collections.abc import Sequence

from pipeline_src.latency.table import LookupTable
from pipeline_src.space.catalogue import CELL_OPERATIONS
from pipeline_src.space.genotype import Genotype
from pipeline_src.space.reach import LutKey, cell_keys

_INDEX = {name: index for index, name in enumerate(CELL_OPERATIONS)}


def genotype_keys(genotype: Genotype, input_hw: tuple[int, int]) -> tuple[LutKey, ...]:
    """The keys of every edge of every cell, repeated as often as they occur in the network."""
    keys: list[LutKey] = []

    def add(rows: Sequence[Sequence[LutKey]], operations: Sequence[str], times: int) -> None:
        chosen = [row[_INDEX[name]] for row, name in zip(rows, operations, strict=True)]
        keys.extend(chosen * times)

    leading_structure = genotype.hyper_cells[0].normal
    add(cell_keys(genotype.space, input_hw, 0, "leading"), leading_structure, genotype.leading_cells)
    for index, cell in enumerate(genotype.hyper_cells):
        add(cell_keys(genotype.space, input_hw, index, "reduction"), cell.reduction, 1)
        add(cell_keys(genotype.space, input_hw, index, "normal"), cell.normal, cell.depth - 1)
    return tuple(keys)


def predict_latency_us(genotype: Genotype, table: LookupTable) -> float:
    """Latency of the hyper-cells' operations in microseconds, at the table's input size.

    Stem, cell preprocessing, aggregation cell and head are outside, as in the search's objective.

    Raises:
        LookupTableError: the table lacks a key of this network.
    """
    return sum(table.latency_us(key) for key in genotype_keys(genotype, table.input_hw))
