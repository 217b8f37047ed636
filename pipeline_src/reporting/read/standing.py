"""Where a run of the graph stands: what is done, running, stopped, failed or waiting. [no torch, no pandas]

Told from outputs, run records and logs alone, the same whether Snakemake, DVC or SLURM runs it.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Literal

from pipeline_src import places
from pipeline_src.artifacts import RECORD, read_json
from pipeline_src.config.grid import Grid
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
    """

    rule: str
    name: str
    output: str
    log: str


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
        yield _job("pretrain_backbone", places.backbone_weights(backbone), backbone)
    for run in grid.trainings:
        yield _job("finetune_network", places.last_weights(run), run.architecture.name, run.name)
    for one in grid.evaluations:
        run, size = one.training, places.size_text(one.size)
        yield _job(
            "evaluate_network", places.evaluation(one), run.architecture.name, run.name, one.split, size
        )
    for timing in grid.speeds:
        yield _job(
            "measure_speed",
            places.speed(timing),
            timing.architecture.name,
            timing.dataset,
            places.size_text(timing.size),
        )
    for interleaved in grid.together:
        parts = interleaved.dataset, places.size_text(interleaved.size)
        yield _job("measure_speeds", places.together(interleaved.dataset, interleaved.size), *parts)


def _job(rule: str, output: str, *parts: str) -> Job:
    name = "-".join(parts)
    return Job(rule, name, output, places.log(rule, name))


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

    A waiting or stopped job counts as the median of its stage's finished ones.
    """
    usual: dict[str, list[float]] = {}
    for one in standings:
        if one.seconds is not None:
            usual.setdefault(one.job.rule, []).append(one.seconds)
    total = 0.0
    for one in standings:
        if one.state == "done":
            continue
        known = one.remaining_s
        if known is None:
            if one.job.rule not in usual:
                return None
            known = median(usual[one.job.rule])
        total += known
    return total
