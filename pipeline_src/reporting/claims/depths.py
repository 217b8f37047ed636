"""C3, C7 and C8: how many cells the hyper-cells keep, how stable that is, and which settles first."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean
from typing import Any

import numpy as np

from pipeline_src.reporting.claims.chosen import AGREEMENT_RULE, agreement_for
from pipeline_src.reporting.claims.evidence import Evidence, Searched, Settling
from pipeline_src.reporting.claims.finding import (
    Finding,
    Statement,
    claim_of,
    direction,
    interval_text,
    not_testable,
    spelled,
    with_faults,
    with_needed,
)
from pipeline_src.reporting.claims.statistics import (
    Tested,
    mean_of,
    runs_for_share,
    runs_for_signs,
    share,
    signed_rank,
)
from pipeline_src.reporting.paper.quoted import quoted_table
from pipeline_src.reporting.read.claims import Claim, Verdict

MOST_CELLS = 2
"""Of the first hyper-cell, as the paper has it (Sec. 4.4.6)."""
_DEEP = f"Live searches that keep more than {MOST_CELLS} cells in some hyper-cell; others show no depth."
_NONE_DEEP = f"keep more than {MOST_CELLS} cells in some hyper-cell: searches that keep more are needed"


def _braces(numbers: Sequence[int]) -> str:
    return f"{{{', '.join(map(str, numbers))}}}"


def is_deep(depths: Sequence[int]) -> bool:
    """Whether some hyper-cell keeps more cells than every one may keep by the paper's bound."""
    return max(depths) > MOST_CELLS


def _distances(depths: Sequence[Sequence[int]]) -> list[float]:
    """For each run the largest distance of a hyper-cell from the runs' median, in cells."""
    runs = np.asarray(depths, dtype=float)
    return [float(value) for value in np.abs(runs - np.median(runs, axis=0)).max(axis=1)]


def depths_are_robust(evidence: Evidence) -> Claim:
    """C3: the depths found do not depend on the seed or the initial depths (Table 4)."""
    quoted = quoted_table("table_4")
    runs = "; ".join(f"seed {row[0]} {row[1]} -> {row[2]}" for row in quoted.rows)
    statement = Statement(
        "C3",
        "The depths that hyper-cells end with depend neither on the random seed nor on the initial numbers"
        " of cells.",
        ("table_4",),
        f"Table 4, Sec. 4.4.2: {runs}.",
        "Agreement on depths of the searches of Table 4 against null searches without a weight of latency:"
        " exact over all ways of choosing which are the nulls, two-sided. Reproduced: more alike than the"
        " nulls and than by chance (agreement.csv); the largest p value counts. Not reproduced: less alike"
        f" than the nulls. Not testable where no search keeps more than {MOST_CELLS} cells in a hyper-cell.",
    )
    return claim_of(statement, _robustness(evidence), evidence.scale)


def _robustness(evidence: Evidence) -> Finding:
    runs, faults = evidence.searched("table_4")
    known: dict[str, Any] = {"n": len(runs), "sources": tuple(one.source for one in runs)}
    ours = _robustness_words(runs)
    if len({one.search.seed for one in runs}) < 2 or len({one.search.depths for one in runs}) < 2:
        reason = "Searches must differ in seed and in initial depths, at least two of each."
        return not_testable(reason, faults, ours, **known)
    if not any(is_deep(one.genotype.depths) for one in runs):
        return not_testable(f"None of the {len(runs)} live searches {_NONE_DEEP}.", faults, ours, **known)
    found, unknown = agreement_for(evidence, "C3")
    if found is None or found.p_less is None:
        return not_testable(unknown, faults, ours, **known)
    tested = Tested(found.observed, found.p, found.p_less)
    return Finding(
        ours=ours,
        verdict=direction(tested),
        reason=with_faults(f"{found.text[:1].upper()}{found.text[1:]}.", faults),
        statistic=tested.statistic,
        p_value=tested.p,
        **known,
    )


def _robustness_words(runs: Sequence[Searched]) -> str:
    if len(runs) < 2:
        kept = "".join(_braces(one.genotype.depths) for one in runs)
        return f"The only live search kept {kept} cells." if runs else ""
    distance = fmean(_distances([one.genotype.depths for one in runs]))
    return (
        f"In {spelled(len(runs))} live searches the farthest hyper-cell ended {distance:.2f} cells from the"
        " median, on average."
    )


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
        f" {_DEEP} {AGREEMENT_RULE}",
    )
    return claim_of(statement, _settling(evidence), evidence.scale)


def _lead(one: Settling) -> int:
    return min(one.epochs[1:]) - one.epochs[0]


def _settling(evidence: Evidence) -> Finding:
    live, faults = evidence.settlings()
    found = [one for one in live if is_deep(one.depths)]
    leads = [_lead(one) for one in found]
    first = sum(1 for lead in map(_lead, live) if lead > 0)
    ours = f"Hyper-cell 1 settled before both others in {first} of {len(live)} live searches." if live else ""
    known: dict[str, Any] = {"ours": ours, "n": len(leads), "sources": tuple(one.source for one in live)}
    needed, telling = runs_for_signs(), sum(1 for lead in leads if lead)
    if telling < needed:
        reason = f"{len(found)} of {len(live)} live searches {_NONE_DEEP}"
        reason += f", {needed} with a lead or a lag (here {telling})."
        return not_testable(reason, faults, **known)
    alike, unknown = agreement_for(evidence, "C7")
    if alike is None:
        return not_testable(unknown, faults, **known)
    tested, mean = signed_rank(leads), mean_of(leads)
    interval = mean.interval if mean else None
    return Finding(
        verdict=direction(tested),
        reason=with_faults(
            f"A mean lead of {fmean(leads):.1f} epochs ({interval_text(interval, 'epochs')}), p ="
            f" {tested.p:.2g}; {alike.text}.",
            faults,
        ),
        statistic=tested.statistic,
        p_value=max(tested.p, alike.p),
        interval=interval,
        unit="epochs that hyper-cell 1 is ahead",
        **known,
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
        " reproduced where a search keeps more. Reproduced where all keep to it, against chance (two of the"
        f" smallest initial depth; scipy.stats.binomtest). {_DEEP} {AGREEMENT_RULE}",
    )
    return claim_of(statement, _early(evidence), evidence.scale)


def _early(evidence: Evidence) -> Finding:
    runs, faults = evidence.searched("table_4")
    able = [one for one in runs if one.search.depths[0] > MOST_CELLS]
    telling = [one for one in able if is_deep(one.genotype.depths)]
    kept = [one.genotype.depths[0] for one in telling]
    sources = tuple(one.source for one in runs)
    if not able:
        reason = f"No search that has ended started hyper-cell 1 with more than {MOST_CELLS} cells."
        return not_testable(reason, faults, _early_words([], 0), sources=sources)
    chance = MOST_CELLS / min(one.search.depths[0] for one in able)
    needed = runs_for_share(chance)
    ours = _early_words([one.genotype.depths[0] for one in able], needed)
    known: dict[str, Any] = {"ours": ours, "n": len(kept), "sources": sources}
    broken = sum(1 for number in kept if number > MOST_CELLS)
    if len(kept) < needed and not broken:
        reason = f"{len(kept)} of {len(able)} live searches {_NONE_DEEP}, {needed} at least."
        return not_testable(reason, faults, **known)
    alike, unknown = agreement_for(evidence, "C8")
    if alike is None:
        return not_testable(unknown, faults, **known)
    found = share(len(kept) - broken, len(kept), chance)
    verdict: Verdict = "reproduced"
    own, reason = found.tested.p, f"All {len(kept)} searches keep to it; by chance p = {found.tested.p:.2g}"
    if broken:
        verdict, own = "not reproduced", 0.0
        reason = f"{broken} of {len(kept)} searches keep more than {MOST_CELLS} cells"
    return Finding(
        verdict=verdict,
        reason=with_faults(f"{reason}; {alike.text}.", faults),
        statistic=float(found.hits),
        p_value=max(own, alike.p),
        interval=found.interval,
        paper_effect=1.0,
        unit="share of searches that keep at most two cells",
        **known,
    )


def _early_words(kept: Sequence[int], needed: int) -> str:
    """How many cells the searches kept that could have kept more than the bound."""
    if not kept:
        return ""
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
