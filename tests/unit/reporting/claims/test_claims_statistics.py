"""The tests behind the verdicts against scipy called directly, and against counting by hand."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import stdev

import numpy as np
import pytest
from claim_worlds import GAMMAS, RERUNS, paper_world, proper
from scipy import stats

from pipeline_src.reporting.claims import statistics as claims
from pipeline_src.reporting.claims.depths import farthest
from pipeline_src.reporting.claims.evidence import settled
from pipeline_src.reporting.claims.gammas import against_the_trend

CELLS = [cells for cells, _, _ in RERUNS.values()]


def test_search_against_random_search_is_scipys_exact_rank_test(tmp_path: Path) -> None:
    world = paper_world()
    found = world.claim("C2", tmp_path)
    searched = [miou for _, miou, _ in RERUNS.values()]
    random = [round(world.miou[f"matched-{index}", "cityscapes-train"], 4) for index in range(10)]
    by_permutation = stats.mannwhitneyu(  # two reruns tie
        searched,
        random,
        method=stats.PermutationMethod(n_resamples=9999, rng=np.random.default_rng(0)),
    )
    assert found.n == 16
    assert (found.statistic, found.p_value) == pytest.approx(
        (by_permutation.statistic, by_permutation.pvalue), rel=1e-5
    )
    assert found.p_value == pytest.approx(2 / 8008, rel=1e-5)
    welch = stats.ttest_ind(searched, random, equal_var=False).confidence_interval(0.95)
    assert found.interval == pytest.approx((welch.low, welch.high), rel=1e-5)


def test_without_ties_the_rank_test_is_exact() -> None:
    first, second = [3.0, 5.0, 9.0], [1.0, 2.0, 4.0, 6.0]
    expected = stats.mannwhitneyu(first, second, method="exact")
    assert claims.rank_difference(first, second) == (expected.statistic, expected.pvalue)
    assert claims.rank_difference([4.0, 5.0, 6.0], [1.0, 2.0, 3.0]).p == pytest.approx(
        claims.smallest_rank_p(3, 3)
    )


@pytest.mark.parametrize("first", [1, 2, 3, 6])
def test_the_runs_that_a_rank_test_needs_reach_the_level_and_one_fewer_does_not(first: int) -> None:
    needed = claims.runs_for_ranks(first)
    for n, reaches in ((needed, True), (needed - 1, False)):
        if n:
            apart = stats.mannwhitneyu(range(100, 100 + first), range(n), method="exact")
            assert (apart.pvalue <= 0.05) == reaches
    assert claims.runs_for_ranks(1) == 39 and claims.runs_for_ranks(6) == 3


def test_means_have_t_intervals_and_none_below_six_values() -> None:
    first, second = [3.0, 5.0, 9.0, 4.0, 4.5, 7.0], [1.0, 2.0, 4.0, 2.5, 0.0, 1.5, 2.0]
    expected = stats.ttest_ind(first, second, equal_var=False).confidence_interval(0.95)
    assert claims.mean_difference_interval(first, second) == pytest.approx((expected.low, expected.high))
    alone = stats.ttest_1samp(first, 0).confidence_interval(0.95)
    assert claims.mean_interval(first) == pytest.approx((alone.low, alone.high))
    assert claims.mean_interval(first[:5]) is None
    assert claims.mean_difference_interval(first[:5], second) is None
    assert claims.mean_difference_interval(second, first[:5]) is None
    assert claims.slope_interval([1, 2, 3, 4, 5], [1, 2, 3, 4, 5], 0.9) is None


def _coverage(covers: Callable[[np.random.Generator], bool], draws: int = 3000) -> float:
    generator = np.random.default_rng(1)
    return float(np.mean([covers(generator) for _ in range(draws)]))


def test_intervals_of_six_values_cover_what_they_say() -> None:
    """The percentile bootstrap that stood here before covers 0.86 to 0.88 of means of six values."""

    def mean(generator: np.random.Generator) -> bool:
        found = claims.mean_interval(generator.normal(size=6).tolist())
        return found is not None and found[0] < 0 < found[1]

    def difference(generator: np.random.Generator) -> bool:
        first, second = generator.normal(0, 1, 6).tolist(), generator.normal(0, 3, 8).tolist()
        found = claims.mean_difference_interval(first, second)
        return found is not None and found[0] < 0 < found[1]

    def trainings(generator: np.random.Generator) -> bool:
        groups = [generator.normal(size=2).tolist() for _ in range(6)]
        margin = claims.margin_of([(claims.pooled(groups), 2)])
        return margin is not None and abs(np.subtract(*generator.normal(size=2))) < margin

    for kind in (mean, difference, trainings):
        assert 0.94 < _coverage(kind) < 0.965, kind


def test_a_bootstrap_would_not_cover() -> None:
    """Why the percentile bootstrap does not serve: at n = 6 it misses the mean twice as often as it says."""
    ends = np.random.default_rng(2).integers(0, 6, size=(400, 6))

    def covers(generator: np.random.Generator) -> bool:
        means = generator.normal(size=6)[ends].mean(axis=1)
        low, high = np.percentile(means, [2.5, 97.5])
        return bool(low < 0 < high)

    assert 0.83 < _coverage(covers, 1500) < 0.91


def test_leads_are_judged_by_scipys_signed_rank_test(tmp_path: Path) -> None:
    world = paper_world()
    found = world.claim("C7", tmp_path)
    names = {search.name for search in proper(world.grid)}
    leads = [min(second, third) - first for first, second, third in world.settled.values()]
    leads = [lead for search, lead in zip(world.settled, leads, strict=True) if search in names]
    assert min(leads) > 0 and found.n == len(leads) == 19
    assert (found.statistic, found.p_value) == (0.0, pytest.approx(2 / 2**19, rel=1e-5))
    untied = [3.0, -1.0, 2.5, 7.0, 4.0, -0.5, 6.0]
    expected = stats.wilcoxon(untied, method="exact")
    assert claims.signed_rank(untied) == pytest.approx((expected.statistic, expected.pvalue))
    assert claims.signed_rank([0, 0]) == (0.0, 1.0)
    tied = [1.0, 1.0, -1.0, 2.0, 3.0, 3.0, -2.0]
    ranks = stats.rankdata(np.abs(tied))
    sums = [sum(part) for part in itertools.product(*((0.0, rank) for rank in ranks))]
    below = min(sum(ranks[np.array(tied) > 0]), sum(ranks[np.array(tied) < 0]))
    assert claims.signed_rank(tied).p == pytest.approx(2 * np.mean(np.array(sums) <= below))
    assert claims.signed_rank([0, 1, 2, 3, 4, 5, 6]).p == pytest.approx(2 / 2**6)
    assert claims.runs_for_signs() == 6


@pytest.mark.parametrize(("hits", "n", "chance"), [(6, 6, 0.4), (0, 11, 0.04), (9, 11, 0.1), (3, 11, 0.5)])
def test_shares_are_scipys_binomial_test(hits: int, n: int, chance: float) -> None:
    found = claims.share(hits, n, chance)
    assert found.p == stats.binomtest(hits, n, chance, alternative="greater").pvalue
    bounds = stats.binomtest(hits, n, chance).proportion_ci(0.95, "exact")
    assert found.interval == (bounds.low, bounds.high)
    assert claims.runs_for_majority() == 6


def test_gammas_are_judged_by_jonckheeres_test(tmp_path: Path) -> None:
    world = paper_world()
    found = world.claim("C6", tmp_path)
    groups = [
        [world.miou[f"camvid-g{gamma:g}-s{seed}-d5.10.10", "camvid-train"] for seed in (1, 2, 3)]
        for gamma in GAMMAS
    ]
    # In perfect order: one of the 12! / (3!)^4 ways of dealing twelve values into the four groups.
    assert found.n == 12 and found.statistic == 6 * 9
    assert found.p_value == pytest.approx(6**4 / math.factorial(12), rel=1e-5)
    x = [math.log10(gamma) for gamma in GAMMAS for _ in range(3)]
    slopes = stats.theilslopes([value for group in groups for value in group], x, alpha=0.9)
    assert found.interval == pytest.approx((slopes.low_slope, slopes.high_slope), rel=1e-5)
    assert found.verdict == "reproduced" and found.reason == "Speed rises and accuracy falls with gamma."


def test_a_trend_with_a_step_the_other_way_says_so() -> None:
    """The test is of the whole order; the claim's word is "monotonically", so a reader has to know."""
    gammas = (0.001, 0.01, 0.1)
    assert against_the_trend(gammas, ([15.0, 25.0], [34.0], [43.0]), ([39.0], [38.0, 36.0], [35.0])) == ""
    assert against_the_trend(gammas, ([20.0], [44.0], [42.0, 43.0]), ([36.0], [37.0, 37.4], [35.0])) == (
        "FPS goes from 44.0 to 42.5 on average between gamma 0.01 and 0.1; "
        "mIoU goes from 36.0 to 37.2 % on average between gamma 0.001 and 0.01"
    )


def test_with_one_value_a_group_the_trend_is_kendalls() -> None:
    for values in ([1.0, 2.0, 3.0, 4.0], [2.0, 1.0, 4.0, 3.0], [4.0, 3.0, 2.0, 1.0]):
        for direction in ("greater", "less"):
            kendall = stats.kendalltau(range(4), values, method="exact", alternative=direction).pvalue
            found = claims.trend([[value] for value in values], direction)
            assert found.p == pytest.approx(kendall), (values, direction)
    assert claims.smallest_trend_p([1, 1, 1, 1]) == pytest.approx(1 / 24)
    assert claims.smallest_trend_p([1, 1, 1]) > 0.05 > claims.smallest_trend_p([2, 2, 2])


def test_a_trend_of_groups_is_counted_over_all_orders() -> None:
    groups = [[1.0, 4.0], [2.0, 6.0], [5.0]]
    values = [value for group in groups for value in group]

    def pairs(order: Sequence[float]) -> int:
        dealt = (order[:2], order[2:4], order[4:])
        return sum(b > a for x, y in itertools.combinations(dealt, 2) for a in x for b in y)

    every = [pairs(order) for order in itertools.permutations(values)]
    found = claims.trend(groups, "greater")
    assert found == (pairs(values), pytest.approx(np.mean(np.array(every) >= pairs(values))))
    tied = claims.trend([[1.0, 1.0], [1.0, 2.0], [3.0, 3.0]], "greater")
    assert tied.p == pytest.approx(np.mean(np.array(_half_pairs()) >= tied.statistic), abs=0.015)
    assert claims.trend([[5.0], [5.0], [5.0]], "less").p == 1.0


def _half_pairs() -> list[float]:
    found = []
    for order in itertools.permutations([1.0, 1.0, 1.0, 2.0, 3.0, 3.0]):
        dealt = (order[:2], order[2:4], order[4:])
        pairs = [(a, b) for x, y in itertools.combinations(dealt, 2) for a in x for b in y]
        found.append(sum(1.0 if b > a else 0.5 if b == a else 0.0 for a, b in pairs))
    return found


@pytest.mark.parametrize("seed", range(3))
def test_a_trend_of_noise_is_found_at_its_level(seed: int) -> None:
    generator = np.random.default_rng(seed)
    ps = [claims.trend(generator.normal(size=(4, 3)).tolist(), "greater").p for _ in range(1000)]
    assert 0.02 < np.mean(np.array(ps) <= 0.05) <= 0.065


def test_the_order_of_three_groups_is_counted_over_all_orders() -> None:
    groups = ([1.0], [2.0, 3.5, 3.0], [4.0])
    values = np.array([value for group in groups for value in group])
    numbers = np.array([0, 1, 1, 1, 2])
    best = numbers @ stats.rankdata(values)
    sums = [numbers @ np.array(order) for order in itertools.permutations(stats.rankdata(values))]
    one_sided = sum(one >= best for one in sums) / len(sums)
    found = claims.ordered_groups(groups)
    assert found.p == pytest.approx(2 * one_sided) == pytest.approx(2 / (5 * 4))
    assert found.statistic == pytest.approx(stats.spearmanr(numbers, values).statistic)
    assert claims.ordered_groups(([1.0], [1.0, 1.0], [1.0])) == (0.0, 1.0)


def test_the_spread_of_trainings_is_pooled_within_networks() -> None:
    found = claims.pooled([[1.0, 3.0], [10.0, 14.0, 12.0], [99.0]])
    assert found == (pytest.approx(math.sqrt((2.0 + 2 * 4.0) / 3)), 3)
    assert claims.pooled([[1.0], [2.0]]) is None and claims.pooled([]) is None


def test_a_margin_is_students_and_welchs() -> None:
    margin = claims.margin_of([(claims.Spread(0.2, 10), 2)])
    assert margin == pytest.approx(stats.t.ppf(0.975, 10) * 0.2 * 2**0.5)
    first, second = [3.0, 5.0, 9.0, 4.0, 4.5, 7.0], [1.0, 2.0, 4.0, 2.5, 0.0, 1.5]
    expected = stats.ttest_ind(first, second, equal_var=False).confidence_interval(0.95)
    parts = [(claims.Spread(stdev(side), 5), 1 / 6) for side in (first, second)]
    assert claims.margin_of(parts) == pytest.approx((expected.high - expected.low) / 2)
    assert claims.margin_of([(claims.Spread(0.2, 4), 2)]) is None and claims.margin_of([(None, 2)]) is None
    assert claims.margin_of([(claims.Spread(0.0, 9), 2)]) == 0.0


def test_the_trainings_that_a_gap_needs_shrink_its_interval_to_it() -> None:
    needed = claims.trainings_to_resolve(0.5, 1.3, 2)
    assert needed is not None
    half = [1.959964 * 1.3 * (2 / n) ** 0.5 for n in (needed, needed - 1)]
    assert half[0] <= 0.5 < half[1]
    assert claims.trainings_to_resolve(0.0, 1.3, 2) is None
    assert claims.trainings_to_resolve(1e-3, 1.3, 2) is None  # more than anyone would run
    assert claims.trainings_to_resolve(100.0, 1.3, 2) == 1


def test_holm_corrects_for_all_tests_of_which_some_have_no_p() -> None:
    found = claims.holm([0.01, None, 0.04, 0.03])
    assert found == (pytest.approx(0.04), None, pytest.approx(0.09), pytest.approx(0.09))
    assert claims.holm([0.9, 0.8]) == (1.0, 1.0)


def test_distance_is_that_of_a_runs_farthest_hyper_cell() -> None:
    flat = np.array([number for cells in CELLS for number in cells], dtype=float)
    assert farthest(flat) == pytest.approx(2 / 6)
    assert farthest(np.stack([flat, flat * 2]), axis=-1) == pytest.approx([2 / 6, 4 / 6])
    assert farthest(np.stack([flat, flat]).T, axis=0) == pytest.approx([2 / 6, 2 / 6])


def test_chance_is_that_of_depths_drawn_evenly() -> None:
    """Two runs, three hyper-cells of two cells: agreement in all is one case in eight."""
    found = claims.against_chance([1, 2, 1, 1, 2, 1], [2] * 6, farthest)
    assert found.statistic == 0
    assert found.p == pytest.approx(1 / 8, abs=0.015)
    assert found == claims.against_chance([1, 2, 1, 1, 2, 1], [2] * 6, farthest)


@pytest.mark.parametrize(
    ("depths", "epoch"), [([3, 3, 3], 1), ([1, 3, 3], 2), ([3, 1, 3], 3), ([3, 3, 1], 3), ([2], 1)]
)
def test_a_depth_settles_where_it_changes_for_the_last_time(depths: list[int], epoch: int) -> None:
    assert settled(depths) == epoch
