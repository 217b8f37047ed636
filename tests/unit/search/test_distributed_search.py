"""A search by two processes is the search by one at the same total batch."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

WORKER = Path(__file__).with_name("search_ddp_worker.py")


def search(output: Path, processes: int) -> list[dict[str, float]]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    running = []
    for rank in range(processes):
        env = {**os.environ, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "OMP_NUM_THREADS": "1",
               "RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": str(processes)}  # fmt: skip
        running.append(subprocess.Popen([sys.executable, str(WORKER), str(output)], env=env))
    assert [process.wait(timeout=240) for process in running] == [0] * processes
    return json.loads(output.read_text())  # type: ignore[no-any-return]


def test_two_processes_search_like_one(tmp_path: Path) -> None:
    one, two = search(tmp_path / "one.json", 1), search(tmp_path / "two.json", 2)
    assert len(one) == len(two) == 2
    # Adam's first steps divide each gradient by its own size, so rounding errors of tiny gradients
    # grow: the first epoch agrees closely, the next one less so.
    for single, double, tolerance in zip(one, two, (1e-4, 5e-3), strict=True):
        for key in ("ce", "latency_us", "alpha_entropy", "expected_depth_1", "expected_depth_3"):
            assert double[key] == pytest.approx(single[key], rel=tolerance), key
