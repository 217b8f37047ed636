"""A test that `make test` leaves out gives the reason."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

MARKED = """import pytest


@pytest.mark.slow
def test_bare() -> None: ...


@pytest.mark.slow(" ")
def test_blank() -> None: ...


@pytest.mark.slow("draws every figure")
def test_reasonable() -> None: ...
"""


def test_a_slow_test_without_a_reason_fails_collection(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "test_marked.py").write_text(MARKED, encoding="utf-8")
    options = ("-c", "pyproject.toml", "-p", "tests.conftest", "-m", "not slow", str(tmp_path))
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", *options],
        cwd=repository,
        env={"PYTHONPATH": "tests"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode != 0
    for name in ("test_bare", "test_blank"):
        assert f"{name}: the marker slow has no reason. Write pytest.mark.slow(" in ended.stdout, ended.stderr
    assert "test_reasonable" not in ended.stdout
