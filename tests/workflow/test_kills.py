"""Long steps killed at any moment and started again: the same bytes as of a run that was left alone.

Each of search, pretraining and finetuning is killed with SIGKILL at chosen moments (while a checkpoint is
written, between two outputs, before and after the record) and at random ones (start and imports among them),
24 times in all, and told to go with SIGTERM and SIGUSR1.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from long_steps import LUT_SETTINGS, OUTPUTS, SIZE, STEPS, Step, start
from small_runs import GENOTYPE, SEARCHED, environment, params, wait_for
from workflow_checkout import Checkout

from pipeline_src.cli.main import EXIT_INTERRUPTED, main
from pipeline_src.cli.processes import everybody
from pipeline_src.latency.table import LookupTable

MATRIX = pytest.mark.slow("starts torch some sixty times; one kill of each kind comes first")

MOMENTS = {
    "search": ["half:step_:1", "before:step_:3", "before:log:1", "half:genotype:1", "after:run.json:1"],
    "pretrain": ["half:step_:2", "after:step_:3", "before:weights:1", "before:run.json:1"],
    "finetune": [
        "half:step_:3",
        "before:log:1",
        "half:weights_last:1",
        "before:weights_best:1",
        "after:weights_best:1",
        "before:run.json:1",
    ],
}
RANDOM_KILLS = 3  # of each step


@pytest.fixture(scope="module")
def left_alone(files: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Step]:
    """Each step run to its end without a single checkpoint, by its name."""

    @cache
    def run(name: str) -> Step:
        step = Step(name, files, tmp_path_factory.mktemp(name))
        started = time.monotonic()
        status, said = step.run(every_s=1e6)
        assert status == 0, said
        step.reference, step.reference_s = step.digests(), time.monotonic() - started
        assert set(step.reference) == set(OUTPUTS[name])
        return step

    return run


@pytest.fixture
def step(request: pytest.FixtureRequest, left_alone: Callable[[str], Step], tmp_path: Path) -> Step:
    """One step in folders of its own."""
    reference = left_alone(request.param)
    return Step(reference.name, reference.files, tmp_path, reference.reference, reference.reference_s)


@pytest.mark.parametrize("step", ["search", "finetune"], indirect=True)
def test_killed_while_it_writes_a_checkpoint_it_ends_in_the_same_bytes(step: Step) -> None:
    assert step.run(moment="half:step_:3")[0] == -signal.SIGKILL
    assert step.kept() and not step.digests()
    status, said = step.run()
    assert status == 0 and "Going on" in said, said
    step.require_identical()


def test_a_measurement_that_is_killed_leaves_no_half_table(files: Path, tmp_path: Path) -> None:
    table = tmp_path / "lut.json"
    words = ["measure-lut", "--input-size", SIZE, "--settings", LUT_SETTINGS, "--output", str(table)]
    with start(words, moment="half:lut.json:1") as running:
        assert running.wait(timeout=600) == -signal.SIGKILL
    assert not table.exists()
    assert main(words) == 0
    measured, whole = (LookupTable.load(path) for path in (table, files / "lut.json"))
    assert measured.entries.keys() == whole.entries.keys()


def killed_at_random(step: Step, rng: random.Random) -> None:
    """Kill it once, at any time from its start to its end; where it was done before, once more."""
    for _ in range(10):
        with step.start() as running:
            try:
                running.wait(timeout=rng.uniform(0.0, step.reference_s))
            except subprocess.TimeoutExpired:
                running.kill()
            running.communicate()
        if running.returncode == -signal.SIGKILL:
            return
        assert running.returncode == 0
        step.require_identical()
        for path in step.out.iterdir():
            path.unlink()
    raise AssertionError("it was always done before it could be killed")


@MATRIX
def test_there_are_enough_kills() -> None:
    assert sum(map(len, MOMENTS.values())) + RANDOM_KILLS * len(STEPS) >= 20


@MATRIX
@pytest.mark.parametrize("step", STEPS, indirect=True)
def test_killed_at_any_moment_it_ends_in_the_same_bytes(step: Step) -> None:
    rng = random.Random(step.name)
    for moment in (one for one in MOMENTS[step.name] if ":step_:" in one):
        assert step.run(moment=moment)[0] == -signal.SIGKILL, moment
        assert not step.digests()
    for _ in range(RANDOM_KILLS):
        killed_at_random(step, rng)
    for moment in (one for one in MOMENTS[step.name] if ":step_:" not in one):
        assert step.run(moment=moment)[0] == -signal.SIGKILL, moment
        assert step.kept()  # until the record stands
    status, said = step.run()
    assert status == 0 and "Going on" in said, said
    step.require_identical()


def told_to_go(step: Step, number: signal.Signals, delay_s: float = 0.0, **options: float) -> str:
    """Tell it to go when it is at work, which a new checkpoint shows if it writes any; what it said."""
    before = step.kept()
    with step.start(**options) as running:
        wait_for(step.out.exists if options else lambda: step.kept()[-1:] != before[-1:])
        time.sleep(delay_s)
        running.send_signal(number)
        said = running.communicate(timeout=600)[1]
    assert running.returncode == EXIT_INTERRUPTED, said
    assert "interrupted: told to stop" in said and "start again to go on" in said
    assert "Traceback" not in said and not step.digests()
    return said


@MATRIX
@pytest.mark.parametrize("step", STEPS, indirect=True)
def test_told_to_go_it_saves_and_goes_and_a_truncated_checkpoint_costs_the_one_before(step: Step) -> None:
    delay_s = random.Random(step.name).uniform(0.0, 0.3 * step.reference_s)
    said = told_to_go(step, signal.SIGTERM, delay_s, every_s=1e6)
    # While it started there was nothing to save; later on it saved, although no checkpoint was due.
    assert bool(step.kept()) == ("told to stop by SIGTERM" not in said)
    assert step.run(moment="after:step_:2")[0] == -signal.SIGKILL
    said = told_to_go(step, signal.SIGUSR1)
    assert "told to stop by" not in said and len(step.kept()) == 2
    older, newest = step.kept()
    newest.write_bytes(newest.read_bytes()[:-100])
    status, said = step.run()
    assert status == 0, said
    assert f"{newest}: is truncated or altered" in said
    done = int(older.stem.removeprefix("step_"))
    kind = "search" if step.name == "search" else "training"
    assert f"Going on after {kind} step {done}." in said, said
    step.require_identical()


@MATRIX
def test_a_job_of_the_graph_that_is_killed_is_retried_and_ends_the_same(checkout: Checkout) -> None:
    checkout.configure(params(epochs=40, validation_every=40))
    words = [Path(sys.executable).with_name("snakemake"), GENOTYPE, "--cores", "1", "--retries", "1"]
    folder = checkout.root / GENOTYPE
    checkpoints = checkout.root / f".checkpoints/tiny/search/{SEARCHED}"
    log = checkout.root / f"logs/tiny/search_architecture/{SEARCHED}.log"

    def searching() -> int | None:
        found = [one for one in everybody() if one.folder == checkout.root and one.name == "autortnet"]
        return next((one.pid for one in found if "search-architecture" in one.words), None)

    with subprocess.Popen(
        words,
        cwd=checkout.root,
        env=environment(checkout.root),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as running:
        wait_for(lambda: len(list(checkpoints.glob("*.ckpt"))) == 2)
        job = searching()
        assert job is not None
        os.kill(job, signal.SIGKILL)
        said = running.communicate(timeout=1200)[0]
    assert running.returncode == 0, said
    assert "Trying to restart job" in said and "Going on after search step" in log.read_text()
    assert not checkpoints.exists()
    outputs = (folder, folder.with_name("log.csv"))
    killed = [path.read_bytes() for path in outputs]
    for path in outputs:
        path.unlink()
    ended = checkout.snakemake(GENOTYPE)
    assert ended.status == 0, ended.text
    assert "Going on" not in log.read_text()
    assert [path.read_bytes() for path in outputs] == killed
