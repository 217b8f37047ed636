"""Auto-DeepLab: its authors' three sizes, the wiring of its cell, the sizes of the maps along its path."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from pipeline_src.evaluation.complexity import count_multiply_adds, count_parameters
from pipeline_src.peers.autodeeplab import LARGE, MEDIUM, PATH, SMALL, AutoDeepLab, _Cell

FULL = (1025, 2049)
"""At which its authors evaluate."""


@pytest.mark.parametrize(
    ("filters", "printed_m", "printed_g"),
    [(SMALL, 10.15, 333.25), (MEDIUM, 21.62, 460.93), (LARGE, 44.42, 695.03)],
)
def test_each_of_the_authors_sizes_has_the_count_that_they_print(
    filters: int, printed_m: float, printed_g: float
) -> None:
    with torch.device("meta"):
        network = AutoDeepLab(19, filters).eval()
        image = torch.empty(1, 3, *FULL)
    assert f"{count_parameters(network) / 1e6:.2f}" == f"{printed_m:.2f}"
    # Theirs is TensorFlow's count. It computes a dilated convolution on maps that are padded to multiples of
    # the rate (space to batch); without that padding ours would be 4 to 5 % below theirs.
    counted = count_multiply_adds(network, FULL)
    own, padded = 0, 0

    def count(convolution: nn.Module, _: object, output: torch.Tensor) -> None:
        nonlocal own, padded
        assert isinstance(convolution, nn.Conv2d)
        height, width, rate = *output.shape[-2:], convolution.dilation[0]
        own += convolution.weight.numel() * height * width
        padded += convolution.weight.numel() * math.ceil(height / rate) * math.ceil(width / rate) * rate**2

    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            module.register_forward_hook(count)
    with torch.no_grad():
        network.logits(image)
    assert own == counted
    assert padded / 1e9 == pytest.approx(printed_g, rel=0.02)
    assert own / 1e9 == pytest.approx(0.957 * printed_g, rel=0.01)


def test_a_cells_blocks_take_the_states_that_the_genotype_names() -> None:
    cell = _Cell(1, 1, 1, 1)
    cell.enter, cell.enter_before = nn.Sequential(), nn.Sequential()
    cell.operations = nn.ModuleList(nn.Identity() for _ in range(10))
    a, b = torch.full((1, 1, 1, 1), 1.0), torch.full((1, 1, 1, 1), 10.0)
    # b + a; b + a; second block + b; third + first; second + fourth.
    assert cell(a, b).flatten().tolist() == [11, 11, 21, 32, 43]


def test_strides_are_those_of_the_cells_inputs_alone() -> None:
    cell = _Cell(4, 6, 2, 2)
    assert cell(torch.randn(1, 4, 7, 10), torch.randn(1, 6, 14, 20)).shape == (1, 10, 4, 5)
    assert _Cell(4, 6, 2, 1)(torch.randn(1, 4, 7, 10), torch.randn(1, 6, 4, 5)).shape == (1, 10, 7, 10)


def test_maps_have_the_authors_sizes_without_padding() -> None:
    with torch.device("meta"):
        network = AutoDeepLab(19, SMALL).eval()
        image = torch.empty(1, 3, 769, 769)
    levels: list[tuple[int, ...]] = []
    for cell in network.encoder.cells:
        cell.register_forward_hook(lambda _, __, output: levels.append(tuple(output.shape[1:])))
    with torch.no_grad():
        low, deep = network.encoder(image)
    side = {0: 193, 1: 97, 2: 49, 3: 25}
    assert levels == [(5 * SMALL * 2**level, side[level], side[level]) for level in PATH]
    assert low.shape == (1, 100, 193, 193) and deep.shape == (1, 200, 97, 97)
