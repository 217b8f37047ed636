"""Where a run of the graph stands: what is done, running, stopped, failed or waiting. [no torch, no pandas]

Told from outputs, run records and logs alone, the same whether Snakemake, DVC or SLURM runs it.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Literal

from pipeline_src import places
from pipeline_src.artifacts import RECORD, read_json
from pipeline_src.config.grid import Grid
from pipeline_src.config.peers import BY_NAME, PEERS
from pipeline_src.errors import UserError
from pipeline_src.not_run import read_marker

State = Literal["done", "running", "failed", "stopped", "waiting"]
STATES: tuple[State, ...] = ("done", "running", "failed", "stopped", "waiting")
QUIET_S = 180.0
"""A job that has written nothing to its log for so long counts as stopped; each tells its step every 30 s."""
_TAIL_BYTES = 8192
_STEP = re.compile(r"(?P<what>[\w ]+): (?P<done>\d+) of (?P<total>\d+), (?P<seconds>\d+(?:\.\d+)?) s")
_EPOCH = re.compile(r"epoch (\d+)")
_ERROR = re.compile(r"^(?:\w+: )?error: (.*)")


@dataclass(frozen=True)
class Job:
    """One job of the graph.

    Attributes:
        rule: its rule, which is its stage. name: of the run.
        output: relative to the folder of results; log: relative to the folder of logs.
        system: short name of the other system that it trains, judges or times; empty for a network of ours.
    """

    rule: str
    name: str
    output: str
    log: str
    system: str = ""


@dataclass(frozen=True)
class Standing:
    """What is known of a job.

    Attributes:
        seconds: what it took, of a finished job with a record; None of a network that is not run.
        remaining_s: by its own pace so far, of a running one that has told its steps.
        epoch: the last that it told, of a running one.
        told: the error of a failed one; the last line of a stopped one.
    """

    job: Job
    state: State
    seconds: float | None = None
    remaining_s: float | None = None
    epoch: int | None = None
    told: str = ""


def jobs_of(grid: Grid) -> Iterator[Job]:
    """The jobs behind the rows, stage after stage: what takes time, without data and report."""
    for dataset in sorted({one.dataset for one in grid.searches} | {grid.main}):
        yield _job("measure_lut", places.lookup_table(dataset), dataset)
    yield _job("check_lut", places.lookup_check(grid.main), grid.main)
    for search in grid.searches:
        yield _job(
            "search_architecture",
            f"{places.SEARCH.format(architecture=search.name)}/{places.GENOTYPE}",
            search.name,
        )
    for backbone in grid.backbones:
        yield _job("pretrain_backbone", places.backbone_weights(backbone), backbone, of=backbone)
    for run in grid.trainings:
        network = run.architecture.name
        yield _job("finetune_network", places.last_weights(run), network, run.name, of=network)
    for one in grid.evaluations:
        run, size, network = one.training, places.size_text(one.size), one.training.architecture.name
        yield _job("evaluate_network", places.evaluation(one), network, run.name, one.split, size, of=network)
    yield _job("measure_speeds", places.SPEEDS, "networks")


def _job(rule: str, output: str, *parts: str, of: str = "") -> Job:
    name = "-".join(parts)
    return Job(rule, name, output, places.log(rule, name), of if of in PEERS else "")


def standing_of(job: Job, results: Path, logs: Path, now: float | None = None) -> Standing:
    """Where one job stands.

    Args:
        results: `results/SCALE`. logs: `logs/SCALE`.
        now: seconds since the epoch, of the clock that files are dated by.
    """
    output, log = results / job.output, logs / job.log
    if output.exists():  # a marker of a network that is not run took no time that tells of others'
        return Standing(job, "done", seconds=None if read_marker(output) else _recorded_s(output))
    try:
        changed = log.stat().st_mtime
        lines = _tail(log)
    except OSError:
        return Standing(job, "waiting")
    last = next((line for line in reversed(lines) if line.strip()), "")
    error = next((found[1] for line in reversed(lines) if (found := _ERROR.match(line))), "")
    if error:
        return Standing(job, "failed", told=error)
    if (time.time() if now is None else now) - changed > QUIET_S:
        return Standing(job, "stopped", told=last)
    return Standing(job, "running", remaining_s=_remaining_s(lines), epoch=_epoch(lines))


def _recorded_s(output: Path) -> float | None:
    for record in (output.with_name(f"{output.name}.{RECORD}"), output.with_name(RECORD)):
        try:
            seconds = read_json(record).get("wall_s")
        except (UserError, ValueError, AttributeError):
            continue
        return float(seconds) if isinstance(seconds, int | float) else None
    return None


def _tail(path: Path) -> list[str]:
    with path.open("rb") as stream:
        stream.seek(0, 2)
        stream.seek(max(0, stream.tell() - _TAIL_BYTES))
        return re.split(r"[\r\n]+", stream.read().decode("utf-8", errors="replace"))


def logged_remaining_s(log: Path, since: float) -> float | None:
    """Return the seconds that a running job has left by its own pace; None where its log has no step.

    Args:
        since: when the job started, in seconds since the epoch; an older log is of another run.
    """
    try:
        return _remaining_s(_tail(log)) if log.stat().st_mtime >= since else None
    except OSError:
        return None


def _remaining_s(lines: Sequence[str]) -> float | None:
    for line in reversed(lines):
        if found := _STEP.search(line):
            done, total = int(found["done"]), int(found["total"])
            return float(found["seconds"]) * (total - done) / done if done else None
    return None


def _epoch(lines: Sequence[str]) -> int | None:
    return next((int(found[1]) for line in reversed(lines) if (found := _EPOCH.search(line))), None)


def remaining_s(standings: Sequence[Standing]) -> float | None:
    """Seconds of work that are left, of one job at a time; None while a stage with work has no finished job.

    A waiting or stopped job counts as the median of its stage's finished ones. One of another system goes by
    the finished system with the most similar multiply-adds, scaled to its own: they differ up to 100 times.
    """
    usual: dict[str, list[float]] = {}
    systems: dict[str, dict[str, float]] = {}
    for one in standings:
        if one.seconds is not None:
            usual.setdefault(one.job.rule, []).append(one.seconds)
            if one.job.system:
                systems.setdefault(one.job.rule, {})[one.job.system] = one.seconds
    total = 0.0
    for one in standings:
        if one.state == "done":
            continue
        known = one.remaining_s
        if known is None:
            if one.job.rule not in usual:
                return None
            known = _of_a_system(one.job.system, systems.get(one.job.rule, {})) or median(usual[one.job.rule])
        total += known
    return total


def _of_a_system(name: str, seconds: Mapping[str, float]) -> float | None:
    """What a system's job takes by the most similar one with a finished job; None where there is none."""
    if not name or not seconds:
        return None
    work = {one: BY_NAME[one].multiply_adds_a_pixel for one in (name, *seconds)}
    nearest = min(seconds, key=lambda one: abs(math.log(work[one] / work[name])))
    return seconds[nearest] * work[name] / work[nearest]
