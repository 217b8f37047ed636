"""How much memory this machine can still give. [no torch]"""

from __future__ import annotations

import os
from pathlib import Path


def available_mib(meminfo: Path = Path("/proc/meminfo")) -> float:
    """MiB that a new process may take; all of the machine's where the system does not tell."""
    try:
        lines = meminfo.read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("MemAvailable:")) / 1024
    except (OSError, StopIteration, ValueError, IndexError):
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**20
