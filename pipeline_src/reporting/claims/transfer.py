"""C11 and C12: networks found on Cityscapes on CamVid, and how small A is."""

from __future__ import annotations

from dataclasses import replace
from statistics import fmean

from pipeline_src.config.models import SpaceConfig
from pipeline_src.reporting.claims.ablations import searched_beat_random
from pipeline_src.reporting.claims.evidence import NO_SPREAD, Evidence, Network
from pipeline_src.reporting.claims.finding import (
    TOLERANCE_POINTS,
    Finding,
    Statement,
    claim_of,
    interval_text,
    no_worse,
    percent,
    printed,
    undecided,
    with_faults,
)
from pipeline_src.reporting.claims.statistics import margin_of, trainings_to_resolve
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
        "Mean of the two differences in mIoU, with the 95 % t interval (scipy.stats.t) of the means over"
        " trainings, whose spread is pooled over the networks that were trained on CamVid more than once."
        f" Reproduced: the interval lies above -{TOLERANCE_POINTS:g} point (no worse), and the search is"
        " known to find something (C2). Not reproduced: below it.",
    )
    return claim_of(statement, _transfer(evidence), evidence.scale)


def _transfer(evidence: Evidence) -> Finding:
    if evidence.grid.main == evidence.grid.second:
        main = set_title(evidence.grid.main)
        return undecided(
            f"The main set is {main} at this scale: A and B were searched there, and nothing was transferred."
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
    ours = "; ".join(
        f"{one.label} {percent(one.mean or 0)}, searched on CamVid {percent(other.mean or 0)}"
        for one, other in pairs
    ) + _others(evidence)
    sources = tuple(source for pair in pairs for network in pair for source in network.sources)
    dead = evidence.dead(*(network.architecture for pair in pairs for network in pair))
    if len(gaps) < len(_GAMMAS):
        reason = "A and B, and the networks searched on CamVid with their gammas, must be judged on CamVid."
        return undecided(with_faults(reason, faults), ours, n=2 * len(gaps), sources=sources)
    if dead:
        return undecided(with_faults("A network is dead.", dead), ours, n=2 * len(gaps), sources=sources)
    # Each of the four networks enters the mean difference with the weight 1/2.
    weight = sum(1 / len(network.mious) for pair in pairs for network in pair) / 4
    found = _judged(evidence, fmean(gaps), weight, ours, 2 * len(gaps), sources)
    if found.verdict == "reproduced" and not searched_beat_random(evidence):
        reason = f"{found.reason} But the search is not known to find anything that could transfer (C2)."
        return replace(found, verdict="undecided", reason=reason)
    return found


def _judged(
    evidence: Evidence, gap: float, weight: float, ours: str, n: int, sources: tuple[str, ...]
) -> Finding:
    spread, more = evidence.training_spread(evidence.grid.second)
    margin = margin_of([(spread, weight)])
    if margin is None or spread is None:
        reason = f"How far trainings of one network lie apart is unknown: {NO_SPREAD}."
        return undecided(reason, ours, n=n, sources=sources)
    interval = (gap - margin, gap + margin)
    verdict = no_worse(interval)
    reason = f"The difference is {interval_text(interval, 'points')}."
    if verdict == "undecided":
        needed = trainings_to_resolve(gap + TOLERANCE_POINTS, spread.value, weight)
        runs = f"About {needed} trainings of each" if needed else "No practicable number of trainings"
        reason = f"{reason} {runs} would tell it from a loss of {TOLERANCE_POINTS:g} point."
    return Finding(
        ours=ours,
        verdict=verdict,
        reason=reason,
        n=n,
        interval=interval,
        unit="% mIoU",
        sources=(*sources, *more),
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
        "Parameters are counted and rounded as printed; more of them in the paper's space is not"
        f" reproduced. The accuracy, at scale {PAPER_SCALE} only: difference to the printed one with the 95"
        " % t interval (scipy.stats.t) of the mean over A's trainings against one training, whose spread is"
        f" pooled over the networks that were trained more than once; reproduced where it"
        f" lies above -{TOLERANCE_POINTS:g} point, not reproduced below.",
    )
    return claim_of(statement, _small(evidence, float(parameters), float(miou)), evidence.scale)


def _small(evidence: Evidence, most: float, wanted: float) -> Finding:
    found = evidence.networks("table_2", "test", "AutoRTNet-A")
    genotype, path = evidence.genotype(evidence.grid.network_a)
    own = next((one for one in found if one.parameters is not None), None)
    if own is None or own.parameters is None or genotype is None:
        faults = [fault for one in found for fault in one.faults]
        faults += [] if genotype else [f"{path} is missing"]
        return undecided(with_faults("A must be counted.", faults))
    millions = own.parameters / 1e6
    accuracy = "accuracy not measured" if own.mean is None else percent(own.mean)
    ours = f"{millions:.2f} M parameters, {accuracy} on {own.judged}"
    sources = (*own.sources, path)
    if genotype.space != SpaceConfig():
        reason = "The networks here are of another width than the paper's, so their size says nothing of A's."
        return undecided(reason, ours, n=1, sources=sources)
    if round(millions, 1) > most:
        reason = f"A has more parameters than the {most} M that are printed."
        return Finding(ours, "not reproduced", reason, n=1, sources=sources)
    if evidence.scale != PAPER_SCALE:
        reason = (
            f"Small enough, but trained and judged at scale {evidence.scale}: its accuracy does not compare"
            f" with the printed one; scale {PAPER_SCALE} is needed."
        )
        return undecided(reason, ours, n=1, sources=sources)
    dead = evidence.dead(evidence.grid.network_a)
    if dead:
        return undecided(with_faults("A is dead, and small for that.", dead), ours, n=1, sources=sources)
    if own.mean is None:
        return undecided(
            with_faults("Small enough; its accuracy is unknown.", own.faults), ours, n=1, sources=sources
        )
    weight = 1 / len(own.mious) + 1
    return _judged(evidence, own.mean - wanted, weight, ours, len(own.mious), sources)
