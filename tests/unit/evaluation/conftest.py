"""A narrow network with batch norm statistics that matter."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest
import torch
from torch import nn

from pipeline_src.config.models import SpaceConfig
from pipeline_src.space.genotype import Genotype
from pipeline_src.space.network import SegmentationNetwork
from pipeline_src.space.sampling import random_genotype


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Other work shares the machine: a test takes one core."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def _stir(network: nn.Module, seed: int = 0) -> nn.Module:
    """Give every batch norm statistics and parameters far from their initial ones."""
    generator = torch.Generator().manual_seed(seed)
    for layer in network.modules():
        if isinstance(layer, nn.BatchNorm2d) and layer.running_mean is not None:
            layer.running_mean.normal_(0, 0.3, generator=generator)
            layer.running_var.uniform_(0.5, 2.0, generator=generator)
            nn.init.uniform_(layer.weight, 0.5, 1.5, generator=generator)
            nn.init.normal_(layer.bias, 0, 0.3, generator=generator)
    return network.eval()


@pytest.fixture
def stir() -> Callable[..., nn.Module]:
    """(network, seed) -> the network with lively batch norms, in evaluation mode."""
    return _stir


@pytest.fixture
def narrow_space() -> SpaceConfig:
    return SpaceConfig(initial_channels=4, channel_multiplier=2, aggregation_channels=8, head_channels=8)


@pytest.fixture
def genotype(narrow_space: SpaceConfig) -> Genotype:
    return random_genotype(narrow_space, (2, 3, 3), np.random.default_rng(3))


@pytest.fixture
def network(genotype: Genotype) -> nn.Module:
    torch.manual_seed(0)
    return _stir(SegmentationNetwork(genotype, num_classes=5))
