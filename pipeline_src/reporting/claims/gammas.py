"""C6: a larger weight of the latency term gives faster and less accurate networks (Figure 6). [no torch]"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean
from typing import Any

import numpy as np
from scipy import stats

from pipeline_src.reporting.claims.control import control_note
from pipeline_src.reporting.claims.evidence import Evidence
from pipeline_src.reporting.claims.finding import (
    Finding,
    Statement,
    claim_of,
    direction,
    not_testable,
    with_faults,
)
from pipeline_src.reporting.claims.statistics import ERROR, Interval, slope_interval, smallest_trend_p, trend
from pipeline_src.reporting.paper.quoted import quoted_number, quoted_table
from pipeline_src.reporting.read.claims import Claim


def gamma_gives_speed(evidence: Evidence) -> Claim:
    """C6a: a larger gamma gives faster networks (Figure 6)."""
    return _part(evidence, "C6a", "faster", "FPS", 1)


def gamma_costs_accuracy(evidence: Evidence) -> Claim:
    """C6b: a larger gamma gives less accurate networks (Figure 6)."""
    return _part(evidence, "C6b", "less accurate", "mIoU (%)", -1)


def _part(evidence: Evidence, name: str, how: str, column: str, sign: int) -> Claim:
    quoted = quoted_table("figure_6")
    unit = " %" if sign < 0 else " FPS"
    points = "; ".join(f"gamma {gamma}: {quoted.cell(gamma, column)}{unit}" for gamma in quoted.keys)
    statement = Statement(
        name,
        f"A larger weight gamma of the latency term gives {how} networks, monotonically.",
        ("figure_6",),
        f"Figure 6, Sec. 4.4.5: {points}.",
        f"Jonckheere and Terpstra's test of {column.removesuffix(' (%)')} of networks grouped by gamma, exact"
        " and two-sided (by permutation with ties), null hypothesis: no order. The interval is of the slope"
        " over the logarithm of gamma, of FPS as a factor (scipy.stats.theilslopes).",
    )
    return claim_of(statement, _gammas(evidence, column, sign), evidence.scale)


def _gammas(evidence: Evidence, column: str, sign: int) -> Finding:
    networks = evidence.networks("figure_6", "test")
    # Accuracy needs no latency.
    measured = [one for one in networks if (one.fps if sign > 0 else one.miou) is not None]
    by_gamma: dict[float, list[float]] = {}
    for one in measured:
        if one.architecture.search is not None:
            value = one.fps if sign > 0 else one.miou
            by_gamma.setdefault(one.architecture.search.gamma, []).append(value or 0.0)
    faults = [fault for one in networks for fault in one.faults]
    gammas = sorted(by_gamma)
    groups = [by_gamma[gamma] for gamma in gammas]
    name, unit = ("FPS", " FPS") if sign > 0 else ("mIoU", " %")
    control, further = control_note(evidence) if sign < 0 else ((), ())
    known: dict[str, Any] = {
        "ours": "; ".join(
            f"gamma {gamma:g}: {_shown(values)}{unit}" for gamma, values in zip(gammas, groups, strict=True)
        ),
        "n": len(measured),
        "notes": control if measured else (),
        "sources": (*(source for one in measured for source in one.sources), *(further if measured else ())),
    }
    smallest = smallest_trend_p([len(group) for group in groups])
    if smallest > ERROR:
        reason = (
            f"{len(gammas)} gammas with {len(measured)} networks cannot give p <= {ERROR} (at best"
            f" {smallest:.2g}); more gammas or more seeds of each (experiments.gamma_seeds) could."
        )
        return not_testable(reason, faults, **known)
    tested = trend([[sign * value for value in group] for group in groups])
    reason = f"p = {tested.p:.2g}."
    if steps := against_the_trend(gammas, groups, sign, name, unit.replace(" FPS", "")):
        reason += f" Not at every step: {steps}."
    if tested.p > ERROR:
        reason += " More gammas, or more seeds of each, would tell."
    return Finding(
        verdict=direction(tested),
        reason=with_faults(reason, faults),
        statistic=tested.statistic,
        p_value=tested.p,
        interval=_slope(gammas, groups, sign),
        paper_effect=_paper_slope(column, sign),
        unit=f"{'times the FPS' if sign > 0 else '% mIoU'} for each tenfold gamma",
        **known,
    )


def _shown(values: Sequence[float]) -> str:
    low, high = min(values), max(values)
    return f"{low:.1f}" if len(values) == 1 else f"{low:.1f} to {high:.1f}"


def against_the_trend(
    gammas: Sequence[float], groups: Sequence[Sequence[float]], sign: int, name: str, unit: str
) -> str:
    """The steps from a gamma to the next at which a mean goes the other way; the test is of the whole."""
    means = [fmean(group) for group in groups]
    return "; ".join(
        f"{name} goes from {means[at]:.1f} to {means[at + 1]:.1f}{unit} on average between gamma "
        f"{gammas[at]:g} and {gammas[at + 1]:g}"
        for at in range(len(gammas) - 1)
        if sign * (means[at + 1] - means[at]) < 0
    )


def _slope(gammas: Sequence[float], groups: Sequence[Sequence[float]], sign: int) -> Interval | None:
    """Of mIoU in points, of FPS as a factor, since devices differ."""
    if min(gammas) <= 0:  # no logarithm
        return None
    points = [
        (math.log10(gamma), value) for gamma, group in zip(gammas, groups, strict=True) for value in group
    ]
    x, y = [point[0] for point in points], [point[1] for point in points]
    if sign < 0:
        return slope_interval(x, y)
    found = slope_interval(x, np.log10(y).tolist())
    return None if found is None else (10 ** found[0], 10 ** found[1])


def _paper_slope(column: str, sign: int) -> float:
    quoted = quoted_table("figure_6")
    x = [math.log10(float(key)) for key in quoted.keys]
    y = [quoted_number(quoted.cell(key, column)) or 0.0 for key in quoted.keys]
    if sign < 0:
        return float(stats.theilslopes(y, x).slope)
    return float(10 ** stats.theilslopes(np.log10(y), x).slope)
