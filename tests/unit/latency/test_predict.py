"""Predicted latency: the sum over every edge of every kept cell (Eq. 4, 7)."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter

import numpy as np
import pytest
import torch
from torch import Tensor

from pipeline_src.errors import LookupTableError
from pipeline_src.latency.predict import genotype_keys, keys_by_cell, predict_latency_us
from pipeline_src.latency.table import LookupTable
from pipeline_src.space.catalogue import CELL_EDGES, CELL_OPERATIONS, PREPROCESSING
from pipeline_src.space.cell import Cell
from pipeline_src.space.genotype import Genotype
from pipeline_src.space.hyper_cell import HyperCell
from pipeline_src.space.network import SegmentationNetwork
from pipeline_src.space.reach import cell_keys, preprocessing_keys, reachable_keys


def one_operation(genotype: Genotype, name: str, depths: tuple[int, int, int]) -> Genotype:
    """A network of one operation throughout."""
    cells = [{"depth": depth, "reduction": (name,) * 5, "normal": (name,) * 5} for depth in depths]
    return genotype.with_(hyper_cells=cells)


def computed(genotype: Genotype, input_hw: tuple[int, int]) -> Counter[tuple[int, ...]]:
    """(channels in and out, height, width, height out) of all that the cells compute in one pass."""
    network = SegmentationNetwork(genotype, 2).eval()
    seen: Counter[tuple[int, ...]] = Counter()

    def note(_: object, given: tuple[Tensor, ...], made: Tensor) -> None:
        seen[given[0].shape[1], made.shape[1], *given[0].shape[2:], made.shape[2]] += 1

    for part in network.backbone.modules():
        if isinstance(part, Cell):
            for one in (part.older, part.newer, *part.edges):
                one.register_forward_hook(note)
        if isinstance(part, HyperCell) and part.entry is not None:
            part.entry.register_forward_hook(note)
    with torch.inference_mode():
        network.backbone(torch.zeros(1, 3, *input_hw))
    return seen


def zero_heavy(operations: tuple[str, ...], seed: int) -> tuple[str, ...]:
    """The same with about two in three edges removed, so that some nodes are left with none."""
    gone = np.random.default_rng(seed).random(len(operations)) < 0.65
    return tuple("zero" if lost else name for name, lost in zip(operations, gone, strict=True))


@pytest.mark.parametrize("leading", [0, 1, 2, 3])
@pytest.mark.parametrize("depths", [(1, 1, 1), (3, 1, 2)])
def test_the_keys_are_what_the_network_computes(
    genotype: Genotype, leading: int, depths: tuple[int, int, int]
) -> None:
    """Odd sizes; zero edges beside others are dropped, and empty nodes compute one."""
    cells = [
        {
            "depth": depth,
            "reduction": zero_heavy(one.reduction, index),
            "normal": zero_heavy(one.normal, 10 + index + leading),
        }
        for index, (one, depth) in enumerate(zip(genotype.hyper_cells, depths, strict=True))
    ]
    network = genotype.with_(hyper_cells=cells, leading_cells=leading)
    size = (45, 67)
    keys = genotype_keys(network, size)
    found = Counter(
        (key.channels_in, key.channels_out, key.height_px, key.width_px, -(-key.height_px // key.stride))
        for key in keys
    )
    assert found == computed(network, size)
    assert {key.text for key in keys} <= {key.text for key in reachable_keys(network.space, size)}


def test_is_the_sum_of_its_keys(genotype: Genotype, table: LookupTable) -> None:
    keys = genotype_keys(genotype, table.input_hw)
    expected = sum(table.latency_us(key) for key in keys)
    assert predict_latency_us(genotype, table) == pytest.approx(expected)
    assert len(keys) > 10


@pytest.mark.parametrize("depths", [(1, 1, 1), (3, 1, 2)])
def test_the_cells_share_the_latency_among_them(
    genotype: Genotype, table: LookupTable, depths: tuple[int, int, int]
) -> None:
    network = one_operation(genotype, "conv3x3", depths).with_(leading_cells=1)
    cells = keys_by_cell(network, table.input_hw)
    places = [(index, at + 1) for index, depth in enumerate((1, *depths)) for at in range(depth)]
    assert [(cell.hyper_cell, cell.position) for cell in cells] == places
    parts = [sum(table.latency_us(key) for key in cell.keys) for cell in cells]
    assert min(parts) > 0 and sum(parts) == pytest.approx(predict_latency_us(network, table))


def test_each_further_cell_adds_its_own_latency(genotype: Genotype, table: LookupTable) -> None:
    shallow, deep = (
        one_operation(genotype, "conv3x3", (1, 2, 1)),
        one_operation(genotype, "conv3x3", (1, 4, 1)),
    )
    normal = cell_keys(genotype.space, table.input_hw, 1, "normal")
    one_cell = sum(table.latency_us(row[CELL_OPERATIONS.index("conv3x3")]) for row in normal)
    one_cell += sum(map(table.latency_us, preprocessing_keys(genotype.space, table.input_hw, 1, 2)))
    difference = predict_latency_us(deep, table) - predict_latency_us(shallow, table)
    assert difference == pytest.approx(2 * one_cell)


def test_zero_costs_nothing_where_a_network_drops_it(genotype: Genotype, table: LookupTable) -> None:
    def cut(*operations: str) -> float:
        cells = [{"depth": 1, "reduction": operations, "normal": operations} for _ in range(3)]
        return predict_latency_us(genotype.with_(hyper_cells=cells), table)

    whole = cut("conv3x3", "conv3x3", "conv3x3", "conv3x3", "conv3x3")
    without = cut("conv3x3", "zero", "conv3x3", "conv3x3", "conv3x3")
    rows = [cell_keys(genotype.space, table.input_hw, index, "reduction") for index in range(3)]
    removed = sum(table.latency_us(row[1][CELL_OPERATIONS.index("conv3x3")]) for row in rows)
    assert whole - without == pytest.approx(removed)
    empty = cut("zero", "zero", "conv3x3", "conv3x3", "conv3x3")
    filled = sum(table.latency_us(row[0][CELL_OPERATIONS.index("zero")]) for row in rows)
    first = sum(table.latency_us(row[0][CELL_OPERATIONS.index("conv3x3")]) for row in rows)
    assert empty == pytest.approx(without - first + filled)


def test_leading_cells_run_at_stem_resolution_with_the_first_normal_structure(
    genotype: Genotype, table: LookupTable
) -> None:
    moved = one_operation(genotype, "skip", (1, 1, 1)).with_(leading_cells=2)
    keys = genotype_keys(moved, table.input_hw)
    leading = [key for key in keys if key.operation != PREPROCESSING][: 2 * len(CELL_EDGES)]
    assert {(key.operation, key.height_px, key.channels_in, key.stride) for key in leading} == {
        ("skip", 8, 4, 1)
    }
    still = one_operation(genotype, "skip", (1, 1, 1))
    assert predict_latency_us(moved, table) > predict_latency_us(still, table)


def test_a_table_for_other_widths_is_refused(genotype: Genotype, table: LookupTable) -> None:
    wider = genotype.space.model_copy(update={"initial_channels": 8})
    with pytest.raises(LookupTableError, match="has no entry"):
        predict_latency_us(genotype.with_(space=wider.model_dump()), table)


def test_neither_table_nor_prediction_loads_torch() -> None:
    modules = "pipeline_src.latency.table, pipeline_src.latency.predict, pipeline_src.latency.fingerprint"
    code = f"import sys, {modules}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
