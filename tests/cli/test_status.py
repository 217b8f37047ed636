"""`autortnet status`: told from outputs, records and logs alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline_src.cli.main import main
from pipeline_src.config.grid import Grid
from pipeline_src.config.load import read_yaml, resolve
from pipeline_src.config.peers import BY_NAME
from pipeline_src.not_run import NotRun
from pipeline_src.reporting.read.standing import Job, Standing, jobs_of, remaining_s, standing_of

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def jobs() -> list[Job]:
    config = resolve(
        {**read_yaml(REPOSITORY / "params.yaml"), "scale": "tiny"}, REPOSITORY / "workflow/scales"
    )
    return list(jobs_of(Grid(config)))


def status(root: Path, capsys: pytest.CaptureFixture[str]) -> list[str]:
    words = ["status", "--root", str(root), "--params", str(REPOSITORY / "params.yaml"), "--scale", "tiny"]
    assert main([*words, "--scales", str(REPOSITORY / "workflow" / "scales")]) == 0
    return capsys.readouterr().out.splitlines()


def finish(root: Path, job: Job, wall_s: float) -> None:
    output = root / "results" / "tiny" / job.output
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text("{}")
    in_folder = job.rule in ("search_architecture", "pretrain_backbone", "finetune_network")
    record = output.with_name("run.json" if in_folder else f"{output.name}.run.json")
    record.write_text(json.dumps({"wall_s": wall_s}))


def write_log(root: Path, job: Job, text: str, age_s: float = 0) -> None:
    log = root / "logs" / "tiny" / job.log
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text(text)
    os.utime(log, (time.time() - age_s,) * 2)


def counts(lines: list[str], rule: str) -> str:
    return " ".join(next(line for line in lines if line.startswith(f"{rule} ")).split()[1:])


def test_an_empty_folder_waits(tmp_path: Path, jobs: list[Job], capsys: pytest.CaptureFixture[str]) -> None:
    lines = status(tmp_path, capsys)
    assert lines[-1].startswith(f"0 of {len(jobs)} jobs done; how long the rest takes is known when")
    searches = sum(job.rule == "search_architecture" for job in jobs)
    assert counts(lines, "search_architecture") == str(searches)


def test_a_graph_half_way(tmp_path: Path, jobs: list[Job], capsys: pytest.CaptureFixture[str]) -> None:
    trainings = [job for job in jobs if job.rule == "finetune_network"]
    for job in jobs:
        if job not in trainings:
            finish(tmp_path, job, 10)
    running, failed, stopped, *rest = trainings
    for job in rest[:-2]:
        finish(tmp_path, job, 600)
    told = "12:00:00 epoch 3: loss 1.2\n12:00:10 training steps: 200 of 500, 300 s\n"
    write_log(tmp_path, running, told)
    write_log(
        tmp_path, failed, "12:00:00 epoch 1: loss 2\nerror: camvid/a.png: cannot be decoded. Fetch it.\n"
    )
    write_log(tmp_path, stopped, "12:00:10 training steps: 9 of 500, 30 s\n", age_s=3600)
    lines = status(tmp_path, capsys)
    assert counts(lines, "finetune_network") == f"{len(rest) - 2} 1 1 1 2"
    assert (
        f"running, finetune_network {running.name}, epoch 3, 8 min left" in lines
    )  # 300 s for 200 of 500 steps
    assert f"failed, finetune_network {failed.name}, camvid/a.png: cannot be decoded. Fetch it." in lines
    assert f"stopped, finetune_network {stopped.name}, 12:00:10 training steps: 9 of 500, 30 s" in lines
    # 450 s of the running one, and 600 s, as the finished ones took, of each of the four others.
    assert lines[-1] == f"{len(jobs) - 5} of {len(jobs)} jobs done; about 48 min left, with 1 at once"


def test_a_network_that_is_not_run_says_nothing_of_others_time(
    tmp_path: Path, jobs: list[Job], capsys: pytest.CaptureFixture[str]
) -> None:
    waiting, done, *markers = [job for job in jobs if job.rule == "finetune_network"]
    for job in jobs:
        if job != waiting:
            finish(tmp_path, job, 600 if job == done else 0.01)
    for job in markers:
        output = tmp_path / "results" / "tiny" / job.output
        NotRun("the same as A").save(output.with_suffix(".new"))
        output.with_suffix(".new").replace(output)
    assert status(tmp_path, capsys)[-1].startswith(f"{len(jobs) - 1} of {len(jobs)} jobs done; about 10 min")


def test_a_waiting_system_goes_by_the_one_most_like_it(jobs: list[Job]) -> None:
    """SegNet has 84 times the multiply-adds of ENet: the median of the trainings would foretell minutes."""
    assert {job.system for job in jobs if job.rule == "finetune_network"} > {""}
    standings = [
        Standing(Job("finetune_network", name, name, name, system), "done", seconds=seconds)
        for name, system, seconds in (("a", "", 1.0), ("enet", "enet", 50.0), ("swiftnet", "swiftnet", 300.0))
    ]
    waiting = Standing(Job("finetune_network", "segnet", "segnet", "segnet", "segnet"), "waiting")
    ratio = BY_NAME["segnet"].multiply_adds_a_pixel / BY_NAME["swiftnet"].multiply_adds_a_pixel
    assert remaining_s([*standings, waiting]) == pytest.approx(300 * ratio)
    assert remaining_s([standings[0], waiting]) == 1.0


def test_a_finished_graph(tmp_path: Path, jobs: list[Job], capsys: pytest.CaptureFixture[str]) -> None:
    for job in jobs:
        finish(tmp_path, job, 1)
    write_log(tmp_path, jobs[0], "error: of an earlier try\n")
    assert status(tmp_path, capsys)[-1].startswith(f"all {len(jobs)} jobs are done")


@pytest.mark.parametrize("told", ["", "\x00\xff half a line", "training steps: 0 of 0, 0 s"])
def test_logs_that_tell_nothing(tmp_path: Path, jobs: list[Job], told: str) -> None:
    write_log(tmp_path, jobs[0], told)
    found = standing_of(jobs[0], tmp_path / "results" / "tiny", tmp_path / "logs" / "tiny")
    assert (found.state, found.remaining_s, found.epoch) == ("running", None, None)


def test_a_record_that_is_damaged_counts_as_done(tmp_path: Path, jobs: list[Job]) -> None:
    finish(tmp_path, jobs[0], 5)
    record = next((tmp_path / "results").rglob("*run.json"))
    for text in ("", "[]", '{"wall_s": "long"}'):
        record.write_text(text)
        found = standing_of(jobs[0], tmp_path / "results" / "tiny", tmp_path / "logs" / "tiny")
        assert (found.state, found.seconds) == ("done", None)


def test_an_unknown_scale(tmp_path: Path, refused: Callable[..., str]) -> None:
    refused(["status", "--params", REPOSITORY / "params.yaml", "--scale", "tiney"], "tiney", "tiny")


def test_it_loads_neither_torch_nor_pandas(tmp_path: Path) -> None:
    code = (
        "import sys; from pipeline_src.cli.main import main; "
        f"main(['status', '--root', {str(tmp_path)!r}, '--scale', 'tiny']); "
        "assert not {'torch', 'pandas', 'matplotlib'} & set(sys.modules)"
    )
    ended = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
