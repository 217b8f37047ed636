"""Whether accuracy depends on what a search chose: A against A without hyper-cells 2 and 3 (A29). [no torch]

A claim that A, or what is like it, is accurate can only be reproduced where A is more accurate than its
control: what does not depend on the cells says nothing of them.
"""

from __future__ import annotations

from dataclasses import replace
from statistics import fmean

from pipeline_src.config.rows import CONTROL
from pipeline_src.reporting.claims.evidence import NO_SPREAD, Evidence, Network
from pipeline_src.reporting.claims.finding import interval_text, percent
from pipeline_src.reporting.claims.statistics import margin_of
from pipeline_src.reporting.read.claims import Claim

HELD = frozenset({"C1", "C2", "C4", "C5", "C11", "C12"})
"""The claims on accuracy."""


def held_against_control(claim: Claim, evidence: Evidence) -> Claim:
    """The claim, undecided where it would be reproduced and A is not known to be ahead of its control."""
    if claim.verdict != "reproduced" or claim.id not in HELD:
        return claim
    why, sources = why_not_ahead(evidence)
    if not why:
        return claim
    return replace(
        claim,
        verdict="undecided",
        reason=f"{claim.reason} But {why}",
        sources=tuple(dict.fromkeys((*claim.sources, *sources))),
    )


def why_not_ahead(evidence: Evidence) -> tuple[str, tuple[str, ...]]:
    """Why A is not known to be more accurate than its control, and the files behind it.

    Empty where it is, and where the grid has no control (`experiments.control`).
    """
    if evidence.grid.control is None:
        return "", ()
    own, control = _trainings(evidence, "AutoRTNet"), _trainings(evidence, CONTROL)
    if own is None or control is None:
        return "A, and A without hyper-cells 2 and 3, must both be trained to tell what it owes to them.", ()
    sources = (*own.sources, *control.sources)
    means = fmean(control.mious), fmean(own.mious)
    told = f"A without hyper-cells 2 and 3 reaches {percent(means[0])}, A {percent(means[1])}"
    spread, more = evidence.training_spread()
    margin = margin_of([(spread, 1 / len(own.mious) + 1 / len(control.mious))])
    if margin is None:
        return f"{told}, and how far trainings lie apart is unknown: {NO_SPREAD}.", (*sources, *more)
    gap = means[1] - means[0]
    if gap - margin > 0:
        return "", ()
    apart = interval_text((gap - margin, gap + margin), "points")
    return f"{told}: a difference of {apart}, so accuracy may not depend on these cells.", (*sources, *more)


def _trainings(evidence: Evidence, label: str) -> Network | None:
    found = evidence.networks("table_3", "val", label)
    return next((one for one in found if one.mious), None)
