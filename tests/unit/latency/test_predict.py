"""Predicted latency: the sum over every edge of every kept cell (Eq. 4, 7)."""

from __future__ import annotations

import subprocess
import sys

import pytest

from pipeline_src.errors import LookupTableError
from pipeline_src.latency.predict import genotype_keys, predict_latency_us
from pipeline_src.latency.table import LookupTable
from pipeline_src.space.catalogue import CELL_EDGES, CELL_OPERATIONS
from pipeline_src.space.genotype import Genotype
from pipeline_src.space.reach import cell_keys


def one_operation(genotype: Genotype, name: str, depths: tuple[int, int, int]) -> Genotype:
    """A network of one operation throughout."""
    cells = [{"depth": depth, "reduction": (name,) * 5, "normal": (name,) * 5} for depth in depths]
    return genotype.with_(hyper_cells=cells)


def test_is_the_sum_over_edges_and_cells(genotype: Genotype, table: LookupTable) -> None:
    expected = 0.0
    for index, cell in enumerate(genotype.hyper_cells):
        for kind, operations, times in (
            ("reduction", cell.reduction, 1),
            ("normal", cell.normal, cell.depth - 1),
        ):
            rows = cell_keys(genotype.space, table.input_hw, index, kind)
            for row, operation in zip(rows, operations, strict=True):
                expected += times * table.latency_us(row[CELL_OPERATIONS.index(operation)])
    assert predict_latency_us(genotype, table) == pytest.approx(expected)


def test_each_further_cell_adds_its_own_latency(genotype: Genotype, table: LookupTable) -> None:
    shallow, deep = (
        one_operation(genotype, "conv3x3", (1, 1, 1)),
        one_operation(genotype, "conv3x3", (1, 3, 1)),
    )
    normal = cell_keys(genotype.space, table.input_hw, 1, "normal")
    one_cell = sum(table.latency_us(row[CELL_OPERATIONS.index("conv3x3")]) for row in normal)
    difference = predict_latency_us(deep, table) - predict_latency_us(shallow, table)
    assert difference == pytest.approx(2 * one_cell)


def test_keys_tell_strides_sizes_and_widths(genotype: Genotype) -> None:
    keys = genotype_keys(one_operation(genotype, "skip", (1, 1, 1)), (32, 64))
    assert [(key.stride, key.height_px, key.width_px, key.channels_in) for key in keys] == [
        row
        for channels, height in ((8, 8), (16, 4), (32, 2))
        for row in [(2, height, height * 2, channels)] * 4 + [(1, height // 2, height, channels)]
    ]


def test_leading_cells_run_at_stem_resolution_with_the_first_normal_structure(
    genotype: Genotype, table: LookupTable
) -> None:
    moved = genotype.with_(leading_cells=2)
    keys = genotype_keys(moved, table.input_hw)
    assert len(keys) == len(CELL_EDGES) * moved.total_cells
    leading = keys[: 2 * len(CELL_EDGES)]
    assert tuple(key.operation for key in leading) == genotype.hyper_cells[0].normal * 2
    assert {(key.height_px, key.width_px, key.channels_in, key.stride) for key in leading} == {(8, 16, 4, 1)}
    assert predict_latency_us(moved, table) > predict_latency_us(genotype, table)


def test_a_table_for_other_widths_is_refused(genotype: Genotype, table: LookupTable) -> None:
    wider = genotype.space.model_copy(update={"initial_channels": 8})
    with pytest.raises(LookupTableError, match="has no entry"):
        predict_latency_us(genotype.with_(space=wider.model_dump()), table)


def test_neither_table_nor_prediction_loads_torch() -> None:
    modules = "pipeline_src.latency.table, pipeline_src.latency.predict, pipeline_src.latency.fingerprint"
    code = f"import sys, {modules}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
