"""Fixtures that every test may use."""

from __future__ import annotations

import os
from collections.abc import Generator
from pathlib import Path

import pytest
from processes import leave_make

leave_make(os.environ)

REPOSITORY = Path(__file__).resolve().parents[1]


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Fail the collection of a test whose `slow` marker has no reason.

    `make test` would leave the test out, and nobody would know why it may wait.
    """
    report = yield
    bare = [
        item.nodeid
        for item in report.result
        for mark in item.iter_markers("slow")
        if not any(isinstance(reason, str) and reason.strip() for reason in mark.args)
    ]
    if bare:
        report.outcome = "failed"
        report.longrepr = "\n".join(
            f'{name}: the marker slow has no reason. Write pytest.mark.slow("why it may wait").'
            for name in bare
        )
    return report


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
