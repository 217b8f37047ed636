"""Two gloo processes on the CPU train as one process does at the same total batch."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn
from training_ddp_worker import CASES, train

from pipeline_src.errors import ConfigError
from pipeline_src.training import distributed
from pipeline_src.training.batch_norm import SynchronisedBatchNorm
from pipeline_src.training.checkpoint import load_weights

ROOT = Path(__file__).parents[3]
WORKER = Path(__file__).with_name("training_ddp_worker.py")
PROCESSES = 2


@pytest.fixture(scope="module")
def two_processes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with what the workers wrote."""
    folder = tmp_path_factory.mktemp("ddp")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    shared = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(port),
        "GLOO_SOCKET_IFNAME": "lo",
        "WORLD_SIZE": str(PROCESSES),
    }
    workers = [
        subprocess.Popen(
            [sys.executable, str(WORKER), str(folder)],
            env={**shared, "RANK": str(rank), "LOCAL_RANK": str(rank)},
            cwd=ROOT,
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in range(PROCESSES)
    ]
    try:
        for worker in workers:
            _, errors = worker.communicate(timeout=600)  # against a hang; two of them share a busy core
            assert worker.returncode == 0, errors
    finally:
        for worker in workers:
            worker.kill()
    return folder


@pytest.mark.parametrize("case", list(CASES))
def test_same_curve_and_weights_as_one_process(two_processes: Path, case: str) -> None:
    alone = train(case)
    report = json.loads((two_processes / "rank_0.json").read_text())
    assert report["losses"][case] == pytest.approx([row["loss"] for row in alone.rows], rel=1e-5)
    together = load_weights(two_processes / f"{case}.safetensors")
    assert together.keys() == alone.last_state.keys()
    for name, value in alone.last_state.items():
        torch.testing.assert_close(together[name], value, rtol=1e-4, atol=1e-5)


def test_both_processes_agree_and_stop_together(two_processes: Path) -> None:
    reports = [json.loads((two_processes / f"rank_{rank}.json").read_text()) for rank in range(PROCESSES)]
    assert reports[0] == reports[1]
    assert reports[0]["stopped"] and reports[0]["resumed_alike"]


def test_gradients_are_averaged_in_one_message(two_processes: Path) -> None:
    found = json.loads((two_processes / "rank_1.json").read_text())["averaged"]
    [kernel, missing, bias] = found["gradients"]
    assert kernel == [[[[5.0]], [[6.0]], [[7.0]]], [[[8.0]], [[9.0]], [[10.0]]]]
    assert bias == [5.0, 6.0, 7.0, 8.0] and missing is None
    assert found["messages"] == 1


def test_one_process_needs_no_group() -> None:
    with distributed.session("cpu") as world:
        assert world == distributed.World(0, 1, torch.device("cpu")) and world.is_main
        network = nn.Sequential(nn.BatchNorm2d(2))
        assert distributed.wrap(network, world.device) is network
        assert type(network[0]) is nn.BatchNorm2d
        distributed.barrier()
        assert distributed.all_reduce_mean(torch.tensor(3.0)).item() == 3.0
        alone = nn.Parameter(torch.zeros(2))
        alone.grad = gradient = torch.ones(2)
        distributed.average_gradients([alone])
        assert alone.grad is gradient
        assert distributed.all_reduce_max(2, world.device) == 2
        assert distributed.broadcast_object("x") == "x" and distributed.gather_objects(1) == [1]


def test_a_missing_gpu_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    with pytest.raises(ConfigError, match=r"runtime\.device"):
        distributed.resolve_device("cuda")


def test_conversion_shares_parameters_and_names() -> None:
    network = nn.Sequential(nn.Sequential(nn.BatchNorm2d(3, affine=False)), nn.BatchNorm2d(3)).eval()
    before = network.state_dict(keep_vars=True)
    distributed.synchronise_batch_norm(network, torch.device("cpu"))
    after = network.state_dict(keep_vars=True)
    assert all(isinstance(part, SynchronisedBatchNorm) for part in (network[0][0], network[1]))  # type: ignore[index]
    assert before.keys() == after.keys() and all(before[name] is after[name] for name in before)
    assert not network[1].training
