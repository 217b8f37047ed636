"""Tasks whose right answer is known by construction, for the search to find (see planted_truth.py).

Every image is a grid of squares, each of one grey or the other by a coin, `SQUARE` pixels wide: one square is
one pixel of hyper-cell 1's output. What a task's label depends on, and the space around the choices left free
(the context), are made so that exactly the choices that `right` names serve. The context is set through the
architecture parameters alone: a choice that is ruled out gets log alpha = -1000, so that its mask is 0 to the
last bit.

The head's dilations are wider than its map, so that it sees single pixels (and the mean over the map): reach
comes from the cells and the aggregation cell alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

import torch
from torch import Tensor

from pipeline_src.config.models import SpaceConfig
from pipeline_src.config.search import DeriveZero
from pipeline_src.space.catalogue import (
    AGGREGATION_EDGES,
    AGGREGATION_OPERATIONS,
    CELL_EDGES,
    CELL_OPERATIONS,
    HYPER_CELLS,
)
from pipeline_src.space.derivation import chosen_operations
from pipeline_src.space.reach import LutKey
from pipeline_src.space.supernet import ArchitectureParameters, Supernet
from pipeline_src.training.losses import IGNORE

SQUARE = 8
SIDE_SQUARES = 8
SIDE_PX = SQUARE * SIDE_SQUARES
CLASSES = 2
BATCH = 8
NEVER = -1000.0
SPACE = SpaceConfig(
    initial_channels=4,
    channel_multiplier=2,
    aggregation_channels=8,
    head_channels=8,
    head_dilations=(64, 64, 64),
    head_dropout=0.0,
)

Kind = Literal["reduction", "normal", "aggregation"]
Edge = tuple[Kind, int, int]
"""(kind, hyper-cell from 0, edge); the aggregation cell's hyper-cell is 0."""
Allowed = Mapping[Edge, tuple[str, ...]]
Batch = tuple[Tensor, Tensor]

CARRY: dict[int, tuple[str, ...]] = {0: ("zero",), 1: ("skip",), 2: ("zero",), 3: ("zero",), 4: ("skip",)}
"""A cell that hands its newer input on: both nodes have it."""
DEAD: dict[int, tuple[str, ...]] = dict.fromkeys(range(len(CELL_EDGES)), ("zero",))
"""A cell without a signal."""


def cell(kind: Kind, hyper_cell: int, edges: Mapping[int, tuple[str, ...]]) -> dict[Edge, tuple[str, ...]]:
    return {(kind, hyper_cell, edge): names for edge, names in edges.items()}


def context() -> dict[Edge, tuple[str, ...]]:
    """Hyper-cell 1 hands the squares on, the others are dead, the aggregation cell has no reach."""
    fixed = {**cell("reduction", 0, CARRY), **cell("normal", 0, CARRY)}
    for dead in range(1, HYPER_CELLS):
        fixed |= {**cell("reduction", dead, DEAD), **cell("normal", dead, DEAD)}
    return fixed | {("aggregation", 0, edge): ("conv1x1_x2",) for edge in range(len(AGGREGATION_EDGES))}


@dataclass(frozen=True)
class Chosen:
    """What the largest parameters say: an operation for each edge, a depth for each hyper-cell."""

    operations: dict[Edge, str]
    depths: tuple[int, ...]


@dataclass(frozen=True)
class Task:
    """A task.

    Args:
        key: of the command line and the output.
        name: short.
        right: what the truth is, in words.
        labels: (squares (B, N, N) of 0 or 1, generator) -> label of each square, or `IGNORE`.
        found: whether the choices are the truth.
        chance: the probability that choices drawn evenly are; None where there is no truth.
        allowed: the operations that each edge may choose; one for an edge that is not free.
        depths: initial numbers of cells.
        depths_free: whether beta is searched; else every depth is the initial one.
        gamma: weight of the latency term.
        cost_us: the lookup table.
        alternatives: networks that differ in the choice at hand, with their name, to be trained one by one.
    """

    key: str
    name: str
    right: str
    labels: Callable[[Tensor, torch.Generator], Tensor]
    found: Callable[[Chosen], bool]
    chance: float | None
    allowed: Allowed = field(default_factory=context)
    depths: tuple[int, int, int] = (2, 1, 1)
    depths_free: bool = False
    gamma: float = 0.0
    cost_us: Callable[[LutKey], float] = lambda _: 1.0
    alternatives: Callable[[Task], dict[str, Task]] = lambda _: {}

    @property
    def free(self) -> list[Edge]:
        """The edges that have a choice."""
        return [edge for edge, names in self.allowed.items() if len(names) > 1]

    def batch(self, generator: torch.Generator, size: int = BATCH) -> Batch:
        """Images (B, 3, 64, 64) and labels (B, 64, 64), drawn anew: no image comes twice."""
        squares = torch.randint(0, 2, (size, SIDE_SQUARES, SIDE_SQUARES), generator=generator)
        labels = self.labels(squares, generator)
        images = (2.0 * squares - 1.0).unsqueeze(1).expand(-1, 3, -1, -1)
        return enlarge(images).contiguous(), enlarge(labels)

    def decided(self, choices: Allowed, depths: tuple[int, int, int] | None = None) -> Task:
        """The task with some edges decided, and its depths."""
        allowed = {**self.allowed, **choices}
        return replace(self, allowed=allowed, depths=depths or self.depths, depths_free=False)


def enlarge(maps: Tensor, times: int = SQUARE) -> Tensor:
    """(..., H, W) -> (..., H * times, W * times), every value a square."""
    return maps.repeat_interleave(times, dim=-1).repeat_interleave(times, dim=-2)


def row_of(parameters: ArchitectureParameters, edge: Edge) -> Tensor:
    """log alpha of one edge, a view (O,)."""
    kind, hyper_cell, index = edge
    if kind == "aggregation":
        return parameters.aggregation.data[index]
    return getattr(parameters, kind)[hyper_cell].data[index]  # type: ignore[no-any-return]


def names_of(edge: Edge) -> tuple[str, ...]:
    return AGGREGATION_OPERATIONS if edge[0] == "aggregation" else CELL_OPERATIONS


def plant(task: Task, supernet: Supernet, parameters: ArchitectureParameters) -> None:
    """Rule out what the context does not allow, and spare the supernet its computation.

    The mask of a choice at log alpha = -1000 is exactly 0, so leaving its term out changes nothing.
    """
    for edge, allowed in task.allowed.items():
        kind, hyper_cell, index = edge
        out = [position for position, name in enumerate(names_of(edge)) if name not in allowed]
        row_of(parameters, edge)[out] = NEVER
        spared = tuple(name if name in allowed else "zero" for name in names_of(edge))
        if kind == "aggregation":
            supernet.aggregation.edges[index].names = spared
        else:
            cells = supernet.hyper_cells[hyper_cell].cells
            for one in cells[:1] if kind == "reduction" else cells[1:]:
                one.edges[index].names = spared
    if not task.depths_free:
        for beta in parameters.betas():
            beta.data[:-1] = NEVER


def chosen(task: Task, parameters: ArchitectureParameters, zero: DeriveZero = "keep") -> Chosen:
    """The choices of the network that the project would derive."""
    operations: dict[Edge, str] = {}
    for kind, hyper_cell in dict.fromkeys((edge[0], edge[1]) for edge in task.allowed):
        if kind == "aggregation":
            places = parameters.aggregation.argmax(dim=-1).tolist()
        else:
            places = chosen_operations(getattr(parameters, kind)[hyper_cell], zero)
        for index, place in enumerate(places):
            edge: Edge = (kind, hyper_cell, index)
            operations[edge] = names_of(edge)[place]
    return Chosen(operations, tuple(int(beta.argmax()) + 1 for beta in parameters.betas()))


def neighbour(distance: int) -> Callable[[Tensor, torch.Generator], Tensor]:
    """The label is the square `distance` to the right, in every other column; void elsewhere.

    The columns left out could see further: a map of half the size, enlarged, mixes its neighbours into them.
    """

    def labels(squares: Tensor, _: torch.Generator) -> Tensor:
        moved = torch.full_like(squares, IGNORE)
        moved[..., : SIDE_SQUARES - distance : 2] = squares[..., distance::2]
        return moved

    return labels


def itself(squares: Tensor, _: torch.Generator) -> Tensor:
    """The label is the square itself: any path at full detail tells it."""
    return squares


def quadrant(squares: Tensor, _: torch.Generator) -> Tensor:
    """The label is the first square of the quadrant: only a map that sees the whole quadrant tells it."""
    return enlarge(squares[..., ::4, ::4], 4)


def coin(squares: Tensor, generator: torch.Generator) -> Tensor:
    """The label is another coin: nothing tells it."""
    return torch.randint(0, 2, squares.shape, generator=generator)


def live(operations: Mapping[Edge, str], kind: Kind, hyper_cell: int) -> bool:
    """Whether an edge that leaves a cell's inputs is no zero: else the cell has no signal."""
    return any(operations[kind, hyper_cell, edge] != "zero" for edge in range(4))


FAR = ("dilconv3x3_d4", "dilconv3x3_d2_x2")
TWINS = ("dilconv3x3_d2", "dilconv3x3_d4")
COST_US = {"zero": 1.0, "skip": 4.0, "maxpool3x3": 4.0, "conv3x3_x2": 20.0, "sepconv3x3_x2": 20.0}
"""Of the task `finest`; every other operation takes 10."""
CHEAP = ("zero", "skip", "maxpool3x3")


def _each(edge: Edge) -> Callable[[Task], dict[str, Task]]:
    return lambda task: {name: task.decided({edge: (name,)}) for name in names_of(edge)}


def cell_reach() -> Task:
    """One edge of hyper-cell 1's normal cell, all ten operations."""
    edge: Edge = ("normal", 0, 1)
    return Task(
        key="cell",
        name="reach of a cell's edge",
        right="the label lies 4 squares away: `dilconv3x3_d4` or `dilconv3x3_d2_x2`",
        labels=neighbour(4),
        found=lambda chosen: chosen.operations[edge] in FAR,
        chance=len(FAR) / len(CELL_OPERATIONS),
        allowed=context() | {edge: CELL_OPERATIONS},
        alternatives=_each(edge),
    )


def aggregation_reach() -> Task:
    """One edge of the aggregation cell, all five operations."""
    edge: Edge = ("aggregation", 0, 0)
    return Task(
        key="aggregation",
        name="reach of an aggregation edge",
        right="the label lies 1 square away: `conv3x3_x2`",
        labels=neighbour(1),
        found=lambda chosen: chosen.operations[edge] == "conv3x3_x2",
        chance=1 / len(AGGREGATION_OPERATIONS),
        allowed=context() | {edge: AGGREGATION_OPERATIONS},
        depths=(1, 1, 1),
        alternatives=_each(edge),
    )


def depth() -> Task:
    """Hyper-cell 1's depth, 1 to 5: each normal cell reaches one square further."""
    return Task(
        key="depth",
        name="depth",
        right="the label lies 2 squares away and each normal cell reaches 1: 3 cells, deeper only costs",
        labels=neighbour(2),
        found=lambda chosen: chosen.depths[0] == 3,
        chance=1 / 5,
        allowed=context() | {("normal", 0, 1): ("conv3x3",)},
        depths=(5, 1, 1),
        depths_free=True,
        gamma=0.1,
        alternatives=lambda task: {f"{n} cells": task.decided({}, (n, 1, 1)) for n in range(1, 6)},
    )


def dear_twin(seed: int) -> Task:
    """Two operations that are equal on a map of 2x2 pixels, one ten times as dear; which, alternates."""
    dear, cheap = TWINS if seed % 2 else TWINS[::-1]
    carried = context()
    for hyper_cell in range(1, HYPER_CELLS):
        carried |= cell("reduction", hyper_cell, CARRY)
    edges = cell("normal", 2, dict.fromkeys(range(len(CELL_EDGES)), TWINS))
    return Task(
        key="twin",
        name="dear twin",
        right="five edges with two equal operations: the cheap one on each",
        labels=quadrant,
        found=lambda chosen: all(chosen.operations[edge] == cheap for edge in edges),
        chance=1 / 2 ** len(edges),
        allowed=carried | edges,
        depths=(1, 1, 2),
        gamma=0.1,
        cost_us=lambda key: 100.0 if key.operation == dear else 10.0,
        alternatives=lambda task: {name: task.decided(dict.fromkeys(edges, (name,))) for name in TWINS},
    )


def finest() -> Task:
    """All edges of three cells: only hyper-cell 1 helps, the others only cost."""
    allowed = context()
    for hyper_cell in range(HYPER_CELLS):
        free = dict.fromkeys(range(len(CELL_EDGES)), CELL_OPERATIONS)
        allowed |= cell("reduction", hyper_cell, free)

    def found(chosen: Chosen) -> bool:
        spared = all(
            chosen.operations["reduction", hyper_cell, edge] in CHEAP
            for hyper_cell in (1, 2)
            for edge in range(len(CELL_EDGES))
        )
        return spared and live(chosen.operations, "reduction", 0)

    def alternatives(task: Task) -> dict[str, Task]:
        rich = dict.fromkeys(task.free, ("conv3x3",))
        coarse = {**rich, **cell("reduction", 1, DEAD), **cell("reduction", 2, DEAD)}
        blind = {**rich, **cell("reduction", 0, DEAD)}
        return {
            "all three": task.decided(rich),
            "the finest alone": task.decided(coarse),
            "none": task.decided(blind),
        }

    return Task(
        key="finest",
        name="finest scale",
        right="hyper-cell 1 has a signal, and no edge of 2 and 3 is dearer than `skip`",
        labels=itself,
        found=found,
        chance=(1 - 0.1**4) * (len(CHEAP) / len(CELL_OPERATIONS)) ** 10,
        allowed=allowed,
        depths=(1, 1, 1),
        gamma=0.1,
        cost_us=lambda key: COST_US.get(key.operation, 10.0),
        alternatives=alternatives,
    )


def nothing() -> Task:
    """All edges of three cells and of the aggregation cell, and labels that nothing tells."""
    allowed = {**finest().allowed}
    allowed |= {("aggregation", 0, edge): AGGREGATION_OPERATIONS for edge in range(len(AGGREGATION_EDGES))}
    return Task(
        key="nothing",
        name="no truth",
        right="the label is a coin: seeds agree no more than by chance",
        labels=coin,
        found=lambda _: False,
        chance=None,
        allowed=allowed,
        depths=(1, 1, 1),
    )


def tasks(seed: int) -> dict[str, Task]:
    """All tasks, for one seed, by key."""
    made = (cell_reach(), aggregation_reach(), depth(), dear_twin(seed), finest(), nothing())
    return {task.key: task for task in made}
