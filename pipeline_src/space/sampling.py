"""Random members of the space: the baselines of Tables 3, 5 and 6."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from pipeline_src.config.models import SpaceConfig
from pipeline_src.errors import GenotypeError
from pipeline_src.space.catalogue import (
    AGGREGATION_EDGES,
    AGGREGATION_OPERATIONS,
    CELL_EDGES,
    CELL_OPERATIONS,
)
from pipeline_src.space.genotype import Genotype, HyperCellGenotype


class NoMatch(GenotypeError):
    """No network of the wanted latency was drawn: the reference is faster or slower than nearly all are.

    Attributes:
        fact: what was looked for, the same for every seed.
        nearest_us: latency of the nearest draw, microseconds.
    """

    def __init__(self, target_us: float, tolerance: float, tries: int, nearest_us: float) -> None:
        wanted = f"within {tolerance:.0%} of {target_us:.1f} us"
        self.fact = f"no random network {wanted}, the latency to be matched, in {tries} draws"
        self.nearest_us = nearest_us
        super().__init__(
            "latency-matched sampling",
            f"found no network {wanted} in {tries} draws; the nearest took {nearest_us:.1f} us.",
            "Raise experiments.matched_tolerance.",
        )


def _operations(rng: np.random.Generator, names: tuple[str, ...], count: int) -> tuple[str, ...]:
    return tuple(names[index] for index in rng.integers(len(names), size=count))


def random_aggregation(rng: np.random.Generator) -> tuple[str, ...]:
    """An aggregation cell with uniformly drawn operations (Table 6b)."""
    return _operations(rng, AGGREGATION_OPERATIONS, len(AGGREGATION_EDGES))


def random_genotype(space: SpaceConfig, depths: tuple[int, int, int], rng: np.random.Generator) -> Genotype:
    """A network drawn uniformly over operations and over depths 1..initial number (Table 3)."""
    first, second, third = (
        HyperCellGenotype(
            depth=int(rng.integers(1, most + 1)),
            reduction=_operations(rng, CELL_OPERATIONS, len(CELL_EDGES)),
            normal=_operations(rng, CELL_OPERATIONS, len(CELL_EDGES)),
        )
        for most in depths
    )
    return Genotype(space=space, hyper_cells=(first, second, third), aggregation=random_aggregation(rng))


def matched_genotype(
    draw: Callable[[], Genotype],
    latency_us: Callable[[Genotype], float],
    target_us: float,
    tolerance: float,
    tries: int = 100_000,
) -> Genotype:
    """The first draw whose predicted latency lies within `tolerance` (a share) of the target.

    Raises:
        NoMatch: none of `tries` draws did; the nearest is named.
    """
    nearest = float("inf")
    for _ in range(tries):
        genotype = draw()
        latency = latency_us(genotype)
        if abs(latency - target_us) <= tolerance * target_us:
            return genotype
        if abs(latency - target_us) < abs(nearest - target_us):
            nearest = latency
    raise NoMatch(target_us, tolerance, tries, nearest)


def scaled_positions(positions: tuple[int, int, int], total: int, of: int = 12) -> tuple[int, int, int]:
    """Table 5's positions among 12 cells, carried over to a network of `total` cells.

    At `total` == `of` nothing changes; elsewhere each is scaled, rounded, and kept increasing in 1..total.

    Raises:
        GenotypeError: positions that do not increase within 1..of, or a network of fewer than three cells.
    """
    if not 1 <= positions[0] < positions[1] < positions[2] <= of:
        raise GenotypeError(
            f"downsampling positions {positions}",
            f"do not increase within 1..{of}.",
            "Choose three increasing positions.",
        )
    if total < len(positions):
        raise GenotypeError(
            "downsampling positions", f"do not fit {total} cells.", "Use three cells or more."
        )
    if total == of:
        return positions
    placed: list[int] = []
    for index, position in enumerate(positions):
        wanted = 1 + round((position - 1) * (total - 1) / (of - 1))
        lowest = placed[-1] + 1 if placed else 1
        placed.append(min(max(wanted, lowest), total - (len(positions) - 1 - index)))
    return placed[0], placed[1], placed[2]
