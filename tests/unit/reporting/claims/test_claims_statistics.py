"""The tests behind the verdicts against scipy called directly, and against counting by hand."""

from __future__ import annotations

import itertools
from pathlib import Path
from statistics import fmean, stdev

import numpy as np
import pytest
from claim_worlds import GAMMAS, RERUNS, paper_world
from scipy import stats

from pipeline_src.reporting.claims import statistics as claims
from pipeline_src.reporting.claims.ablations import random_cells_needed
from pipeline_src.reporting.claims.depths import farthest
from pipeline_src.reporting.claims.evidence import settled

CELLS = [cells for cells, _, _ in RERUNS.values()]


def test_search_against_random_search_is_scipys_exact_rank_test(tmp_path: Path) -> None:
    world = paper_world()
    found = world.judged(tmp_path)["C2"]
    searched = [miou for _, miou, _ in RERUNS.values()]
    random = [round(world.miou[f"random-{index}", "cityscapes-train"], 4) for index in range(10)]
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
    assert found.interval is not None
    assert found.interval[0] < fmean(searched) - fmean(random) < found.interval[1]


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


def test_means_have_scipys_bootstrap_intervals_and_the_same_ones_again() -> None:
    first, second = [3.0, 5.0, 9.0, 4.0], [1.0, 2.0, 4.0]
    expected = stats.bootstrap(
        (first, second),
        lambda one, other, axis: np.mean(one, axis=axis) - np.mean(other, axis=axis),
        method="percentile",
        rng=np.random.default_rng(0),
    ).confidence_interval
    found = claims.mean_difference_interval(first, second)
    assert found == (expected.low, expected.high) == claims.mean_difference_interval(first, second)
    assert claims.mean_interval([2.0]) is None and claims.mean_interval([2.0, 2.0]) == (2.0, 2.0)
    shifted = claims.mean_difference_interval([10.0], second)
    alone = claims.mean_interval(second)
    assert shifted is not None and alone is not None
    assert shifted == pytest.approx((10 - alone[1], 10 - alone[0]), abs=0.05)
    assert claims.mean_difference_interval([1.0], [2.0]) is None
    backward = claims.mean_difference_interval(second, [10.0])
    assert backward is not None and backward == pytest.approx((-shifted[1], -shifted[0]), abs=0.05)


def test_leads_are_judged_by_scipys_signed_rank_test(tmp_path: Path) -> None:
    world = paper_world()
    found = world.judged(tmp_path)["C7"]
    leads = [min(second, third) - first for first, second, third in world.settled.values()]
    expected = stats.wilcoxon(leads, method="exact")
    assert len(set(leads)) == found.n == 11
    assert (found.statistic, found.p_value) == pytest.approx((expected.statistic, expected.pvalue), rel=1e-5)
    assert claims.signed_rank([0, 0]) == (0.0, 1.0)
    assert claims.signed_rank([0, 1, 2, 3, 4, 5, 6]).p == pytest.approx(2 / 2**6)
    assert claims.runs_for_signs() == 6


@pytest.mark.parametrize(("hits", "n", "chance"), [(6, 6, 0.4), (0, 11, 0.04), (9, 11, 0.1), (3, 11, 0.5)])
def test_shares_are_scipys_binomial_test(hits: int, n: int, chance: float) -> None:
    found = claims.share(hits, n, chance)
    assert found.p == stats.binomtest(hits, n, chance, alternative="greater").pvalue
    bounds = stats.binomtest(hits, n, chance).proportion_ci(0.95, "exact")
    assert found.interval == (bounds.low, bounds.high)
    assert claims.runs_for_majority() == 6


def test_gammas_are_judged_by_kendalls_tau(tmp_path: Path) -> None:
    found = paper_world().judged(tmp_path)["C6"]
    gammas, miou = list(GAMMAS), [accuracy for accuracy, _ in GAMMAS.values()]
    expected = stats.kendalltau(gammas, miou, method="exact", alternative="less")
    assert found.p_value == pytest.approx(expected.pvalue, rel=1e-5) == pytest.approx(1 / 24, rel=1e-5)
    slopes = stats.theilslopes(miou, np.log10(gammas), alpha=0.9)
    assert found.interval == pytest.approx((slopes.low_slope, slopes.high_slope), rel=1e-5)
    assert claims.points_for_trend() == 4


def test_a_trend_with_ties_is_counted_over_all_orders() -> None:
    x, y = [1, 2, 3, 4], [1.0, 1.0, 2.0, 3.0]
    tau = stats.kendalltau(x, y).statistic
    orders = [stats.kendalltau(x, order).statistic for order in itertools.permutations(y)]
    expected = sum(one >= tau - 1e-12 for one in orders) / len(orders)
    assert claims.trend(x, y, "greater") == (pytest.approx(tau), pytest.approx(expected))
    assert claims.trend(x, [5.0] * 4, "less") == (0.0, 1.0)


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


def test_a_single_runs_margin_is_the_t_interval_of_a_difference() -> None:
    values = [72.9, 73.0, 72.5, 72.8, 73.0, 72.8]
    low, high = stats.t.interval(0.95, 5, loc=0, scale=stdev(values) * 2**0.5)
    margin = claims.single_margin(values, 2)
    assert margin is not None and (-margin, margin) == pytest.approx((low, high))
    assert claims.single_margin(values[:1], 2) is None


def test_the_margin_covers_what_it_says() -> None:
    """Two more runs of the same kind differ by less in 95 of 100 cases."""
    generator = np.random.default_rng(0)
    inside = 0
    for _ in range(2000):
        *values, one, other = generator.normal(size=8)
        margin = claims.single_margin(values, 2)
        assert margin is not None
        inside += abs(one - other) < margin
    assert 0.94 < inside / 2000 < 0.96


def test_the_trainings_that_a_gap_needs_shrink_its_interval_to_it() -> None:
    values = [1.0, 2.0, 3.0, 4.0]
    needed = claims.trainings_to_resolve(0.5, values, 2)
    assert needed is not None
    half = [1.959964 * stdev(values) * (2 / n) ** 0.5 for n in (needed, needed - 1)]
    assert half[0] <= 0.5 < half[1]
    assert claims.trainings_to_resolve(0.0, values, 2) is None
    assert claims.trainings_to_resolve(1e-3, values, 2) is None  # more than anyone would run
    assert claims.trainings_to_resolve(100.0, values, 2) == 1


def test_the_random_cells_that_a_step_needs() -> None:
    needed = random_cells_needed(1.5, 0.6)
    assert needed is not None and needed > 5
    halves = [stats.t.ppf(0.975, n - 1) * 0.6 * (1 + 1 / n) ** 0.5 for n in (needed, needed - 1)]
    assert halves[0] < 1.5 <= halves[1]
    assert random_cells_needed(100.0, 0.6) == 5  # the order's p alone
    assert random_cells_needed(1.0, 0.6) is None and random_cells_needed(-1.0, 0.6) is None


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
