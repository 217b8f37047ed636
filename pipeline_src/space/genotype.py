"""The genotype: everything that tells one network of the space from another, as small JSON."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from pipeline_src.artifacts import read_json, write_json
from pipeline_src.config.models import SpaceConfig
from pipeline_src.errors import GenotypeError, first_fault
from pipeline_src.not_run import parse_marker
from pipeline_src.space.catalogue import (
    AGGREGATION_EDGES,
    AGGREGATION_OPERATIONS,
    CELL_EDGES,
    CELL_OPERATIONS,
)

Format = Literal["autortnet-genotype/1"]


class HyperCellGenotype(BaseModel):
    """One hyper-cell: its number of cells (reduction included) and the operations of its two cell types."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    depth: Annotated[int, Field(ge=1)]
    reduction: tuple[str, ...]
    normal: tuple[str, ...]

    @field_validator("reduction", "normal")
    @classmethod
    def _known_operations(cls, operations: tuple[str, ...]) -> tuple[str, ...]:
        if len(operations) != len(CELL_EDGES):
            raise ValueError(f"needs {len(CELL_EDGES)} operations, one an edge, not {len(operations)}")
        return _all_known(operations, CELL_OPERATIONS)


def _all_known(operations: tuple[str, ...], known: tuple[str, ...]) -> tuple[str, ...]:
    for name in operations:
        if name not in known:
            raise ValueError(f"{name!r} is not an operation of this space; it has {', '.join(known)}")
    return operations


class Genotype(BaseModel):
    """A network of the space.

    `leading_cells` is the number of normal cells before the first reduction (Table 5; 0 elsewhere);
    they have the first hyper-cell's normal structure at stem resolution and width.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Format = "autortnet-genotype/1"
    space: SpaceConfig
    hyper_cells: tuple[HyperCellGenotype, HyperCellGenotype, HyperCellGenotype]
    leading_cells: Annotated[int, Field(ge=0)] = 0
    aggregation: tuple[str, ...] | None

    @field_validator("aggregation")
    @classmethod
    def _known_aggregation(cls, operations: tuple[str, ...] | None) -> tuple[str, ...] | None:
        if operations is None:
            return None
        if len(operations) != len(AGGREGATION_EDGES):
            raise ValueError(f"needs {len(AGGREGATION_EDGES)} operations, one an edge, not {len(operations)}")
        return _all_known(operations, AGGREGATION_OPERATIONS)

    @property
    def depths(self) -> tuple[int, int, int]:
        """Numbers of cells of the three hyper-cells, reduction cells included."""
        first, second, third = (cell.depth for cell in self.hyper_cells)
        return first, second, third

    @property
    def total_cells(self) -> int:
        """Number of all cells."""
        return self.leading_cells + sum(self.depths)

    @property
    def downsampling_positions(self) -> tuple[int, int, int]:
        """Positions of the reduction cells among all cells, counted from 1 (Table 5)."""
        first = 1 + self.leading_cells
        return first, first + self.depths[0], first + self.depths[0] + self.depths[1]

    def with_(self, **changes: Any) -> Genotype:
        """A validated copy with some fields changed."""
        return Genotype.model_validate({**self.model_dump(), **changes})

    def emptied(self) -> Genotype:
        """The same network with `zero` on every edge of hyper-cells 2 and 3 (A29)."""
        first, *others = self.hyper_cells
        zero = ("zero",) * len(first.reduction)
        empty = [{"depth": one.depth, "reduction": zero, "normal": zero} for one in others]
        return self.with_(hyper_cells=(first.model_dump(), *empty))

    def with_positions(self, positions: tuple[int, int, int]) -> Genotype:
        """The same cells and total, with the reductions at `positions` (counted from 1; Table 5).

        Raises:
            GenotypeError: the positions do not increase within 1..total_cells.
        """
        first, second, third = positions
        total = self.total_cells
        if not 1 <= first < second < third <= total:
            raise GenotypeError(
                f"downsampling positions {positions}",
                f"do not increase within 1..{total}, the cells of this network.",
                "Choose three increasing positions.",
            )
        depths = (second - first, third - second, total - third + 1)
        cells = [
            {**cell.model_dump(), "depth": depth}
            for cell, depth in zip(self.hyper_cells, depths, strict=True)
        ]
        return self.with_(hyper_cells=cells, leading_cells=first - 1)

    def require_space(self, space: SpaceConfig, source: object = "genotype") -> None:
        """Refuse a genotype of another space.

        Raises:
            GenotypeError: naming each key that differs.
        """
        ours, theirs = space.model_dump(), self.space.model_dump()
        differing = [f"{key} is {theirs[key]}, here {ours[key]}" for key in ours if theirs[key] != ours[key]]
        if differing:
            raise GenotypeError(
                source,
                f"belongs to another search space: {'; '.join(differing)}.",
                "Use the `space` settings it was found with, or search again.",
            )

    def save(self, path: Path) -> None:
        """Write the JSON file."""
        write_json(path, self.model_dump(mode="json"))

    @classmethod
    def load(cls, path: Path) -> Genotype:
        """Read and validate a JSON file.

        Raises:
            GenotypeError: it is not a genotype of this program.
        """
        return cls.parse(read_json(path), path)

    @classmethod
    def parse(cls, value: object, source: object) -> Genotype:
        """Validate a genotype's JSON value.

        Raises:
            GenotypeError: it is not a genotype of this program, or says that the network is not run.
        """
        marker = parse_marker(value, source)
        if marker is not None:
            raise GenotypeError(
                source,
                f"is of a network that is not run: {marker.reason}.",
                f"Take the genotype of {marker.equal_to}." if marker.equal_to else "Take another network's.",
            )
        try:
            return cls.model_validate(value)
        except ValidationError as error:
            raise GenotypeError(
                source,
                f"is not a genotype of this search space: {first_fault(error)}.",
                "Search or sample it again.",
            ) from error
