"""Cells, hyper-cells, aggregation, supernet and derived networks."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from space_helpers import inherit

from pipeline_src.config.models import SpaceConfig
from pipeline_src.space.catalogue import AGGREGATION_EDGES, AGGREGATION_OUTPUTS
from pipeline_src.space.genotype import Genotype
from pipeline_src.space.network import ClassificationNetwork, SegmentationNetwork
from pipeline_src.space.sampling import random_genotype
from pipeline_src.space.supernet import ArchitectureParameters, Supernet

SPACE = SpaceConfig(initial_channels=4, aggregation_channels=8, head_channels=8, head_dilations=(1, 2, 3))
PAPER = SpaceConfig()


def genotype(depths: tuple[int, int, int] = (2, 4, 6), space: SpaceConfig = PAPER) -> Genotype:
    cell = {"reduction": ["conv3x3"] * 5, "normal": ["sepconv3x3"] * 5}
    return Genotype.model_validate(
        {
            "space": space,
            "hyper_cells": [{"depth": depth, **cell} for depth in depths],
            "aggregation": ["conv3x3_x2"] * 4 + ["dilconv3x3_d4_x2"] * 3,
        }
    )


def test_hyper_cells_lie_at_an_eighth_a_sixteenth_and_a_thirty_second_with_a2_widths() -> None:
    maps = SegmentationNetwork(genotype(), 19).backbone.eval()(torch.zeros(1, 3, 64, 128))
    assert [tuple(one.shape[1:]) for one in maps] == [(48, 8, 16), (144, 4, 8), (432, 2, 4)]


def test_cells_have_the_shapes_strides_and_parameter_counts_counted_by_hand() -> None:
    first, second, third = SegmentationNetwork(genotype(), 19).backbone.hyper_cells
    assert [len(one.cells) for one in (first, second, third)] == [2, 4, 6]
    stem, c1, c2, c3 = 8, 24, 72, 216

    def conv1x1(c_in: int, c_out: int) -> int:
        return c_in * c_out + 2 * c_out

    def dense(c: int) -> int:
        return 9 * c * c + 2 * c

    def separable(c: int) -> int:
        return 9 * c + c * c + 2 * c

    def count(module: torch.nn.Module) -> int:
        return sum(parameter.numel() for parameter in module.parameters())

    assert count(first.cells[0]) == 2 * conv1x1(stem, c1) + 5 * dense(c1)
    assert count(first.cells[1]) == conv1x1(stem, c1) + conv1x1(2 * c1, c1) + 5 * separable(c1)
    assert count(second.cells[0]) == 2 * conv1x1(2 * c1, c2) + 5 * dense(c2)
    assert count(third.cells[0]) == 2 * conv1x1(2 * c2, c3) + 5 * dense(c3)
    assert count(third.cells[3]) == 2 * conv1x1(2 * c3, c3) + 5 * separable(c3)
    strides = [
        [layer.stride[0] for layer in edge.modules() if isinstance(layer, torch.nn.Conv2d)]
        for edge in first.cells[0].edges
    ]
    assert strides == [[2], [2], [2], [2], [1]]


def test_aggregation_wiring_is_a6() -> None:
    assert [tuple(edge) for edge in AGGREGATION_EDGES] == [
        ("x1", "n1", 1),
        ("x1", "n2", 2),
        ("x2", "n2", 1),
        ("x2", "n3", 2),
        ("x3", "n3", 1),
        ("x3", "n4", 1),
        ("n3", "n4", 1),
    ]
    assert AGGREGATION_OUTPUTS == ("n1", "n2", "n4")
    cell = SegmentationNetwork(genotype(), 19).aggregation
    assert cell is not None
    fused = cell.eval()(torch.zeros(1, 48, 8, 16), torch.zeros(1, 144, 4, 8), torch.zeros(1, 432, 2, 4))
    assert fused.shape == (1, 3 * 64, 8, 16)


@pytest.mark.parametrize("depths", [(1, 1, 1), (1, 4, 6), (2, 1, 3), (5, 10, 10)])
@pytest.mark.parametrize("size", [(64, 96), (72, 100)])
def test_every_depth_and_odd_feature_sizes_work(depths: tuple[int, int, int], size: tuple[int, int]) -> None:
    network = SegmentationNetwork(genotype(depths, SPACE), 11).eval()
    assert network(torch.randn(2, 3, *size)).shape == (2, 11, *size)


def test_variants_without_aggregation_and_with_leading_cells() -> None:
    base = genotype(space=SPACE)
    without = SegmentationNetwork(base.with_(aggregation=None), 11).eval()
    assert without.aggregation is None
    assert without(torch.zeros(1, 3, 64, 64)).shape == (1, 11, 64, 64)
    moved = base.with_positions((3, 5, 8))
    assert moved.leading_cells == 2
    assert moved.depths == (2, 3, 5)
    assert moved.downsampling_positions == (3, 5, 8)
    assert moved.total_cells == base.total_cells == 12
    backbone = SegmentationNetwork(moved, 11).backbone.eval()
    assert len(backbone.leading) == 2
    assert backbone.leading[0](torch.zeros(1, 4, 16, 16), torch.zeros(1, 4, 16, 16)).shape == (1, 8, 16, 16)
    assert [one.shape[-1] for one in backbone(torch.zeros(1, 3, 64, 64))] == [8, 4, 2]


def test_classification_shares_the_backbone() -> None:
    segmentation = SegmentationNetwork(genotype(space=SPACE), 11)
    classification = ClassificationNetwork(genotype(space=SPACE), 5)
    ours = {k: v.shape for k, v in segmentation.state_dict().items() if k.startswith("backbone.")}
    theirs = {k: v.shape for k, v in classification.state_dict().items() if k.startswith("backbone.")}
    assert ours == theirs
    assert classification.eval()(torch.zeros(2, 3, 64, 64)).shape == (2, 5)


def test_a_node_of_zero_edges_is_zero_and_keeps_its_shape() -> None:
    cell = {"reduction": ["zero"] * 5, "normal": ["zero"] * 5}
    barren = genotype(space=SPACE).with_(hyper_cells=[{"depth": 2, **cell}] * 3)
    maps = SegmentationNetwork(barren, 3).backbone.eval()(torch.randn(1, 3, 64, 64))
    assert [one.shape[-1] for one in maps] == [8, 4, 2]
    assert all(not one.any() for one in maps)


@pytest.mark.parametrize("seed", range(4))
def test_derived_network_equals_supernet_with_one_hot_masks_and_copied_weights(seed: int) -> None:
    torch.manual_seed(seed)
    depths = (3, 3, 3)
    supernet = Supernet(SPACE, depths, 5)
    parameters = ArchitectureParameters(depths, torch.Generator().manual_seed(seed))
    with torch.no_grad():
        for parameter in parameters.parameters():
            parameter.normal_()
        parameters.depth[0].copy_(torch.tensor([9.0, 0.0, 0.0]) if seed == 0 else parameters.depth[0])
    network = SegmentationNetwork(parameters.derive(SPACE), 5)
    inherit(network, supernet, parameters)
    x = torch.randn(2, 3, 64, 96)
    supernet.head.dropout.p = network.head.dropout.p = 0.0
    with torch.no_grad():
        expected = supernet(x, parameters.argmax_masks())
        # Batch statistics in both: the supernet keeps no others.
        actual = network.train()(x)
    torch.testing.assert_close(actual, expected, atol=1e-5, rtol=1e-5)


def test_random_networks_span_the_space_and_repeat_with_the_seed() -> None:
    draws = [random_genotype(PAPER, (5, 10, 10), np.random.default_rng([0, i])) for i in range(40)]
    again = [random_genotype(PAPER, (5, 10, 10), np.random.default_rng([0, i])) for i in range(40)]
    assert draws == again
    assert {one.depths[0] for one in draws} == {1, 2, 3, 4, 5}
    assert len({one.model_dump_json() for one in draws}) == 40


def test_backward_through_a_network_on_an_image_from_a_transposed_array() -> None:
    # A permuted array is channels_last in memory, which crashes PyTorch 2.13 on the CPU in the
    # backward pass of a strided 1x1 convolution: the loaders hand out contiguous tensors.
    image = torch.from_numpy(np.random.default_rng(0).random((2, 64, 64, 3), dtype=np.float32))
    network = SegmentationNetwork(genotype(space=SPACE), 3)
    network(image.permute(0, 3, 1, 2).contiguous()).mean().backward()
    gradient = network.backbone.stem[0].weight.grad
    assert gradient is not None
    assert torch.isfinite(gradient).all()
