"""Figure 3: the hyper-cell, the two kinds of cell inside it, and the candidates of an edge."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pipeline_src.config.grid import Grid
from pipeline_src.reporting.drawing.picture import Picture, Words, house_style
from pipeline_src.reporting.drawing.schema_canvas import (
    INK,
    MARGIN_IN,
    QUIET,
    Box,
    Canvas,
    subscript,
    text_width_in,
)
from pipeline_src.reporting.drawing.schema_layout import arrange, draw_graph
from pipeline_src.reporting.drawing.schema_operations import operation
from pipeline_src.reporting.drawing.schema_parts import (
    NORMAL_FILL,
    PLAIN_FILL,
    REDUCTION_FILL,
    Chip,
    candidates,
    cell_graph,
)
from pipeline_src.reporting.drawing.schema_plan import counted
from pipeline_src.space import catalogue

DOTS_IN = 0.16
"""Half of the room that the ellipsis has."""
SHOWN = 4
"""Cells of a hyper-cell that are drawn one by one; further ones stand behind an ellipsis."""


def draw(name: str, grid: Grid, results: Path) -> Picture:
    """The hyper-cell at the initial numbers of cells; nothing is read from results."""
    depths = grid.experiments.depths
    with house_style():
        canvas = Canvas()
        y = canvas.heading(0.08, "Hyper-cell", "its depth is the choice of one u")
        y = _hyper_cell(canvas, y + 0.02, depths[0])
        for kind in ("reduction", "normal"):
            y = _cell(canvas, y + 0.12, kind)
        count = len(catalogue.CELL_OPERATIONS)
        y = canvas.heading(
            y + 0.16, f"Candidates of an edge: {count}", "as drawn, and as genotypes name them"
        )
        width = canvas.inner_in
        y = candidates(canvas, MARGIN_IN, y + 0.02, width, catalogue.CELL_OPERATIONS)
        y = canvas.paragraph(y + 0.06, "d: dilation. ×2: twice in a row, the stride on the first only.")
        figure = canvas.finish(y + 0.06)
    words = Words(name, "The hyper-cell and its cells", _caption(grid), description(), "drawn")
    return Picture(figure, words)


def description() -> str:
    """The wiring in words."""
    parts = [
        "A hyper-cell is a chain of one reduction cell and n normal cells; each output is weighed by u, "
        f"and the sum is the hyper-cell's output. A cell has {catalogue.CELL_INPUTS} inputs, "
        f"{counted(catalogue.CELL_NODES, 'node')} and {counted(len(catalogue.CELL_EDGES), 'edge')}:"
    ]
    edges = [
        f"{edge[0]} to {edge[1]} (stride {catalogue.edge_stride(edge, True)} in a reduction cell, "
        f"{catalogue.edge_stride(edge, False)} in a normal one)"
        for edge in catalogue.CELL_EDGES
    ]
    parts.append(", ".join(edges) + ".")
    labels = [operation(name).label for name in catalogue.CELL_OPERATIONS]
    parts.append(f"The {len(labels)} candidates of an edge: {', '.join(labels)}.")
    return " ".join(parts)


def _caption(grid: Grid) -> str:
    edges, operations = len(catalogue.CELL_EDGES), len(catalogue.CELL_OPERATIONS)
    depths = ", ".join(map(str, grid.experiments.depths))
    alphas = 2 * catalogue.HYPER_CELLS
    return (
        f"A hyper-cell (top) chains a reduction cell and n normal cells; the mask u over its n + 1 outputs, "
        f"drawn from beta, decides its depth, and the cells behind the chosen one are pruned. The initial "
        f"numbers of cells n + 1 of the {catalogue.HYPER_CELLS} hyper-cells are {{{depths}}} at scale "
        f"{grid.config.scale}; the first is drawn. Every edge of a cell (middle) is a mixture of "
        f"{operations} candidates (bottom), weighed by a mask drawn from alpha. All normal cells of a "
        f"hyper-cell share one alpha of {edges} × {operations}, its reduction cell has its own, {alphas} in "
        f"all. C is the width of a node."
    )


def _hyper_cell(canvas: Canvas, y: float, depth: int) -> float:
    """The chain of cells between its inputs and its two outputs; returns the y below."""
    shown: list[int | None] = list(range(1, depth + 1))
    if depth > SHOWN + 1:
        shown = [*range(1, SHOWN + 1), None, depth]
    width = canvas.inner_in
    start, gap, row = MARGIN_IN + 1.12, 0.24, y + 0.62
    pitch = min((width - 1.12 + gap) / len(shown), 1.5)
    inputs = [Box(MARGIN_IN + 0.2 + 0.56 * index, row, 0.4, 0.48) for index in range(catalogue.CELL_INPUTS)]
    cells = [Box(start + pitch * i + (pitch - gap) / 2, row, pitch - gap, 0.48) for i in range(len(shown))]
    for index, box in enumerate(inputs):
        canvas.box(box, f"s{subscript(index)}", fill=PLAIN_FILL, label=f"input s{index}")
    _chain(canvas, [*inputs, *cells], [0, 0, *shown])
    bus = Box(MARGIN_IN + width / 2, row + 0.84, width, 0.5)
    for box, number in zip(cells, shown, strict=True):
        if number is not None:
            canvas.line([(box.x, box.bottom), (box.x, bus.top)])
            canvas.text(
                box.x + 0.07,
                box.bottom + 0.17,
                f"u{subscript(number)}",
                align="left",
                label=f"depth {number}",
            )
    text = "s₁ = Σ uₚ Cₚ  (Eq. 5)\ns₀ = Σ uₚ Cₚ₋₁, where C₀ is the input s₁, adapted  (A5)"
    canvas.box(bus, text, fill=PLAIN_FILL, label="hyper-cell output")
    return canvas.paragraph(
        bus.bottom + 0.06,
        "Straight arrows are a cell's newer input, bows its older one. s₀ and s₁ go to the next hyper-cell, "
        f"s₁ also to the aggregation cell. u = softmax((log β + Gumbel noise) / λ), Eq.\u00a06; β has "
        f"{counted(depth, 'value')}, one for each cell.",
    )


def _chain(canvas: Canvas, boxes: Sequence[Box], shown: Sequence[int | None]) -> None:
    """The cells behind the hyper-cell's inputs, with arrows from the last box and the one before it."""
    for index in range(catalogue.CELL_INPUTS, len(boxes)):
        box, number = boxes[index], shown[index]
        before = boxes[index - 1]
        start = before.x + DOTS_IN if shown[index - 1] is None else before.right
        canvas.line([(start, box.y), (box.x - DOTS_IN if number is None else box.left, box.y)])
        if number is None:
            canvas.text(box.x, box.y, "⋯", bold=True)
            continue
        reduction = number == 1
        words = ("Reduction", "Red.") if reduction else ("Normal", "Norm.")
        fitting = next((one for one in words if text_width_in(one) + 0.08 <= box.width), words[-1])
        canvas.box(
            box,
            f"{fitting}\nC{subscript(number)}",
            fill=REDUCTION_FILL if reduction else NORMAL_FILL,
            label=f"cell {number} {'reduction' if reduction else 'normal'}",
        )
        if None not in shown[index - 2 : index]:
            older = boxes[index - 2]
            canvas.arc((older.x + 0.08, older.top), (box.x - 0.08, box.top), 0.3)


def _cell(canvas: Canvas, y: float, kind: str) -> float:
    """One kind of cell with the stride of each edge; returns the y below."""
    reduction = kind == "reduction"
    y = canvas.heading(y, f"{kind.capitalize()} cell", f"{'halves' if reduction else 'keeps'} the resolution")

    def chip_at(index: int) -> Chip:
        edge = catalogue.CELL_EDGES[index]
        stride = catalogue.edge_stride(edge, reduction)
        return Chip(f"α({edge[0]},{edge[1]})\nstride {stride}", INK if stride > 1 else QUIET)

    inputs = ["0: older\n1×1 to C", "1: newer\n1×1 to C"]
    graph = cell_graph(f"{kind} cell", chip_at, inputs, f"concat\n{catalogue.CELL_NODES}·C ch.")
    layout = arrange(graph, canvas.inner_in)
    draw_graph(canvas, graph, layout, MARGIN_IN, y + 0.06)
    y += layout.height + 0.1
    if reduction:
        return y
    return canvas.paragraph(
        y,
        "Input 0 of a hyper-cell's first normal cell is twice as large as input 1: a factorised reduction "
        "takes the place of its 1×1 convolution (A3).",
    )
