"""Sizes, widths and names in schematic pictures against the networks and operations that torch builds."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from pipeline_src.config.grid import Grid
from pipeline_src.config.models import Config, SpaceConfig
from pipeline_src.reporting.drawing.schema_operations import FAMILIES, families_of, operation
from pipeline_src.reporting.drawing.schema_plan import (
    aggregation_channels,
    aggregation_level,
    aggregation_stages,
    class_count,
    level,
    levels_of,
    placed_cells,
    used_operations,
)
from pipeline_src.space import catalogue
from pipeline_src.space.cell import Cell
from pipeline_src.space.genotype import Genotype, HyperCellGenotype
from pipeline_src.space.network import SegmentationNetwork
from pipeline_src.space.operations import _CONVOLUTIONS, FactorisedReduction

SMALL = SpaceConfig(initial_channels=2, aggregation_channels=3, head_channels=4, head_dilations=(1, 2, 3))
ODD_HW = (75, 101)


def genotype(depths: tuple[int, int, int], leading: int = 0, space: SpaceConfig = SMALL) -> Genotype:
    first, second, third = (
        HyperCellGenotype(depth=depth, reduction=("skip",) * 5, normal=("conv3x3",) * 5) for depth in depths
    )
    return Genotype(
        space=space,
        hyper_cells=(first, second, third),
        leading_cells=leading,
        aggregation=("conv1x1_x2",) * 7,
    )


def shapes(network: SegmentationNetwork, kind: type[nn.Module]) -> list[tuple[nn.Module, tuple[int, ...]]]:
    """Every module of a kind in the order in which it runs, with its output's (C, H, W)."""
    found: list[tuple[nn.Module, tuple[int, ...]]] = []

    def note(module: nn.Module, inputs: Any, output: torch.Tensor) -> None:
        found.append((module, tuple(output.shape[1:])))

    for module in network.modules():
        if isinstance(module, kind):
            module.register_forward_hook(note)
    with torch.no_grad():
        network.eval()(torch.zeros(1, 3, *ODD_HW))
    return found


@pytest.mark.parametrize(
    ("depths", "leading", "space"),
    [
        ((1, 4, 6), 0, SMALL),
        ((2, 1, 3), 2, SMALL),
        ((3, 2, 1), 0, SMALL.model_copy(update={"stem_strides": (2, 1), "channel_multiplier": 2})),
    ],
)
def test_cells_have_the_sizes_and_widths_of_the_real_network(
    depths: tuple[int, int, int], leading: int, space: SpaceConfig
) -> None:
    value = genotype(depths, leading, space)
    network = SegmentationNetwork(value, 5)
    real = shapes(network, Cell)
    placed = placed_cells(value, ODD_HW)
    assert [one.position for one in placed] == list(range(1, sum(depths) + leading + 1))
    assert len(real) == len(placed)
    for (cell, shape), one in zip(real, placed, strict=True):
        assert (one.level.cell_channels, *one.level.size) == shape
        edge = next(m for m in cell.modules() if isinstance(m, nn.Conv2d | FactorisedReduction))
        width = edge.out_channels if isinstance(edge, nn.Conv2d) else edge.norm.num_features
        assert one.level.node_channels == width
    reductions = [one.position for one in placed if one.kind == "reduction"]
    assert tuple(reductions) == value.downsampling_positions


def test_stem_and_aggregation_cell_have_the_sizes_of_the_real_network() -> None:
    network = SegmentationNetwork(genotype((2, 1, 1)), 5)
    seen: dict[str, tuple[int, ...]] = {}
    assert network.aggregation is not None
    parts = {"stem": network.backbone.stem, "aggregation": network.aggregation}
    parts |= {str(index): edge for index, edge in enumerate(network.aggregation.edges)}
    for name, part in parts.items():
        part.register_forward_hook(
            lambda module, inputs, output, name=name: seen.__setitem__(name, tuple(output.shape[1:]))
        )
    with torch.no_grad():
        network.eval()(torch.zeros(1, 3, *ODD_HW))
    levels, stages = levels_of(SMALL, ODD_HW), aggregation_stages()
    assert seen["stem"] == (SMALL.initial_channels, *levels[0].size)
    assert seen["aggregation"] == (aggregation_channels(SMALL), *aggregation_level(SMALL, ODD_HW).size)
    for index, edge in enumerate(catalogue.AGGREGATION_EDGES):
        assert seen[str(index)][1:] == levels[stages[edge.target]].size


def test_the_papers_own_numbers() -> None:
    levels = levels_of(SpaceConfig(), (768, 1536))
    assert [one.where for one in levels] == ["192×384 (1/4)", "96×192 (1/8)", "48×96 (1/16)", "24×48 (1/32)"]
    assert [one.node_channels for one in levels] == [8, 24, 72, 216]
    assert [one.cell_channels for one in levels[1:]] == [48, 144, 432]
    assert level(SpaceConfig(), (720, 960), 2).size == (45, 60)
    grid = Grid(Config())
    assert (class_count(grid, "cityscapes"), class_count(grid, "camvid")) == (19, 11)


def test_edges_that_meet_at_different_resolutions_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    edges = (*catalogue.AGGREGATION_EDGES, catalogue.AggregationEdge("x1", "n4", 1))
    monkeypatch.setattr(catalogue, "AGGREGATION_EDGES", edges)
    with pytest.raises(ValueError, match="meet in node n4"):
        aggregation_stages()


@pytest.mark.parametrize("name", sorted({*catalogue.CELL_OPERATIONS, *catalogue.AGGREGATION_OPERATIONS}))
def test_a_label_says_what_the_operation_is_built_as(name: str) -> None:
    found = operation(name)
    assert found.name == name and found.family.name != "other"
    if name not in _CONVOLUTIONS:
        assert found.label in ("zero", "skip", "max pool 3×3")
        return
    kind = _CONVOLUTIONS[name]
    head = "dil" if kind.dilation > 1 else "sep" if kind.separable else "conv"
    assert found.head == f"{head} {kind.kernel}×{kind.kernel}"
    parts = [f"d{kind.dilation}"] * (kind.dilation > 1) + [f"×{kind.repeat}"] * (kind.repeat > 1)
    assert found.rest == " ".join(parts)
    assert kind.separable == (found.family.name in ("sep", "dil"))


def test_labels_tell_all_operations_apart() -> None:
    names = {*catalogue.CELL_OPERATIONS, *catalogue.AGGREGATION_OPERATIONS}
    assert len({operation(name).label for name in names}) == len(names)


def test_an_operation_without_a_family_is_drawn_under_its_own_name() -> None:
    found = operation("attention8")
    assert (found.label, found.family.name) == ("attention8", "other")


def test_families_are_listed_once_in_the_legends_order() -> None:
    found = families_of(["zero", "conv3x3", "conv3x3_x2", "dilconv3x3_d2"])
    assert [one.name for one in found] == ["conv", "dil", "zero"]
    assert len({one.colour for one in FAMILIES}) == len(FAMILIES)


def test_operations_of_cells_that_are_not_in_the_network_do_not_count() -> None:
    assert used_operations(genotype((1, 1, 1))) == ("skip",) * 15 + ("conv1x1_x2",) * 7
    assert used_operations(genotype((1, 1, 1), leading=1)).count("conv3x3") == 5
    assert used_operations(genotype((1, 2, 1)).with_(aggregation=None)) == (
        ("skip",) * 10 + ("conv3x3",) * 5 + ("skip",) * 5
    )
