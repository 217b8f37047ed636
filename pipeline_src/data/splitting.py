"""Splits by shares: which frames go where follows from their names and a seed alone."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from pipeline_src.config.dataset import Layout
from pipeline_src.data.halves import sequence_of


def in_shares(names: Sequence[str], shares: Mapping[str, float], layout: Layout) -> dict[str, list[str]]:
    """Frames by split, each list in the order of names.

    Groups (`keep_together`) stand in an order that the seed draws, large ones first. Each goes to the split
    that lacks most of its share then, so shares are met as nearly as whole groups allow.

    Args:
        shares: of all these frames, by split; they may add up to less than 1, and what is left goes nowhere.
    """
    groups: dict[str, list[str]] = {}
    for name in sorted(names):
        groups.setdefault(_group_of(name, layout.keep_together), []).append(name)
    order = sorted(groups, key=lambda group: hashlib.sha256(f"{layout.seed}\0{group}".encode()).digest())
    left = {split: share * len(names) for split, share in shares.items()}
    rest = "" if sum(shares.values()) < 1 - 1e-6 else None
    if rest is not None:
        left[rest] = (1 - sum(shares.values())) * len(names)
    found: dict[str, list[str]] = {split: [] for split in shares}
    for group in sorted(order, key=lambda one: -len(groups[one])):
        split = max(left, key=lambda one: left[one])
        left[split] -= len(groups[group])
        if split != rest:
            found[split] += groups[group]
    return {split: sorted(members) for split, members in found.items()}


def _group_of(name: str, together: str) -> str:
    if together == "folder":
        return name.partition("/")[0]
    if together == "sequence":
        return sequence_of(name) or name
    return name
