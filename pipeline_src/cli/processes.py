"""Looking at running processes through /proc; where there is none, nothing is found. [no torch]"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")


@dataclass(frozen=True)
class Process:
    """A process as it was when looked at.

    Args:
        pid, parent: numbers of the process and of the one that started it.
        start: when it started, in the kernel's ticks; a number is given again, a number and a start are not.
        words: command line.
    """

    pid: int
    parent: int
    start: int
    words: tuple[str, ...]

    @property
    def is_there(self) -> bool:
        """Whether it still runs."""
        now = look_at(self.pid)
        return now is not None and now.start == self.start

    @property
    def age_s(self) -> float:
        """Seconds since it started."""
        up_s = float((PROC / "uptime").read_text(encoding="ascii").split()[0])
        return max(0.0, up_s - self.start / os.sysconf("SC_CLK_TCK"))

    @property
    def since(self) -> str:
        """Local time of its start."""
        return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(time.time() - self.age_s))

    @property
    def folder(self) -> Path | None:
        """Its working directory; None where that may not be seen."""
        try:
            return (PROC / str(self.pid) / "cwd").readlink()
        except OSError:
            return None

    @property
    def name(self) -> str:
        """Of the program; where that is Python, of the script or of the module behind `-m`."""
        program, *rest = (*self.words, "")
        if not Path(program).name.startswith("python"):
            return Path(program).name
        return next((Path(word).name for word in rest if not word.startswith("-")), "")


def look_at(pid: int) -> Process | None:
    """One process; None where it has ended, or waits as a zombie for its parent to notice."""
    try:
        stat = (PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
        words = (PROC / str(pid) / "cmdline").read_bytes()
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()  # behind the name, which may hold anything
    if fields[0] in "ZX":
        return None
    return Process(pid, int(fields[1]), int(fields[19]), tuple(map(os.fsdecode, words.split(b"\0")[:-1])))


def ancestors(pid: int) -> Iterator[Process]:
    """The processes above this one, the nearest first."""
    here = look_at(pid)
    while here is not None and here.parent > 0:
        here = look_at(here.parent)
        if here is not None:
            yield here


def everybody() -> Iterator[Process]:
    """All running processes that may be seen."""
    for entry in sorted(PROC.glob("[0-9]*"), key=lambda path: int(path.name)):
        found = look_at(int(entry.name))
        if found is not None:
            yield found
