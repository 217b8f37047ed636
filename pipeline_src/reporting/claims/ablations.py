"""C2 and C5: search against random search of the same latency, and the aggregation cell. [no torch]"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from statistics import fmean, stdev
from typing import Any, NamedTuple

from pipeline_src.reporting.claims.control import control_note
from pipeline_src.reporting.claims.evidence import NO_SPREAD, Evidence, Network
from pipeline_src.reporting.claims.finding import (
    Finding,
    Statement,
    claim_of,
    direction,
    interval_text,
    not_testable,
    percent,
    printed,
    with_faults,
)
from pipeline_src.reporting.claims.statistics import (
    ERROR,
    FEWEST,
    Mean,
    Spread,
    Tested,
    in_blocks,
    ordered_groups,
    pooled,
    smallest_block_p,
    summed,
)
from pipeline_src.reporting.paper.quoted import quoted_number, quoted_table
from pipeline_src.reporting.read.claims import Claim

_NONE, _RANDOM, _SEARCHED = (
    "a) without aggregation cell",
    "b) random aggregation cell",
    "c) AutoRTNet-A",
)
BLOCK = 0.1
"""By how much latencies may differ in a block, as a fraction of the smallest."""
PER_SEARCH = 3
"""Random networks that are trained at about the cost of one search, measured at scale `camvid`."""


def _values(networks: Sequence[Network]) -> list[float]:
    return [one.miou for one in networks if one.miou is not None]


def _summary(values: Sequence[float]) -> str:
    if len(values) < 2:
        return f"{percent(values[0])} (n = 1)" if values else "not measured"
    return f"{fmean(values):.1f}±{stdev(values):.1f} % (n = {len(values)})"


class Block(NamedTuple):
    """Searched and random networks of about the same latency, and the mIoU of each one's first training."""

    searched: tuple[Network, ...]
    random: tuple[Network, ...]

    @property
    def values(self) -> tuple[list[float], list[float]]:
        """The mIoU of the searched and of the random networks in percent."""
        return _values(self.searched), _values(self.random)


def latency_blocks(searched: Sequence[Network], random: Sequence[Network]) -> tuple[Block, ...]:
    """Group measured networks by latency alone: each block begins with the fastest network that is left.

    It takes in all that are slower by no more than `BLOCK`. Blocks of one kind of network are left out.
    """
    rest = sorted((one for one in (*searched, *random) if one.is_measured), key=_milliseconds)
    found = []
    while rest:
        inside = [one for one in rest if _milliseconds(one) <= (1 + BLOCK) * _milliseconds(rest[0])]
        rest = rest[len(inside) :]
        block = Block(
            tuple(one for one in inside if one in searched), tuple(one for one in inside if one in random)
        )
        if block.searched and block.random:
            found.append(block)
    return tuple(found)


def _milliseconds(network: Network) -> float:
    assert network.latency_ms is not None
    return network.latency_ms[0]


def beats_random_search(evidence: Evidence) -> Claim:
    """C2: searched networks are more accurate than random networks of their own latency (Table 3)."""
    statement = Statement(
        "C2",
        "Networks that the search finds (A, and the reruns of its search in Table 4) are more accurate than"
        " random networks of the same space and of their own latency.",
        ("table_3",),
        f"Table 3, Sec. 4.4.1: {printed('table_3', 'AutoRTNet', 'mIoU (%)')} % against"
        f" {printed('table_3', 'random search', 'mIoU (%)')} % of random networks, which are slower.",
        f"Blocks of networks whose latencies differ by at most {100 * BLOCK:.0f} %. Van Elteren's rank test"
        " of searched against random networks within blocks, exact and two-sided (with one block Mann and"
        " Whitney's). The interval is of the difference of means within blocks (t, the spread pooled within"
        " blocks and kinds). The first training run of each network counts.",
    )
    return claim_of(statement, _random_search(evidence), evidence.scale)


def searched_networks(evidence: Evidence) -> tuple[Network, ...]:
    """A and the reruns of its search, each once: one search and one training each."""
    own = evidence.networks("table_3", "val", "AutoRTNet")
    known = {one.architecture for one in own}
    return (*own, *(one for one in evidence.reruns if one.architecture not in known))


def searched_against_random(evidence: Evidence) -> tuple[Tested | None, tuple[Block, ...]]:
    """C2's test, None where it cannot reach the level; and its blocks."""
    random = [
        *evidence.networks("table_3", "val", "random search"),
        *evidence.networks("table_3", "val", "latency-matched random search"),
    ]
    blocks = latency_blocks(searched_networks(evidence), random)
    sizes = [(len(one.searched), len(one.random)) for one in blocks]
    if not blocks or smallest_block_p(sizes) > ERROR:
        return None, blocks
    return in_blocks([one.values for one in blocks]), blocks


def _random_search(evidence: Evidence) -> Finding:
    searched = searched_networks(evidence)
    random = evidence.networks("table_3", "val", "random search")
    matched = evidence.networks("table_3", "val", "latency-matched random search")
    tested, blocks = searched_against_random(evidence)
    control, further = control_note(evidence)
    faults = [one.faults[0] for one in (*searched, *matched) if one.faults]
    every = [one for one in (*searched, *random, *matched) if one.is_measured]
    known: dict[str, Any] = {
        "n": sum(len(one.searched) + len(one.random) for one in blocks),
        "notes": (*control, *_compute_matched(searched, random, matched), *_any_latency(searched, random)),
        "sources": (*(source for one in every for source in one.sources), *further),
    }
    ours = f"searched {_summary(_values(searched))}, latency-matched random {_summary(_values(matched))}"
    alone = [
        one for one in searched if one.is_measured and not any(one in block.searched for block in blocks)
    ]
    ours += f"; in {len(blocks)} blocks of equal latency: {'; '.join(map(_block_words, blocks)) or 'none'}"
    if alone:
        left = ", ".join(f"{_milliseconds(one):.1f} ms" for one in alone)
        ours += f"; searched networks without a random one of their latency: {left}"
    if tested is None:
        reason = (
            "Too few searched networks have random networks of their own latency: networks matched to each"
            " are needed (experiments.matched_networks)."
        )
        return not_testable(reason, faults, ours, **known)
    gap = _within_blocks(blocks)
    times = gap.times_as_many() if gap else None
    reason = f"p = {tested.p:.2g}; searched less random networks of their latency"
    reason += f": {gap.value:+.1f} points." if gap else ": too few for an interval."
    if gap and times and tested.p > ERROR:
        reason += f" About {times} times as many networks would tell."
    reported = [quoted_number(printed("table_3", row, "mIoU (%)")) for row in ("AutoRTNet", "random search")]
    return Finding(
        ours=f"{ours}.",
        verdict=direction(tested),
        reason=with_faults(reason, faults),
        statistic=tested.statistic,
        p_value=tested.p,
        interval=gap.interval if gap else None,
        paper_effect=(reported[0] or 0) - (reported[1] or 0),
        unit="% mIoU, searched less random networks of their latency",
        **known,
    )


def _block_words(block: Block) -> str:
    times = [_milliseconds(one) for one in (*block.searched, *block.random)]
    first, second = block.values
    return f"{min(times):.1f} to {max(times):.1f} ms: searched {_summary(first)}, random {_summary(second)}"


def _within_blocks(blocks: Sequence[Block]) -> Mean | None:
    """The difference of means within blocks, each block by how well it is known."""
    sides = [one.values for one in blocks]
    weights = [len(first) * len(second) / (len(first) + len(second)) for first, second in sides]
    shares = [weight / sum(weights) for weight in weights]
    gaps = [fmean(first) - fmean(second) for first, second in sides]
    variance = sum(share**2 / weight for share, weight in zip(shares, weights, strict=True))
    spread = pooled(side for pair in sides for side in pair)
    return summed(sum(share * gap for share, gap in zip(shares, gaps, strict=True)), [(spread, variance)])


def _compute_matched(searched: Sequence[Network], *random: Sequence[Network]) -> tuple[str, ...]:
    """Random search at the cost of one search: the best of `PER_SEARCH` random networks, over all choices."""
    names = ("of any latency", "latency-matched")
    told = []
    for name, networks in zip(names, random, strict=True):
        values = _values(networks)
        if len(values) >= PER_SEARCH:
            best = fmean(map(max, combinations(values, PER_SEARCH)))
            told.append(f"{percent(best)} ({name}, n = {len(values)})")
    if not told or not _values(searched):
        return ()
    return (
        f"Compute-matched random search: a search costs about as much as training {PER_SEARCH} random"
        f" networks, and the best of {PER_SEARCH}, chosen by the same evaluation, reaches on average"
        f" {' and '.join(told)}; searched networks {_summary(_values(searched))}.",
    )


def _any_latency(searched: Sequence[Network], random: Sequence[Network]) -> tuple[str, ...]:
    """Random networks of any latency, as in the paper."""
    first, second = _values(searched), _values(random)
    if not first or not second:
        return ("Random networks of any latency, as in the paper, were not measured.",)
    text = f"Random networks of any latency, as in the paper: {_summary(second)}"
    text += f", p = {in_blocks([(first, second)]).p:.2g} against the searched ones"
    if min(len(first), len(second)) < FEWEST:
        return (f"{text}.",)
    sides = [(Spread(stdev(side), len(side) - 1), 1 / len(side)) for side in (first, second)]
    gap = summed(fmean(first) - fmean(second), sides)
    return (f"{text}, difference {interval_text(gap.interval, 'points') if gap else 'unknown'}.",)


def aggregation_helps(evidence: Evidence) -> Claim:
    """C5: no aggregation cell < random ones < the searched one (Table 6)."""
    quoted = quoted_table("table_6")
    statement = Statement(
        "C5",
        "Accuracy rises from no aggregation cell to random ones to the searched one.",
        ("table_6",),
        f"Table 6, Sec. 4.4.3: {'; '.join(f'{name} {miou} %' for name, miou in quoted.rows)}.",
        "Rank correlation of mIoU with the order none, random, searched, exact over all arrangements,"
        " two-sided, null hypothesis: no order. Reproduced: upwards, and the 95 % t intervals (scipy.stats.t)"
        " of both steps lie above zero; random cells have their own spread, and the training runs of none"
        " and of the searched cell the pooled spread of repeats. Not reproduced: downwards.",
    )
    return claim_of(statement, _aggregation(evidence), evidence.scale)


def _aggregation(evidence: Evidence) -> Finding:
    groups = [evidence.networks("table_6", "val", label) for label in (_NONE, _RANDOM, _SEARCHED)]
    without, searched = ([value for one in group for value in one.mious] for group in (groups[0], groups[2]))
    random = _values(groups[1])
    everything = [one for group in groups for one in group]
    spread, more = evidence.training_spread()
    faults = [fault for one in everything for fault in one.faults]
    known: dict[str, Any] = {
        "ours": f"none {_summary(without)}, random {_summary(random)}, searched {_summary(searched)}",
        "n": len(without) + len(random) + len(searched),
        "sources": (*(source for one in everything for source in one.sources), *more),
    }
    if dead := evidence.dead(evidence.grid.network_a):
        return not_testable("A is degenerate: a search with a live network A is needed.", dead, **known)
    if not without or not searched or not random:
        return not_testable("None, random and searched cells must be measured.", faults, **known)
    of_random = Spread(stdev(random), len(random) - 1) if len(random) > 1 else None
    steps = [
        summed(gap, [(of_random, 1 / len(random)), (spread, 1 / len(side))])
        for gap, side in (
            (fmean(random) - fmean(without), without),
            (fmean(searched) - fmean(random), searched),
        )
    ]
    both = [step for step in steps if step is not None]
    if len(both) < len(steps):
        reason = (
            f"The steps have no interval: {FEWEST} random cells are needed (here {len(random)}), and repeats"
            f" of training ({NO_SPREAD})."
        )
        return not_testable(reason, faults, **known)
    tested = ordered_groups((without, random, searched))
    verdict, smaller = direction(tested), min(both, key=lambda step: step.value)
    reason = f"p = {tested.p:.2g} for the order; steps {both[0].value:+.1f} and {both[1].value:+.1f} points."
    if verdict == "reproduced" and smaller.interval[0] <= 0:
        verdict = "undecided"
        reason += (
            " The interval of the smaller one contains zero: more random cells and more repeats of training"
            " (experiments.random_aggregations and training_seeds) would narrow it."
        )
    reported = [quoted_number(miou) or 0.0 for _, miou in quoted_table("table_6").rows]
    return Finding(
        verdict=verdict,
        reason=with_faults(reason, faults),
        statistic=tested.statistic,
        p_value=tested.p,
        interval=smaller.interval,
        paper_effect=min(reported[1] - reported[0], reported[2] - reported[1]),
        unit="% mIoU, the smaller step",
        **known,
    )
