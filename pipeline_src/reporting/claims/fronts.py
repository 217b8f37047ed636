"""C1 and C4: which of two networks is ahead in speed or accuracy, beyond what a rerun would change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pipeline_src.reporting.claims.evidence import NO_SPREAD, Evidence, Network
from pipeline_src.reporting.claims.finding import (
    TOLERANCE_POINTS,
    Finding,
    Statement,
    claim_of,
    no_worse,
    percent,
    printed,
    undecided,
    with_faults,
)
from pipeline_src.reporting.claims.statistics import Interval, Spread, margin_of, trainings_to_resolve
from pipeline_src.reporting.paper.quoted import quoted_number, quoted_table
from pipeline_src.reporting.read.claims import Claim, Verdict

OWN = ("AutoRTNet-A", "AutoRTNet-B")
PAIR = 2
"""Sum of the squared weights in a difference of two single runs."""

_CLEAR = (
    "Clearly more accurate: by more than the 95 % t interval (scipy.stats.t) of a difference of the means"
    " over the trainings of two networks, whose spread is pooled over the networks that were trained more"
    " than once. Clearly faster: the upper quartile of its"
    " latency lies below the other's lower quartile."
)


@dataclass(frozen=True)
class Standing:
    """One network against another.

    Attributes:
        own, rival: the two.
        gap: mean mIoU of own's trainings less that of the rival's, in percent.
        interval: of the gap; None where the spread of trainings is unknown.
        place: `ahead` where own is clearly more accurate or clearly faster; `behind` where the rival is
            clearly more accurate and own is not clearly faster; `open` otherwise.
        faster: own is clearly faster.
    """

    own: Network
    rival: Network
    gap: float
    interval: Interval | None
    place: Literal["ahead", "behind", "open"]
    faster: bool

    @property
    def no_less_accurate(self) -> bool:
        """Whether own is known to lose no more mIoU to the rival than what counts as the same."""
        return self.interval is not None and no_worse(self.interval) == "reproduced"


def stand(own: Network, rival: Network, spread: Spread | None) -> Standing:
    """Compare two measured networks; `spread` is that of one network's trainings."""
    assert own.mean is not None and rival.mean is not None and own.latency_ms and rival.latency_ms
    gap = own.mean - rival.mean
    margin = margin_of([(spread, 1 / len(own.mious) + 1 / len(rival.mious))])
    interval = None if margin is None else (gap - margin, gap + margin)
    faster = own.latency_ms[2] < rival.latency_ms[1]
    if faster or (interval is not None and interval[0] > 0):
        place: Literal["ahead", "behind", "open"] = "ahead"
    else:
        place = "behind" if interval is not None and interval[1] < 0 else "open"
    return Standing(own, rival, gap, interval, place, faster)


def shown(network: Network) -> str:
    """`AutoRTNet-A 72.2 % at 110.0 FPS`."""
    assert network.mean is not None and network.fps is not None
    return f"{network.label} {percent(network.mean)} at {network.fps:.1f} FPS"


def tightest(standings: Sequence[Standing]) -> Interval | None:
    """The interval of the smallest gap to a rival that is not clearly slower."""
    near = [one for one in standings if not one.faster]
    return min(near, key=lambda one: one.gap).interval if near else None


def why(standings: Sequence[Standing], spread: Spread | None) -> str:
    """Which rival stands in the way, or that none does."""
    behind = [one for one in standings if one.place == "behind"]
    if behind:
        worst = min(behind, key=lambda one: one.gap)
        return (
            f"{worst.rival.label} is clearly more accurate than {worst.own.label} ({-worst.gap:.1f} points)"
            " and not clearly slower."
        )
    unclear = [one for one in standings if one.place == "open"]
    if not unclear:
        return "Each is clearly faster or clearly more accurate than every other."
    pair = min(unclear, key=lambda one: abs(one.gap))
    if spread is None or pair.interval is None:
        return f"How far trainings of one network lie apart is unknown: {NO_SPREAD}."
    needed = trainings_to_resolve(pair.gap, spread.value, PAIR)
    runs = f"about {needed} trainings of each" if needed else "no practicable number of trainings"
    return (
        f"{pair.own.label} and {pair.rival.label} are {abs(pair.gap):.1f} points apart, within what another"
        f" training changes, and {pair.own.label} is not clearly faster; {runs} would tell them apart."
    )


def _quoted_front() -> str:
    quoted = quoted_table("table_1")
    points = {
        key: (quoted_number(quoted.cell(key, "FPS")), quoted_number(quoted.cell(key, "mIoU (%)")))
        for key in quoted.keys
    }
    peers = {key: point for key, point in points.items() if not key.startswith("AutoRTNet")}
    texts = []
    for name in OWN:
        fps, miou = points[name]
        better = sum(
            1
            for speed, accuracy in peers.values()
            if speed is not None and accuracy is not None and speed >= (fps or 0) and accuracy >= (miou or 0)
        )
        texts.append(
            f"{name} {printed('table_1', name, 'mIoU (%)')} % at {printed('table_1', name, 'FPS')} FPS, with"
            f" {better} of {len(peers)} other systems at least as fast and as accurate"
        )
    return "Table 1, Sec. 4.3: " + "; ".join(texts) + "."


def on_the_front(evidence: Evidence) -> Claim:
    """C1: A and B are on the front of speed and accuracy of the systems measured here (Table 1, Figure 1)."""
    statement = Statement(
        "C1",
        "AutoRTNet-A and -B are on the front of speed and accuracy: no other system measured on the same"
        " device and split is at least as fast and as accurate.",
        ("table_1", "figure_1"),
        _quoted_front(),
        "A and B against each other and every other system measured here, never against quoted ones."
        " Reproduced: clearly faster or clearly more accurate than each. Not reproduced: one is clearly"
        f" more accurate than A or B and not clearly slower. {_CLEAR}",
    )
    return claim_of(statement, _front(evidence), evidence.scale)


def _front(evidence: Evidence) -> Finding:
    systems = _systems(evidence)
    own = [one for one in systems if one.label in OWN and one.is_measured]
    if len(own) < len(OWN):
        faults = [fault for one in systems if one.label in OWN for fault in one.faults]
        return undecided(
            with_faults("A and B must both be measured.", faults),
            "; ".join(map(shown, own)),
            n=len(own),
            sources=tuple(source for one in own for source in one.sources),
        )
    measured = [one for one in systems if one.is_measured]
    alike = [one for one in measured if _conditions(one) == _conditions(own[0])]
    own = [one for one in own if one in alike]
    if len(own) < len(OWN):
        return undecided("A and B were not timed on one device.", "; ".join(map(shown, measured)), n=len(own))
    dead = evidence.dead(*(one.architecture for one in own))
    if dead:
        return undecided(
            with_faults("A or B is dead: its cells pass nothing on.", dead),
            "; ".join(map(shown, alike)),
            n=len(alike),
            sources=tuple(source for one in alike for source in one.sources),
        )
    peers = [one for one in alike if one.label not in OWN]
    spread, more = evidence.training_spread()
    standings = [stand(one, rival, spread) for one in own for rival in alike if rival != one]
    places = {one.place for one in standings}
    verdict: Verdict = "undecided"
    if "behind" in places:
        verdict = "not reproduced"
    elif peers and places == {"ahead"}:
        verdict = "reproduced"
    reason = why(standings, spread)
    if not peers:
        reason += " No other system is measured here, and quoted speeds are of another device: one is needed."
    apart = [
        f"{one.label} was measured on {', '.join(_conditions(one))}" for one in measured if one not in alike
    ]
    return Finding(
        ours=f"{own[0].judged}, {own[0].device}: {'; '.join(map(shown, [*own, *peers]))}.",
        verdict=verdict,
        reason=with_faults(reason, apart),
        n=len(alike),
        interval=tightest(standings),
        unit="% mIoU ahead of the closest system that is not clearly slower",
        sources=(*(source for one in alike for source in one.sources), *more),
    )


def _conditions(network: Network) -> tuple[str, str]:
    return network.device, network.judged


def _systems(evidence: Evidence) -> tuple[Network, ...]:
    """The systems of Table 1's test split; of Table 7's validation split where test labels are withheld.

    A* and B* are the same networks as A and B, trained with more data: no rivals of theirs.
    """
    found: list[tuple[Network, ...]] = []
    for table, role in (("table_1", "test"), ("table_7", "val")):
        networks = evidence.networks(table, role)  # type: ignore[arg-type]
        found.append(tuple(one for one in networks if one.label not in {f"{name}*" for name in OWN}))
        measured = {one.label for one in found[-1] if one.is_measured}
        if set(OWN) <= measured:
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
        "A against each other setting. Reproduced: clearly faster or clearly more accurate than each, and"
        f" less accurate than none by {TOLERANCE_POINTS:g} point (the interval lies above that loss). Not"
        f" reproduced: a setting is clearly more accurate and not clearly slower. {_CLEAR}",
    )
    return claim_of(statement, _downsampling(evidence), evidence.scale)


def _downsampling(evidence: Evidence) -> Finding:
    networks = evidence.networks("table_5", "val")
    own = next((one for one in networks if one.label == "hyper-cell" and one.is_measured), None)
    faults = [fault for one in networks for fault in one.faults]
    measured = [one for one in networks if one.is_measured]
    others = _distinct(evidence, own, measured) if own else []
    dead = evidence.dead(own.architecture) if own else []
    sources = tuple(dict.fromkeys(source for one in networks for source in one.sources))
    if own is None or not others or {one.device for one in others} != {own.device}:
        reason = "The searched setting and one that differs from it must be measured, all on one device."
        searched = evidence.genotype(own.architecture)[0] if own else None
        if searched is not None and not others and len(measured) == len(networks) > 1:
            cells = sum(one.depth for one in searched.hyper_cells)
            reason = (
                f"Each other setting, moved into A's {cells} cells, is network A itself: a search that keeps "
                "more cells is needed."
            )
        ours = "; ".join(map(shown, measured))
        return undecided(with_faults(reason, faults), ours, n=len(measured), sources=sources)
    if dead:
        reason = "A is dead: where its cells downsample changes nothing."
        ours = "; ".join(map(shown, measured))
        return undecided(with_faults(reason, dead), ours, n=len(measured), sources=sources)
    spread, more = evidence.training_spread()
    standings = [stand(own, other, spread) for other in others]
    places = {one.place for one in standings}
    verdict: Verdict = "undecided"
    reason = why(standings, spread)
    better = [one.rival.label for one in standings if not one.no_less_accurate]
    if "behind" in places:
        verdict = "not reproduced"
    elif places == {"ahead"} and better:
        names = ", ".join(better)
        reason = f"Clearly faster than {names}, but may lose more than {TOLERANCE_POINTS:g} point to it."
    elif places == {"ahead"} and not faults:
        verdict = "reproduced"
    elif places == {"ahead"}:
        reason = "Not every setting was run, and one that is missing may be better."
    return Finding(
        ours=f"{own.judged}, {own.device}: {'; '.join(map(shown, [own, *others]))}.",
        verdict=verdict,
        reason=with_faults(reason, faults),
        n=1 + len(others),
        interval=tightest(standings),
        unit="% mIoU ahead of the closest setting that is not clearly slower",
        sources=(*sources, *more),
    )


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
