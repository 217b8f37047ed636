"""The tests that the verdicts rest on, each in both directions; exact where ways can be counted.

Counting agrees with scipy.stats to the last stored digit and is fast where scipy enumerates.
[no torch, no pandas]
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from itertools import combinations
from itertools import count as counting
from statistics import fmean, stdev
from typing import NamedTuple

import numpy as np
from scipy import stats

LEVEL = 0.95
ERROR = 0.05
RESAMPLES = 9999
SEED = 0
MOST_RUNS = 1000
FEWEST = 6
"""Values that an interval needs at least: the spread of fewer is too uncertain."""

Interval = tuple[float, float]


class Tested(NamedTuple):
    """A statistic, and the one-sided p values of one so large and of one so small."""

    statistic: float
    more: float
    less: float

    @property
    def p(self) -> float:
        """The two-sided p value."""
        return min(1.0, 2 * min(self.more, self.less))


class Spread(NamedTuple):
    """A standard deviation and its degrees of freedom."""

    value: float
    freedom: int


class Share(NamedTuple):
    """How many of n did it, tested against a chance (binomial), with the exact interval of the true share."""

    hits: int
    n: int
    tested: Tested
    interval: Interval


class Mean(NamedTuple):
    """A mean, or a difference of means, with its standard error and degrees of freedom."""

    value: float
    error: float
    freedom: float

    @property
    def interval(self) -> Interval:
        """The t interval at `LEVEL`."""
        margin = float(stats.t.ppf((1 + LEVEL) / 2, self.freedom)) * self.error
        return self.value - margin, self.value + margin

    def against(self, bound: float = 0.0) -> Tested:
        """Student's t test against a bound."""
        gap = self.value - bound
        if self.error == 0:
            return Tested(math.inf * gap if gap else 0.0, float(gap <= 0), float(gap >= 0))
        t = gap / self.error
        return Tested(t, float(stats.t.sf(t, self.freedom)), float(stats.t.cdf(t, self.freedom)))

    def times_as_many(self, bound: float = 0.0) -> int | None:
        """How many times as many runs bring the interval away from a bound; None for over `MOST_RUNS`."""
        gap = self.value - bound
        if gap == 0:
            return None
        times = math.ceil((float(stats.norm.ppf((1 + LEVEL) / 2)) * self.error / gap) ** 2)
        return max(times, 2) if times <= MOST_RUNS else None


@cache
def arrangements(scores: tuple[int, ...], sizes: tuple[int, ...]) -> Mapping[int, int]:
    """Count the ways to deal scores into groups of these sizes, by the sum of group number times score."""
    states = {(0,) * len(sizes): Counter({0: 1})}
    for score in scores:
        following: dict[tuple[int, ...], Counter[int]] = {}
        for used, sums in states.items():
            for group, size in enumerate(sizes):
                if used[group] < size:
                    place = (*used[:group], used[group] + 1, *used[group + 1 :])
                    into = following.setdefault(place, Counter())
                    for total, ways in sums.items():
                        into[total + group * score] += ways
        states = following
    return states[sizes]


def _counted(statistic: float, found: int, ways: Mapping[int, int]) -> Tested:
    every = sum(ways.values())
    more = sum(count for total, count in ways.items() if total >= found)
    less = sum(count for total, count in ways.items() if total <= found)
    return Tested(statistic, more / every, less / every)


def _doubled_ranks(values: Sequence[float]) -> list[int]:
    """Twice the ranks, which are whole numbers where ties share a rank."""
    return [round(2 * rank) for rank in stats.rankdata(values)]


def in_blocks(blocks: Sequence[tuple[Sequence[float], Sequence[float]]]) -> Tested:
    """Van Elteren's rank test of the first against the second values of each block, exact with ties too.

    With one block it is Mann and Whitney's. The statistic is the sum over blocks of the first values' rank
    sum over one more than the block's size.
    """
    whole = math.lcm(*(len(first) + len(second) + 1 for first, second in blocks))
    found, ways = 0, Counter({0: 1})
    for first, second in blocks:
        factor = whole // (len(first) + len(second) + 1)
        scores = [factor * rank for rank in _doubled_ranks([*second, *first])]
        found += sum(scores[len(second) :])
        further = arrangements(tuple(sorted(scores)), (len(second), len(first)))
        longer: Counter[int] = Counter()
        for total, count in ways.items():
            for more, times in further.items():
                longer[total + more] += count * times
        ways = longer
    return _counted(found / (2 * whole), found, ways)


def smallest_block_p(sizes: Iterable[tuple[int, int]]) -> float:
    """The smallest two-sided p that `in_blocks` can give for blocks of these sizes."""
    return min(1.0, 2 / math.prod(math.comb(first + second, first) for first, second in sizes))


def ordered_groups(groups: Sequence[Sequence[float]]) -> Tested:
    """Spearman's correlation of values with the number of their group, exact with ties too."""
    numbers = [number for number, group in enumerate(groups) for _ in group]
    values = [value for group in groups for value in group]
    if len(set(values)) < 2:
        return Tested(0.0, 1.0, 1.0)
    ranks = _doubled_ranks(values)
    found = sum(number * rank for number, rank in zip(numbers, ranks, strict=True))
    ways = arrangements(tuple(sorted(ranks)), tuple(map(len, groups)))
    return _counted(float(np.corrcoef(numbers, ranks)[0, 1]), found, ways)


def signed_rank(values: Sequence[float]) -> Tested:
    """Wilcoxon's signed-rank test of a median of zero, exact with ties too; zeros are dropped.

    The statistic is the rank sum of the positive values.
    """
    some = [value for value in values if value != 0]
    if not some:
        return Tested(0.0, 1.0, 1.0)
    ranks = _doubled_ranks(np.abs(some).tolist())
    above = sum(rank for rank, value in zip(ranks, some, strict=True) if value > 0)
    ways = [1] + [0] * sum(ranks)  # of choosing signs so that the positive ranks sum up to the index
    for rank in ranks:
        ways = [count + (ways[at - rank] if at >= rank else 0) for at, count in enumerate(ways)]
    return _counted(above / 2, above, dict(enumerate(ways)))


def runs_for_signs() -> int:
    """How many values that are not zero `signed_rank` needs to reach the level."""
    return next(n for n in counting(1) if 2 / 2**n <= ERROR)


def trend(groups: Sequence[Sequence[float]]) -> Tested:
    """Jonckheere and Terpstra's test of values that rise, or fall, from group to group.

    Page's test needs blocks, but equal seeds of two gammas share nothing. The statistic counts the pairs of
    values of two groups that are in rising order, ties as half. It is exact where all values differ, and by
    permutation with ties. For one value per group it is Kendall's tau.
    """
    values = [value for group in groups for value in group]
    sizes = [len(group) for group in groups]
    found = _rising_pairs(groups)
    if len(set(values)) < 2 or sum(size > 0 for size in sizes) < 2:
        return Tested(found, 1.0, 1.0)
    if len(set(values)) == len(values):
        return _counted(found, round(found), dict(enumerate(_orders_by_rising_pairs(tuple(sizes)))))
    generator = np.random.default_rng(SEED)
    ends = np.cumsum(sizes)[:-1]
    drawn = [_rising_pairs(np.split(generator.permutation(values), ends)) for _ in range(RESAMPLES)]
    more, less = sum(one >= found for one in drawn), sum(one <= found for one in drawn)
    return Tested(found, (more + 1) / (RESAMPLES + 1), (less + 1) / (RESAMPLES + 1))


def _rising_pairs(groups: Sequence[Sequence[float]] | Sequence[np.ndarray]) -> float:
    total = 0.0
    for lower, upper in combinations(groups, 2):
        steps = np.subtract.outer(np.asarray(upper, dtype=float), np.asarray(lower, dtype=float))
        total += float((steps > 0).sum()) + 0.5 * float((steps == 0).sum())
    return total


@cache
def _orders_by_rising_pairs(sizes: tuple[int, ...]) -> list[int]:
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
    """The smallest two-sided p that `trend` can give for groups of these sizes."""
    counts = _orders_by_rising_pairs(tuple(sizes))
    return min(1.0, 2 * counts[-1] / sum(counts))


def slope_interval(x: Sequence[float], y: Sequence[float]) -> Interval | None:
    """Interval of the Theil-Sen slope of y over x; None for fewer than `FEWEST` points, or all the same."""
    if len(x) < FEWEST or len(set(y)) < 2:
        return None
    found = stats.theilslopes(y, x, alpha=LEVEL)
    return float(found.low_slope), float(found.high_slope)


def share(hits: int, n: int, chance: float) -> Share:
    """Binomial test of a number of hits against a chance, and the exact interval of the share."""
    more = stats.binomtest(hits, n, chance, alternative="greater")
    less = stats.binomtest(hits, n, chance, alternative="less")
    bounds = stats.binomtest(hits, n).proportion_ci(confidence_level=LEVEL, method="exact")
    tested = Tested(float(hits), float(more.pvalue), float(less.pvalue))
    return Share(hits, n, tested, (float(bounds.low), float(bounds.high)))


def runs_for_share(chance: float) -> int:
    """How many runs must all do it for `share` to reach the level against a chance."""
    return next(n for n in counting(1) if 2 * chance**n <= ERROR)


def mean_of(values: Sequence[float]) -> Mean | None:
    """The mean; None for fewer than `FEWEST` values."""
    if len(values) < FEWEST:
        return None
    return Mean(fmean(values), stdev(values) / math.sqrt(len(values)), len(values) - 1)


def pooled(groups: Iterable[Sequence[float]]) -> Spread | None:
    """The spread within groups, pooled; None where no group has two values.

    Args:
        groups: values that differ by chance alone, such as the training runs of one network, a group each.
    """
    repeated = [group for group in groups if len(group) > 1]
    freedom = sum(len(group) - 1 for group in repeated)
    if not freedom:
        return None
    squares = sum((len(group) - 1) * stdev(group) ** 2 for group in repeated)
    return Spread(math.sqrt(squares / freedom), freedom)


def summed(value: float, parts: Sequence[tuple[Spread | None, float]]) -> Mean | None:
    """A sum of independent means with its standard error (Welch and Satterthwaite).

    Args:
        value: the sum.
        parts: for each source of chance its spread, and the sum over its means of weight squared over
            number of values: 1/3 + 1/3 for a difference of two networks with three training runs each.

    Returns:
        None where a spread is unknown or has fewer than `FEWEST` - 1 degrees of freedom.
    """
    if any(spread is None or spread.freedom < FEWEST - 1 for spread, _ in parts):
        return None
    variances = [(one.value**2 * weight, one.freedom) for one, weight in parts if one is not None]
    total = sum(variance for variance, _ in variances)
    if total == 0:
        return Mean(value, 0.0, 1.0)
    freedom = total**2 / sum(variance**2 / n for variance, n in variances)
    return Mean(value, math.sqrt(total), freedom)


def holm(ps: Sequence[float | None]) -> tuple[float | None, ...]:
    """Holm's correction of the p values that there are for their number."""
    tested = sorted((p, index) for index, p in enumerate(ps) if p is not None)
    corrected: list[float | None] = [None] * len(ps)
    highest = 0.0
    for rank, (p, index) in enumerate(tested):
        highest = max(highest, min(1.0, (len(tested) - rank) * p))
        corrected[index] = highest
    return tuple(corrected)
