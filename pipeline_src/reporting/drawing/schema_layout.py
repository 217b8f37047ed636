"""Directed graphs laid out in columns, every edge in a lane of its own with its operation written on it.

Inputs stand in the first column, a node behind the last of its predecessors. As each written edge has its
own lane between two columns, no label can meet another, whatever the wiring in the catalogue is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from pipeline_src.reporting.drawing.schema_canvas import (
    INK,
    QUIET,
    Box,
    Canvas,
    text_height_in,
    text_width_in,
    tint,
)

CHIP_GAP_IN = 0.1
"""Between two chips of one column."""
FAN_IN = 0.15
"""Least room for the lines before and behind a chip."""
PASS_IN = 0.3
"""Height of the lane of an edge without a chip."""


@dataclass(frozen=True)
class Knot:
    """A node of a graph: its name in the edges, the text in its box, and the box's size in inches."""

    name: str
    text: str
    width: float
    height: float
    fill: str = "#ffffff"
    round_: bool = False


@dataclass(frozen=True)
class Wire:
    """An edge; one with a text has a chip.

    Attributes:
        source: name of the knot that it leaves.
        target: name of the knot that it enters.
        text: lines of its chip, or nothing.
        colour: of line and chip.
        dashed: whether it carries no signal.
        ink: colour of the text.
        label: names the chip's text for tests.
    """

    source: str
    target: str
    text: str = ""
    colour: str = QUIET
    dashed: bool = False
    ink: str = INK
    label: str = ""


@dataclass(frozen=True)
class Graph:
    """Inputs from top to bottom, further nodes in an order in which sources precede targets, and edges.

    `least_chip` is the size that chips have at least, so that graphs beside each other match.
    """

    inputs: tuple[Knot, ...]
    nodes: tuple[Knot, ...]
    wires: tuple[Wire, ...]
    least_chip: tuple[float, float] = (0.0, 0.0)

    @property
    def knots(self) -> tuple[Knot, ...]:
        """All knots."""
        return self.inputs + self.nodes

    @property
    def columns(self) -> dict[str, int]:
        """The column of every knot: 0 for inputs, else one behind its last predecessor."""
        found = {knot.name: 0 for knot in self.inputs}
        for knot in self.nodes:
            found[knot.name] = 1 + max(found[wire.source] for wire in self.wires if wire.target == knot.name)
        return found

    @property
    def chip(self) -> tuple[float, float]:
        """Width and height of a chip: all are as large as the largest needs."""
        texts = [wire.text for wire in self.wires if wire.text]
        sizes = [(text_width_in(text) + 0.1, text_height_in(text)) for text in texts]
        width, height = zip(self.least_chip, *sizes, strict=True)
        return max(width), max(height)


@dataclass
class Layout:
    """Where everything of a graph lies, in inches from its own upper left corner."""

    height: float = 0.0
    width: float = 0.0
    knots: dict[str, Box] = field(default_factory=dict)
    chips: dict[int, Box] = field(default_factory=dict)
    lanes: dict[int, float] = field(default_factory=dict)
    column_left: dict[int, float] = field(default_factory=dict)
    fan: float = FAN_IN


def needed_width(graph: Graph) -> float:
    """Width of a graph's narrowest layout, in inches."""
    widths, gaps = _widths(graph)
    return sum(widths) + sum(chip + 2 * FAN_IN for chip in gaps)


def arrange(graph: Graph, width: float) -> Layout:
    """Lay a graph out at the given width, or at the width that it needs where that is more."""
    widths, gaps = _widths(graph)
    width = max(width, needed_width(graph))
    fan = (width - sum(widths) - sum(gaps)) / (2 * len(gaps))
    layout = Layout(width=width, fan=fan)
    chip_x, x = [], 0.0
    for column, knot_width in enumerate(widths):
        layout.column_left[column] = x
        if column < len(gaps):
            chip_x.append(x + knot_width + fan + gaps[column] / 2)
            x += knot_width + 2 * fan + gaps[column]
    _first_lanes(graph, layout)
    for column in range(1, len(widths)):
        _place_knots(graph, layout, column, widths[column])
        _further_lanes(graph, layout, column)
    _place_knots(graph, layout, 0, widths[0])
    chip_width, chip_height = graph.chip
    for index, wire in enumerate(graph.wires):
        if wire.text:
            centre = chip_x[graph.columns[wire.source]]
            layout.chips[index] = Box(centre, layout.lanes[index], chip_width, chip_height)
    _move_into_place(layout)
    return layout


def draw_graph(canvas: Canvas, graph: Graph, layout: Layout, x: float, y: float) -> None:
    """Draw a graph with its upper left corner at (x, y)."""
    columns = graph.columns

    def moved(box: Box) -> Box:
        return Box(box.x + x, box.y + y, box.width, box.height)

    for index, wire in enumerate(graph.wires):
        source, target = moved(layout.knots[wire.source]), moved(layout.knots[wire.target])
        lane = layout.lanes[index] + y
        start = (source.right, source.y + _port(layout, index, [w.source for w in graph.wires], source))
        end = (target.left, target.y + _port(layout, index, [w.target for w in graph.wires], target))
        bends = []
        if index in layout.chips:
            chip = moved(layout.chips[index])
            bends = [(chip.left, lane), (chip.right, lane)]
        elif columns[wire.target] - columns[wire.source] > 1:
            bends = [(source.right + layout.fan, lane)]
        if columns[wire.target] - columns[wire.source] > 1:
            bends.append((max(bends[-1][0], x + _turn_x(graph, layout, index)), lane))
        canvas.line([start, *bends, end], colour=wire.colour, dashed=wire.dashed)
        if index in layout.chips:
            canvas.box(
                moved(layout.chips[index]),
                wire.text,
                fill=tint(wire.colour) if not wire.dashed else "white",
                edge=wire.colour,
                ink=wire.ink,
                dashed=wire.dashed,
                label=wire.label,
            )
    for knot in graph.knots:
        box = moved(layout.knots[knot.name])
        rounding = box.height / 2 if knot.round_ else 0.06
        canvas.box(box, knot.text, fill=knot.fill, rounding=rounding, label=f"knot {knot.name}")


def _turn_x(graph: Graph, layout: Layout, index: int) -> float:
    """Where a long edge leaves its lane for its target: early, unless a chip stands in the way."""
    columns, wire, lane = graph.columns, graph.wires[index], layout.lanes[index]
    target = columns[wire.target]
    halfway = (layout.knots[wire.target].y + lane) / 2
    beside = [box for i, box in layout.chips.items() if columns[graph.wires[i].source] == target - 1]
    blocked = any(box.top < max(lane, halfway) and box.bottom > min(lane, halfway) for box in beside)
    return layout.column_left[target] - layout.fan * (1 if blocked else 2)


def _port(layout: Layout, index: int, ends: Sequence[str], box: Box) -> float:
    """How far from a box's middle a line meets its side: several meet it in the order of their lanes."""
    together = sorted((lane, i) for i, lane in layout.lanes.items() if ends[i] == ends[index])
    rank = [i for _, i in together].index(index)
    step = min(0.16, 0.6 * box.height / max(len(together) - 1, 1))
    return step * (rank - (len(together) - 1) / 2)


def _widths(graph: Graph) -> tuple[list[float], list[float]]:
    """Widths of the columns, and of the chips between each and the next (0 where there is none)."""
    columns = graph.columns
    count = max(columns.values()) + 1
    widths = [max(k.width for k in graph.knots if columns[k.name] == c) for c in range(count)]
    written = {columns[wire.source] for wire in graph.wires if wire.text}
    return widths, [graph.chip[0] if column in written else 0.0 for column in range(count - 1)]


def _lane_height(graph: Graph, wire: Wire) -> float:
    return graph.chip[1] + CHIP_GAP_IN if wire.text else PASS_IN


def _leaving(graph: Graph, source: str, upper: bool) -> list[int]:
    """The edges that leave a knot, from top to bottom: long ones outside, where they pass later knots."""
    columns, order = graph.columns, [knot.name for knot in graph.knots]
    found = [index for index, wire in enumerate(graph.wires) if wire.source == source]

    def span(index: int) -> int:
        return columns[graph.wires[index].target] - columns[source]

    return sorted(
        found, key=lambda i: (-span(i) if upper else span(i), order.index(graph.wires[i].target), i)
    )


def _first_lanes(graph: Graph, layout: Layout) -> None:
    """Stack the lanes of all edges that leave an input."""
    y = 0.0
    for rank, knot in enumerate(graph.inputs):
        for index in _leaving(graph, knot.name, upper=2 * rank < len(graph.inputs) - 1):
            height = _lane_height(graph, graph.wires[index])
            layout.lanes[index] = y + height / 2
            y += height


def _place_knots(graph: Graph, layout: Layout, column: int, width: float) -> None:
    """Put a column's knots at the mean height of their edges, and apart."""
    columns = graph.columns
    knots = [knot for knot in graph.knots if columns[knot.name] == column]
    wanted = []
    for knot in knots:
        side = [i for i, w in enumerate(graph.wires) if (w.source if column == 0 else w.target) == knot.name]
        wanted.append(sum(layout.lanes[index] for index in side) / len(side) if side else 0.0)
    ranked = sorted(range(len(knots)), key=lambda i: (wanted[i], i))
    heights = [knots[i].height + CHIP_GAP_IN for i in ranked]
    for i, y in zip(ranked, _apart([wanted[i] for i in ranked], heights), strict=True):
        centre = layout.column_left[column] + width / 2
        layout.knots[knots[i].name] = Box(centre, y, knots[i].width, knots[i].height)


def _further_lanes(graph: Graph, layout: Layout, column: int) -> None:
    """Give the edges that leave a column lanes at their knots' heights, the shortest one straight ahead."""
    columns = graph.columns
    lanes: list[tuple[float, int]] = []
    for knot in (knot for knot in graph.knots if columns[knot.name] == column):
        leaving = _leaving(graph, knot.name, upper=True)
        heights = [_lane_height(graph, graph.wires[index]) for index in leaving]
        y = layout.knots[knot.name].y + (heights[-1] / 2 if heights else 0.0)
        for index, height in zip(reversed(leaving), reversed(heights), strict=True):
            lanes.append((y - height / 2, index))
            y -= height
    lanes.sort()
    heights = [_lane_height(graph, graph.wires[index]) for _, index in lanes]
    for (_, index), y in zip(lanes, _apart([lane for lane, _ in lanes], heights), strict=True):
        layout.lanes[index] = y


def _apart(wanted: Sequence[float], heights: Sequence[float]) -> list[float]:
    """The heights nearest to the wanted, increasing ones at which no two neighbours overlap.

    Neighbours that would overlap form a block around the mean of their places (pool adjacent violators).
    """
    offsets = [0.0]
    for one, other in pairwise(heights):
        offsets.append(offsets[-1] + (one + other) / 2)
    blocks: list[list[float]] = []
    for target, offset in zip(wanted, offsets[: len(wanted)], strict=True):
        blocks.append([target - offset, 1.0])
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            mean, weight = blocks.pop()
            before, count = blocks.pop()
            blocks.append([(mean * weight + before * count) / (weight + count), weight + count])
    starts = [start for start, weight in blocks for _ in range(int(weight))]
    return [start + offset for start, offset in zip(starts, offsets, strict=False)]


def _move_into_place(layout: Layout) -> None:
    """Shift a layout so that its uppermost part lies at 0, and note its height."""
    boxes = [*layout.knots.values(), *layout.chips.values()]
    top = min(min(box.top for box in boxes), *layout.lanes.values())
    bottom = max(max(box.bottom for box in boxes), *layout.lanes.values())
    layout.height = bottom - top
    layout.knots = {k: Box(b.x, b.y - top, b.width, b.height) for k, b in layout.knots.items()}
    layout.chips = {k: Box(b.x, b.y - top, b.width, b.height) for k, b in layout.chips.items()}
    layout.lanes = {index: lane - top for index, lane in layout.lanes.items()}
