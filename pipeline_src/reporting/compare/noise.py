"""How far numbers move by chance: over runs, over seeds, over the passes of a timing. [no torch]

Counts and text have no noise, and neither has a trained number of the same device, seeds and settings.
Several runs on both sides: Welch's t-test. One run: mIoU by the spread over the seeds of Table 4, timings by
their own quartiles, anything else unknown, and then only a stated tolerance judges it.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from scipy import stats

from pipeline_src.reporting.compare.repeats import equal_expected
from pipeline_src.reporting.compare.sides import Key, Number, Side

Verdict = Literal[
    "same", "not repeated", "beyond noise", "beyond tolerance", "exact", "unknown noise", "within noise"
]

IQR_OF_NORMAL = float(stats.norm.ppf(0.75) - stats.norm.ppf(0.25))
EXACT_UNITS = ("M", "cells", "px", "")
BY_PASSES = "spread of single passes"
NOT_KNOWN = "one run a side, and nothing says how far it moves by chance"


@dataclass(frozen=True)
class Change:
    """A number on both sides.

    Attributes:
        a, b: the two.
        difference: b - a, None for text.
        verdict: `exact` for a count or text that differs, `not repeated` for a trained number that should
            be equal, `beyond tolerance` where the noise is unknown and the change is large.
        p, adjusted: of the test, before and after correction for the number of tests; None without one.
        basis: what the verdict rests on.
        also: where else the same number stands, as `table_5: hyper-cell`.
        cells: every cell that holds it.
    """

    a: Number
    b: Number
    difference: float | None
    verdict: Verdict
    p: float | None = None
    adjusted: float | None = None
    basis: str = ""
    also: tuple[str, ...] = ()
    cells: tuple[Key, ...] = ()

    @property
    def relative(self) -> float | None:
        """The difference as a share of a; None where there is none."""
        return self.difference / abs(self.a.mean) if self.difference is not None and self.a.mean else None


@dataclass(frozen=True)
class SeedSpread:
    """Standard deviation of mIoU (%) over searches that differ in their seed alone; degrees of freedom."""

    std: float
    dof: int


def seed_spreads(side: Side) -> dict[str, SeedSpread]:
    """By data set: the spread of mIoU over Table 4's rows with the same initial cells and different seeds.

    Where several initial numbers of cells have more than one seed, their variances are pooled.
    """
    rows: dict[str, dict[str, Number]] = {}
    for (artefact, row_id, column_id), one in side.numbers.items():
        if artefact == "table_4" and one.status == "measured":
            rows.setdefault(row_id, {})[column_id] = one
    groups: dict[tuple[str, str], dict[str, float]] = {}
    for cells in rows.values():
        if {"seed", "initial_cells", "miou"} <= cells.keys() and cells["miou"].mean is not None:
            group = groups.setdefault((_dataset(cells["miou"]), cells["initial_cells"].measured), {})
            group[cells["seed"].measured] = cells["miou"].mean
    spreads: dict[str, SeedSpread] = {}
    for (dataset, _), by_seed in groups.items():
        if len(by_seed) > 1:
            spread = SeedSpread(statistics.stdev(by_seed.values()), len(by_seed) - 1)
            spreads[dataset] = _pooled([spread, *([spreads[dataset]] if dataset in spreads else [])])
    return spreads


def _pooled(spreads: Sequence[SeedSpread]) -> SeedSpread:
    dof = sum(one.dof for one in spreads)
    return SeedSpread(math.sqrt(sum(one.dof * one.std**2 for one in spreads) / dof), dof)


def _dataset(number: Number) -> str:
    """`cityscapes-train, val 96x192` is of cityscapes."""
    return number.data.partition("-")[0]


class Noise:
    """What is known of the noise of two reports."""

    def __init__(self, a: Side, b: Side) -> None:
        self.a, self.b = a, b
        self.spreads = (seed_spreads(a), seed_spreads(b))

    def change(self, a: Number, b: Number) -> Change:
        """The difference of two measured numbers, with the p-value of its test; not yet judged."""
        if a.mean is None or b.mean is None:
            same = a.measured == b.measured
            return Change(a, b, None, "same" if same else "exact", basis="text")
        difference = b.mean - a.mean
        if difference == 0:
            return Change(a, b, 0.0, "same")
        if a.unit in EXACT_UNITS:
            return Change(a, b, difference, "exact", basis="a count")
        expected = equal_expected(self.a.origins, self.b.origins, a.key)
        if expected and a.told is not None and a.told.quantity.is_accuracy:
            return Change(a, b, difference, "not repeated", basis=expected)
        p, basis = self._test(a, b)
        return Change(a, b, difference, "unknown noise", p=p, basis=basis)

    def judged(self, changes: Sequence[Change], level: float, tolerance: float) -> tuple[list[Change], int]:
        """The changes with their verdicts, and the number of tests, corrected for (Benjamini-Hochberg)."""
        tested = [number for number, one in enumerate(changes) if one.p is not None]
        adjusted = stats.false_discovery_control([changes[number].p for number in tested]) if tested else []
        by_number = dict(zip(tested, (float(p) for p in adjusted), strict=True))
        judged = [
            _with_verdict(one, level, tolerance, by_number.get(number)) for number, one in enumerate(changes)
        ]
        return judged, len(tested)

    def _test(self, a: Number, b: Number) -> tuple[float | None, str]:
        if a.n > 1 and b.n > 1:
            return _welch(a, b)
        if a.told is not None and a.told.quantity.name == "mIoU":
            return self._by_seeds(a, b)
        if a.told is not None and a.told.quantity.is_timing and a.n == b.n == 1:
            return _by_quartiles(a, b)
        return None, NOT_KNOWN

    def _by_seeds(self, a: Number, b: Number) -> tuple[float | None, str]:
        if _dataset(a) != _dataset(b):
            return None, f"one run a side, on {_dataset(a)} and on {_dataset(b)}"
        known = [spreads[_dataset(a)] for spreads in self.spreads if _dataset(a) in spreads]
        if not known:
            return None, f"one run a side, and Table 4 has no two seeds on {_dataset(a)}"
        spread = _pooled(known)
        basis = (
            f"t-test with the spread over seeds of Table 4: std {spread.std:.2f} %,"
            f" {spread.dof} degrees of freedom"
        )
        error = spread.std * math.sqrt(1 / a.n + 1 / b.n)
        return _p(_difference(a, b), error, spread.dof), basis


def once(changes: Sequence[Change]) -> list[Change]:
    """Each number once: one that stands in several tables is one comparison, told with all its places."""
    found: dict[object, Change] = {}
    for change in changes:
        a, b = change.a, change.b
        # Without sources nothing says that two cells hold the same number.
        where = (a.sources, b.sources) if a.sources and b.sources else a.key
        key = (where, a.unit, a.mean, b.mean, a.measured, b.measured)
        first = found.get(key)
        if first is None:
            found[key] = replace(change, cells=(a.key,))
        else:
            also = (*first.also, f"{a.artefact}: {a.row}")
            found[key] = replace(first, also=also, cells=(*first.cells, a.key))
    return list(found.values())


def _with_verdict(change: Change, level: float, tolerance: float, adjusted: float | None) -> Change:
    """The change, judged by its adjusted p-value; without one its noise is unknown, and its size decides."""
    if change.verdict in ("same", "exact", "not repeated"):
        return change
    if adjusted is None:
        # A change from 0 has no relative size, and no tolerance of it can be stated.
        large = change.relative is None or abs(change.relative) > tolerance
        return replace(change, verdict="beyond tolerance" if large else "unknown noise")
    return replace(change, adjusted=adjusted, verdict="beyond noise" if adjusted <= level else "within noise")


def _difference(a: Number, b: Number) -> float:
    assert a.mean is not None and b.mean is not None
    return b.mean - a.mean


def _welch(a: Number, b: Number) -> tuple[float, str]:
    basis = f"Welch's t-test over runs, n = {a.n} and {b.n}"
    if not a.std and not b.std:
        return 0.0, f"{basis}; no spread on either side"
    tested = stats.ttest_ind_from_stats(a.mean, a.std, a.n, b.mean, b.std, b.n, equal_var=False)
    return float(tested.pvalue), basis


def _p(difference: float, error: float, dof: int | None) -> float:
    """Two-sided p-value of a difference, by the t or the normal distribution."""
    if error == 0:
        return 0.0
    size = abs(difference) / error
    return float(2 * (stats.norm.sf(size) if dof is None else stats.t.sf(size, dof)))


def _by_quartiles(a: Number, b: Number) -> tuple[float | None, str]:
    if a.spread_of_passes is None or b.spread_of_passes is None:
        return None, "one timing a side, and a table has no quartiles of it"
    stds = [one / IQR_OF_NORMAL for one in (a.spread_of_passes, b.spread_of_passes)]
    basis = f"normal test with the {BY_PASSES}: std {stds[0]:.3g} and {stds[1]:.3g} {a.unit}"
    return _p(_difference(a, b), math.hypot(*stds), None), basis
