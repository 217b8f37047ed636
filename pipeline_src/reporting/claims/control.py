"""The ablated control: A against A without hyper-cells 2 and 3 (A29). It decides no claim. [no torch]"""

from __future__ import annotations

from statistics import fmean

from pipeline_src.config.rows import CONTROL
from pipeline_src.reporting.claims.evidence import NO_SPREAD, Evidence, Network
from pipeline_src.reporting.claims.finding import interval_text, percent
from pipeline_src.reporting.claims.statistics import summed


def control_note(evidence: Evidence) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """How much more accurate A is than its control, and the files behind it; nothing without a control."""
    if evidence.grid.control is None:
        return (), ()
    own, control = _trained(evidence, "AutoRTNet"), _trained(evidence, CONTROL)
    if own is None or control is None:
        return ("The control, A without hyper-cells 2 and 3, is not trained, or A is not.",), ()
    means = fmean(control.mious), fmean(own.mious)
    text = f"Control: A without hyper-cells 2 and 3 reaches {percent(means[0])}, A {percent(means[1])}"
    spread, more = evidence.training_spread()
    gap = summed(means[1] - means[0], [(spread, 1 / len(own.mious) + 1 / len(control.mious))])
    sources = (*own.sources, *control.sources, *more)
    if gap is None:
        return (f"{text}; how far training runs differ is unknown ({NO_SPREAD}).",), sources
    apart = interval_text(gap.interval, "points")
    if gap.interval[0] > 0:
        meaning = "accuracy depends on these cells"
    elif gap.interval[1] < 0:
        meaning = "A is less accurate with these cells"
    else:
        meaning = f"accuracy is not shown to depend on these cells, which add less than {gap.interval[1]:.1f}"
    return (f"{text}: a difference of {apart}, p = {gap.against().p:.2g}, so {meaning}.",), sources


def _trained(evidence: Evidence, label: str) -> Network | None:
    found = evidence.networks("table_3", "val", label)
    return next((one for one in found if one.mious), None)
