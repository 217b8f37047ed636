"""Folding batch norm changes nothing but the time; parameters and multiply-adds by hand."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from pipeline_src.config.models import SpaceConfig
from pipeline_src.evaluation.complexity import (
    count_multiply_adds,
    count_parameters,
    least_memory_mib,
    most_memory_mib,
)
from pipeline_src.evaluation.folding import fold_batch_norm
from pipeline_src.space.catalogue import CELL_OPERATIONS
from pipeline_src.space.network import SegmentationNetwork
from pipeline_src.space.operations import build_operation, supernet_norm
from pipeline_src.space.sampling import random_genotype

Stir = Callable[..., nn.Module]


def norms(network: nn.Module) -> int:
    return sum(isinstance(layer, nn.BatchNorm2d) for layer in network.modules())


@pytest.mark.parametrize("seed", range(3))
def test_a_folded_network_computes_the_same_without_batch_norm(
    seed: int, narrow_space: SpaceConfig, stir: Stir
) -> None:
    torch.manual_seed(seed)
    genotype = random_genotype(narrow_space, (2, 3, 3), np.random.default_rng(seed))
    network = stir(SegmentationNetwork(genotype, num_classes=5), seed)
    folded, before = fold_batch_norm(network), norms(network)
    image = torch.randn(2, 3, 64, 96)
    with torch.no_grad():
        assert torch.allclose(folded(image), network(image), atol=1e-4, rtol=1e-4)
    assert norms(folded) == 0 and before > 10 and norms(network) == before


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("name", CELL_OPERATIONS)
def test_every_operation_folds(name: str, stride: int, stir: Stir) -> None:
    operation = stir(build_operation(name, 6, 6, stride))
    folded = fold_batch_norm(operation)
    x = torch.randn(1, 6, 9, 11)
    with torch.no_grad():
        assert torch.allclose(folded(x), operation(x), atol=1e-5)
    assert norms(folded) == 0


def test_norms_without_a_convolution_before_them_or_without_statistics_stay(stir: Stir) -> None:
    alone = nn.Sequential(nn.ReLU(), nn.BatchNorm2d(3)).eval()
    assert norms(fold_batch_norm(alone)) == 1

    class Backwards(nn.Sequential):
        def forward(self, x: Tensor) -> Tensor:
            return self[0](self[1](x))  # type: ignore[no-any-return]

    backwards = stir(Backwards(nn.Conv2d(3, 3, 1), nn.BatchNorm2d(3)))
    x = torch.randn(1, 3, 4, 4)
    assert torch.equal(fold_batch_norm(backwards)(x), backwards(x))
    for name in ("conv3x3", "skip"):
        operation = build_operation(name, 4, 4, 2, norm=supernet_norm).eval()
        x = torch.randn(1, 4, 8, 8)
        assert torch.equal(fold_batch_norm(operation)(x), operation(x))


class Known(nn.Module):
    """Layers whose work is counted by hand below."""

    def __init__(self) -> None:
        super().__init__()
        self.plain = nn.Conv2d(3, 8, 3, stride=2, padding=1, bias=False)
        self.depthwise = nn.Conv2d(8, 8, (3, 5), padding=(1, 2), groups=8)
        self.norm = nn.BatchNorm2d(8)
        self.pointwise = nn.Conv2d(8, 4, 1)
        self.linear = nn.Linear(4, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = self.pointwise(self.norm(self.depthwise(self.plain(x))))
        return self.linear(x.mean(dim=(2, 3)))  # type: ignore[no-any-return]


def test_counts_by_hand() -> None:
    network, pixels = Known(), 8 * 12
    by_hand = pixels * (8 * 3 * 9) + pixels * (8 * 15) + pixels * (4 * 8) + 4 * 10
    assert count_multiply_adds(network, (16, 24)) == by_hand
    assert count_parameters(network) == 216 + (120 + 8) + 16 + (32 + 4) + 50
    assert next(network.parameters()).device.type == "cpu" and network.training


def test_counts_are_the_same_on_the_device_of_a_timing(network: nn.Module) -> None:
    network.train()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    computed = count_multiply_adds(network, (64, 96), torch.device("cpu"))
    assert computed == count_multiply_adds(network, (64, 96))
    assert network.training
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())


def test_multiply_adds_of_a_shared_layer_count_at_every_call() -> None:
    layer = nn.Conv2d(3, 3, 1)
    assert count_multiply_adds(nn.Sequential(layer, layer), (4, 4)) == 2 * 16 * 9


def test_multiply_adds_grow_with_the_image(network: nn.Module) -> None:
    small, large = count_multiply_adds(network, (64, 64)), count_multiply_adds(network, (128, 128))
    assert 3.9 < large / small < 4.0  # the pooled branch of the head works on one pixel at any size


def test_the_least_memory_is_of_the_weights_and_the_widest_layers_maps() -> None:
    network = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 2, 1, bias=False))
    weights, widest = 3 * 8 * 9 + 8 + 16, 16 * 24 * (8 + 8)
    assert least_memory_mib(network, (16, 24)) == pytest.approx(4 * (weights + widest) / 2**20)


@pytest.mark.parametrize("size", [(64, 64), (90, 120)])
def test_the_most_memory_is_never_under_the_least(network: nn.Module, size: tuple[int, int]) -> None:
    assert least_memory_mib(network, size) <= most_memory_mib(network, size)
    assert least_memory_mib(Known(), size) <= most_memory_mib(Known(), size)
