"""C2 and C5: search against random search of the same latency, and the aggregation cell."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean, stdev

from pipeline_src.reporting.claims.evidence import NO_SPREAD, Evidence, Network
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
    FEWEST,
    Interval,
    Spread,
    margin_of,
    mean_difference_interval,
    ordered_groups,
    pooled,
    rank_difference,
    trainings_to_resolve,
)
from pipeline_src.reporting.paper.quoted import quoted_table
from pipeline_src.reporting.read.claims import Claim, Verdict

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
    """C2: searched networks are more accurate than random networks of A's latency (Table 3)."""
    statement = Statement(
        "C2",
        "Networks that the search finds (A, and the reruns of its search in Table 4) are more accurate than"
        " random networks of the same space and latency.",
        ("table_3",),
        f"Table 3, Sec. 4.4.1: {printed('table_3', 'AutoRTNet', 'mIoU (%)')} % against"
        f" {printed('table_3', 'random search', 'mIoU (%)')} % of random networks, which are slower.",
        "Exact two-sided rank test (scipy.stats.mannwhitneyu) of searched against latency-matched random"
        " networks, null hypothesis: no difference; Welch's t interval of the difference of means"
        f" (scipy.stats.t), of {FEWEST} networks a side or more. Decided where p <= 0.05 and the interval"
        " excludes zero, by the sign. The first training of each network counts.",
    )
    return claim_of(statement, _random_search(evidence), evidence.scale)


def searched_networks(evidence: Evidence) -> tuple[Network, ...]:
    """A and the reruns of its search, each once: one search and one training each."""
    own = evidence.networks("table_3", "val", "AutoRTNet")
    known = {one.architecture for one in own}
    return (*own, *(one for one in evidence.reruns if one.architecture not in known))


def _random_search(evidence: Evidence) -> Finding:
    searched = searched_networks(evidence)
    random = evidence.networks("table_3", "val", "random search")
    matched = evidence.networks("table_3", "val", "latency-matched random search")
    first, second = _values(searched), _values(matched)
    faults = _faults([*searched, *matched])
    if not matched:
        faults.append("experiments.matched_networks asks for none")
    ours = f"searched {_summary(first)}, latency-matched random {_summary(second)}"
    sources = _sources([*searched, *random, *matched])
    n = len(first) + len(second)
    if not first or not second:
        reason = "There must be searched and latency-matched random networks with a value."
        return undecided(with_faults(reason, faults), ours, n=n, sources=sources)
    tested = rank_difference(first, second)
    interval = mean_difference_interval(first, second)
    verdict = by_interval(interval, tested.p)
    if interval is None:
        reason = (
            f"{len(first)} searched and {len(second)} latency-matched random networks are too few for an"
            f" interval; {FEWEST} of each are needed."
        )
    elif verdict == "undecided":
        spread = pooled([first, second])
        gap = fmean(first) - fmean(second)
        again = trainings_to_resolve(gap, spread.value, 2) if spread else None
        runs = f"about {again} networks on each side" if again else "no practicable number of networks"
        reason = (
            f"p = {tested.p:.2g} and the interval do not both exclude no difference; {runs} would settle it."
        )
    else:
        reason = f"p = {tested.p:.2g}, and the interval of the difference excludes zero."
    reason = f"{reason} {_beside(first, _values(random))}"
    return Finding(
        ours=f"{ours}: {fmean(first) - fmean(second):+.1f} points.",
        verdict=verdict,
        reason=with_faults(reason, faults),
        n=n,
        statistic=tested.statistic,
        p_value=tested.p,
        interval=interval,
        unit="% mIoU, mean of searched less mean of latency-matched random networks",
        sources=sources,
    )


def searched_beat_random(evidence: Evidence) -> bool:
    """Whether the search is known to find more than chance does at its latency: C2's verdict."""
    return _random_search(evidence).verdict == "reproduced"


def _beside(searched: Sequence[float], random: Sequence[float]) -> str:
    """Random networks of any latency, as the paper has them; not part of the verdict."""
    if not random:
        return "Random networks of any latency, which do not decide: not measured."
    text = f"Random networks of any latency, which do not decide: {_summary(random)}, p = "
    text += f"{rank_difference(searched, random).p:.2g} against the searched ones"
    interval = mean_difference_interval(searched, random)
    return f"{text}." if interval is None else f"{text}, difference {interval_text(interval, 'points')}."


def aggregation_helps(evidence: Evidence) -> Claim:
    """C5: no aggregation cell < random ones < the searched one (Table 6)."""
    quoted = quoted_table("table_6")
    statement = Statement(
        "C5",
        "Accuracy rises from no aggregation cell to random ones to the searched one.",
        ("table_6",),
        f"Table 6, Sec. 4.4.3: {'; '.join(f'{name} {miou} %' for name, miou in quoted.rows)}.",
        "Rank correlation of mIoU with the order none, random, searched: scipy.stats.pearsonr of ranks by"
        " permutation, two-sided, null hypothesis: no order; and for each of the two steps Welch's 95 % t"
        " interval (scipy.stats.t), where random cells have their own spread, and the trainings of none and"
        " of the searched cell the pooled spread of repeats. Reproduced: p <= 0.05 upwards and both"
        " intervals above zero. Not reproduced: an interval below zero.",
    )
    return claim_of(statement, _aggregation(evidence), evidence.scale)


def _aggregation(evidence: Evidence) -> Finding:
    groups = [evidence.networks("table_6", "val", label) for label in (_NONE, _RANDOM, _SEARCHED)]
    without, searched = (_trainings(group) for group in (groups[0], groups[2]))
    random = _values(groups[1])
    everything = [one for group in groups for one in group]
    ours = f"none {_summary(without)}, random {_summary(random)}, searched {_summary(searched)}"
    n = len(without) + len(random) + len(searched)
    spread, more = evidence.training_spread()
    sources = (*(source for one in everything for source in one.sources), *more)
    faults = [fault for one in everything for fault in one.faults]
    dead = evidence.dead(evidence.grid.network_a)
    if dead:
        return undecided(
            with_faults("A is dead: its cells pass nothing on.", dead), ours, n=n, sources=sources
        )
    if not without or not searched or not random:
        reason = "None, random and searched cells must be measured."
        return undecided(with_faults(reason, faults), ours, n=n, sources=sources)
    of_random = Spread(stdev(random), len(random) - 1) if len(random) > 1 else None
    steps = (fmean(random) - fmean(without), fmean(searched) - fmean(random))
    margins = [
        margin_of([(of_random, 1 / len(random)), (spread, 1 / len(side))]) for side in (without, searched)
    ]
    known = [margin for margin in margins if margin is not None]
    if len(known) < len(margins):
        reason = (
            f"The steps have no interval: {FEWEST} random cells are needed (here {len(random)}), and repeats"
            f" of training ({NO_SPREAD})."
        )
        return undecided(with_faults(reason, faults), ours, n=n, sources=sources)
    intervals = [(step - margin, step + margin) for step, margin in zip(steps, known, strict=True)]
    tested = ordered_groups((without, random, searched))
    verdict = all_of(_step(interval) for interval in intervals)
    if verdict == "reproduced" and not (tested.statistic > 0 and tested.p <= ERROR):
        verdict = "undecided"
    return Finding(
        ours=f"{ours}; steps {steps[0]:+.1f} and {steps[1]:+.1f} points.",
        verdict=verdict,
        reason=with_faults(_aggregation_reason(verdict, steps), faults),
        n=n,
        statistic=tested.statistic,
        p_value=tested.p,
        interval=intervals[steps.index(min(steps))],
        unit="% mIoU, the smaller step",
        sources=sources,
    )


def _trainings(networks: Sequence[Network]) -> list[float]:
    return [value for one in networks for value in one.mious]


def _step(interval: Interval) -> Verdict:
    if interval[0] > 0:
        return "reproduced"
    return "not reproduced" if interval[1] < 0 else "undecided"


def _aggregation_reason(verdict: Verdict, steps: tuple[float, float]) -> str:
    if verdict == "reproduced":
        return "The order is no chance, and both steps' intervals are above zero."
    if verdict == "not reproduced":
        name = "from none to random" if steps[0] < steps[1] else "from random to searched"
        return f"The step {name} goes down, and its interval excludes zero."
    return (
        f"The smaller step, {min(steps):+.1f} points, is within what chance moves it by, or the order may be"
        " chance: more random cells and more repeats of training (experiments.random_aggregations and"
        " training_seeds) would narrow both."
    )
