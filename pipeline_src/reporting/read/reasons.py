"""Many reasons why something is not there, in a sentence that can be read. [no torch, no pandas]"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_BETWEEN = "; "
_MORE = re.compile(r"and (\d+) more like it")


def first_reasons(reasons: Iterable[str], shown: int = 2) -> str:
    """The first few that differ and how many more there are; empty where there are none.

    Args:
        reasons: each one reason or several, as this function joins them.
        shown: how many are told in words.
    """
    clauses = [clause for reason in reasons for clause in reason.split(_BETWEEN) if clause]
    counted = [int(found[1]) for clause in clauses if (found := _MORE.fullmatch(clause))]
    distinct = list(dict.fromkeys(clause for clause in clauses if not _MORE.fullmatch(clause)))
    return _first(distinct, shown, sum(counted))


def reasons_of_names(named: Iterable[tuple[str, str]], shown: int = 2) -> str:
    """`A, B: why`: what has one reason together, the first reasons, and how many more there are.

    Args:
        named: (name, why it is not there).
        shown: how many groups of names are told; of the reasons of each, the first.
    """
    groups: dict[str, list[str]] = {}
    for name, reason in named:
        groups.setdefault(first_reasons([reason], 1), []).append(name)
    return _first([f"{', '.join(names)}: {reason}" for reason, names in groups.items()], shown)


def _first(texts: Sequence[str], shown: int, untold: int = 0) -> str:
    more = max(len(texts) - shown, 0) + untold
    return _BETWEEN.join([*texts[:shown], *([f"and {more} more like it"] if more else [])])
