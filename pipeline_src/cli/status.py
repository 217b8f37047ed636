"""Where the graph stands: jobs done, running with epoch and remaining time, stopped, failed and waiting."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline_src import places
from pipeline_src.cli.arguments import add_configuration, configuration

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline_src.reporting.read.standing import Standing

HELP = "print what is done, running, failed and waiting, and how long the rest takes"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add_configuration(parser)
    parser.add_argument("--root", type=Path, default=Path(), help="folder of results/ and logs/ (.)")


def run(args: argparse.Namespace) -> None:
    """Print a line for each stage and for each job that is running, stopped or failed."""
    from pipeline_src.config.grid import Grid
    from pipeline_src.reporting.read.standing import STATES, jobs_of, standing_of

    config = configuration(args)
    results, logs = (args.root / folder / config.scale for folder in (places.RESULTS, places.LOGS))
    standings = [standing_of(job, results, logs) for job in jobs_of(Grid(config))]
    print(f"{config.scale}: {results}")
    print(f"{'stage':<22}" + "".join(f"{state:>9}" for state in STATES))
    for rule in dict.fromkeys(one.job.rule for one in standings):
        counts = [sum(one.job.rule == rule and one.state == state for one in standings) for state in STATES]
        print(f"{rule:<22}" + "".join(f"{count or '':>9}" for count in counts))
    for one in standings:
        if one.state in ("running", "failed", "stopped"):
            print(_line(one))
    print(_whole(standings))


def _line(one: Standing) -> str:
    words = [one.state, f"{one.job.rule} {one.job.name}"]
    if one.epoch is not None:
        words.append(f"epoch {one.epoch}")
    if one.remaining_s is not None:
        words.append(f"{_duration(one.remaining_s)} left")
    if one.told:
        words.append(one.told)
    return ", ".join(words)


def _whole(standings: Sequence[Standing]) -> str:
    from pipeline_src.reporting.read.standing import remaining_s

    done = sum(one.state == "done" for one in standings)
    if done == len(standings):
        return f"all {done} jobs are done; tables and report follow by `make reproduce`"
    left, running = remaining_s(standings), sum(one.state == "running" for one in standings)
    told = f"{done} of {len(standings)} jobs done"
    if left is None:
        return f"{told}; how long the rest takes is known when each stage has a finished job"
    at_once = max(1, running)
    pace = f"with {at_once} at once" if running else "one at a time: none is running"
    return f"{told}; about {_duration(left / at_once)} left, {pace}"


def _duration(seconds: float) -> str:
    minutes = round(seconds / 60)
    if minutes < 1:
        return "under a minute"
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"
