"""How busy the machine is. [no torch]"""

from __future__ import annotations

import os


def load_average() -> float | None:
    """Processes that ran or waited, the mean of the last minute; None where the system does not tell."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else None
