"""Many reasons why something is not there, in a sentence that can be read. [no torch, no pandas]"""

from __future__ import annotations

from collections.abc import Iterable


def first_reasons(reasons: Iterable[str], shown: int = 2) -> str:
    """The first few that differ and how many more there are; empty where there are none."""
    distinct = list(dict.fromkeys(reasons))
    more = len(distinct) - shown
    return "; ".join([*distinct[:shown], *([f"and {more} more like it"] if more > 0 else [])])
