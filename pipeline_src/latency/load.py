"""How busy the machine is, and how much memory it can still give. [no torch]"""

from __future__ import annotations

import os
from pathlib import Path


def load_average() -> float | None:
    """Processes that ran or waited, the mean of the last minute; None where the system does not tell."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else None


def available_mib(meminfo: Path = Path("/proc/meminfo")) -> float:
    """MiB that a new process may take; all of the machine's where the system does not tell."""
    try:
        lines = meminfo.read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("MemAvailable:")) / 1024
    except (OSError, StopIteration, ValueError, IndexError):
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**20
