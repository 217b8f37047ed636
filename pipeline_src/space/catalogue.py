"""The names and the wiring of the search space: plain data, so that nothing here needs torch.

Sources: candidate operations of Sec. 3.1 and 3.3; cell of Figure 3; aggregation wiring of A6.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

CELL_OPERATIONS: tuple[str, ...] = (
    "zero",
    "skip",
    "maxpool3x3",
    "conv3x3",
    "conv3x3_x2",
    "sepconv3x3",
    "sepconv3x3_x2",
    "dilconv3x3_d2",
    "dilconv3x3_d4",
    "dilconv3x3_d2_x2",
)
"""The ten candidates of a cell's edge (Sec. 3.1; one line of the paper's list is doubled in print)."""

AGGREGATION_OPERATIONS: tuple[str, ...] = (
    "conv1x1_x2",
    "conv3x3_x2",
    "dilconv3x3_d2_x2",
    "dilconv3x3_d4_x2",
    "dilconv3x3_d8_x2",
)
"""The five candidates of an aggregation edge (Sec. 3.3)."""

PREPROCESSING = "preprocess"
"""What brings a cell's input to the node width (A3): at stride 1 a 1x1 convolution, at stride 2 a factorised
reduction. No candidate, but part of what a cell costs (A28)."""

CELL_INPUTS = 2
CELL_NODES = 2
CELL_EDGES: tuple[tuple[int, int], ...] = ((0, 2), (1, 2), (0, 3), (1, 3), (2, 3))
"""(from, to) of every edge; 0 and 1 are the cell's inputs (older, newer), 2 and 3 its nodes (Eq. 1)."""

NODE_EDGES: tuple[tuple[int, ...], ...] = tuple(
    tuple(index for index, edge in enumerate(CELL_EDGES) if edge[1] == node)
    for node in range(CELL_INPUTS, CELL_INPUTS + CELL_NODES)
)
"""The places of the edges that each node adds up."""

HYPER_CELLS = 3


def edge_stride(edge: tuple[int, int], reduction: bool) -> int:
    """2 for the edges that leave the inputs of a reduction cell, else 1."""
    return 2 if reduction and edge[0] < CELL_INPUTS else 1


def computed_edges(operations: Sequence[str]) -> tuple[int, ...]:
    """Places of the edges that a derived cell computes, of its five.

    A zero edge adds nothing and is left out; where a node has no other, its first is computed.
    """
    kept: list[int] = []
    for edges in NODE_EDGES:
        kept += [index for index in edges if operations[index] != "zero"] or edges[:1]
    return tuple(kept)


class AggregationEdge(NamedTuple):
    """An edge of the aggregation cell: x1..x3 are the hyper-cells' outputs, n1..n4 inner nodes."""

    source: str
    target: str
    stride: int


AGGREGATION_EDGES: tuple[AggregationEdge, ...] = (
    AggregationEdge("x1", "n1", 1),
    AggregationEdge("x1", "n2", 2),
    AggregationEdge("x2", "n2", 1),
    AggregationEdge("x2", "n3", 2),
    AggregationEdge("x3", "n3", 1),
    AggregationEdge("x3", "n4", 1),
    AggregationEdge("n3", "n4", 1),
)
"""The wiring (A6): M = 7 nodes, E = 7 edges, listed so that a node's inputs precede its use."""

AGGREGATION_OUTPUTS: tuple[str, ...] = ("n1", "n2", "n4")
"""The final maps, resized to the first one's size and concatenated."""
