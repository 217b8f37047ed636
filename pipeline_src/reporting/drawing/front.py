"""Pareto fronts of speed and accuracy that tell no order where timings overlap (Figure 1)."""

from __future__ import annotations

import pandas as pd

Path = list[tuple[float, float]]
"""The corners of a line: (FPS, mIoU)."""


def _ranges(points: pd.DataFrame) -> pd.DataFrame:
    """The points with `low` and `high`, the quartiles of their FPS; the FPS itself where none are known."""
    found = points.copy()
    for name in ("low", "high"):
        column = f"fps_{name}"
        known = points[column] if column in points else pd.Series(index=points.index, dtype=float)
        found[name] = pd.to_numeric(known).fillna(points["fps"])
    return found


def pareto_front(points: pd.DataFrame) -> pd.DataFrame:
    """The points that no other one surely beats in both FPS and mIoU, from slow to fast; one of equal ones.

    A point is surely beaten by one of at least its mIoU whose FPS are higher, quartiles and all, or by one of
    the same FPS and a higher mIoU.
    """
    ordered = _ranges(points).sort_values(["fps", "miou"], ascending=[True, False], kind="stable")
    kept = []
    for place, (_, one) in enumerate(ordered.iterrows()):
        faster = ordered["low"] > one["high"]
        beaten = (faster & (ordered["miou"] >= one["miou"])).any()
        same = ordered.iloc[:place]
        beaten |= (
            (same["low"] == one["low"]) & (same["high"] == one["high"]) & (same["fps"] == one["fps"])
        ).any()
        if not beaten:
            kept.append(place)
    return ordered.iloc[kept].drop(columns=["low", "high"])


def staircase(front: pd.DataFrame, left: float, bottom: float) -> list[Path]:
    """The front as lines: whatever lies below and left of them is surely beaten by some system.

    Over the speeds of networks whose quartiles overlap there is no line, as their order is not known.

    Args:
        front: of `pareto_front`.
        left, bottom: where the lines begin and end.
    """
    found: list[Path] = []
    now: Path = []
    x = left
    for group in _groups(_ranges(front)):
        top = group["miou"].max()
        now.append((x, top))
        if len(group) == 1:
            x = group["fps"].iloc[0]
            now.append((x, top))
            continue
        now.append((group["low"].min(), top))
        found.append(now)
        now, x = [], group["high"].max()
    if now:
        found.append([*now, (x, bottom)])
    return found


def _groups(ordered: pd.DataFrame) -> list[pd.DataFrame]:
    """Points whose ranges of FPS overlap, directly or through others, from slow to fast."""
    by_low = ordered.sort_values("low", kind="stable")
    groups: list[list[int]] = []
    reach = float("-inf")
    for place, (_, one) in enumerate(by_low.iterrows()):
        if one["low"] <= reach:
            groups[-1].append(place)
        else:
            groups.append([place])
        reach = max(reach, one["high"])
    return [by_low.iloc[places] for places in groups]
