"""The two checkouts of each test."""

from __future__ import annotations

from pathlib import Path

import pytest
from compare_pairs import Pair

from pipeline_src.config.grid import Grid


@pytest.fixture
def pair(tmp_path: Path, small_grid: Grid) -> Pair:
    return Pair(tmp_path, small_grid)
