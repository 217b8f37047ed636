"""C6: a larger weight of the latency term gives a faster and less accurate network (Figure 6)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean

from pipeline_src.reporting.claims.evidence import Evidence, Network
from pipeline_src.reporting.claims.finding import Finding, Statement, claim_of, undecided, with_faults
from pipeline_src.reporting.claims.statistics import (
    ERROR,
    Interval,
    slope_interval,
    smallest_trend_p,
    trend,
)
from pipeline_src.reporting.paper.quoted import quoted_table
from pipeline_src.reporting.read.claims import Claim, Verdict

ONE_SIDED_LEVEL = 0.9
"""Of the two-sided interval that goes with one-sided tests at 0.05."""


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
        "Jonckheere and Terpstra's test of networks grouped by gamma: FPS rises, and mIoU falls, each"
        " one-sided and exact (by permutation with ties), null hypothesis: no order; the larger p counts."
        " Not Page's test: seeds of two gammas have nothing in common that would make a block. Reproduced:"
        " p <= 0.05. Not reproduced: FPS falls or mIoU rises with one-sided p <= 0.05. Interval: of the"
        " slope of mIoU (scipy.stats.theilslopes).",
    )
    return claim_of(statement, _gammas(evidence), evidence.scale)


def _gammas(evidence: Evidence) -> Finding:
    networks = evidence.networks("figure_6", "test")
    measured = [one for one in networks if one.is_measured]
    by_gamma: dict[float, list[Network]] = {}
    for one in measured:
        if one.architecture.search is not None:
            by_gamma.setdefault(one.architecture.search.gamma, []).append(one)
    faults = [fault for one in networks for fault in one.faults]
    gammas = sorted(by_gamma)
    speeds = [[one.fps for one in by_gamma[gamma] if one.fps is not None] for gamma in gammas]
    accuracies = [[one.miou for one in by_gamma[gamma] if one.miou is not None] for gamma in gammas]
    ours = "; ".join(
        f"gamma {gamma:g}: {_shown(miou)} % at {_shown(fps)} FPS"
        for gamma, fps, miou in zip(gammas, speeds, accuracies, strict=True)
    )
    known = {
        "n": len(measured),
        "sources": tuple(source for one in measured for source in one.sources),
        "level": ONE_SIDED_LEVEL,
    }
    if len({one.device for one in measured}) > 1:
        reason = "The networks were timed on different devices, so their speeds do not compare."
        return undecided(reason, ours, **known)
    smallest = smallest_trend_p([len(group) for group in speeds])
    if smallest > ERROR:
        reason = (
            f"{len(gammas)} gammas with {len(measured)} networks cannot give p <= 0.05 (at best"
            f" {smallest:.2g}); more gammas or more seeds of each (experiments.gamma_seeds) could."
        )
        return undecided(with_faults(reason, faults), ours, **known)
    return _judged(gammas, speeds, accuracies, ours, faults, known)


def _shown(values: Sequence[float]) -> str:
    low, high = min(values), max(values)
    return f"{low:.1f}" if len(values) == 1 else f"{low:.1f} to {high:.1f}"


def _judged(
    gammas: Sequence[float],
    speeds: Sequence[Sequence[float]],
    accuracies: Sequence[Sequence[float]],
    ours: str,
    faults: Sequence[str],
    known: dict,
) -> Finding:
    faster, slower = trend(speeds, "greater"), trend(speeds, "less")
    worse, better = trend(accuracies, "less"), trend(accuracies, "greater")
    verdict: Verdict = "undecided"
    ps = f"p = {faster.p:.2g} for speed, {worse.p:.2g} for accuracy"
    reason = f"The order allows chance ({ps}); more gammas, or more seeds of each, would tell."
    if max(faster.p, worse.p) <= ERROR:
        verdict, reason = "reproduced", "Speed rises and accuracy falls with gamma."
        if steps := against_the_trend(gammas, speeds, accuracies):
            reason = f"Speed rises and accuracy falls with gamma by trend, not at every step: {steps}."
    elif min(slower.p, better.p) <= ERROR:
        what = "speed falls" if slower.p <= ERROR else "accuracy rises"
        verdict, reason = "not reproduced", f"With gamma {what}."
    return Finding(
        ours=f"{ours}; p = {faster.p:.2g} that FPS rises by chance, {worse.p:.2g} that mIoU falls by chance.",
        verdict=verdict,
        reason=with_faults(reason, faults),
        statistic=max((faster, worse), key=lambda one: one.p).statistic,
        p_value=max(faster.p, worse.p),
        interval=_slope(gammas, accuracies),
        unit="% mIoU for each tenfold gamma",
        **known,
    )


def against_the_trend(
    gammas: Sequence[float], speeds: Sequence[Sequence[float]], accuracies: Sequence[Sequence[float]]
) -> str:
    """The steps from a gamma to the next at which a mean goes the other way; the test is of the whole."""
    told = []
    for name, unit, groups, sign in (("FPS", "", speeds, 1), ("mIoU", " %", accuracies, -1)):
        means = [fmean(group) for group in groups]
        told += [
            f"{name} goes from {means[at]:.1f} to {means[at + 1]:.1f}{unit} on average between gamma "
            f"{gammas[at]:g} and {gammas[at + 1]:g}"
            for at in range(len(gammas) - 1)
            if sign * (means[at + 1] - means[at]) < 0
        ]
    return "; ".join(told)


def _slope(gammas: Sequence[float], values: Sequence[Sequence[float]]) -> Interval | None:
    if min(gammas) <= 0:  # no logarithm
        return None
    points = [
        (math.log10(gamma), value) for gamma, group in zip(gammas, values, strict=True) for value in group
    ]
    return slope_interval([x for x, _ in points], [y for _, y in points], ONE_SIDED_LEVEL)
