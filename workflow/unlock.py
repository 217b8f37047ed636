"""After a crash of Snakemake: find the jobs it left behind, stop them if asked to, and clear its lock.

    make unlock           names the jobs that still run, and clears the lock only if there are none
    make unlock KILL=1    tells them to save their checkpoints and go, waits, and clears the lock

A job that runs on while the next run starts the same one would write the same files. Jobs of a cluster
run elsewhere and are not seen: `squeue --me` shows them.
"""

from __future__ import annotations

import argparse
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from pipeline_src.cli.processes import Process, ancestors, everybody, look_at

JOBS = ("autortnet", "pipeline_src")  # torchrun, which only starts some of them, is none
WAIT_S = 120.0
SHOWN = 150  # characters of a command line


def snakemakes(folder: Path) -> list[Process]:
    """The Snakemakes that run in this folder, except for those above this process."""
    own = {one.pid for one in ancestors(os.getpid())}
    return [
        one for one in everybody() if one.name == "snakemake" and one.folder == folder and one.pid not in own
    ]


def orphans(folder: Path) -> list[Process]:
    """The jobs that run in this folder without a Snakemake above them, each by its topmost process."""
    jobs = [one for one in everybody() if one.name in JOBS and one.folder == folder]
    return [job for job in jobs if not any(one.name in (*JOBS, "snakemake") for one in ancestors(job.pid))]


def is_locked(folder: Path) -> bool:
    """Whether a Snakemake has locked the folder, be it running or not."""
    return any((folder / ".snakemake" / "locks").glob("*.lock"))


def described(process: Process) -> str:
    """One line about a process."""
    words = shlex.join(process.words)
    words = words if len(words) <= SHOWN else f"{words[:SHOWN]} ..."
    return f"  process {process.pid}, since {process.since}: {words}"


def say(*lines: str) -> None:
    """To the person at the terminal."""
    print(*lines, sep="\n", file=sys.stderr, flush=True)


def hint(folder: Path) -> int:
    """Say what a lock that stopped a run means; nothing where there is no lock."""
    running = snakemakes(folder)
    if not is_locked(folder):
        return 0
    if running:
        say(
            "error: another run is at work in this folder; this one has touched nothing.",
            *map(described, running),
            "Wait for it, or stop it with Ctrl-C where it runs.",
        )
    else:
        say(
            "error: this folder is still locked by a run that was killed; nothing was touched.",
            "Run `make unlock`, then the same command again: it goes on where it was.",
        )
    return 0


def stop(jobs: Sequence[Process], wait_s: float) -> list[Process]:
    """Tell jobs to save and go, wait for them, and return those that are still there."""
    for job in jobs:
        if job.is_there:
            os.kill(job.pid, signal.SIGTERM)
    end = time.monotonic() + wait_s
    left = [job for job in jobs if job.is_there]
    while left and time.monotonic() < end:
        time.sleep(0.2)
        left = [job for job in left if job.is_there]
    return left


def unlock(folder: Path, *, kill: bool, wait_s: float) -> int:
    """Clear the lock if nothing works in the folder any more; the exit status."""
    running = snakemakes(folder)
    if running:
        say(
            "error: Snakemake is running in this folder, and the lock is rightly there.",
            *map(described, running),
            "Stop it with Ctrl-C where it runs (it then clears the lock itself), or wait for it.",
        )
        return 1
    jobs = orphans(folder)
    if jobs:
        say("Jobs that a killed Snakemake left behind:", *map(described, jobs))
    if jobs and not kill:
        say(
            "error: the folder stays locked while they run, as the next run would start them a second time.",
            "Let them save their checkpoints and go with `make unlock KILL=1`, or wait until they are done.",
        )
        return 1
    left = stop(jobs, wait_s)
    if left:
        say(
            f"error: still there after {wait_s:.0f} s; the folder stays locked.",
            *map(described, left),
            f"Give them more time, or end them by force: kill -9 {' '.join(str(job.pid) for job in left)}",
        )
        return 1
    if jobs:
        say(f"Stopped {len(jobs)}; what they had done is in .checkpoints/.")
    if not is_locked(folder):
        say("The folder is not locked: nothing to do.")
        return 0
    return subprocess.run(["snakemake", "--unlock", "--cores", "1"], cwd=folder, check=False).returncode


def main(words: Sequence[str] | None = None) -> int:
    """Read the command line and do it."""
    parser = argparse.ArgumentParser(prog="unlock.py", description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--kill", action="store_true", help="stop the jobs that were left behind")
    parser.add_argument("--wait-s", type=float, default=WAIT_S, help="how long they may take to save and go")
    parser.add_argument("--hint", action="store_true", help="only say what the lock means, if there is one")
    args = parser.parse_args(words)
    folder = Path.cwd()
    if args.hint:
        return hint(folder)
    if look_at(os.getpid()) is None:
        say("error: without /proc, running jobs cannot be seen.", "Check by hand, then: snakemake --unlock")
        return 1
    return unlock(folder, kill=args.kill, wait_s=args.wait_s)


if __name__ == "__main__":
    sys.exit(main())
