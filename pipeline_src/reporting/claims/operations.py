"""C9 and C10: which operations the searches choose where."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence

from pipeline_src.reporting.claims.chosen import why_not_found
from pipeline_src.reporting.claims.evidence import Evidence
from pipeline_src.reporting.claims.finding import (
    Finding,
    Statement,
    all_of,
    claim_of,
    undecided,
    with_faults,
    with_needed,
)
from pipeline_src.reporting.claims.statistics import ERROR, Share, runs_for_majority, share
from pipeline_src.reporting.read.claims import Claim, Verdict
from pipeline_src.space.catalogue import (
    AGGREGATION_EDGES,
    AGGREGATION_OPERATIONS,
    CELL_OPERATIONS,
    HYPER_CELLS,
)
from pipeline_src.space.genotype import Genotype
from pipeline_src.space.reach import stage_size

DILATION_4 = "dilconv3x3_d4_x2"
EARLY = "conv3x3"

_COINCIDE = "the maps that a search sees tell dilation 4 from the other operations"
_MAJORITY = (
    "Reproduced: the exact interval of the true share (scipy.stats.binomtest) lies above one half. Not"
    " reproduced: it lies below one half. p: one-sided binomial test against chance"
)


def coinciding(map_size: tuple[int, int]) -> tuple[str, ...]:
    """Dilated operations that are the same function on a map of this (height, width), bit for bit.

    A tap at a distance of the dilation falls beside the map, into the padding, where the dilation is not
    smaller than the map's side. Where all but the middle one do, the dilation no longer matters.
    """
    found = []
    for name in AGGREGATION_OPERATIONS:
        dilation = re.search(r"_d(\d+)", name)
        if dilation and int(dilation[1]) >= max(map_size):
            found.append(name)
    return tuple(found) if len(found) > 1 else ()


def _twins(evidence: Evidence) -> str:
    """Why a search could not tell dilation 4 from another one; empty where it could."""
    space = evidence.grid.config.space
    for dataset in dict.fromkeys(one.dataset for one in evidence.grid.searches):
        block = evidence.grid.dataset_config(dataset)
        crop = (block.search_crop_height_px, block.search_crop_width_px)
        size = stage_size(space, crop, HYPER_CELLS)
        alike = coinciding(size)
        if DILATION_4 in alike:
            shown = f"{size[0]}x{size[1]}"
            return (
                f"Searches on {dataset} see maps of {shown} behind the third hyper-cell, crops being"
                f" {crop[0]}x{crop[1]}: {' and '.join(alike)} are the same function there. Larger"
                f" data.{dataset}.search_crop_height_px and search_crop_width_px tell them apart."
            )
    return ""


def leaving(genotype: Genotype, source: str) -> tuple[str, ...]:
    """The operations of the aggregation edges that leave `x1`..`x3`; none without an aggregation cell."""
    if genotype.aggregation is None:
        return ()
    pairs = zip(AGGREGATION_EDGES, genotype.aggregation, strict=True)
    return tuple(operation for edge, operation in pairs if edge.source == source)


def early_operations(genotype: Genotype) -> tuple[str, ...]:
    """The operations in use in the first hyper-cell: its normal cells count where it keeps any."""
    first = genotype.hyper_cells[0]
    return first.reduction + (first.normal if first.depth > 1 else ())


def all_dilated_by_4(genotype: Genotype) -> bool:
    """Whether every aggregation edge that leaves the third hyper-cell has dilation 4."""
    operations = leaving(genotype, "x3")
    return bool(operations) and set(operations) == {DILATION_4}


def prefers_conv3x3_early(genotype: Genotype) -> bool:
    """Whether conv3x3 is more frequent in the first hyper-cell than any other operation."""
    counts = Counter(early_operations(genotype))
    return (
        all(counts[EARLY] > number for name, number in counts.items() if name != EARLY) and counts[EARLY] > 0
    )


def dilates_deep(genotype: Genotype) -> bool:
    """Whether more of the edges that leave x3 are dilated than of those that leave x1."""
    deep, low = (leaving(genotype, source) for source in ("x3", "x1"))
    return _dilated(deep) > _dilated(low)


def _dilated(operations: Sequence[str]) -> float:
    return sum(name.startswith("dilconv") for name in operations) / max(len(operations), 1)


def third_hyper_cell(evidence: Evidence) -> Claim:
    """C9: aggregation edges that leave the third hyper-cell choose dilation 4 (Sec. 4.4.6)."""
    edges = sum(1 for edge in AGGREGATION_EDGES if edge.source == "x3")
    chance = (1 / len(AGGREGATION_OPERATIONS)) ** edges
    statement = Statement(
        "C9",
        "In the aggregation cell, the edges that leave the third hyper-cell always choose dilation 4;"
        " judged by searches in which all of them do.",
        ("figure_7",),
        "Sec. 4.4.6, Figure 7, A alone: 'the operations from the outputs of third hyper-cell always choose"
        " the operation with dil=4 rather than dil=2 or 8'.",
        f"Over all live searches of the grid, a network each, where {_COINCIDE}, and where the searches of"
        " Table 4 agree on the aggregation cell beyond chance and beyond their null."
        f" {_MAJORITY} (1/{len(AGGREGATION_OPERATIONS)} an"
        f" edge, {chance:.3g} for the {edges} edges of x3).",
    )
    return claim_of(statement, _third(evidence, chance), evidence.scale)


def _third(evidence: Evidence, chance: float) -> Finding:
    genotypes, faults, sources = _genotypes(evidence)
    if not genotypes:
        return undecided(with_faults(_needs_searches(), faults))
    blocked = _twins(evidence) or why_not_found(evidence, "C9")
    found = _count(genotypes, all_dilated_by_4, chance)
    return Finding(
        ours=_third_words(found),
        verdict="undecided" if blocked else majority(found),
        reason=with_faults(blocked or majority_reason(found), faults),
        n=found.n,
        statistic=float(found.hits),
        p_value=found.p,
        interval=found.interval,
        unit="share of searches",
        sources=sources,
    )


def operations_by_depth(evidence: Evidence) -> Claim:
    """C10: early cells choose conv3x3, deep aggregation edges dilated convolutions (Sec. 4.4.6)."""
    statement = Statement(
        "C10",
        "Early cells mostly choose conv3x3, and deep aggregation edges dilated convolutions; judged by"
        " searches in which conv3x3 is the most frequent operation of hyper-cell 1, and by searches in"
        " which more of the edges that leave x3 are dilated than of those that leave x1.",
        ("figure_7",),
        "Sec. 4.4.6, Figure 7, A alone: 'the selection of operations in early stage always tends to"
        " conv3x3', and in the aggregation cell 'the deeper layers enjoy dilated convolution, while the"
        " lower layers only prefer the common convolution operations'.",
        "Both parts over all live searches of the grid, a network each, where the searches of Table 4 agree"
        " on cells and aggregation cell beyond chance and beyond their null; reproduced where both are, not"
        f" reproduced where one is not. {_MAJORITY} (by symmetry at most 1/{len(CELL_OPERATIONS)} and 1/2;"
        " the larger p counts). Interval: of the part with the smaller share.",
    )
    return claim_of(statement, _by_depth(evidence), evidence.scale)


def _by_depth(evidence: Evidence) -> Finding:
    genotypes, faults, sources = _genotypes(evidence)
    if not genotypes:
        return undecided(with_faults(_needs_searches(), faults))
    early = _count(genotypes, prefers_conv3x3_early, 1 / len(CELL_OPERATIONS))
    deep = _count(genotypes, dilates_deep, 0.5)
    blocked = why_not_found(evidence, "C10")
    weaker = min(early, deep, key=lambda one: one.hits)
    return Finding(
        ours=_by_depth_words(early, deep),
        verdict="undecided" if blocked else all_of((majority(early), majority(deep))),
        reason=with_faults(
            blocked or f"Early cells: {majority_reason(early)} Aggregation: {majority_reason(deep)}", faults
        ),
        n=early.n,
        statistic=float(weaker.hits),
        p_value=max(early.p, deep.p),
        interval=weaker.interval,
        unit="share of searches, the weaker part",
        sources=sources,
    )


def majority(found: Share) -> Verdict:
    """Whether most networks do it: by the interval of the share against one half."""
    if found.interval[0] > 0.5:
        return "reproduced"
    return "not reproduced" if found.interval[1] < 0.5 else "undecided"


def majority_reason(found: Share) -> str:
    """The share, its interval, and what is missing where it decides nothing."""
    low, high = found.interval
    text = f"{found.hits} of {found.n}, the true share {low:.2f} to {high:.2f}"
    if majority(found) == "not reproduced" and found.p <= ERROR:
        return f"{text}: more often than by chance (p = {found.p:.2g}), but not the rule."
    if majority(found) != "undecided":
        return f"{text}."
    needed = runs_for_majority()
    more = f"; at least {needed} searches are needed" if found.n < needed else "; more searches would tell"
    return f"{text}, may be one half{more}."


def _third_words(found: Share) -> str:
    whole = "all edges that leave x3 have dilation 4"
    if found.n == 1:
        sentence = f"In the only live search {'' if found.hits else 'not '}{whole}"
    else:
        sentence = f"In {found.hits} of {found.n} live searches {whole}"
    return with_needed(sentence, found.n, runs_for_majority())


def _by_depth_words(early: Share, deep: Share) -> str:
    first, second = (
        "the most frequent operation of hyper-cell 1",
        "of the edges that leave x3 are dilated than of x1's",
    )
    if early.n == 1:
        is_first, more = "is" if early.hits else "is not", "more" if deep.hits else "no more"
        sentence = f"In the only live search conv3x3 {is_first} {first}, and {more} {second}"
    else:
        sentence = (
            f"In {early.hits} of {early.n} live searches conv3x3 is {first}, and in {deep.hits} more {second}"
        )
    return with_needed(sentence, early.n, runs_for_majority())


def _needs_searches() -> str:
    return f"No search has ended; at least {runs_for_majority()} are needed."


def _count(genotypes: Sequence[Genotype], holds: Callable[[Genotype], bool], chance: float) -> Share:
    return share(sum(map(holds, genotypes)), len(genotypes), chance)


def _genotypes(evidence: Evidence) -> tuple[list[Genotype], tuple[str, ...], tuple[str, ...]]:
    found, faults = evidence.searched()
    return [one.genotype for one in found], faults, tuple(one.source for one in found)
