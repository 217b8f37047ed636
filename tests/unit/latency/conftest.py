"""A narrow space, quick timing settings, and a lookup table whose numbers are known."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import torch

from pipeline_src.config.models import LatencyConfig, SpaceConfig
from pipeline_src.latency.fingerprint import Fingerprint
from pipeline_src.latency.table import LookupTable, LutEntry
from pipeline_src.space.genotype import Genotype
from pipeline_src.space.reach import reachable_keys
from pipeline_src.space.sampling import random_genotype

INPUT_HW = (32, 64)


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Other work shares the machine: a test takes one core."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def space() -> SpaceConfig:
    return SpaceConfig(initial_channels=4, channel_multiplier=2, aggregation_channels=8, head_channels=8)


@pytest.fixture
def quick() -> LatencyConfig:
    return LatencyConfig(warmup=1, repeats=5, lut_repeats=3)


@pytest.fixture
def fingerprint() -> Fingerprint:
    return Fingerprint(
        device="Chip",
        driver="cpu AVX2",
        torch="2.0",
        precision="float32",
        threads=1,
        runtime="eager",
        warmup=1,
        repeats=3,
        date="2026-01-01T00:00:00+00:00",
    )


@pytest.fixture
def table(space: SpaceConfig, fingerprint: Fingerprint) -> LookupTable:
    """Every reachable key, with a latency that grows with its place in the list."""
    entries = {
        key.text: LutEntry(median_us=10.0 + index, q1_us=9.0 + index, q3_us=12.0 + index, repeats=3)
        for index, key in enumerate(reachable_keys(space, INPUT_HW))
    }
    return LookupTable(
        fingerprint=fingerprint,
        input_height_px=INPUT_HW[0],
        input_width_px=INPUT_HW[1],
        space=space,
        entries=entries,
    )


@pytest.fixture
def genotype(space: SpaceConfig) -> Genotype:
    return random_genotype(space, (2, 3, 3), np.random.default_rng(5))
