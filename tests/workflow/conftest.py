"""Checkouts to run Snakemake in."""

from __future__ import annotations

from pathlib import Path

import pytest
from workflow_checkout import Checkout


@pytest.fixture
def checkout(tmp_path: Path, repository: Path) -> Checkout:
    """A checkout that a test may change."""
    return Checkout(tmp_path / "clone", repository)
