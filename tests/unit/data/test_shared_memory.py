"""Loader processes hand over batches through /dev/shm: too little of it is told before they wait for ever."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline_src.data import loading
from pipeline_src.data.loading import require_shared_memory
from pipeline_src.errors import UserError

Usage = namedtuple("Usage", "total used free")


def free(monkeypatch: pytest.MonkeyPatch, mib: int) -> None:
    monkeypatch.setattr(loading.shutil, "disk_usage", lambda place: Usage(0, 0, mib * 2**20))


def test_dockers_64_mib_are_too_few_for_batches_of_16_frames(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    free(monkeypatch, 64)
    batch = 16 * 3 * 768 * 1536 * 4
    with pytest.raises(UserError) as caught:
        require_shared_memory(batch, 4, tmp_path)
    said = str(caught.value)
    assert "has 64 MiB free" in said and "4 loader processes take 1728 MiB" in said
    assert "runtime.workers: 0" in said and "--shm-size" in said


def test_enough_is_enough(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    free(monkeypatch, 64)
    require_shared_memory(8 * 2**20, 4, tmp_path)
    require_shared_memory(2**40, 4, tmp_path / "no such place")


@pytest.mark.parametrize(
    "words",
    [
        "DataLoader timed out after 600 seconds",
        "DataLoader worker (pid 9) is killed by signal: Bus error.",
    ],
)
def test_loaders_that_hang_or_die_are_told_with_the_remedy(words: str) -> None:
    def loaded() -> Iterator[Any]:
        yield 1
        raise RuntimeError(words)

    batches = loading._raising(loaded())
    assert next(batches) == 1
    with pytest.raises(UserError, match=r"loader processes: have ended .*runtime\.workers: 0"):
        next(batches)


def test_other_faults_of_a_loader_stay_what_they_are() -> None:
    def loaded() -> Iterator[Any]:
        yield from ()
        raise RuntimeError("size mismatch")

    with pytest.raises(RuntimeError, match="size mismatch"):
        next(loading._raising(loaded()))


def test_loaders_wait_for_a_while_and_not_for_ever() -> None:
    assert 60 <= loading.LOADING_TIMEOUT_S <= 3600
