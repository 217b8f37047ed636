"""Checkouts to run Snakemake in."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

# The commands of the pages, and fabricated results.
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "unit"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "unit" / "reporting"))

from workflow_checkout import Checkout


@pytest.fixture
def checkout(tmp_path: Path, repository: Path) -> Checkout:
    """A checkout that a test may change."""
    return Checkout(tmp_path / "clone", repository)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory, repository: Path) -> Checkout:
    """A checkout that no test of a module changes."""
    return Checkout(tmp_path_factory.mktemp("graph") / "clone", repository)
