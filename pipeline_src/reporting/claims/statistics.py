"""The tests behind the verdicts: scipy.stats with fixed seeds, and what each can reach. [no torch, no pandas]

Every test here is two-sided at `LEVEL` unless its name or arguments say otherwise.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from itertools import combinations
from itertools import count as counting
from statistics import fmean, stdev
from typing import Literal, NamedTuple

import numpy as np
from scipy import stats

LEVEL = 0.95
ERROR = 0.05
RESAMPLES = 9999
SEED = 0
MOST_RUNS = 1000
FEWEST = 6
"""Values that an interval needs at least: of fewer, their own spread says next to nothing."""

Interval = tuple[float, float]
Direction = Literal["greater", "less"]


class Tested(NamedTuple):
    """A test's statistic and p-value."""

    statistic: float
    p: float


class Spread(NamedTuple):
    """A standard deviation and its degrees of freedom."""

    value: float
    freedom: int


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
    return next(n for n in counting(1) if smallest_rank_p(first, n) <= ERROR)


def signed_rank(values: Sequence[float]) -> Tested:
    """Wilcoxon's signed-rank test of a median of zero, exact with ties too; zeros are dropped."""
    some = [value for value in values if value != 0]
    if not some:
        return Tested(0.0, 1.0)
    # Twice the ranks, which are whole numbers where ranks of ties are shared.
    ranks = [round(2 * rank) for rank in stats.rankdata(np.abs(some))]
    above = sum(rank for rank, value in zip(ranks, some, strict=True) if value > 0)
    smaller = min(above, sum(ranks) - above)
    ways = [1] + [0] * sum(ranks)  # of choosing signs so that the positive ranks sum up to the index
    for rank in ranks:
        ways = [count + (ways[at - rank] if at >= rank else 0) for at, count in enumerate(ways)]
    return Tested(smaller / 2, min(1.0, 2 * sum(ways[: smaller + 1]) / 2 ** len(ranks)))


def runs_for_signs() -> int:
    """How many values that are not zero `signed_rank` needs to reach the level."""
    return next(n for n in counting(1) if 2 / 2**n <= ERROR)


def trend(groups: Sequence[Sequence[float]], direction: Direction) -> Tested:
    """Jonckheere and Terpstra's test of values that rise (or fall) from group to group, one-sided.

    Not Page's: that one needs blocks, and every search has weights, noise and data of its own, so that
    equal seeds of two gammas have nothing in common. The statistic counts the pairs of values of two groups
    that are in rising order, ties as half. p is exact where all values differ, by counting all orders;
    with ties it is by permutation. One value a group gives the p of Kendall's tau.
    """
    signed = [[value if direction == "greater" else -value for value in group] for group in groups]
    values = [value for group in signed for value in group]
    found = _rising_pairs(signed)
    sizes = [len(group) for group in groups]
    if len(set(values)) < 2 or sum(size > 0 for size in sizes) < 2:
        return Tested(found, 1.0)
    if not has_ties(values):
        counts = _orders_by_rising_pairs(sizes)
        at_least = sum(counts[round(found) :])
        return Tested(found, at_least / sum(counts))
    generator = np.random.default_rng(SEED)
    ends = np.cumsum(sizes)[:-1]
    orders = (np.split(generator.permutation(values), ends) for _ in range(RESAMPLES))
    hits = sum(_rising_pairs([part.tolist() for part in order]) >= found for order in orders)
    return Tested(found, (hits + 1) / (RESAMPLES + 1))


def _rising_pairs(groups: Sequence[Sequence[float]]) -> float:
    total = 0.0
    for lower, upper in combinations(groups, 2):
        steps = np.subtract.outer(np.asarray(upper, dtype=float), np.asarray(lower, dtype=float))
        total += float((steps > 0).sum()) + 0.5 * float((steps == 0).sum())
    return total


def _orders_by_rising_pairs(sizes: Sequence[int]) -> list[int]:
    """How many ways of dealing distinct values into groups of these sizes have 0, 1, 2... rising pairs.

    The Gaussian multinomial coefficient of the sizes, as the list of its coefficients.
    """
    counts, before = [1], 0
    for size in sizes:
        for step in range(1, size + 1):
            counts = _divided(_times(counts, before + step), step)
        before += size
    return counts


def _times(counts: list[int], power: int) -> list[int]:
    """The polynomial times (1 - q^power)."""
    longer = [*counts, *([0] * power)]
    for index, count in enumerate(counts):
        longer[index + power] -= count
    return longer


def _divided(counts: list[int], power: int) -> list[int]:
    """The polynomial by (1 - q^power), which divides it."""
    quotient = list(counts)
    for index in range(power, len(quotient)):
        quotient[index] += quotient[index - power]
    return quotient[: len(quotient) - power]


def smallest_trend_p(sizes: Sequence[int]) -> float:
    """The smallest p that `trend` can give for groups of these sizes."""
    counts = _orders_by_rising_pairs(sizes)
    return counts[-1] / sum(counts)


def slope_interval(x: Sequence[float], y: Sequence[float], level: float) -> Interval | None:
    """Interval of the Theil-Sen slope of y over x; None for fewer than `FEWEST` points."""
    if len(x) < FEWEST:
        return None
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
    return next(n for n in counting(1) if share(n, n, 0.5).interval[0] > 0.5)


def mean_interval(values: Sequence[float]) -> Interval | None:
    """t interval of a mean; None for fewer than `FEWEST` values."""
    if len(values) < FEWEST:
        return None
    margin = _quantile(len(values) - 1) * stdev(values) / math.sqrt(len(values))
    return fmean(values) - margin, fmean(values) + margin


def mean_difference_interval(first: Sequence[float], second: Sequence[float]) -> Interval | None:
    """Welch's t interval of mean(first) - mean(second); None where a side has fewer than `FEWEST` values."""
    if min(len(first), len(second)) < FEWEST:
        return None
    sides = [Spread(stdev(side), len(side) - 1) for side in (first, second)]
    margin = margin_of([(sides[0], 1 / len(first)), (sides[1], 1 / len(second))])
    gap = fmean(first) - fmean(second)
    return None if margin is None else (gap - margin, gap + margin)


def pooled(groups: Iterable[Sequence[float]]) -> Spread | None:
    """The spread within groups, pooled; None where no group has two values.

    Args:
        groups: values that differ by chance alone, such as the trainings of one network, a group each.
    """
    repeated = [group for group in groups if len(group) > 1]
    freedom = sum(len(group) - 1 for group in repeated)
    if not freedom:
        return None
    squares = sum((len(group) - 1) * stdev(group) ** 2 for group in repeated)
    return Spread(math.sqrt(squares / freedom), freedom)


def margin_of(parts: Sequence[tuple[Spread | None, float]]) -> float | None:
    """Half-width of the t interval of a sum of independent means (Welch and Satterthwaite).

    Args:
        parts: for each source of chance its spread, and the sum over its means of weight squared over
            number of values: 1/3 + 1/3 for a difference of two networks that were trained three times each.

    Returns:
        The half-width; None where a spread is unknown or from fewer than `FEWEST` - 1 degrees of freedom.
    """
    if any(spread is None or spread.freedom < FEWEST - 1 for spread, _ in parts):
        return None
    variances = [(one.value**2 * weight, one.freedom) for one, weight in parts if one is not None]
    total = sum(variance for variance, _ in variances)
    if total == 0:
        return 0.0
    freedom = total**2 / sum(variance**2 / n for variance, n in variances)
    return _quantile(freedom) * math.sqrt(total)


def _quantile(freedom: float) -> float:
    return float(stats.t.ppf((1 + LEVEL) / 2, freedom))


def trainings_to_resolve(gap: float, spread: float, weight: float) -> int | None:
    """How often everything has to be run until a difference of `gap` leaves the interval around zero.

    None where there is no gap or no spread, or more than `MOST_RUNS` would be needed.
    """
    if spread == 0 or gap == 0:
        return None
    normal = float(stats.norm.ppf((1 + LEVEL) / 2))
    needed = math.ceil(weight * (normal * spread / gap) ** 2)
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


def holm(ps: Sequence[float | None]) -> tuple[float | None, ...]:
    """p-values as Holm corrects them for their number; a test without one counts, as if its p were 1."""
    order = sorted(range(len(ps)), key=lambda index: 1.0 if ps[index] is None else float(ps[index] or 0.0))
    corrected: list[float | None] = [None] * len(ps)
    highest = 0.0
    for rank, index in enumerate(order):
        p = ps[index]
        if p is not None:
            highest = max(highest, min(1.0, (len(ps) - rank) * p))
            corrected[index] = highest
    return tuple(corrected)
