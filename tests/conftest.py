"""Fixtures that every test may use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from processes import leave_make

leave_make(os.environ)

REPOSITORY = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def repository() -> Path:
    """Root of the checkout."""
    return REPOSITORY


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Folder with real images (camvid/, cityscapes_sample/, cityscapes_small/, imagenet_mini/)."""
    folder = Path(os.environ.get("AUTORTNET_TEST_DATA", REPOSITORY.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(
            f"no real data at {folder}: set AUTORTNET_TEST_DATA to a folder that holds camvid/ and others"
        )
    return folder
