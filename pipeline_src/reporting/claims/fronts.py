"""C1 and C4: whether one network is ahead of others in speed and accuracy. [no torch]"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pipeline_src.reporting.claims.evidence import NO_SPREAD, Evidence, Network
from pipeline_src.reporting.claims.finding import (
    TOLERANCE_POINTS,
    Finding,
    Statement,
    claim_of,
    direction,
    intersection,
    interval_text,
    not_testable,
    percent,
    with_faults,
)
from pipeline_src.reporting.claims.statistics import Mean, Spread, Tested, summed
from pipeline_src.reporting.paper.quoted import quoted_number, quoted_table
from pipeline_src.reporting.read.claims import Claim

OWN = "AutoRTNet-A"
NAMED = ("ENet", "ICNet")
"""The systems that the paper's text compares A with."""

_CLEAR = (
    "Accuracy: t test of the difference of the means over the training runs of two networks (scipy.stats.t),"
    " whose spread is pooled over the networks that were trained more than once. Clearly faster: the upper"
    " quartile of a network's latency lies below the other's lower quartile."
)


@dataclass(frozen=True)
class Comparison:
    """One network against another.

    Attributes:
        own, rival: the two.
        gap: mean mIoU of own's training runs less that of the rival's, in percent.
        faster, slower: own is clearly so.
    """

    own: Network
    rival: Network
    gap: Mean
    faster: bool
    slower: bool


def compare(own: Network, rivals: Sequence[Network], spread: Spread | None) -> list[Comparison]:
    """Compare measured networks; none where the spread of one network's training runs is unknown."""
    found = []
    for rival in rivals:
        assert own.mean is not None and rival.mean is not None and own.latency_ms and rival.latency_ms
        weight = 1 / len(own.mious) + 1 / len(rival.mious)
        gap = summed(own.mean - rival.mean, [(spread, weight)])
        faster = own.latency_ms[2] < rival.latency_ms[1]
        slower = rival.latency_ms[2] < own.latency_ms[1]
        if gap is not None:
            found.append(Comparison(own, rival, gap, faster, slower))
    return found


def shown(network: Network) -> str:
    """`AutoRTNet-A 72.2 % at 110.0 FPS`."""
    assert network.mean is not None and network.fps is not None
    return f"{network.label} {percent(network.mean)} at {network.fps:.1f} FPS"


def _apart(one: Comparison) -> str:
    speed = "clearly faster than" if one.faster else "clearly slower than" if one.slower else "as fast as"
    times = one.gap.times_as_many()
    needed = f"; {times} times as many training runs would tell them apart" if times else ""
    low, high = one.gap.interval
    return (
        f"{one.own.label} is {speed} {one.rival.label} and {abs(one.gap.value):.2f} points"
        f" {'more' if one.gap.value > 0 else 'less'} accurate ({interval_text((low, high), 'points')}"
        f"{needed if low < 0 < high else ''})."
    )


def dominates(evidence: Evidence) -> Claim:
    """C1: A is faster and more accurate than ENet and ICNet (Table 1, Figure 1)."""
    quoted = quoted_table("table_1")
    points = [f"{key} {quoted.cell(key, 'mIoU (%)')} % at {quoted.cell(key, 'FPS')} FPS" for key in _KEYS]
    statement = Statement(
        "C1",
        "AutoRTNet-A is both faster and more accurate than ENet and than ICNet.",
        ("table_1", "figure_1"),
        f"Table 1, Sec. 4.3: {'; '.join(points)}.",
        f"A against {' and '.join(NAMED)}, trained with the same recipe and timed in the same run."
        " Reproduced: clearly faster and more accurate than each; the largest p value counts. Not"
        f" reproduced: less accurate than one, p corrected for {len(NAMED)}; or clearly slower than one,"
        f" which is measured and has no p value. {_CLEAR}",
    )
    return claim_of(statement, _dominance(evidence), evidence.scale)


_KEYS = (OWN, *NAMED)


def _dominance(evidence: Evidence) -> Finding:
    systems = _systems(evidence)
    measured = [one for one in systems if one.is_measured]
    own = next((one for one in measured if one.label == OWN), None)
    alike = [one for one in measured if own and one.judged == own.judged]
    rivals = [one for one in alike if one.label in NAMED]
    ours = f"{alike[0].judged}, {alike[0].device}: {'; '.join(map(shown, alike))}." if alike else ""
    spread, more = evidence.training_spread()
    sources = (*(source for one in alike for source in one.sources), *more)
    known: dict[str, Any] = {"ours": ours, "n": len(alike), "sources": sources}
    if own is None or len(rivals) < len(NAMED):
        faults = [fault for one in systems if one.label in _KEYS for fault in one.faults]
        reason = (
            f"A, {' and '.join(NAMED)} must be measured on one split (experiments.peers): A and"
            f" {', '.join(one.label for one in rivals) or 'none of the others'} are."
            if own
            else f"A, {' and '.join(NAMED)} must be measured on one split (experiments.peers)."
        )
        return not_testable(reason, faults, **known)
    if dead := evidence.dead(own.architecture):
        return not_testable("A is degenerate: a search with a live network A is needed.", dead, **known)
    found = compare(own, rivals, spread)
    if not found:
        return not_testable(f"The spread of training runs is unknown: {NO_SPREAD}.", **known)
    closest = min(found, key=lambda one: one.gap.value)
    known |= {
        "reason": " ".join(map(_apart, found)),
        "interval": closest.gap.interval,
        "paper_effect": _reported(OWN) - _reported(closest.rival.label),
        "unit": f"% mIoU ahead of {closest.rival.label}",
    }
    if any(one.slower for one in found):
        return Finding(verdict="not reproduced", **known)
    tested = intersection([one.gap.against() for one in found])
    if not all(one.faster for one in found):
        tested = tested._replace(more=1.0)
    return Finding(verdict=direction(tested), p_value=tested.p, **known)


def _reported(key: str, table: str = "table_1") -> float:
    quoted = quoted_table(table)
    column = next(name for name in quoted.columns if name.startswith("mIoU"))
    return quoted_number(quoted.cell(key, column)) or 0.0


def _systems(evidence: Evidence) -> tuple[Network, ...]:
    """The systems of Table 1's test split; of Table 7's validation split where test labels are withheld.

    A* and B* are A and B trained with more data: no rivals.
    """
    found: list[tuple[Network, ...]] = []
    for table, role in (("table_1", "test"), ("table_7", "val")):
        networks = evidence.networks(table, role)  # type: ignore[arg-type]
        found.append(tuple(one for one in networks if not one.label.endswith("*")))
        if OWN in {one.label for one in found[-1] if one.is_measured}:
            return found[-1]
    return found[0]


def best_downsampling(evidence: Evidence) -> Claim:
    """C4: the searched downsampling has the best trade-off (Table 5)."""
    quoted = quoted_table("table_5")
    texts = [
        f"{positions} {miou} % at {fps} FPS ({rule.lower()})" for positions, miou, fps, rule in quoted.rows
    ]
    statement = Statement(
        "C4",
        "Of the downsampling positions tried, those that the hyper-cells found have the best trade-off:"
        f" none of the others is at least as fast and as accurate, or more than {TOLERANCE_POINTS:g} point"
        " more accurate.",
        ("table_5",),
        f"Table 5, Sec. 4.4.2: {'; '.join(texts)}.",
        "A against each other setting; the largest p value counts. Reproduced: more accurate than each, or"
        f" clearly faster and less accurate by no more than {TOLERANCE_POINTS:g} point. Not reproduced: less"
        f" accurate than a setting and not clearly faster, p corrected for their number. {_CLEAR}",
    )
    return claim_of(statement, _downsampling(evidence), evidence.scale)


def _downsampling(evidence: Evidence) -> Finding:
    networks = evidence.networks("table_5", "val")
    own = next((one for one in networks if one.label == "hyper-cell" and one.is_measured), None)
    faults = [fault for one in networks for fault in one.faults]
    measured = [one for one in networks if one.is_measured]
    others = _distinct(evidence, own, measured) if own else []
    spread, more = evidence.training_spread()
    sources = (*(source for one in networks for source in one.sources), *more)
    known: dict[str, Any] = {"ours": "; ".join(map(shown, measured)), "n": len(measured), "sources": sources}
    if own and not others and len(measured) == len(networks) > 1:
        genotype = evidence.genotype(own.architecture)[0]
        cells = sum(one.depth for one in genotype.hyper_cells) if genotype else 0
        reason = (
            f"Each other setting, applied to A's {cells} cells, is network A itself: a search that keeps"
            " more cells is needed."
        )
        return not_testable(reason, faults, **known)
    if own is None or not others or len(measured) < len(networks):
        return not_testable("Every setting must be measured.", faults, **known)
    if dead := evidence.dead(own.architecture):
        return not_testable("A is degenerate: a search with a live network A is needed.", dead, **known)
    found = compare(own, others, spread)
    if not found:
        return not_testable(f"The spread of training runs is unknown: {NO_SPREAD}.", faults, **known)
    tested = intersection([_trade_off(one) for one in found])
    near = [one for one in found if not one.faster] or found
    closest = min(near, key=lambda one: one.gap.value)
    return Finding(
        ours=f"{own.judged}, {own.device}: {'; '.join(map(shown, [own, *others]))}.",
        verdict=direction(tested),
        reason=with_faults(" ".join(map(_apart, found)), faults),
        n=1 + len(others),
        p_value=tested.p,
        interval=closest.gap.interval,
        paper_effect=_reported("hyper-cell", "table_5") - _reported(closest.rival.label, "table_5")
        if closest.rival.label in quoted_table("table_5").keys
        else None,
        unit=f"% mIoU ahead of the setting {closest.rival.label}",
        sources=sources,
    )


def _trade_off(one: Comparison) -> Tested:
    """A faster network may lose a little, and losing more than that is no evidence against it."""
    if one.faster:
        return one.gap.against(-TOLERANCE_POINTS)._replace(less=1.0)
    return one.gap.against()


def _distinct(evidence: Evidence, own: Network, networks: Sequence[Network]) -> list[Network]:
    """The settings that are networks of their own: small networks make some the same, down to A itself."""
    seen = [evidence.genotype(own.architecture)[0]]
    found = []
    for one in networks:
        genotype = evidence.genotype(one.architecture)[0]
        if one == own or (genotype is not None and genotype in seen):
            continue
        seen.append(genotype)
        found.append(one)
    return found
