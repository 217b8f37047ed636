"""C11 and C12: networks found on Cityscapes on CamVid, and how small A is."""

from __future__ import annotations

from statistics import fmean
from typing import Any

from pipeline_src.config.models import SpaceConfig
from pipeline_src.reporting.claims.ablations import searched_against_random
from pipeline_src.reporting.claims.evidence import NO_SPREAD, Evidence, Network
from pipeline_src.reporting.claims.finding import (
    TOLERANCE_POINTS,
    Finding,
    Statement,
    claim_of,
    direction,
    interval_text,
    not_testable,
    percent,
    printed,
)
from pipeline_src.reporting.claims.statistics import ERROR, Mean, Tested, summed
from pipeline_src.reporting.paper.quoted import quoted_number, quoted_table
from pipeline_src.reporting.read.claims import Claim
from pipeline_src.reporting.tables.conditions import set_title

PAPER_SCALE = "paper"
_GAMMAS = (("AutoRTNet-A", "0.01"), ("AutoRTNet-B", "0.001"))
_CAMVID = "mIoU (%)"


def networks_transfer(evidence: Evidence) -> Claim:
    """C11: networks found on Cityscapes transfer to CamVid (Table 2)."""
    pairs = "; ".join(
        f"{name} {printed('table_2', name, _CAMVID)} %, searched on CamVid with the same gamma"
        f" {printed('figure_6', gamma, _CAMVID)} %"
        for name, gamma in _GAMMAS
    )
    quoted = quoted_table("table_2")
    others = [
        (quoted_number(quoted.cell(key, _CAMVID)) or 0.0, key)
        for key in quoted.keys
        if not key.startswith("AutoRTNet")
    ]
    best, name = max(others)
    statement = Statement(
        "C11",
        "Networks found on Cityscapes transfer to CamVid: A and B are there no less accurate than networks"
        " that were searched on CamVid with the same gamma, seed and initial numbers.",
        ("table_2", "figure_6"),
        f"Table 2, Figure 6, Sec. 4.3: {pairs}; C {printed('table_2', 'AutoRTNet-C', _CAMVID)} %; the best"
        f" other system, {name}, {best} %.",
        "Mean of the two differences in mIoU, t test and interval (scipy.stats.t) of the means over training"
        " runs, whose spread is pooled over the networks that were trained on CamVid more than once."
        f" Reproduced: above -{TOLERANCE_POINTS:g} point (no worse), and searched networks are more accurate"
        " than random ones (C2's test), since otherwise there is nothing to transfer; the larger p value"
        f" counts. Not reproduced: below -{TOLERANCE_POINTS:g} point.",
    )
    return claim_of(statement, _transfer(evidence), evidence.scale)


def _transfer(evidence: Evidence) -> Finding:
    if evidence.grid.main == evidence.grid.second:
        main = set_title(evidence.grid.main)
        return not_testable(
            f"The main set is {main} at this scale: A and B were searched there, and nothing was transferred."
            " A search on another data set is needed."
        )
    transferred = [one for label, _ in _GAMMAS for one in evidence.networks("table_2", "test", label)]
    there = {one.architecture.search: one for one in evidence.networks("figure_6", "test")}
    pairs, faults = [], [one.faults[0] for one in transferred if one.miou is None]
    for one in transferred:
        partner = _partner(one, there)
        if partner is None:
            faults.append(f"experiments.camvid_gammas has no search with the gamma of {one.label}")
        elif partner.miou is None:
            faults.append(partner.faults[0])
        elif one.miou is not None:
            pairs.append((one, partner))
    gaps = [one.mean - other.mean for one, other in pairs if one.mean is not None and other.mean is not None]
    spread, more = evidence.training_spread(evidence.grid.second)
    known: dict[str, Any] = {
        "ours": "; ".join(
            f"{one.label} {percent(one.mean or 0)}, searched on CamVid {percent(other.mean or 0)}"
            for one, other in pairs
        )
        + _others(evidence),
        "n": 2 * len(gaps),
        "sources": (*(source for pair in pairs for network in pair for source in network.sources), *more),
    }
    if len(gaps) < len(_GAMMAS):
        reason = "A and B, and the networks searched on CamVid with their gammas, must be judged on CamVid."
        return not_testable(reason, faults, **known)
    dead = evidence.dead(*(network.architecture for pair in pairs for network in pair))
    if dead:
        return not_testable("A network is degenerate: live ones are needed.", dead, **known)
    # Each of the four networks enters the mean difference with the weight 1/2.
    weight = sum(1 / len(network.mious) for pair in pairs for network in pair) / 4
    gap = summed(fmean(gaps), [(spread, weight)])
    found, _ = searched_against_random(evidence)
    if gap is None or found is None:
        reason = f"Repeats of training are needed ({NO_SPREAD}), and what C2 needs."
        return not_testable(reason, faults, **known)
    reason = f"The difference is {interval_text(gap.interval, 'points')}; for C2, p = {found.more:.2g}."
    tested = gap.against(-TOLERANCE_POINTS)
    reported = [
        (quoted_number(printed("table_2", name, _CAMVID)) or 0.0)
        - (quoted_number(printed("figure_6", gamma, _CAMVID)) or 0.0)
        for name, gamma in _GAMMAS
    ]
    return Finding(
        verdict=direction(tested := tested._replace(more=max(tested.more, found.more))),
        reason=f"{reason}{_needed(gap, tested)}",
        p_value=tested.p,
        interval=gap.interval,
        paper_effect=fmean(reported),
        unit="% mIoU",
        **known,
    )


def _needed(gap: Mean, tested: Tested) -> str:
    """How many training runs would tell a difference from the tolerated loss, where these do not."""
    times = gap.times_as_many(-TOLERANCE_POINTS)
    if tested.p <= ERROR or times is None:
        return ""
    return (
        f" About {times} times as many training runs would tell it from a loss of {TOLERANCE_POINTS:g} point."
    )


def _partner(one: Network, there: dict) -> Network | None:
    search = one.architecture.search
    for other, network in there.items():
        if (
            search
            and other
            and (other.gamma, other.seed, other.depths)
            == (
                search.gamma,
                search.seed,
                search.depths,
            )
        ):
            return network  # type: ignore[no-any-return]
    return None


def _others(evidence: Evidence) -> str:
    """C, and other systems that were measured here on CamVid; not part of the verdict."""
    texts = [
        f"; {one.label} {percent(one.miou)}"
        for one in evidence.networks("table_2", "test")
        if one.miou is not None and one.label not in dict(_GAMMAS)
    ]
    return "".join(texts)


def small_and_accurate(evidence: Evidence) -> Claim:
    """C12: A has 2.5 M parameters or fewer at its accuracy on CamVid (Table 2)."""
    parameters, miou = (printed("table_2", "AutoRTNet-A", name) for name in ("Parameters (M)", _CAMVID))
    statement = Statement(
        "C12",
        f"AutoRTNet-A has {parameters} M parameters or fewer and with them {miou} % mIoU on the CamVid test"
        " set.",
        ("table_2",),
        f"Table 2, Sec. 4.3: {parameters} M parameters, {miou} % mIoU.",
        "Parameters are counted and rounded as in the paper; more of them in the paper's space is not"
        f" reproduced, without a p value. The accuracy, at scale {PAPER_SCALE} only: t test and interval"
        " (scipy.stats.t) of the difference of A's mean over training runs to the reported single run, whose"
        " spread is pooled over the networks that were trained more than once. Reproduced: above"
        f" -{TOLERANCE_POINTS:g} point; not reproduced: below it.",
    )
    return claim_of(statement, _small(evidence, float(parameters), float(miou)), evidence.scale)


def _small(evidence: Evidence, most: float, wanted: float) -> Finding:
    found = evidence.networks("table_2", "test", "AutoRTNet-A")
    genotype, path = evidence.genotype(evidence.grid.network_a)
    own = next((one for one in found if one.parameters is not None), None)
    if own is None or own.parameters is None or genotype is None:
        faults = [fault for one in found for fault in one.faults]
        faults += [] if genotype else [f"{path} is missing"]
        return not_testable("A must be counted.", faults)
    millions = own.parameters / 1e6
    accuracy = "accuracy not measured" if own.mean is None else percent(own.mean)
    spread, more = evidence.training_spread(evidence.grid.second)
    known: dict[str, Any] = {
        "ours": f"{millions:.2f} M parameters, {accuracy} on {own.judged}",
        "n": max(len(own.mious), 1),
        "sources": (*own.sources, path, *more),
    }
    if genotype.space != SpaceConfig():
        reason = "The networks here have another width than the paper's: the paper's space is needed."
        return not_testable(reason, **known)
    if round(millions, 1) > most:
        reason = f"A has more parameters than the {most} M that the paper reports."
        return Finding(verdict="not reproduced", reason=reason, **known)
    if evidence.scale != PAPER_SCALE:
        reason = (
            f"Small enough, but trained and evaluated at scale {evidence.scale}: its accuracy does not"
            f" compare with the reported one; scale {PAPER_SCALE} is needed."
        )
        return not_testable(reason, **known)
    if dead := evidence.dead(evidence.grid.network_a):
        return not_testable("A is degenerate, and small for that: a live A is needed.", dead, **known)
    if own.mean is None:
        return not_testable("Small enough; its accuracy must be measured.", own.faults, **known)
    gap = summed(own.mean - wanted, [(spread, 1 / len(own.mious) + 1)])
    if gap is None:
        return not_testable(f"Repeats of training are needed ({NO_SPREAD}).", **known)
    tested = gap.against(-TOLERANCE_POINTS)
    return Finding(
        verdict=direction(tested),
        reason=f"The difference is {interval_text(gap.interval, 'points')}.{_needed(gap, tested)}",
        p_value=tested.p,
        interval=gap.interval,
        paper_effect=0.0,
        unit="% mIoU more than the paper reports",
        **known,
    )
