"""The settings that a measurement depends on, as the commands declare them. [no torch]"""

from __future__ import annotations

_PROCEDURE = ("latency.precision", "latency.threads", "latency.runtime", "latency.warmup")
TABLE_KEYS = (*_PROCEDURE, "latency.lut_repeats")
"""The settings behind a lookup table's entries."""
NETWORK_KEYS = (*_PROCEDURE, "latency.repeats", "latency.spread_max", "latency.attempts_max")
"""The settings behind a whole network's latency."""
