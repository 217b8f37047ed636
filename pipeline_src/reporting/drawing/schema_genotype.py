"""Any genotype as a drawing: hyper-cell by hyper-cell, then the aggregation cell and the head."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from matplotlib.figure import Figure

from pipeline_src.config.runs import Size
from pipeline_src.reporting.drawing.picture import WIDTH_IN
from pipeline_src.reporting.drawing.schema_canvas import MARGIN_IN, QUIET, Box, Canvas
from pipeline_src.reporting.drawing.schema_layout import Graph, arrange, draw_graph, needed_width
from pipeline_src.reporting.drawing.schema_operations import families_of, operation
from pipeline_src.reporting.drawing.schema_parts import (
    aggregation_graph,
    cell_graph,
    chip_of,
    legend,
    strip,
    unused_chip,
)
from pipeline_src.reporting.drawing.schema_plan import (
    PlacedCell,
    aggregation_channels,
    aggregation_level,
    by,
    counted,
    level,
    levels_of,
    placed_cells,
    used_operations,
    uses_normal,
)
from pipeline_src.space import catalogue
from pipeline_src.space.genotype import Genotype

GUTTER_IN = 0.1
"""Between the panels of two cells."""
PAD_IN = 0.08
"""Between a panel's frame and the cell in it."""


@dataclass(frozen=True)
class _Panel:
    """A kind of cell with the title that stands above it."""

    title: str
    graph: Graph


def genotype_figure(genotype: Genotype, title: str, input_hw: Size, num_classes: int) -> Figure:
    """Any genotype as a drawing, to be called inside `house_style()`.

    Args:
        genotype: the network.
        title: its name.
        input_hw: (height, width) in pixels of its input.
        num_classes: K.
    """
    cells = placed_cells(genotype, input_hw)
    panels = _panels(genotype, cells)
    fusion = None if genotype.aggregation is None else _aggregation(genotype, input_hw)
    needs = [needed_width(panel.graph) + 2 * PAD_IN for pair in panels for panel in pair]
    canvas = Canvas(max(WIDTH_IN, *(need + 2 * MARGIN_IN for need in needs), _fusion_width(fusion)))
    beside = 2 * max(needs) + GUTTER_IN <= canvas.inner_in
    y = _top(canvas, genotype, title, input_hw)
    y = _leading(canvas, y, [one for one in cells if one.kind == "leading"])
    for number, pair in enumerate(panels):
        here = [one for one in cells if one.hyper_cell == number and one.kind != "leading"]
        y = _hyper_cell(canvas, y, here)
        y = _draw_panels(canvas, y, pair, beside)
    y = _draw_fusion(canvas, y, genotype, fusion)
    y = _head(canvas, y, genotype, input_hw, num_classes)
    y = canvas.paragraph(
        y + 0.1,
        f"R reduction cell, N normal cell. In a cell, 0 is the older input, {catalogue.CELL_INPUTS - 1} the "
        "newer one; the output concatenates the round nodes. d: dilation. ×2: twice in a row. s: stride.",
    )
    y = legend(canvas, MARGIN_IN, y + 0.08, canvas.inner_in, families_of(used_operations(genotype)))
    return canvas.finish(y + 0.04)


def _panels(genotype: Genotype, cells: Sequence[PlacedCell]) -> list[tuple[_Panel, _Panel]]:
    """Reduction and normal cell of every hyper-cell, with chips of one size."""
    inputs = [str(index) for index in range(catalogue.CELL_INPUTS)]
    found = []
    for number, part in enumerate(genotype.hyper_cells):
        for kind, names in (("reduction", part.reduction), ("normal", part.normal)):
            used = kind == "reduction" or uses_normal(genotype, number)
            chips = [chip_of(operation(name)) if used else unused_chip(operation(name)) for name in names]
            graph = cell_graph(f"hyper-cell {number + 1} {kind}", chips.__getitem__, inputs)
            found.append(_Panel(_panel_title(kind, number, cells), graph))
    chip = max(one.graph.chip[0] for one in found), max(one.graph.chip[1] for one in found)
    same = [replace(one, graph=replace(one.graph, least_chip=chip)) for one in found]
    return list(zip(same[::2], same[1::2], strict=True))


def _panel_title(kind: str, number: int, cells: Sequence[PlacedCell]) -> str:
    """`Normal cells 3 to 6`: the positions at which a kind of cell stands."""
    here = [one.position for one in cells if one.hyper_cell == number and one.kind == kind]
    if len(here) > 1:
        return f"{kind.capitalize()} cells {here[0]} to {here[-1]}"
    if here:
        return f"{kind.capitalize()} cell {here[0]}"
    leading = any(one.kind == "leading" and one.hyper_cell == number for one in cells)
    return "Normal cell, before the reduction" if leading else "Normal cell, not in the network"


def _aggregation(genotype: Genotype, input_hw: Size) -> Graph:
    assert genotype.aggregation is not None
    levels = levels_of(genotype.space, input_hw)
    chips = [
        chip_of(operation(name), f"s={edge.stride}" if edge.stride > 1 else "")
        for name, edge in zip(genotype.aggregation, catalogue.AGGREGATION_EDGES, strict=True)
    ]
    return aggregation_graph(genotype.space, levels, chips.__getitem__)


def _fusion_width(fusion: Graph | None) -> float:
    return 0.0 if fusion is None else needed_width(fusion) + 2 * MARGIN_IN


def _top(canvas: Canvas, genotype: Genotype, title: str, input_hw: Size) -> float:
    """Name, input and stem; returns the y below, as all of these do."""
    space, stem = genotype.space, level(genotype.space, input_hw, 0)
    positions = ", ".join(map(str, genotype.downsampling_positions))
    depths = ", ".join(map(str, genotype.depths))
    summary = f"{counted(genotype.total_cells, 'cell')}, hyper-cells {{{depths}}}, reductions at {positions}"
    strides = ", ".join(map(str, space.stem_strides))
    return canvas.paragraph(
        canvas.heading(0.08, title, summary) + 0.02,
        f"Input {by(input_hw)}. Stem: {len(space.stem_strides)} conv 3×3 with strides {strides}, to "
        f"{stem.where}, {space.initial_channels} channels.",
    )


def _leading(canvas: Canvas, y: float, cells: Sequence[PlacedCell]) -> float:
    """The cells before the first reduction, where there are any (Table 5)."""
    if not cells:
        return y
    here = cells[0].level
    text = f"{counted(len(cells), 'cell')} at {here.where}, node width {here.node_channels}"
    y = canvas.heading(_rule(canvas, y), "Before the first reduction", text)
    y = strip(canvas, MARGIN_IN, y + 0.03, canvas.inner_in, [_named(one) for one in cells])
    return canvas.paragraph(y, f"Built as the normal cell of hyper-cell {cells[0].hyper_cell + 1}.")


def _named(cell: PlacedCell) -> tuple[str, bool]:
    reduction = cell.kind == "reduction"
    return f"{cell.position} {'R' if reduction else 'N'}", reduction


def _rule(canvas: Canvas, y: float) -> float:
    ends = [(MARGIN_IN, y + 0.08), (canvas.width_in - MARGIN_IN, y + 0.08)]
    canvas.line(ends, colour="#cccccc", arrow=False, width_pt=0.8)
    return y + 0.14


def _hyper_cell(canvas: Canvas, y: float, cells: Sequence[PlacedCell]) -> float:
    """A hyper-cell's depth, resolution and widths, and the sequence of its cells."""
    here, number = cells[0].level, cells[0].hyper_cell + 1
    text = f"{here.where}, node width {here.node_channels}, output {here.cell_channels} channels"
    y = canvas.heading(_rule(canvas, y), f"Hyper-cell {number}: {counted(len(cells), 'cell')}", text)
    return strip(canvas, MARGIN_IN, y + 0.03, canvas.inner_in, [_named(one) for one in cells]) + 0.02


def _draw_panels(canvas: Canvas, y: float, pair: Sequence[_Panel], beside: bool) -> float:
    """The two kinds of cell, beside each other or, where they are too wide, below each other."""
    room = (canvas.inner_in - GUTTER_IN) / 2 if beside else canvas.inner_in
    bottom = y
    for column, panel in enumerate(pair):
        x, top = (MARGIN_IN + column * (room + GUTTER_IN), y) if beside else (MARGIN_IN, bottom)
        layout = arrange(panel.graph, room - 2 * PAD_IN)
        height = layout.height + 0.46
        canvas.box(Box(x + room / 2, top + height / 2, room, height), edge="#c8c8c8", zorder=1)
        canvas.text(x + PAD_IN, top + 0.16, panel.title, align="left", colour=QUIET)
        draw_graph(canvas, panel.graph, layout, x + PAD_IN, top + 0.36)
        bottom = max(bottom, top + height + 0.06)
    return bottom


def _draw_fusion(canvas: Canvas, y: float, genotype: Genotype, fusion: Graph | None) -> float:
    """The aggregation cell, or that there is none (Table 6a)."""
    y = _rule(canvas, y)
    if fusion is None:
        y = canvas.heading(y, "No aggregation cell")
        return canvas.paragraph(y, f"The head takes the output of hyper-cell {catalogue.HYPER_CELLS}.")
    text = f"node width {genotype.space.aggregation_channels}, stride 1 unless s= is written"
    y = canvas.heading(y, "Aggregation cell", text) + 0.06
    layout = arrange(fusion, canvas.inner_in)
    draw_graph(canvas, fusion, layout, MARGIN_IN, y)
    return y + layout.height + 0.02


def _head(canvas: Canvas, y: float, genotype: Genotype, input_hw: Size, num_classes: int) -> float:
    """The multi-scale head (A8)."""
    space = genotype.space
    here, channels = aggregation_level(space, input_hw), aggregation_channels(space)
    if genotype.aggregation is None:
        here = level(space, input_hw, catalogue.HYPER_CELLS)
        channels = here.cell_channels
    text = f"{channels} channels in, branches of {space.head_channels}"
    dilations = ", ".join(map(str, space.head_dilations))
    return canvas.paragraph(
        canvas.heading(_rule(canvas, y), "Multi-scale head", text),
        f"1×1, 3×3 with dilations {dilations}, image pooling; {num_classes} classes at {here.where}, "
        f"resized to {by(input_hw)}.",
    )
