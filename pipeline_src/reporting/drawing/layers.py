"""Places for the nodes of a graph without cycles: in layers from the top down, with few crossings. [no torch]

Layers by the longest way, an edge over several layers through a knot in each, order by barycentres
(Sugiyama's method), positions by least squares that keep the order and the room of each node.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

Edge = tuple[str, str]
SWEEPS = 24
KNOT_WIDTH = 0.12
"""Room of an edge that passes a layer, in inches."""


def layers_of(nodes: Sequence[str], edges: Sequence[Edge]) -> dict[str, int]:
    """The layer of each node: below all nodes before it; one without any, just above the first that needs it.

    Raises:
        ValueError: the edges form a cycle.
    """
    before = {node: [first for first, second in edges if second == node] for node in nodes}
    found: dict[str, int] = {}
    while len(found) < len(nodes):
        ready = [one for one in nodes if one not in found and all(other in found for other in before[one])]
        if not ready:
            raise ValueError("a graph with a cycle has no layers")
        for one in ready:
            found[one] = max((found[other] + 1 for other in before[one]), default=0)
    for one in nodes:
        after = [found[second] for first, second in edges if first == one]
        if not before[one] and after:
            found[one] = min(after) - 1
    return found


def knotted(layer: Mapping[str, int], edges: Sequence[Edge]) -> list[tuple[str, ...]]:
    """Each edge as the nodes and knots that it passes, one in each layer."""
    return [
        (first, *(f"{first}>{second}@{at}" for at in range(layer[first] + 1, layer[second])), second)
        for first, second in edges
    ]


def placed(
    nodes: Sequence[str], edges: Sequence[Edge], widths: Mapping[str, float], gap: float
) -> tuple[dict[str, tuple[float, int]], list[tuple[str, ...]]]:
    """(x of the centre, layer) of each node and knot, and each edge's way over them.

    Args:
        nodes: in the order that they are preferred in, from left to right.
        edges: from a node to one that comes after it.
        widths: of the nodes, in inches. gap: between neighbours.
    """
    layer = layers_of(nodes, edges)
    ways = knotted(layer, edges)
    rows: list[list[str]] = [[] for _ in range(max(layer.values()) + 1)]
    for node in nodes:
        rows[layer[node]].append(node)
    for way in ways:
        for step, knot in enumerate(way[1:-1], layer[way[0]] + 1):
            rows[step].append(knot)
    near: dict[str, list[str]] = {node: [] for row in rows for node in row}
    for way in ways:
        for one, other in pairwise(way):
            near[one].append(other)
            near[other].append(one)
    rows = _ordered(rows, near, ways)
    room = {node: widths.get(node, KNOT_WIDTH) for row in rows for node in row}
    x = _positions(rows, near, room, gap)
    return {node: (x[node], at) for at, row in enumerate(rows) for node in row}, ways


def _ordered(
    rows: list[list[str]], near: Mapping[str, list[str]], ways: Sequence[tuple[str, ...]]
) -> list[list[str]]:
    """The rows in the order with the fewest crossings that sweeping up and down finds."""
    best, fewest = [list(row) for row in rows], _crossings(rows, ways)
    for sweep in range(SWEEPS):
        downwards = sweep % 2 == 0
        numbers = range(1, len(rows)) if downwards else range(len(rows) - 2, -1, -1)
        for number in numbers:
            beside = {node: at for at, node in enumerate(rows[number + (-1 if downwards else 1)])}
            now = {node: at for at, node in enumerate(rows[number])}

            def barycentre(node: str, beside: dict[str, int] = beside, now: dict[str, int] = now) -> float:
                places = [beside[one] for one in near[node] if one in beside]
                return sum(places) / len(places) if places else now[node]

            rows[number] = sorted(rows[number], key=barycentre)
        count = _crossings(rows, ways)
        if count < fewest:
            best, fewest = [list(row) for row in rows], count
    return best


def _crossings(rows: Sequence[Sequence[str]], ways: Sequence[tuple[str, ...]]) -> int:
    """How many pairs of lines between neighbouring rows cross."""
    place = {node: (number, at) for number, row in enumerate(rows) for at, node in enumerate(row)}
    between: dict[int, list[tuple[int, int]]] = {}
    for way in ways:
        for one, other in pairwise(way):
            between.setdefault(place[one][0], []).append((place[one][1], place[other][1]))
    return sum(
        (one[0] - other[0]) * (one[1] - other[1]) < 0
        for lines in between.values()
        for number, one in enumerate(lines)
        for other in lines[:number]
    )


def _positions(
    rows: Sequence[Sequence[str]], near: Mapping[str, list[str]], room: Mapping[str, float], gap: float
) -> dict[str, float]:
    """Centres that lie near those of the neighbours, in the order of the rows and without overlaps."""
    x: dict[str, float] = {}
    for row in rows:
        at = list(_apart(row, room, gap))
        middle = at[-1] / 2
        x |= {node: place - middle for node, place in zip(row, at, strict=True)}
    for sweep in range(SWEEPS):
        for row in rows if sweep % 2 == 0 else reversed(rows):
            wanted = [
                sum(x[one] for one in near[node]) / len(near[node]) if near[node] else x[node] for node in row
            ]
            x |= dict(zip(row, _kept_apart(wanted, list(_apart(row, room, gap))), strict=True))
    left = min(x[node] - room[node] / 2 for row in rows for node in row)
    return {node: place - left for node, place in x.items()}


def _apart(row: Sequence[str], room: Mapping[str, float], gap: float) -> Iterator[float]:
    """Centres of a row's nodes as close as they may lie, from 0."""
    at = 0.0
    for number, node in enumerate(row):
        if number:
            at += (room[row[number - 1]] + room[node]) / 2 + gap
        yield at


def _kept_apart(wanted: Sequence[float], apart: Sequence[float]) -> list[float]:
    """The places nearest to the wanted ones by least squares that are at least `apart` apart, in order.

    Less their least places they must not fall: isotonic regression by pooling neighbours.
    """
    pools: list[tuple[float, int]] = []
    for place, least in zip(wanted, apart, strict=True):
        mean, count = place - least, 1
        while pools and pools[-1][0] > mean:
            other, many = pools.pop()
            mean, count = (mean * count + other * many) / (count + many), count + many
        pools.append((mean, count))
    means = [mean for mean, count in pools for _ in range(count)]
    return [mean + least for mean, least in zip(means, apart, strict=True)]
