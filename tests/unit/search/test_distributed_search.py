"""A search by two processes is the search by one at the same total batch."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import sampled_ddp_worker
import search_ddp_worker

from pipeline_src.config.search import Sampling

WORKER, SAMPLED_WORKER = Path(search_ddp_worker.__file__), Path(sampled_ddp_worker.__file__)


def search(output: Path, processes: int, level: str) -> list[dict[str, float]]:
    if processes == 1:
        search_ddp_worker.main(output, bilevel=level == "bilevel")
    else:
        run(WORKER, [str(output), level], processes)
    return json.loads(output.read_text())  # type: ignore[no-any-return]


def run(worker: Path, words: list[str], processes: int) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    running = []
    for rank in range(processes):
        env = {**os.environ, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "OMP_NUM_THREADS": "1",
               "RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": str(processes)}  # fmt: skip
        running.append(subprocess.Popen([sys.executable, str(worker), *words], env=env))
    assert [process.wait(timeout=600) for process in running] == [0] * processes


@pytest.mark.slow("runs every operation of every edge in three processes; the test with drawn ones stays")
@pytest.mark.parametrize("level", ["single", "bilevel"])
def test_two_processes_search_like_one(tmp_path: Path, level: str) -> None:
    one, two = search(tmp_path / "one.json", 1, level), search(tmp_path / "two.json", 2, level)
    assert len(one) == len(two) == 2
    # Adam's first steps divide each gradient by its own size, so rounding errors of tiny gradients
    # grow: the first epoch agrees closely, the next one less so.
    for single, double, tolerance in zip(one, two, (1e-4, 5e-3), strict=True):
        for key in ("ce", "latency_us", "alpha_entropy", "expected_depth_1", "expected_depth_3"):
            assert double[key] == pytest.approx(single[key], rel=tolerance), key


def sampled(folder: Path, processes: int, sampling: Sampling) -> list[dict[str, Any]]:
    folder.mkdir()
    if processes == 1:
        sampled_ddp_worker.main(folder, sampling)
    else:
        run(SAMPLED_WORKER, [str(folder), sampling], processes)
    return [json.loads((folder / f"{rank}.json").read_text()) for rank in range(processes)]


@pytest.mark.parametrize(
    "sampling",
    [
        "single",
        pytest.param("pair", marks=pytest.mark.slow("draws and resumes by the code that single runs")),
    ],
)
def test_two_processes_draw_the_same_operations_as_one_and_resume_to_the_same_bytes(
    tmp_path: Path, sampling: Sampling
) -> None:
    [alone] = sampled(tmp_path / "one", 1, sampling)
    first, second = sampled(tmp_path / "two", 2, sampling)
    one, whole, other = (found["whole"] for found in (alone, first, second))
    assert len(whole["drawn"]) == 6 and all(len(edges) == 7 for edges in whole["drawn"])
    assert whole["drawn"] == other["drawn"], "the processes drew different operations"
    assert whole["sha256"] == other["sha256"], "the processes ended in different weights"
    # The first step's draws do not depend on sums; later ones may, by rounding, where two are close.
    assert whole["drawn"][0] == one["drawn"][0]
    assert whole["rows"][0]["ce"] == pytest.approx(one["rows"][0]["ce"], rel=1e-3)
    for found in (first, second):
        resumed = found["resumed"]
        assert resumed["sha256"] == whole["sha256"] and resumed["rows"] == whole["rows"]
        assert resumed["drawn"] == whole["drawn"][4:]
