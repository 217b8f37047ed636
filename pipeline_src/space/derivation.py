"""Which operation of each edge is kept when a search is over (Sec. 3.1; A23)."""

from __future__ import annotations

from torch import Tensor

from pipeline_src.config.search import DeriveZero
from pipeline_src.space.catalogue import CELL_EDGES, CELL_INPUTS, CELL_NODES, CELL_OPERATIONS

ZERO = CELL_OPERATIONS.index("zero")


def chosen_operations(log_alpha: Tensor, zero: DeriveZero = "keep") -> list[int]:
    """The places of a cell's operations of the largest alpha, an edge each.

    Args:
        log_alpha: (5, 10) of a cell type.
        zero: keep takes `zero` as any operation. guard keeps one edge at least of each node alive: where
            `zero` won all of a node's edges, the edge on which it won by least takes the operation behind
            it, which gives the most probable cell in which every node has a live edge. exclude takes the
            largest of the others everywhere.
    """
    values = log_alpha.detach().cpu()
    alive = values.clone()
    alive[:, ZERO] = -float("inf")
    others = [int(index) for index in alive.argmax(dim=-1)]
    if zero == "exclude":
        return others
    chosen = [int(index) for index in values.argmax(dim=-1)]
    if zero == "guard":
        for node in range(CELL_INPUTS, CELL_INPUTS + CELL_NODES):
            incoming = [index for index, edge in enumerate(CELL_EDGES) if edge[1] == node]
            if all(chosen[index] == ZERO for index in incoming):
                margins = {index: float(values[index, ZERO] - alive[index].max()) for index in incoming}
                nearest = min(incoming, key=lambda index: margins[index])
                chosen[nearest] = others[nearest]
    return chosen
