"""Whether searches that differ by chance alone choose alike: against chance, and against their null.

Two searches of one kind have different weights, noise and data. What they choose alike more often than
chance, and more often than searches that could find nothing, they found. [no torch, no pandas]
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations
from math import comb
from typing import Literal

import numpy as np

from pipeline_src.reporting.claims.evidence import Searched
from pipeline_src.reporting.claims.statistics import ERROR, RESAMPLES, SEED, Tested
from pipeline_src.space.catalogue import AGGREGATION_OPERATIONS, CELL_OPERATIONS

Choice = Literal["cells", "aggregation", "depths"]
CHOICES: tuple[Choice, ...] = ("cells", "aggregation", "depths")
"""What a search chooses: operations of the cells' edges, of the aggregation cell's, and numbers of cells."""
DRAWS = 999
"""Of chance, behind an expected agreement and its p."""
MOST_LABELLINGS = 20_000
"""Up to so many ways of telling searches from nulls are all counted; beyond, a sample of them."""


@dataclass(frozen=True)
class Agreement:
    """How alike one group of searches chooses.

    Attributes:
        choice: which of their choices.
        searches, places: how many searches, and how many choices of each.
        observed: mean over all pairs of searches of the share of choices that are the same; of depths, of
            how near they are: 1 less their distance as a share of the largest possible.
        uniform, p_uniform: what is expected of choices drawn evenly, and the one-sided p of more.
        marginal, p_marginal: the same of each search's own choices, dealt to its places by chance.
        nulls: how many null searches it was held against.
        null, p_null: the nulls' own agreement, and the one-sided p of the searches' being larger: over all
            ways of choosing which are called nulls. None for fewer than two nulls.
        p_less: the same of its being smaller.
    """

    choice: Choice
    searches: int
    places: int
    observed: float
    uniform: float
    p_uniform: float
    marginal: float
    p_marginal: float
    nulls: int
    null: float | None
    p_null: float | None
    p_less: float | None

    @property
    def p(self) -> float:
        """The one-sided p of being more alike than chance and than the nulls: the largest of the three."""
        return max(self.p_uniform, self.p_marginal, 1.0 if self.p_null is None else self.p_null)

    @property
    def smallest_p(self) -> float:
        """The smallest that `p_null` can be with so many searches and nulls."""
        return 1 / comb(self.searches + self.nulls, self.nulls)

    @property
    def beyond_chance(self) -> bool:
        """More alike than by either chance."""
        return max(self.p_uniform, self.p_marginal) <= ERROR

    @property
    def beyond_null(self) -> bool:
        """More alike than searches that could find nothing."""
        return self.p_null is not None and self.p_null <= ERROR

    @property
    def text(self) -> str:
        """`agreement on cells 0.41 (n = 6; chance 0.10, p = 0.0001; own choices dealt 0.22, p = ...)`."""
        null = "no null" if self.null is None else f"null {self.null:.2f}"
        p_null = "" if self.p_null is None else f", p = {self.p_null:.2g}"
        return (
            f"agreement on {self.choice} {self.observed:.2f} (n = {self.searches}; drawn evenly"
            f" {self.uniform:.2f}, p = {self.p_uniform:.2g}; dealt by chance {self.marginal:.2f},"
            f" p = {self.p_marginal:.2g}; {null}{p_null})"
        )


def choices_of(one: Searched, choice: Choice) -> tuple[int, ...]:
    """A search's choices as numbers, in the order of their places."""
    genotype = one.genotype
    if choice == "depths":
        return genotype.depths
    if choice == "aggregation":
        return tuple(AGGREGATION_OPERATIONS.index(name) for name in genotype.aggregation or ())
    names = [name for cell in genotype.hyper_cells for name in (*cell.reduction, *cell.normal)]
    return tuple(CELL_OPERATIONS.index(name) for name in names)


def _options(one: Searched, choice: Choice) -> tuple[int, ...]:
    """How many options each place has."""
    if choice == "depths":
        return one.search.depths
    names = AGGREGATION_OPERATIONS if choice == "aggregation" else CELL_OPERATIONS
    return (len(names),) * len(choices_of(one, choice))


def agreement(searches: Sequence[Searched], nulls: Sequence[Searched], choice: Choice) -> Agreement | None:
    """How alike the searches choose; None for fewer than two of them, or without such a choice."""
    chosen = np.array([choices_of(one, choice) for one in searches])
    if len(searches) < 2 or not chosen.shape[1]:
        return None
    options = np.array([_options(one, choice) for one in searches])
    lowest = 1 if choice == "depths" else 0
    generator = np.random.default_rng(SEED)

    def drawn() -> np.ndarray:
        return generator.integers(lowest, options + lowest, size=(DRAWS, *chosen.shape))

    def dealt() -> np.ndarray:
        return generator.permuted(np.broadcast_to(chosen, (DRAWS, *chosen.shape)), axis=2)

    largest = (options.max(axis=0) - 1) if choice == "depths" else None

    observed = float(mean_agreement(chosen, largest))
    uniform, p_uniform = _against(observed, drawn, largest)
    marginal, p_marginal = _against(observed, dealt, largest)
    others = np.array([choices_of(one, choice) for one in nulls])
    enough = len(nulls) > 1
    alike = more_alike(chosen, others, largest) if enough else None
    return Agreement(
        choice=choice,
        searches=len(searches),
        places=chosen.shape[1],
        observed=observed,
        uniform=uniform,
        p_uniform=p_uniform,
        marginal=marginal,
        p_marginal=p_marginal,
        nulls=len(nulls),
        null=float(mean_agreement(others, largest)) if enough else None,
        p_null=alike.more if alike else None,
        p_less=alike.less if alike else None,
    )


def mean_agreement(chosen: np.ndarray, largest: np.ndarray | None = None) -> np.ndarray:
    """Mean over all pairs of rows (searches) of how alike their columns (places) are.

    Args:
        chosen: numbers of operations or of cells, (..., searches, places).
        largest: of numbers of cells, how far two can lie apart in each column; None where only the same
            number counts.

    Returns:
        0..1, one for each leading index.
    """
    count = chosen.shape[-2]
    return np.asarray((_alike(chosen, largest).sum(axis=(-2, -1)) - count) / (count * (count - 1)))


def _alike(rows: np.ndarray, largest: np.ndarray | None) -> np.ndarray:
    """How alike every row is with every row, 0..1; 1 with itself."""
    one, other = rows[..., :, None, :], rows[..., None, :, :]
    if largest is None:
        return np.asarray((one == other).mean(axis=-1))
    return np.asarray((1 - np.abs(one - other) / np.maximum(largest, 1)).mean(axis=-1))


def _against(
    observed: float, chance: Callable[[], np.ndarray], largest: np.ndarray | None
) -> tuple[float, float]:
    """Mean under a chance, and the one-sided p of an agreement at least as large, by simulation."""
    found = mean_agreement(chance(), largest)
    hits = int((found >= observed - 1e-12).sum())
    return float(found.mean()), (hits + 1) / (len(found) + 1)


def more_alike(first: np.ndarray, second: np.ndarray, largest: np.ndarray | None = None) -> Tested:
    """Whether the first rows are more alike than the second, had any of them been called first.

    Every way of calling rows first is counted, up to `MOST_LABELLINGS`; beyond, as many drawn by chance.
    """
    rows = np.concatenate([first, second])
    first_ways = _labellings(len(rows), len(first))
    pairs = _alike(rows, largest) - np.eye(len(rows))

    def means(ways: np.ndarray) -> np.ndarray:
        count = int(ways[0].sum())
        return np.asarray(((ways @ pairs) * ways).sum(axis=1) / (count * (count - 1)))

    differences = means(first_ways) - means(1 - first_ways)
    observed = float(differences[0])
    return Tested(
        observed,
        float((differences >= observed - 1e-12).mean()),
        float((differences <= observed + 1e-12).mean()),
    )


@cache
def _labellings(count: int, first: int) -> np.ndarray:
    """Ways of calling `first` of `count` rows first, (ways, count) of 0 and 1; first the first rows."""
    if comb(count, first) <= MOST_LABELLINGS:
        ways = list(combinations(range(count), first))
    else:
        generator = np.random.default_rng(SEED)
        ways = [tuple(range(first))]
        ways += [tuple(generator.permutation(count)[:first].tolist()) for _ in range(RESAMPLES)]
    found = np.zeros((len(ways), count))
    np.put_along_axis(found, np.array(ways), 1, axis=1)
    return found
