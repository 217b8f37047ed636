"""Whether a network is live: does its genotype let anything through, and did pretraining learn from it?

A search can end in a network whose cells are all `zero`: nothing of the image gets past its stem, whatever
accuracy its head reaches without. Such a network says nothing of what a search finds. [no torch]
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pipeline_src import places
from pipeline_src.config.runs import Architecture
from pipeline_src.errors import UserError
from pipeline_src.reporting.read.logs import read_log
from pipeline_src.reporting.read.records import Results
from pipeline_src.space.catalogue import CELL_EDGES, CELL_INPUTS, CELL_NODES
from pipeline_src.space.genotype import Genotype, HyperCellGenotype

ZERO = "zero"
ERROR = 0.05


@dataclass(frozen=True)
class Pretrained:
    """The last top-1 of a pretraining against guessing one of the classes.

    Attributes:
        top1: share of the validation images that were told right, 0..1.
        images, classes: of the validation set.
        p: exact one-sided binomial test, null hypothesis: every class is as likely to be answered.
    """

    top1: float
    images: int
    classes: int
    p: float


@dataclass(frozen=True)
class Liveness:
    """What is known of one network.

    Attributes:
        zeros: for each hyper-cell the share of zero edges among those of the cells that it keeps, 0..1.
        passes: for each hyper-cell whether a path of edges that are not zero leads to its output.
        pretrained: None where the network was not pretrained, or not judged.
        sources: the files behind this.
    """

    name: str
    zeros: tuple[float, ...]
    passes: tuple[bool, ...]
    pretrained: Pretrained | None
    sources: tuple[str, ...]

    @property
    def is_live(self) -> bool:
        """Something gets through every hyper-cell, and pretraining was above chance where there was one.

        Where all networks are trained from scratch (A30), the first criterion decides alone: the accuracy of
        finetuning is no substitute, as a head reaches a part of it without the last two hyper-cells (A29).
        """
        return all(self.passes) and (self.pretrained is None or self.pretrained.p <= ERROR)

    @property
    def fault(self) -> str:
        """Why it is dead; empty where it is live."""
        if not all(self.passes):
            cells = ", ".join(str(number) for number, passes in enumerate(self.passes, 1) if not passes)
            return f"{self.name} is dead: nothing gets through hyper-cell {cells} ({self.text})"
        if not self.is_live:
            return f"{self.name} is dead: its pretraining is not above chance ({self.text})"
        return ""

    @property
    def text(self) -> str:
        """`zero edges 20, 50, 100 %; pretraining 31.2 % of 1000 images, 10 classes`."""
        text = f"zero edges {', '.join(f'{100 * share:.0f}' for share in self.zeros)} %"
        if self.pretrained is None:
            return f"{text}; not pretrained"
        one = self.pretrained
        return f"{text}; pretraining {100 * one.top1:.1f} % of {one.images} images, {one.classes} classes"


def zero_shares(genotype: Genotype) -> tuple[float, ...]:
    """For each hyper-cell the share of zero edges, over all cells that it keeps."""
    shares = []
    for cell in genotype.hyper_cells:
        edges = [*cell.reduction, *(cell.normal * (cell.depth - 1))]
        shares.append(edges.count(ZERO) / len(edges))
    return tuple(shares)


def passes_through(genotype: Genotype) -> tuple[bool, ...]:
    """For each hyper-cell whether a path of edges that are not zero leads from the stem to its output."""
    older = newer = True
    for _ in range(genotype.leading_cells):
        older, newer = newer, _cell_passes(genotype.hyper_cells[0].normal, older, newer)
    found = []
    for cell in genotype.hyper_cells:
        for operations in _cells(cell):
            older, newer = newer, _cell_passes(operations, older, newer)
        found.append(newer)
    return tuple(found)


def _cells(cell: HyperCellGenotype) -> list[tuple[str, ...]]:
    return [cell.reduction, *([cell.normal] * (cell.depth - 1))]


def _cell_passes(operations: tuple[str, ...], older: bool, newer: bool) -> bool:
    """Whether anything reaches a node of one cell from inputs that are reached (Eq. 1)."""
    reached = [older, newer, *([False] * CELL_NODES)]
    for (source, target), operation in zip(CELL_EDGES, operations, strict=True):
        reached[target] = reached[target] or (reached[source] and operation != ZERO)
    return any(reached[CELL_INPUTS:])


def pretrained(path: Path) -> Pretrained | None:
    """The last judged epoch of a pretraining's log; None where the log is not there.

    Raises:
        UserError: the log is malformed, or has no epoch that was judged.
    """
    from scipy.stats import binomtest

    if not path.exists():
        return None
    log = read_log(path, "pretraining", ("epoch", "val_images", "classes"), ("val_top1",))
    judged = log[log["val_top1"].notna()]
    if judged.empty:
        raise UserError(path, "has no epoch that was judged.", "Pretrain again, with validation.")
    last = judged.iloc[-1]
    images, classes, top1 = int(last["val_images"]), int(last["classes"]), float(last["val_top1"])
    p = binomtest(round(top1 * images), images, 1 / classes, alternative="greater").pvalue
    return Pretrained(top1, images, classes, float(p))


def liveness_of(architecture: Architecture, reader: Results) -> Liveness | None:
    """What is known of a network; None for another system, and where its genotype is missing.

    Raises:
        UserError: its genotype or its pretraining's log is malformed.
    """
    genotype = None if architecture.is_peer else reader.genotype(architecture)
    if genotype is None:
        return None
    backbone = reader.standing(architecture).backbone
    source = places.pretraining_log(backbone)
    found = pretrained(reader.root / source) if backbone else None
    return Liveness(
        architecture.name,
        zero_shares(genotype),
        passes_through(genotype),
        found,
        (places.genotype(architecture), *([source] if found else [])),
    )


def faults_of(architectures: Iterable[Architecture], results: Path) -> dict[str, str]:
    """Those of the networks that are dead, by name, and why.

    Args:
        architectures: some networks; other systems and those without a genotype are never called dead.
        results: the folder `results/SCALE`.

    Raises:
        UserError: a genotype or a pretraining's log is malformed.
    """
    reader = Results(results)
    known = (liveness_of(one, reader) for one in dict.fromkeys(architectures))
    return {one.name: one.fault for one in known if one is not None and one.fault}
