"""C2, C5 and C6: search against random search, the aggregation cell, and the weight of the latency term."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean, stdev

from scipy import stats

from pipeline_src.config.runs import gamma_text
from pipeline_src.reporting.claims.claim import Claim, Verdict
from pipeline_src.reporting.claims.evidence import Evidence, Network
from pipeline_src.reporting.claims.finding import (
    Finding,
    Statement,
    all_of,
    by_interval,
    claim_of,
    interval_text,
    percent,
    printed,
    undecided,
    with_faults,
)
from pipeline_src.reporting.claims.statistics import (
    ERROR,
    LEVEL,
    MOST_RUNS,
    Interval,
    mean_difference_interval,
    ordered_groups,
    points_for_trend,
    rank_difference,
    runs_for_ranks,
    single_margin,
    slope_interval,
    smallest_rank_p,
    trainings_to_resolve,
    trend,
)
from pipeline_src.reporting.paper.quoted import quoted_table

ONE_SIDED_LEVEL = 0.9
"""Of the two-sided interval that goes with one-sided tests at 0.05."""
_NONE, _RANDOM, _SEARCHED = (
    "a) without aggregation cell",
    "b) random aggregation cell",
    "c) AutoRTNet-A",
)


def _values(networks: Sequence[Network]) -> list[float]:
    return [one.miou for one in networks if one.miou is not None]


def _faults(networks: Sequence[Network]) -> list[str]:
    return [one.faults[0] for one in networks if one.miou is None]


def _sources(networks: Sequence[Network]) -> tuple[str, ...]:
    return tuple(one.sources[0] for one in networks if one.miou is not None)


def _summary(values: Sequence[float]) -> str:
    if len(values) < 2:
        return f"{percent(values[0])} (n = 1)" if values else "not measured"
    return f"{fmean(values):.1f}±{stdev(values):.1f} % (n = {len(values)})"


def beats_random_search(evidence: Evidence) -> Claim:
    """C2: searched networks are more accurate than the mean of random search (Table 3)."""
    statement = Statement(
        "C2",
        "Networks that the search finds (A, and the reruns of its search in Table 4) are more accurate than"
        " random networks of the same space.",
        ("table_3",),
        f"Table 3, Sec. 4.4.1: {printed('table_3', 'AutoRTNet', 'mIoU (%)')} % against"
        f" {printed('table_3', 'random search', 'mIoU (%)')} % of random networks.",
        "Exact two-sided rank test (scipy.stats.mannwhitneyu) of searched against random networks, null"
        " hypothesis: no difference; interval of the difference of means by percentile bootstrap"
        " (scipy.stats.bootstrap). Decided where p <= 0.05 and the interval excludes zero, by the sign.",
    )
    return claim_of(statement, _random_search(evidence), evidence.scale)


def _random_search(evidence: Evidence) -> Finding:
    own = evidence.networks("table_3", "val", "AutoRTNet")
    reruns = [one for one in evidence.reruns if one.architecture not in {a.architecture for a in own}]
    searched = [*own, *reruns]
    random = evidence.networks("table_3", "val", "random search")
    matched = evidence.networks("table_3", "val", "latency-matched random search")
    first, second = _values(searched), _values(random)
    faults = _faults([*searched, *random])
    ours = f"searched {_summary(first)}, random {_summary(second)}{_beyond(own, first, _values(matched))}"
    sources = _sources([*searched, *random, *matched])
    n = len(first) + len(second)
    if not first or not second:
        reason = "There must be searched and random networks with a value."
        return undecided(with_faults(reason, faults), ours, n=n, sources=sources)
    tested = rank_difference(first, second)
    interval = mean_difference_interval(first, second)
    verdict = by_interval(interval, tested.p)
    if smallest_rank_p(len(first), len(second)) > ERROR:
        needed = runs_for_ranks(len(first))
        reason = (
            f"{len(first)} searched and {len(second)} random networks cannot give p <= 0.05"
            f" (at best {smallest_rank_p(len(first), len(second)):.3f}); {needed} random ones could."
        )
    elif verdict == "undecided":
        again = trainings_to_resolve(fmean(first) - fmean(second), [*_centred(first), *_centred(second)], 2)
        runs = f"about {again} networks on each side" if again else "no practicable number of networks"
        reason = (
            f"p = {tested.p:.2g} and the interval do not both exclude no difference; {runs} would settle it."
        )
    else:
        reason = f"p = {tested.p:.2g}, and the interval of the difference excludes zero."
    return Finding(
        ours=f"{ours}; difference {fmean(first) - fmean(second):.1f} points.",
        verdict=verdict,
        reason=with_faults(reason, faults),
        n=n,
        statistic=tested.statistic,
        p_value=tested.p,
        interval=interval,
        unit="% mIoU, mean of searched less mean of random networks",
        sources=sources,
    )


def _centred(values: Sequence[float]) -> list[float]:
    return [value - fmean(values) for value in values]


def _beyond(own: Sequence[Network], searched: Sequence[float], matched: Sequence[float]) -> str:
    """A alone, and beyond the paper the random networks of A's latency; not part of the verdict."""
    text = f"; A itself {percent(own[0].miou)}" if own and own[0].miou is not None else ""
    if not matched:
        return f"{text}; latency-matched random networks not measured"
    text += f"; latency-matched random networks {_summary(matched)}"
    if not searched:
        return text
    text += f", p = {rank_difference(searched, matched).p:.2g} against the searched ones"
    if min(len(searched), len(matched)) < 2:
        return text
    return f"{text}, difference {interval_text(mean_difference_interval(searched, matched), 'points')}"


def aggregation_helps(evidence: Evidence) -> Claim:
    """C5: no aggregation cell < random ones < the searched one (Table 6)."""
    quoted = quoted_table("table_6")
    statement = Statement(
        "C5",
        "Accuracy rises from no aggregation cell to random ones to the searched one.",
        ("table_6",),
        f"Table 6, Sec. 4.4.3: {'; '.join(f'{name} {miou} %' for name, miou in quoted.rows)}.",
        "Rank correlation of mIoU with the order none, random, searched: scipy.stats.pearsonr of ranks by"
        " permutation, two-sided, null hypothesis: no order; and for each of the two steps the 95 % t"
        " interval (scipy.stats.t) of a single network against the random ones, with their spread."
        " Reproduced: p <= 0.05 upwards and both intervals above zero. Not reproduced: an interval below"
        " zero.",
    )
    return claim_of(statement, _aggregation(evidence), evidence.scale)


def _aggregation(evidence: Evidence) -> Finding:
    groups = [evidence.networks("table_6", "val", label) for label in (_NONE, _RANDOM, _SEARCHED)]
    without, random, searched = (_values(group) for group in groups)
    everything = [one for group in groups for one in group]
    ours = f"none {_summary(without)}, random {_summary(random)}, searched {_summary(searched)}"
    n, sources = len(without) + len(random) + len(searched), _sources(everything)
    faults = _faults(everything)
    margin = single_margin(random, 1 + 1 / len(random)) if random else None
    if not without or not searched or margin is None:
        reason = "None, searched and at least two random cells must be measured."
        return undecided(with_faults(reason, faults), ours, n=n, sources=sources)
    steps = (fmean(random) - without[0], searched[0] - fmean(random))
    intervals = [(step - margin, step + margin) for step in steps]
    tested = ordered_groups((without, random, searched))
    verdict = all_of(_step(interval) for interval in intervals)
    if verdict == "reproduced" and not (tested.statistic > 0 and tested.p <= ERROR):
        verdict = "undecided"
    return Finding(
        ours=f"{ours}; steps {steps[0]:+.1f} and {steps[1]:+.1f} points.",
        verdict=verdict,
        reason=with_faults(_aggregation_reason(verdict, steps, random), faults),
        n=n,
        statistic=tested.statistic,
        p_value=tested.p,
        interval=intervals[steps.index(min(steps))],
        unit="% mIoU, the smaller step",
        sources=sources,
    )


def _step(interval: Interval) -> Verdict:
    if interval[0] > 0:
        return "reproduced"
    return "not reproduced" if interval[1] < 0 else "undecided"


def _aggregation_reason(verdict: Verdict, steps: tuple[float, float], random: Sequence[float]) -> str:
    if verdict == "reproduced":
        return "The order is no chance, and both steps' intervals are above zero."
    if verdict == "not reproduced":
        name = "from none to random" if steps[0] < steps[1] else "from random to searched"
        return f"The step {name} goes down, and its interval excludes zero."
    needed = random_cells_needed(min(steps), stdev(random))
    if needed is not None:
        return (
            f"{len(random)} random cells leave p or the interval of a step open to chance; {needed} of this"
            " spread could settle it."
        )
    widest = float(stats.norm.ppf((1 + LEVEL) / 2)) * stdev(random)
    return (
        f"The smaller step, {min(steps):+.1f} points, is less than chance moves a single network by"
        f" (±{widest:.1f} points): more random cells cannot settle it, only further trainings with and"
        " without the searched cell."
    )


def random_cells_needed(step: float, spread: float) -> int | None:
    """The fewest random cells whose order can reach the level and whose interval is narrower than `step`."""
    for n in range(2, MOST_RUNS + 1):
        half = float(stats.t.ppf((1 + LEVEL) / 2, n - 1)) * spread * math.sqrt(1 + 1 / n)
        if 2 / ((n + 2) * (n + 1)) <= ERROR and half < step:
            return n
    return None


def gamma_trades(evidence: Evidence) -> Claim:
    """C6: a larger gamma gives a faster and less accurate network (Figure 6)."""
    quoted = quoted_table("figure_6")
    points = "; ".join(f"gamma {gamma}: {miou} % at {fps} FPS" for gamma, miou, fps in quoted.rows)
    statement = Statement(
        "C6",
        "A larger weight gamma of the latency term gives a faster and a less accurate network,"
        " monotonically.",
        ("figure_6",),
        f"Figure 6, Sec. 4.4.5: {points}.",
        "Kendall's tau (scipy.stats.kendalltau, exact) of gamma with FPS, upwards, and with mIoU,"
        " downwards, each one-sided; the larger p counts. Reproduced: p <= 0.05. Not reproduced: FPS falls"
        " or mIoU rises with one-sided p <= 0.05. Interval: of the slope of mIoU (scipy.stats.theilslopes).",
    )
    return claim_of(statement, _gammas(evidence), evidence.scale)


def _gammas(evidence: Evidence) -> Finding:
    networks = evidence.networks("figure_6", "test")
    points = sorted(
        (one.architecture.search.gamma, one.fps, one.miou)
        for one in networks
        if one.architecture.search and one.fps is not None and one.miou is not None
    )
    faults = [fault for one in networks for fault in one.faults]
    ours = "; ".join(
        f"gamma {gamma_text(gamma)}: {miou:.1f} % at {fps:.1f} FPS" for gamma, fps, miou in points
    )
    sources = tuple(source for one in networks if one.is_measured for source in one.sources)
    needed = points_for_trend()
    if len({one.device for one in networks if one.is_measured}) > 1:
        reason = "The networks were timed on different devices, so their speeds do not compare."
        return undecided(reason, ours, n=len(points), sources=sources, level=ONE_SIDED_LEVEL)
    if len(points) < needed:
        reason = f"n = {len(points)} gammas cannot give p <= 0.05; {needed} in perfect order could."
        return undecided(
            with_faults(reason, faults), ours, n=len(points), sources=sources, level=ONE_SIDED_LEVEL
        )
    gammas, speeds, accuracies = (list(column) for column in zip(*points, strict=True))
    faster, slower = trend(gammas, speeds, "greater"), trend(gammas, speeds, "less")
    worse, better = trend(gammas, accuracies, "less"), trend(gammas, accuracies, "greater")
    verdict: Verdict = "undecided"
    ps = f"p = {faster.p:.2g} for speed, {worse.p:.2g} for accuracy"
    reason = f"The order allows chance ({ps}); more gammas would tell."
    if max(faster.p, worse.p) <= ERROR:
        verdict, reason = "reproduced", "Speed rises and accuracy falls with gamma."
    elif min(slower.p, better.p) <= ERROR:
        what = "speed falls" if slower.p <= ERROR else "accuracy rises"
        verdict, reason = "not reproduced", f"With gamma {what}."
    return Finding(
        ours=f"{ours}; tau {faster.statistic:+.2f} with FPS (p = {faster.p:.2g}), {worse.statistic:+.2f}"
        f" with mIoU (p = {worse.p:.2g}).",
        verdict=verdict,
        reason=with_faults(reason, faults),
        n=len(points),
        statistic=max((faster, worse), key=lambda one: one.p).statistic,
        p_value=max(faster.p, worse.p),
        interval=_slope(gammas, accuracies),
        unit="% mIoU for each tenfold gamma",
        level=ONE_SIDED_LEVEL,
        sources=sources,
    )


def _slope(gammas: Sequence[float], values: Sequence[float]) -> Interval | None:
    if min(gammas) <= 0:  # no logarithm
        return None
    return slope_interval([math.log10(gamma) for gamma in gammas], values, ONE_SIDED_LEVEL)
