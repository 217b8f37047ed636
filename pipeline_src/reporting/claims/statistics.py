"""The tests behind the verdicts: scipy.stats with fixed seeds, and what each can reach. [no torch, no pandas]

Every test here is two-sided at `LEVEL` unless its name or arguments say otherwise.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import count
from statistics import stdev
from typing import Literal, NamedTuple

import numpy as np
from scipy import stats

LEVEL = 0.95
ERROR = 0.05
RESAMPLES = 9999
SEED = 0
MOST_RUNS = 1000

Interval = tuple[float, float]
Direction = Literal["greater", "less"]


class Tested(NamedTuple):
    """A test's statistic and p-value."""

    statistic: float
    p: float


class Share(NamedTuple):
    """How many of n did it, against chance (one-sided), with the exact interval of the true share."""

    hits: int
    n: int
    p: float
    interval: Interval


def _permutations() -> stats.PermutationMethod:
    return stats.PermutationMethod(n_resamples=RESAMPLES, rng=np.random.default_rng(SEED))


def has_ties(values: Sequence[float]) -> bool:
    """Whether two values are the same."""
    return len(set(values)) < len(values)


def rank_difference(first: Sequence[float], second: Sequence[float]) -> Tested:
    """Mann-Whitney U of two independent samples, exact; by permutation where values tie.

    scipy permutes no sample of one value; its exact test then rounds a tied U down, which errs towards no
    difference.
    """
    permute = has_ties([*first, *second]) and min(len(first), len(second)) > 1
    method = _permutations() if permute else "exact"
    found = stats.mannwhitneyu(first, second, alternative="two-sided", method=method)
    return Tested(float(found.statistic), float(found.pvalue))


def smallest_rank_p(first: int, second: int) -> float:
    """The smallest p that `rank_difference` can give for samples of these sizes."""
    return min(1.0, 2 / math.comb(first + second, first))


def runs_for_ranks(first: int) -> int:
    """How many runs the second sample needs for `rank_difference` to reach the level."""
    return next(n for n in count(1) if smallest_rank_p(first, n) <= ERROR)


def signed_rank(values: Sequence[float]) -> Tested:
    """Wilcoxon's signed-rank test of a median of zero, by permutation of signs; zeros are dropped."""
    some = [value for value in values if value != 0]
    if not some:
        return Tested(0.0, 1.0)
    found = stats.wilcoxon(some, method=_permutations())
    return Tested(float(found.statistic), float(found.pvalue))


def runs_for_signs() -> int:
    """How many values that are not zero `signed_rank` needs to reach the level."""
    return next(n for n in count(1) if 2 / 2**n <= ERROR)


def trend(x: Sequence[float], y: Sequence[float], direction: Direction) -> Tested:
    """Kendall's tau, one-sided: exact; by permutation of y where values tie."""
    if has_ties(x) or has_ties(y):
        return _trend_with_ties(x, y, direction)
    found = stats.kendalltau(x, y, method="exact", alternative=direction)
    return Tested(float(found.statistic), float(found.pvalue))


def _trend_with_ties(x: Sequence[float], y: Sequence[float], direction: Direction) -> Tested:
    if len(set(x)) < 2 or len(set(y)) < 2:
        return Tested(0.0, 1.0)

    def tau(order: Sequence[float]) -> float:
        return float(stats.kendalltau(x, order).statistic)

    found = stats.permutation_test(
        (np.asarray(y, dtype=float),),
        tau,
        permutation_type="pairings",
        vectorized=False,
        n_resamples=RESAMPLES,
        alternative=direction,
        rng=np.random.default_rng(SEED),
    )
    return Tested(float(found.statistic), float(found.pvalue))


def points_for_trend() -> int:
    """How many points in perfect order a one-sided `trend` needs to reach the level."""
    return next(n for n in count(2) if 1 / math.factorial(n) <= ERROR)


def slope_interval(x: Sequence[float], y: Sequence[float], level: float) -> Interval:
    """Interval of the Theil-Sen slope of y over x."""
    found = stats.theilslopes(y, x, alpha=level)
    return float(found.low_slope), float(found.high_slope)


def ordered_groups(groups: Sequence[Sequence[float]]) -> Tested:
    """Whether values rise from group to group: Spearman's correlation with the group's number, permuted."""
    numbers = [number for number, group in enumerate(groups) for _ in group]
    values = [value for group in groups for value in group]
    if len(set(values)) < 2:
        return Tested(0.0, 1.0)
    found = stats.pearsonr(numbers, stats.rankdata(values), method=_permutations())
    return Tested(float(found.statistic), float(found.pvalue))


def share(hits: int, n: int, chance: float) -> Share:
    """Binomial test of more hits than by chance, and the two-sided exact interval of the share."""
    p = stats.binomtest(hits, n, chance, alternative="greater").pvalue
    bounds = stats.binomtest(hits, n).proportion_ci(confidence_level=LEVEL, method="exact")
    return Share(hits, n, float(p), (float(bounds.low), float(bounds.high)))


def runs_for_majority() -> int:
    """How many runs must all agree for the interval of the share to lie above one half."""
    return next(n for n in count(1) if share(n, n, 0.5).interval[0] > 0.5)


def mean_interval(values: Sequence[float]) -> Interval | None:
    """Percentile bootstrap of a mean; None for fewer than two values."""
    return _bootstrap((values,), lambda sample, axis: np.mean(sample, axis=axis))


def mean_difference_interval(first: Sequence[float], second: Sequence[float]) -> Interval | None:
    """Percentile bootstrap of mean(first) - mean(second); a sample of one is taken as it is."""
    if min(len(first), len(second)) > 1:
        return _bootstrap(
            (first, second), lambda one, other, axis: np.mean(one, axis=axis) - np.mean(other, axis=axis)
        )
    if len(second) > 1:
        bounds = mean_interval([first[0] - value for value in second])
    else:
        bounds = mean_interval([value - second[0] for value in first])
    return bounds


def _bootstrap(samples: tuple[Sequence[float], ...], statistic: Callable) -> Interval | None:
    if min(len(sample) for sample in samples) < 2:
        return None
    found = stats.bootstrap(
        samples,
        statistic,
        n_resamples=RESAMPLES,
        confidence_level=LEVEL,
        method="percentile",  # BCa has no answer for samples whose values are all the same
        vectorized=True,
        rng=np.random.default_rng(SEED),
    ).confidence_interval
    return float(found.low), float(found.high)


def single_margin(values: Sequence[float], trainings: float) -> float | None:
    """Half-width of the t interval for a difference made of single runs, each with the spread of `values`.

    Args:
        values: of runs that differ by chance only, at least two.
        trainings: sum of the squared weights of the runs in the difference: 2 for one run against another.

    Returns:
        The half-width; None where fewer than two values give no spread.
    """
    if len(values) < 2:
        return None
    return float(stats.t.ppf((1 + LEVEL) / 2, len(values) - 1)) * stdev(values) * math.sqrt(trainings)


def trainings_to_resolve(gap: float, values: Sequence[float], trainings: float) -> int | None:
    """How often everything has to be run until a difference of `gap` leaves the interval around zero.

    None where no gap or no spread is known, or more than `MOST_RUNS` would be needed.
    """
    if len(values) < 2 or gap == 0:
        return None
    normal = float(stats.norm.ppf((1 + LEVEL) / 2))
    needed = math.ceil(trainings * (normal * stdev(values) / gap) ** 2)
    return max(needed, 1) if needed <= MOST_RUNS else None


def against_chance(
    values: Sequence[float], highest: Sequence[int], statistic: Callable[..., np.ndarray]
) -> Tested:
    """Whether a statistic is smaller than for whole numbers drawn evenly from 1..highest.

    Args:
        values: whole numbers.
        highest: for each value the largest it could have been.
        statistic: of the values along `axis`, smaller for what is claimed.
    """
    generator = np.random.default_rng(SEED)
    found = stats.monte_carlo_test(
        np.asarray(values, dtype=float),
        lambda size: generator.integers(1, np.asarray(highest) + 1, size=size).astype(float),
        statistic,
        vectorized=True,
        n_resamples=RESAMPLES,
        alternative="less",
    )
    return Tested(float(found.statistic), float(found.pvalue))
