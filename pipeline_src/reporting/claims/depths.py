"""C3, C7 and C8: how many cells the hyper-cells keep, how stable that is, and which settles first."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean
from typing import Any

import numpy as np

from pipeline_src.reporting.claims.chosen import why_not_found
from pipeline_src.reporting.claims.evidence import Evidence, Searched, Settling
from pipeline_src.reporting.claims.finding import (
    Finding,
    Statement,
    by_interval,
    claim_of,
    interval_text,
    spelled,
    undecided,
    with_faults,
    with_needed,
)
from pipeline_src.reporting.claims.statistics import (
    ERROR,
    FEWEST,
    against_chance,
    mean_interval,
    runs_for_majority,
    runs_for_signs,
    share,
    signed_rank,
)
from pipeline_src.reporting.paper.quoted import quoted_table
from pipeline_src.reporting.read.claims import Claim, Verdict
from pipeline_src.space.catalogue import HYPER_CELLS

TOLERANCE_CELLS = 1.0
"""How far a run's depth may lie from the others: the most that the paper's own Table 4 shows."""
MOST_CELLS = 2
"""Of the first hyper-cell, as the paper has it (Sec. 4.4.6)."""
_JUDGED_WHERE = (
    "Live searches only; judged where the searches of Table 4 agree on depths beyond chance and beyond"
    " their null."
)


def _braces(numbers: Sequence[int]) -> str:
    return f"{{{', '.join(map(str, numbers))}}}"


def farthest(depths: np.ndarray, axis: int = -1) -> np.ndarray:
    """Mean over runs of the largest distance of a run's hyper-cells from the median of the runs, in cells.

    Args:
        depths: numbers of cells, run by run, the three hyper-cells side by side along `axis`.
    """
    flat = np.moveaxis(np.asarray(depths, dtype=float), axis, -1)
    runs = flat.reshape(*flat.shape[:-1], -1, HYPER_CELLS)
    distance = np.abs(runs - np.median(runs, axis=-2, keepdims=True))
    return distance.max(axis=-1).mean(axis=-1)


def _distances(depths: Sequence[Sequence[int]]) -> list[float]:
    runs = np.asarray(depths, dtype=float)
    return [float(value) for value in np.abs(runs - np.median(runs, axis=0)).max(axis=1)]


def depths_are_robust(evidence: Evidence) -> Claim:
    """C3: the depths found do not depend on the seed or the initial numbers of cells (Table 4)."""
    quoted = quoted_table("table_4")
    runs = "; ".join(f"seed {row[0]} {row[1]} -> {row[2]}" for row in quoted.rows)
    statement = Statement(
        "C3",
        "The depths that hyper-cells end with depend neither on the random seed nor on the initial numbers"
        " of cells.",
        ("table_4",),
        f"Table 4, Sec. 4.4.2: {runs}.",
        "A run's distance is that of its farthest hyper-cell from the median of all runs, in cells. Mean"
        " distance against depths drawn evenly from 1 to the initial number (scipy.stats.monte_carlo_test,"
        f" one-sided, null hypothesis: chance), t interval of the mean over {FEWEST} runs or more"
        " (scipy.stats.t). Reproduced: p <= 0.05 and the interval below one cell, the most that the paper's"
        f" own runs differ by. Not reproduced: the interval above one cell. {_JUDGED_WHERE}",
    )
    return claim_of(statement, _robustness(evidence), evidence.scale)


def _robustness(evidence: Evidence) -> Finding:
    runs, faults = evidence.searched("table_4")
    ours, sources = _robustness_words(runs), tuple(one.source for one in runs)
    known: dict[str, Any] = {"n": len(runs), "sources": sources}
    if len({one.search.seed for one in runs}) < 2 or len({one.search.depths for one in runs}) < 2:
        reason = "Searches must differ in seed and in initial numbers, at least two of each."
        return undecided(with_faults(reason, faults), ours, **known)
    depths = [one.genotype.depths for one in runs]
    distances = _distances(depths)
    interval = mean_interval(distances)
    highest = [number for one in runs for number in one.search.depths]
    tested = against_chance([number for run in depths for number in run], highest, farthest)
    known |= {"statistic": tested.statistic, "p_value": tested.p, "interval": interval, "unit": "cells"}
    if interval is None:
        reason = f"{len(runs)} live runs are too few for an interval; {FEWEST} runs are needed."
        return undecided(with_faults(reason, faults), ours, **known)
    blocked = why_not_found(evidence, "C3")
    if blocked:
        return undecided(with_faults(blocked, faults), ours, **known)
    verdict: Verdict = "undecided"
    if interval[0] > TOLERANCE_CELLS:
        verdict, reason = "not reproduced", "Runs lie more than one cell apart."
    elif interval[1] < TOLERANCE_CELLS and tested.p <= ERROR:
        verdict, reason = "reproduced", "Runs lie less than one cell apart, closer than chance."
    elif interval[1] < TOLERANCE_CELLS:
        reason = f"Runs lie close, but depths drawn by chance from so few would too (p = {tested.p:.2g})."
    else:
        reason = (
            f"The mean distance, {interval_text(interval, 'cells')}, may be one cell; more runs would tell."
        )
    return Finding(ours, verdict, with_faults(reason, faults), **known)


def _robustness_words(runs: Sequence[Searched]) -> str:
    if len(runs) < 2:
        kept = "".join(_braces(one.genotype.depths) for one in runs)
        return with_needed(f"The only live search kept {kept} cells", 1, FEWEST) if runs else ""
    distance = fmean(_distances([one.genotype.depths for one in runs]))
    sentence = (
        f"In {spelled(len(runs))} live searches the farthest hyper-cell ended {distance:.2f} cells from the"
        " median, on average"
    )
    return with_needed(sentence, len(runs), FEWEST)


def first_settles_first(evidence: Evidence) -> Claim:
    """C7: hyper-cell 1 finds its depth before the others do (Figure 5)."""
    ends = ", ".join(f"{row[2]} of {row[1]}" for row in quoted_table("figure_5").rows)
    statement = Statement(
        "C7",
        "Hyper-cell 1 finds its final depth earlier in the search than hyper-cells 2 and 3.",
        ("figure_5",),
        f"Sec. 4.4.4, Figure 5, the search of A alone, which keeps {ends} cells: hyper-cell 1 'finds its"
        " optimal depth much earlier than the other ones'.",
        "Over all searches of the grid: a hyper-cell settles at the epoch from which its argmax depth stays"
        " as it ends, counted from when beta is trained; the lead is the epoch of the earlier of"
        " hyper-cells 2 and 3 less that of hyper-cell 1. Two-sided signed-rank test, exact, in"
        " Wilcoxon's form, null hypothesis: no lead; t interval of the mean lead (scipy.stats.t)."
        f" Decided where p <= 0.05 and the interval excludes zero, by the sign. {_JUDGED_WHERE}",
    )
    return claim_of(statement, _settling(evidence), evidence.scale)


def _lead(one: Settling) -> int:
    return min(one.epochs[1:]) - one.epochs[0]


def _settling(evidence: Evidence) -> Finding:
    found, faults = evidence.settlings()
    leads = [_lead(one) for one in found]
    sources = tuple(one.source for one in found)
    first = sum(1 for lead in leads if lead > 0)
    needed, telling = runs_for_signs(), sum(1 for lead in leads if lead)
    ours = (
        f"Hyper-cell 1 settled before both others in {first} of {len(leads)} live searches." if leads else ""
    )
    if telling < needed:
        reason = f"{telling} searches with a lead or a lag cannot give p <= 0.05; {needed} could."
        return undecided(with_faults(reason, faults), ours, n=len(leads), sources=sources)
    tested, interval = signed_rank(leads), mean_interval(leads)
    blocked = why_not_found(evidence, "C7")
    if blocked:
        return undecided(with_faults(blocked, faults), ours, n=len(leads), sources=sources)
    verdict = by_interval(interval, tested.p)
    leading = (
        f"A mean lead of {fmean(leads):.1f} epochs ({interval_text(interval, 'epochs')}), p = {tested.p:.2g}"
    )
    reason = f"{leading}." if verdict != "undecided" else f"{leading}, allows none; more searches would tell."
    return Finding(
        ours=ours,
        verdict=verdict,
        reason=with_faults(reason, faults),
        n=len(leads),
        statistic=tested.statistic,
        p_value=tested.p,
        interval=interval,
        unit="epochs that hyper-cell 1 is ahead",
        sources=sources,
    )


def early_downsampling(evidence: Evidence) -> Claim:
    """C8: hyper-cell 1 keeps at most two cells (Table 4)."""
    quoted = quoted_table("table_4")
    firsts = ", ".join(row[2].strip("{}").split(",")[0] for row in quoted.rows)
    statement = Statement(
        "C8",
        "Hyper-cell 1 keeps at most two cells, whatever it starts with.",
        ("table_4",),
        f"Table 4, Sec. 4.4.6 (early downsampling): {firsts} cells in the six searches.",
        "Over the searches of Table 4 that start with more than two cells there. The claim is a bound: not"
        " reproduced where a run keeps more. Reproduced where all keep to it, against chance (two of the"
        " smallest initial number; scipy.stats.binomtest, one-sided) with p <= 0.05, and the exact interval"
        f" of the share that does lies above one half. {_JUDGED_WHERE}",
    )
    return claim_of(statement, _early(evidence), evidence.scale)


def _early(evidence: Evidence) -> Finding:
    runs, faults = evidence.searched("table_4")
    telling = [one for one in runs if one.search.depths[0] > MOST_CELLS]
    kept = [one.genotype.depths[0] for one in telling]
    sources = tuple(one.source for one in runs)
    if not telling:
        reason = (
            f"No search that has ended started with more than {MOST_CELLS} cells: none could break the bound."
        )
        return undecided(with_faults(reason, faults), _none_early(len(runs)), sources=sources)
    chance = MOST_CELLS / min(one.search.depths[0] for one in telling)
    needed = runs_for_majority()
    while chance**needed > ERROR:
        needed += 1
    ours = _early_words(kept, needed)
    blocked = why_not_found(evidence, "C8")
    if blocked:
        return undecided(with_faults(blocked, faults), ours, n=len(kept), sources=sources)
    hits = sum(1 for number in kept if number <= MOST_CELLS)
    tested = share(hits, len(kept), chance)
    verdict: Verdict = "undecided"
    reason = (
        f"{hits} of {len(kept)} that can tell keep to it, too few against chance ({chance:.2f} a run);"
        f" {needed} are needed."
    )
    if hits < len(kept):
        verdict = "not reproduced"
        reason = f"{len(kept) - hits} of {len(kept)} searches keep more than {MOST_CELLS}."
    elif len(kept) >= needed:
        verdict, reason = "reproduced", f"All {len(kept)} searches keep to it; by chance p = {tested.p:.2g}."
    return Finding(
        ours=ours,
        verdict=verdict,
        reason=with_faults(reason, faults),
        n=len(kept),
        statistic=float(hits),
        p_value=tested.p,
        interval=tested.interval,
        unit="share of searches that keep at most two cells",
        sources=sources,
    )


def _none_early(ended: int) -> str:
    """Where no search could break the bound."""
    if not ended:
        return ""
    searches = "The only live search" if ended == 1 else f"None of the {spelled(ended)} live searches"
    start = "did not start" if ended == 1 else "started"
    return f"{searches} {start} hyper-cell 1 with more than {spelled(MOST_CELLS)} cells."


def _early_words(kept: Sequence[int], needed: int) -> str:
    """How many cells the searches kept that could have kept more than the bound."""
    if len(kept) == 1:
        cells = f"{kept[0]} cell{'s' if kept[0] > 1 else ''}"
        return with_needed(f"The only informative search kept {cells}", 1, needed)
    hits = sum(1 for number in kept if number <= MOST_CELLS)
    many = spelled(len(kept))
    who = (
        f"All {many} informative searches"
        if hits == len(kept)
        else f"Of {many} informative searches {spelled(hits)}"
    )
    sentence = f"{who} kept at most {spelled(MOST_CELLS)} cells ({', '.join(map(str, kept))})"
    return with_needed(sentence, len(kept), needed)
