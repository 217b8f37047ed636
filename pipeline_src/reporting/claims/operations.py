"""C9 and C10: which operations the searches choose where. [no torch]"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

from pipeline_src.config.grid import Grid
from pipeline_src.config.models import Config
from pipeline_src.reporting.claims.chosen import AGREEMENT_RULE, agreement_for
from pipeline_src.reporting.claims.evidence import Evidence
from pipeline_src.reporting.claims.finding import (
    Finding,
    Statement,
    claim_of,
    direction,
    not_testable,
    with_faults,
)
from pipeline_src.reporting.claims.statistics import FEWEST, Share, share
from pipeline_src.reporting.read.claims import Claim
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

MAJORITY = 0.5
"""What "always" and "tends to" are held against: most searches."""
AFTERWARDS = (
    "This part was chosen after the data of the first run at scale camvid were known (2026-11-30): confirm"
    " it on new searches."
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


def _maps(grid: Grid) -> dict[str, tuple[int, int]]:
    """The maps behind the third hyper-cell that searches see, (height, width) by data set."""
    found = {}
    for dataset in dict.fromkeys(one.dataset for one in grid.searches):
        block = grid.dataset_config(dataset)
        crop = (block.search_crop_height_px, block.search_crop_width_px)
        found[dataset] = stage_size(grid.config.space, crop, HYPER_CELLS)
    return found


def _map_words(grid: Grid) -> str:
    """`on feature maps of 6x8 pixels, where the paper's search has about 12x24`; empty where they are its."""
    maps, paper = _maps(grid), _papers_maps()
    if set(maps.values()) <= set(paper.values()):
        return ""
    sizes = " and ".join(dict.fromkeys(f"{height}x{width}" for height, width in maps.values()))
    height, width = paper["cityscapes"]
    return f", on feature maps of {sizes} pixels, where the paper's search has about {height}x{width}"


@cache
def _papers_maps() -> dict[str, tuple[int, int]]:
    return _maps(Grid(Config()))


def _twins(grid: Grid) -> str:
    """Why a search could not tell dilation 4 from another one; empty where it could."""
    for dataset, size in _maps(grid).items():
        alike = coinciding(size)
        if DILATION_4 in alike:
            return (
                f"Searches on {dataset} see maps of {size[0]}x{size[1]} behind the third hyper-cell, where"
                f" {' and '.join(alike)} are the same function. Larger data.{dataset}.search_crop_height_px"
                " and search_crop_width_px tell them apart."
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


def plain_low(genotype: Genotype) -> bool:
    """Whether every aggregation edge that leaves the first hyper-cell is a plain convolution."""
    operations = leaving(genotype, "x1")
    return bool(operations) and not any(map(is_dilated, operations))


def dilated_deep(genotype: Genotype) -> bool:
    """Whether every aggregation edge that leaves the third hyper-cell is dilated."""
    operations = leaving(genotype, "x3")
    return bool(operations) and all(map(is_dilated, operations))


def deeper(genotype: Genotype) -> int:
    """How many more of the edges that leave x3 are dilated than of those that leave x1."""
    return dilated_edges(genotype, "x3") - dilated_edges(genotype, "x1")


def dilated_edges(genotype: Genotype, source: str) -> int:
    """How many of the aggregation edges that leave `x1`..`x3` are dilated."""
    return sum(map(is_dilated, leaving(genotype, source)))


def is_dilated(operation: str) -> bool:
    """Whether an operation is a dilated convolution."""
    return operation.startswith("dilconv")


_EDGES = {name: sum(1 for edge in AGGREGATION_EDGES if edge.source == name) for name in ("x1", "x3")}
_DILATED = sum(map(is_dilated, AGGREGATION_OPERATIONS)) / len(AGGREGATION_OPERATIONS)


@dataclass(frozen=True)
class Habit:
    """A claim that searches choose something.

    Attributes:
        id, sentence, paper: as of `Claim`.
        holds: whether a search does it; None where it does not tell.
        chance: the share of searches that the claim is held against.
        paper_share: the share that the paper claims; None where it shows one network.
        told: what a search that does it does, in words.
        edges: the same over edges, in words.
        note: on the claim.
    """

    id: str
    sentence: str
    paper: str
    holds: Callable[[Genotype], bool | None]
    chance: float
    told: str
    edges: Callable[[Sequence[Genotype]], str] = lambda genotypes: ""
    paper_share: float | None = None
    note: str = ""


def _deeper_or_not(genotype: Genotype) -> bool | None:
    return deeper(genotype) > 0 if deeper(genotype) else None


def _of_edges(genotypes: Sequence[Genotype], source: str) -> str:
    whole = _EDGES[source] * len(genotypes)
    dilated = sum(dilated_edges(one, source) for one in genotypes)
    return f"; {dilated} of {whole} edges of {source} are dilated (chance {_DILATED * whole:.0f})"


def _of_early_edges(genotypes: Sequence[Genotype]) -> str:
    edges = [name for one in genotypes for name in early_operations(one)]
    return f"; {edges.count(EARLY)} of {len(edges)} edges (chance {len(edges) / len(CELL_OPERATIONS):.0f})"


_ALWAYS_4 = Habit(
    "C9",
    "In the aggregation cell, the edges that leave the third hyper-cell always choose dilation 4",
    "Sec. 4.4.6, Figure 7, A alone: 'the operations from the outputs of third hyper-cell always choose"
    " the operation with dil=4 rather than dil=2 or 8'.",
    all_dilated_by_4,
    MAJORITY,
    "all edges that leave x3 have dilation 4",
    paper_share=1.0,
)
_HABITS_OF_C10 = (
    Habit(
        "C10a",
        "In the aggregation cell, edges that leave hyper-cell 1 choose plain convolutions",
        "Sec. 4.4.6, Figure 7, A alone: 'the lower layers only prefer the common convolution operations'.",
        plain_low,
        (1 - _DILATED) ** _EDGES["x1"],
        "all edges that leave x1 are plain convolutions",
        partial(_of_edges, source="x1"),
        note=AFTERWARDS,
    ),
    Habit(
        "C10b",
        "In the aggregation cell, edges that leave hyper-cell 3 are dilated more often than those that leave"
        " hyper-cell 1",
        "Sec. 4.4.6, Figure 7, A alone: 'the deeper layers enjoy dilated convolution, while the lower layers"
        " only prefer the common convolution operations'.",
        _deeper_or_not,
        0.5,
        "more of the edges that leave x3 are dilated than of x1's, where they differ",
        note=AFTERWARDS,
    ),
    Habit(
        "C10c",
        "In the aggregation cell, edges that leave hyper-cell 3 choose dilated convolutions",
        "Sec. 4.4.6, Figure 7, A alone: 'the deeper layers enjoy dilated convolution'.",
        dilated_deep,
        _DILATED ** _EDGES["x3"],
        "all edges that leave x3 are dilated",
        partial(_of_edges, source="x3"),
        note=AFTERWARDS,
    ),
    Habit(
        "C10d",
        "Early cells mostly choose conv3x3",
        "Sec. 4.4.6, Figure 7, A alone: 'the selection of operations in early stage always tends to"
        " conv3x3'.",
        prefers_conv3x3_early,
        MAJORITY,
        "conv3x3 is the most frequent operation of hyper-cell 1",
        _of_early_edges,
        note=AFTERWARDS,
    ),
)


def third_hyper_cell(evidence: Evidence) -> Claim:
    """C9: aggregation edges that leave the third hyper-cell choose dilation 4 (Sec. 4.4.6)."""
    return _assessed(evidence, _ALWAYS_4, _map_words(evidence.grid), _twins(evidence.grid))


def _assessed(evidence: Evidence, habit: Habit, where: str = "", obstacle: str = "") -> Claim:
    chance = "one half" if habit.chance == MAJORITY else f"chance, {habit.chance:.3g}"
    statement = Statement(
        habit.id,
        f"{habit.sentence}{where}.",
        ("figure_7",),
        habit.paper,
        "Over all live searches of the grid, each counted once: binomial test, exact and two-sided"
        f" (scipy.stats.binomtest), of the share in which {habit.told}, against"
        f" {chance}; exact interval of the share. {AGREEMENT_RULE}",
    )
    return claim_of(statement, _counted(evidence, habit, obstacle), evidence.scale)


def _counted(evidence: Evidence, habit: Habit, obstacle: str) -> Finding:
    searched, faults = evidence.searched()
    genotypes = [one.genotype for one in searched]
    telling = [does for does in map(habit.holds, genotypes) if does is not None]
    known: dict[str, Any] = {
        "n": len(telling),
        "notes": (habit.note,) if habit.note and genotypes else (),
        "sources": tuple(one.source for one in searched),
    }
    if telling:
        known["ours"] = (
            f"In {sum(telling)} of {len(telling)} live searches {habit.told}{habit.edges(genotypes)}."
        )
    if obstacle or len(telling) < FEWEST:
        reason = f"At least {FEWEST} live searches that tell are needed, here {len(telling)}."
        return not_testable(obstacle or reason, faults, **known)
    alike, unknown = agreement_for(evidence, habit.id)
    if alike is None:
        return not_testable(unknown, faults, **known)
    found = share(sum(telling), len(telling), habit.chance)
    return Finding(
        verdict=direction(found.tested),
        reason=with_faults(f"{_share_words(found)}; {alike.text}.", faults),
        statistic=float(found.hits),
        p_value=max(found.tested.p, alike.p),
        interval=found.interval,
        paper_effect=habit.paper_share,
        unit="share of searches",
        **known,
    )


def _share_words(found: Share) -> str:
    low, high = found.interval
    return f"{found.hits} of {found.n}, the true share {low:.2f} to {high:.2f}, p = {found.tested.p:.2g}"


PARTS_OF_C10 = tuple(partial(_assessed, habit=habit) for habit in _HABITS_OF_C10)
"""C10's parts: the first operations of cells and the aggregation cell's (Sec. 4.4.6)."""
