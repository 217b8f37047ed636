"""What runs on a GPU, run on a card that is emulated: tensors stay where they are put, and the host computes.

It shows that nothing is left behind on the host or read from there, and takes every branch for a GPU but
torch.compile and NCCL. It says nothing of speed, memory or rounding.
"""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import minimal
import pytest
from card.build import build, compiler
from card.emulated import NAME
from long_steps import BLOCKS, OUTPUTS, SIZE, STEPS, Step, prepare
from small_runs import environment
from test_slice import PARAMS, TABLE
from workflow_checkout import Checkout

pytestmark = pytest.mark.slow("builds a device, and runs a partial workflow and three steps on it")

HERE = Path(__file__).resolve()
SPEEDS = "results/tiny/speed/networks.json"
FORMS = ["eager", "channels_last", "half", "cuda_graphs"]
MIXED = "Expected all tensors to be on the same device"


@pytest.fixture(scope="module")
def card(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a process that finds the card."""
    if compiler() is None:
        pytest.skip("no C++ compiler: the emulated card cannot be built")
    folder = tmp_path_factory.mktemp("card")
    build(folder / "card.so")
    (folder / "nvidia-smi").write_text("#!/bin/sh\n")  # by which the workflow sees a GPU
    (folder / "nvidia-smi").chmod(0o755)
    words = os.pathsep.join((str(folder), str(Path(sys.executable).parent), os.environ["PATH"]))
    return {
        "CARD_LIBRARY": str(folder / "card.so"),
        "PYTHONPATH": os.pathsep.join((str(HERE.with_name("card")), str(HERE.parents[2]))),
        "PATH": words,
    }


def python(code: str, card: dict[str, str]) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**environment(HERE.parents[2]), **card},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.stdout + done.stderr


def test_the_card_computes_what_the_host_does_and_takes_nothing_from_it(card: dict[str, str]) -> None:
    code = """
import copy, torch
from torch import nn
torch.manual_seed(0)
host = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 4, 3, groups=4))
there = copy.deepcopy(host).to("cuda")
image = torch.randn(2, 3, 8, 8)
for network, given in ((host, image), (there, image.to("cuda"))):
    network(given).square().sum().backward()
for ours, theirs in zip(host.parameters(), there.parameters()):
    assert theirs.grad.is_cuda and torch.equal(ours.grad, theirs.grad.cpu())
for mistake in (
    lambda: there(image),
    lambda: image.to("cuda") + image,
    lambda: torch.randperm(4, generator=torch.Generator(), device="cuda"),
    lambda: image.to("cuda").numpy(),
):
    try:
        mistake()
        print("not refused")
    except (RuntimeError, TypeError) as error:
        print(type(error).__name__, error)
"""
    said = python(code, card).splitlines()
    assert [MIXED in line for line in said] == [True, True, False, False]
    assert "generator" in said[2] and said[3].startswith("TypeError")


@pytest.fixture(scope="module")
def on_card(card: dict[str, str], tmp_path_factory: pytest.TempPathFactory, repository: Path) -> Checkout:
    """A slice of the graph, run on the card with all that a GPU is given: lower precision, workers, forms."""
    clone = Checkout(tmp_path_factory.mktemp("card") / "clone", repository)
    clone.surroundings = card
    search = {**minimal.BLOCKS["search"], "sampling": "pair", "latency_offset_us": "measured"}
    clone.configure(
        {
            **PARAMS,
            **minimal.BLOCKS,
            "runtime": {"device": "cuda", "precision": "float16", "threads": 1, "workers": 1},
            "search": {**search, "precision": "bfloat16"},
            "latency": {**minimal.BLOCKS["latency"], "runtime": "channels_last"},
            "pretrain": {**minimal.BLOCKS["pretrain"], "memory_format": "channels_last"},
            "finetune": {**PARAMS["finetune"], "memory_format": "channels_last"},
            "experiments": {**minimal.EXPERIMENTS, "speed_forms": FORMS},
        }
    )
    ended = clone.snakemake(TABLE, SPEEDS)
    assert ended.status == 0, ended.text
    return clone


def test_a_slice_runs_on_the_card(on_card: Checkout) -> None:
    with (on_card.root / TABLE).open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    measured = [row for row in rows if row["FPS (status)"] == "measured"]
    assert len(measured) == 2 and all(NAME in row.values() for row in measured)
    records = [json.loads(path.read_text()) for path in on_card.root.glob("results/**/run.json")]
    devices = {record["command"][1]: record["device"] for record in records}
    assert {devices[name] for name in ("search-architecture", "pretrain-backbone", "finetune-network")} == {
        NAME
    }


def test_every_form_of_a_gpu_is_run(on_card: Checkout) -> None:
    told = json.loads((on_card.root / SPEEDS).read_text())
    forms: dict[str, Any] = told["timings"][0]["forms"]
    assert list(forms) == ["eager", "folded", *FORMS[1:]]
    assert forms["eager"]["refused"] is forms["channels_last"]["refused"] is None
    # Of a network that has hardly learnt half precision may change classes; a graph changes none beyond that.
    assert forms["cuda_graphs"]["equal_pixels"] == forms["half"]["equal_pixels"] > 0.9


def test_the_benchmark_of_a_gpu_times_graphs(card: dict[str, str]) -> None:
    code = """
import json, torch
from benchmarks.gpu_inference import inference
from benchmarks.gpu_parts import Place
torch.set_num_threads(1)
print(json.dumps(inference(Place(torch.device("cuda"), True), float("inf"), 0.0)))
"""
    rows = json.loads(python(code, card).splitlines()[-1])
    assert {row["not_run"] for row in rows if row["form"].endswith("torch.compile")} == {"the time was over"}
    timed = {(row["network"], row["size"], row["form"]): row for row in rows if "not_run" not in row}
    assert len(timed) == 3 * 2 * 4 and all(row["median_ms"] > 0 for row in timed.values())
    for (network, size, form), row in timed.items():
        if form == "fp16, CUDA graph":
            assert row["equal_pixels"] == timed[network, size, "fp16 folded, channels last"]["equal_pixels"]


@pytest.fixture(scope="module")
def files(card: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the long steps need, with a lookup table of the card."""
    root = tmp_path_factory.mktemp("files")
    prepare(root)
    settings = {"latency": BLOCKS["latency"], "space": BLOCKS["space"], "runtime": {"device": "cuda"}}
    words = [
        "measure-lut",
        "--input-size",
        SIZE,
        "--settings",
        json.dumps(settings),
        "--output",
        root / "lut.json",
    ]
    code = f"from pipeline_src.cli.main import main; assert main({[str(word) for word in words]}) == 0"
    assert "Error" not in python(code, card)
    return root


@pytest.mark.parametrize("name", STEPS)
def test_a_step_that_was_killed_goes_on_on_the_card(
    name: str, card: dict[str, str], files: Path, tmp_path: Path
) -> None:
    alone, step = (
        Step(name, files, tmp_path / place, device="cuda", surroundings=card) for place in ("alone", "killed")
    )
    for one in (alone, step):
        one.place.mkdir()
    status, said = alone.run(every_s=1e6)
    assert status == 0, said
    step.reference = alone.digests()
    assert set(step.reference) == set(OUTPUTS[name])
    assert step.run(moment="after:step_:3")[0] == -signal.SIGKILL
    status, said = step.run()
    assert status == 0 and "Going on" in said, said
    step.require_identical()
