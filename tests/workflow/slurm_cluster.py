"""A real SLURM of two nodes on this machine, and what its own records say of its jobs."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parent / "slurm"
NODES = ("n1", "n2")
REFUSED = 3  # exit status of start.sh where this machine, or this user, cannot have a cluster


class NoCluster(Exception):
    """Why there can be no cluster here."""


@dataclass(frozen=True)
class SlurmJob:
    """A job as `scontrol show job` shows it."""

    number: int
    rule: str
    state: str
    nodes: str
    gres: str
    minutes: int
    memory_mib: int
    exclusive: bool

    @property
    def text(self) -> str:
        """A line for people."""
        return (
            f"{self.number:>4}  {self.rule:<20} {self.state:<10} {self.nodes:<7} {self.gres or '-':<10}"
            f" {self.minutes:>4} min {self.memory_mib:>5} MiB{'  exclusive' if self.exclusive else ''}"
        )


@contextmanager
def cluster(folder: Path) -> Iterator[None]:
    """Start the cluster, and stop it whatever happens. Raises NoCluster where there can be none."""
    if not all(shutil.which(name) for name in ("slurmctld", "slurmd", "munged", "srun")):
        raise NoCluster(
            "SLURM is not installed; `make slurm-test` installs it, as root of a Debian or Ubuntu"
        )
    started = subprocess.run(
        ["bash", str(SCRIPTS / "start.sh"), str(folder)],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    if started.returncode == REFUSED:
        raise NoCluster(started.stderr.strip())
    try:
        if started.returncode != 0:
            raise RuntimeError(f"start.sh: {started.stdout}{started.stderr}")
        yield
    finally:
        stop(folder)


def stop(folder: Path) -> None:
    """End the cluster of `folder`, if it runs."""
    subprocess.run(["bash", str(SCRIPTS / "stop.sh"), str(folder)], check=False, timeout=120)


def version() -> str:
    """Of the installed SLURM."""
    return subprocess.run(["sinfo", "--version"], capture_output=True, text=True, check=True).stdout.strip()


def _field(record: str, name: str) -> str:
    found = re.search(rf"(?:^| ){re.escape(name)}=(\S*)", record)
    return found.group(1) if found else ""


def _minutes(limit: str) -> int:
    days, _, clock = limit.rpartition("-")
    hours, minutes, _seconds = clock.split(":")
    return int(days or 0) * 1440 + int(hours) * 60 + int(minutes)


def jobs_in(folder: Path) -> list[SlurmJob]:
    """The jobs that ran in a working folder, in order of submission, by SLURM's own records."""
    shown = subprocess.run(
        ["scontrol", "show", "job", "--oneliner"], capture_output=True, text=True, check=True
    ).stdout
    found = []
    for record in shown.splitlines():
        if _field(record, "WorkDir") != str(folder):
            continue
        comment = _field(record, "Comment")
        found.append(
            SlurmJob(
                number=int(_field(record, "JobId")),
                rule=comment.removeprefix("rule_").split("_wildcards_")[0],
                state=_field(record, "JobState"),
                nodes=_field(record, "NodeList"),
                gres=_field(record, "TresPerNode").removeprefix("gres:"),
                minutes=_minutes(_field(record, "TimeLimit")),
                memory_mib=int(_field(record, "MinMemoryNode").removesuffix("M").replace("G", "000")),
                exclusive=_field(record, "OverSubscribe") == "NO",
            )
        )
    return sorted(found, key=lambda job: job.number)
