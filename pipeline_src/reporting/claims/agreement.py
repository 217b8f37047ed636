"""Whether searches that differ by chance alone choose alike: against chance, and against their null.

Two searches of one kind have different weights, noise and data. What they choose alike more often than
chance, and more often than searches that could find nothing, they found. [no torch, no pandas]
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb
from typing import Literal

import numpy as np

from pipeline_src.reporting.claims.evidence import Searched
from pipeline_src.reporting.claims.statistics import ERROR, RESAMPLES, SEED
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
        return generator.integers(lowest, options + lowest)

    def dealt() -> np.ndarray:
        return generator.permuted(chosen, axis=1)

    largest = (options.max(axis=0) - 1) if choice == "depths" else None

    observed = mean_agreement(chosen, largest)
    uniform, p_uniform = _against(observed, drawn, largest)
    marginal, p_marginal = _against(observed, dealt, largest)
    others = np.array([choices_of(one, choice) for one in nulls])
    enough = len(nulls) > 1
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
        null=mean_agreement(others, largest) if enough else None,
        p_null=more_alike(chosen, others, largest) if enough else None,
    )


def mean_agreement(chosen: np.ndarray, largest: np.ndarray | None = None) -> float:
    """Mean over all pairs of rows (searches) of how alike their columns (places) are.

    Args:
        chosen: numbers of operations or of cells, a row a search.
        largest: of numbers of cells, how far two can lie apart in each column; None where only the same
            number counts.
    """
    count = len(chosen)
    return float((_alike(chosen, largest).sum() - count) / (count * (count - 1)))


def _alike(rows: np.ndarray, largest: np.ndarray | None) -> np.ndarray:
    """How alike every row is with every row, 0..1; 1 with itself."""
    if largest is None:
        return np.asarray((rows[:, None, :] == rows[None, :, :]).mean(axis=-1))
    apart = np.abs(rows[:, None, :] - rows[None, :, :]) / np.maximum(largest, 1)
    return np.asarray((1 - apart).mean(axis=-1))


def _against(
    observed: float, chance: Callable[[], np.ndarray], largest: np.ndarray | None
) -> tuple[float, float]:
    """Mean under a chance, and the one-sided p of an agreement at least as large, by simulation."""
    found = np.array([mean_agreement(chance(), largest) for _ in range(DRAWS)])
    hits = int((found >= observed - 1e-12).sum())
    return float(found.mean()), (hits + 1) / (len(found) + 1)


def more_alike(first: np.ndarray, second: np.ndarray, largest: np.ndarray | None = None) -> float:
    """One-sided p of the first rows' being more alike than the second's, had any of them been called first.

    Every way of calling rows first is counted, up to `MOST_LABELLINGS`; beyond, as many drawn by chance.
    """
    rows = np.concatenate([first, second])
    same = _alike(rows, largest)
    every, n = set(range(len(rows))), len(first)

    def difference(chosen: Sequence[int]) -> float:
        rest = sorted(every - set(chosen))
        sides = [same[np.ix_(side, side)][np.triu_indices(len(side), 1)] for side in (list(chosen), rest)]
        return float(sides[0].mean() - sides[1].mean())

    observed = difference(range(n)) - 1e-12
    if comb(len(rows), n) <= MOST_LABELLINGS:
        found = [difference(chosen) >= observed for chosen in combinations(range(len(rows)), n)]
        return sum(found) / len(found)
    generator = np.random.default_rng(SEED)
    hits = sum(
        difference(generator.permutation(len(rows))[:n].tolist()) >= observed for _ in range(RESAMPLES)
    )
    return (hits + 1) / (RESAMPLES + 1)
