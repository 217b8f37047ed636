"""Figure 7: a searched architecture cell by cell, drawn from its genotype; networks B and C beyond the paper."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure

from pipeline_src.config.grid import Grid
from pipeline_src.config.runs import Architecture, Size
from pipeline_src.reporting.drawing.picture import WIDTH_IN, Picture, Words, house_style, not_run
from pipeline_src.reporting.drawing.schema_canvas import LINE_IN, MARGIN_IN, QUIET, Box, Canvas
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
    by,
    class_count,
    counted,
    level,
    placed_cells,
)
from pipeline_src.reporting.sources import genotype_path
from pipeline_src.space import catalogue
from pipeline_src.space.genotype import Genotype


def draw(name: str, grid: Grid, results: Path) -> Picture:
    """The architecture of network A (`figure_7`), B (`architecture_b`) or C (`architecture_c`).

    Raises:
        GenotypeError: the genotype's file is not a genotype.
    """
    letter, architecture, dataset = {
        "figure_7": ("A", grid.network_a, grid.main),
        "architecture_b": ("B", grid.network_b, grid.main),
        "architecture_c": ("C", grid.network_c, "camvid"),
    }[name]
    title = f"AutoRTNet-{letter}, cell by cell"
    source = genotype_path(architecture)
    if not (results / source).exists():
        return not_run(name, title, f"there is no {source}")
    genotype = Genotype.load(results / source)
    input_hw = grid.input_size(dataset)
    with house_style():
        figure = genotype_figure(genotype, f"AutoRTNet-{letter}", input_hw, class_count(dataset))
    words = Words(
        name,
        title,
        _caption(letter, architecture, genotype, grid, dataset),
        description(genotype, f"AutoRTNet-{letter}", input_hw),
        "measured",
        sources=(source,),
    )
    return Picture(figure, words)


def genotype_figure(genotype: Genotype, title: str, input_hw: Size, num_classes: int) -> Figure:
    """Any genotype as a drawing, to be called inside `house_style()`.

    Args:
        genotype: the network.
        title: its name.
        input_hw: (height, width) in pixels of its input.
        num_classes: K.
    """
    graphs = _cell_graphs(genotype)
    aggregation = _aggregation_graph(genotype, input_hw)
    widest = max(needed_width(one) for one in [*(g for pair in graphs for g in pair), *aggregation])
    canvas = Canvas(max(WIDTH_IN, widest + 4 * MARGIN_IN))
    y = _top(canvas, genotype, title, input_hw)
    cells = placed_cells(genotype, input_hw)
    for hyper_cell, pair in enumerate(graphs):
        here = [one for one in cells if one.hyper_cell == hyper_cell and one.kind != "leading"]
        y = _hyper_cell(canvas, y, genotype, hyper_cell, here, pair)
    y = _bottom(canvas, y, genotype, input_hw, num_classes, aggregation)
    y = canvas.paragraph(
        MARGIN_IN,
        y,
        canvas.width_in - 2 * MARGIN_IN,
        f"R reduction cell, N normal cell. In a cell, 0 is the older input, {catalogue.CELL_INPUTS - 1} the newer one; "
        "the output concatenates the round nodes. d: dilation. ×2: twice in a row. s: stride.",
    )
    y = legend(
        canvas, MARGIN_IN, y + 0.08, canvas.width_in - 2 * MARGIN_IN, families_of(_operations(genotype))
    )
    return canvas.finish(y + 0.04)


def description(genotype: Genotype, title: str, input_hw: Size) -> str:
    """The same in words: depths, positions, sizes, and every operation of every cell in use."""
    positions = ", ".join(map(str, genotype.downsampling_positions))
    parts = [f"{title} has {counted(genotype.total_cells, 'cell')}; cells {positions} halve the resolution."]
    if genotype.leading_cells:
        parts.append(f"{counted(genotype.leading_cells, 'normal cell')} stand before the first of them.")
    for index, part in enumerate(genotype.hyper_cells):
        here = level(genotype.space, input_hw, index + 1)
        parts.append(
            f"Hyper-cell {index + 1}: {counted(part.depth, 'cell')} at {here.where}, "
            f"{here.cell_channels} channels; reduction cell: {_listed_cell(part.reduction)}"
            + (
                f"; normal cell: {_listed_cell(part.normal)}."
                if _uses_normal(genotype, index)
                else "; no normal cell."
            )
        )
    if genotype.aggregation is None:
        parts.append("There is no aggregation cell.")
    else:
        listed = [
            f"{edge.source} to {edge.target} {operation(name).label}"
            for edge, name in zip(catalogue.AGGREGATION_EDGES, genotype.aggregation, strict=True)
        ]
        parts.append(f"Aggregation cell: {', '.join(listed)}.")
    return " ".join(parts)


def _listed_cell(operations: Sequence[str]) -> str:
    edges = zip(catalogue.CELL_EDGES, operations, strict=True)
    return ", ".join(f"{source} to {target} {operation(name).label}" for (source, target), name in edges)


def _uses_normal(genotype: Genotype, hyper_cell: int) -> bool:
    return genotype.hyper_cells[hyper_cell].depth > 1 or (hyper_cell == 0 and genotype.leading_cells > 0)


def _operations(genotype: Genotype) -> list[str]:
    """The operations of the network, one for each edge of each cell type in use."""
    found: list[str] = []
    for index, part in enumerate(genotype.hyper_cells):
        found += [*part.reduction, *(part.normal if _uses_normal(genotype, index) else ())]
    return found + list(genotype.aggregation or ())


def _caption(letter: str, one: Architecture, genotype: Genotype, grid: Grid, dataset: str) -> str:
    assert one.search is not None
    counts = Counter(operation(name).family.title for name in _operations(genotype))
    chosen = ", ".join(f"{title} {number}" for title, number in counts.most_common())
    depths = ", ".join(map(str, genotype.depths))
    return (
        f"AutoRTNet-{letter}, found by the search {one.search.name} (gamma {one.search.gamma:g}, seed "
        f"{one.search.seed}, initial numbers of cells {{{', '.join(map(str, one.search.depths))}}}) at scale "
        f"{grid.config.scale}: {{{depths}}} cells remain. Sizes are height × width at the input of "
        f"{by(grid.input_size(dataset))} px, in brackets relative to it. Edges that leave the inputs of a "
        f"reduction cell have stride 2. A cell type is drawn once for all its cells. Edges by kind of operation, over "
        f"the cell types in use and the aggregation cell: {chosen}."
    )


def _cell_graphs(genotype: Genotype) -> list[tuple[Graph, Graph]]:
    """Reduction and normal cell of every hyper-cell."""
    inputs = [str(index) for index in range(catalogue.CELL_INPUTS)]
    pairs = []
    for number, part in enumerate(genotype.hyper_cells):
        pair = []
        for kind, names in (("reduction", part.reduction), ("normal", part.normal)):
            used = kind == "reduction" or _uses_normal(genotype, number)
            chips = [chip_of(operation(name)) if used else unused_chip(operation(name)) for name in names]
            pair.append(cell_graph(f"hyper-cell {number + 1} {kind}", chips.__getitem__, inputs))
        pairs.append((pair[0], pair[1]))
    return pairs


def _aggregation_graph(genotype: Genotype, input_hw: Size) -> list[Graph]:
    if genotype.aggregation is None:
        return []
    names, space = genotype.aggregation, genotype.space
    levels = [level(space, input_hw, stage) for stage in range(catalogue.HYPER_CELLS + 1)]
    inputs = [f"x{one.stage}  {one.fraction}\n{one.cell_channels} ch." for one in levels[1:]]
    strides = [f"s={edge.stride}" if edge.stride > 1 else "" for edge in catalogue.AGGREGATION_EDGES]
    return [
        aggregation_graph(
            space,
            [one.downsampling for one in levels],
            inputs,
            lambda index: chip_of(operation(names[index]), strides[index]),
        )
    ]


def _top(canvas: Canvas, genotype: Genotype, title: str, input_hw: Size) -> float:
    """Name, input, stem and leading cells; returns the y below."""
    space, stem = genotype.space, level(genotype.space, input_hw, 0)
    positions = ", ".join(map(str, genotype.downsampling_positions))
    depths = ", ".join(map(str, genotype.depths))
    summary = f"{counted(genotype.total_cells, 'cell')}, hyper-cells {{{depths}}}, reductions at {positions}"
    y = canvas.heading(MARGIN_IN, 0.08, title, summary)
    strides = ", ".join(map(str, space.stem_strides))
    y = canvas.paragraph(
        MARGIN_IN,
        y + 0.02,
        canvas.width_in - 2 * MARGIN_IN,
        f"Input {by(input_hw)}, 3 channels. Stem: {len(space.stem_strides)} convolutions 3×3, strides {strides}: "
        f"{stem.where}, {space.initial_channels} channels.",
    )
    leading = [one for one in placed_cells(genotype, input_hw) if one.kind == "leading"]
    if leading:
        y = _rule(canvas, y)
        text = f"{counted(len(leading), 'cell')} at {stem.where}, node width {stem.node_channels}"
        y = canvas.heading(MARGIN_IN, y, "Before the first reduction", text)
        y = strip(canvas, MARGIN_IN, y + 0.03, canvas.width_in - 2 * MARGIN_IN, _texts(leading))
        y = canvas.paragraph(
            MARGIN_IN, y, canvas.width_in - 2 * MARGIN_IN, "built as hyper-cell 1's normal cell"
        )
    return y


def _texts(cells: Sequence[PlacedCell]) -> list[tuple[str, bool]]:
    letter = {"reduction": "R", "normal": "N", "leading": "N"}
    return [(f"{one.position} {letter[one.kind]}", one.kind == "reduction") for one in cells]


def _rule(canvas: Canvas, y: float) -> float:
    canvas.line(
        [(MARGIN_IN, y + 0.08), (canvas.width_in - MARGIN_IN, y + 0.08)],
        colour="#cccccc",
        arrow=False,
        width_pt=0.8,
    )
    return y + 0.14


def _hyper_cell(
    canvas: Canvas,
    y: float,
    genotype: Genotype,
    number: int,
    cells: Sequence[PlacedCell],
    pair: tuple[Graph, Graph],
) -> float:
    """Title, sequence of cells, and the two cell types; returns the y below."""
    here, width = cells[0].level, canvas.width_in - 2 * MARGIN_IN
    y = _rule(canvas, y)
    text = f"{here.where}, node width {here.node_channels}, output {here.cell_channels} channels"
    y = canvas.heading(MARGIN_IN, y, f"Hyper-cell {number + 1}: {counted(len(cells), 'cell')}", text)
    y = strip(canvas, MARGIN_IN, y + 0.03, width, _texts(cells)) + 0.02
    depth = genotype.hyper_cells[number].depth
    leading = number == 0 and genotype.leading_cells > 0
    normal = _span(cells)
    if depth == 1:
        normal = "Normal cell, before the reduction" if leading else "Normal cell, not in the network"
    titles = [f"Reduction cell {cells[0].position}", normal]
    half = (width - 0.15) / 2
    beside = max(needed_width(graph) for graph in pair) + 0.16 <= half
    bottom = y
    for column, (title, graph) in enumerate(zip(titles, pair, strict=True)):
        x, top, room = (MARGIN_IN + column * (half + 0.15), y, half) if beside else (MARGIN_IN, bottom, width)
        layout = arrange(graph, room - 0.16)
        height = layout.height + 0.46
        canvas.box(Box(x + room / 2, top + height / 2, room, height), edge="#c8c8c8", zorder=1)
        canvas.text(x + 0.08, top + 0.16, title, align="left", colour=QUIET)
        draw_graph(canvas, graph, layout, x + 0.08, top + 0.36)
        bottom = max(bottom, top + height + 0.06)
    return bottom


def _span(cells: Sequence[PlacedCell]) -> str:
    positions = [one.position for one in cells[1:]]
    if len(positions) < 2:
        return "".join(f"Normal cell {position}" for position in positions)
    return f"Normal cells {positions[0]} to {positions[-1]}"


def _bottom(
    canvas: Canvas,
    y: float,
    genotype: Genotype,
    input_hw: Size,
    num_classes: int,
    aggregation: Sequence[Graph],
) -> float:
    """Aggregation cell and head; returns the y below."""
    space, width = genotype.space, canvas.width_in - 2 * MARGIN_IN
    y = _rule(canvas, y)
    if not aggregation:
        last = level(space, input_hw, catalogue.HYPER_CELLS)
        y = canvas.heading(MARGIN_IN, y, "No aggregation cell")
        channels, here = last.cell_channels, last
        y = canvas.paragraph(
            MARGIN_IN, y, width, f"The head takes the output of hyper-cell {catalogue.HYPER_CELLS}."
        )
    for graph in aggregation:
        text = f"node width {space.aggregation_channels}, stride 1 unless s= is written"
        y = canvas.heading(MARGIN_IN, y, "Aggregation cell", text) + 0.06
        layout = arrange(graph, width)
        draw_graph(canvas, graph, layout, MARGIN_IN, y)
        y += layout.height + 0.02
        channels, here = aggregation_channels(space), level(space, input_hw, 1)
    y = _rule(canvas, y)
    dilations = ", ".join(map(str, space.head_dilations))
    y = canvas.heading(
        MARGIN_IN, y, "Multi-scale head", f"{channels} channels in, branches of {space.head_channels}"
    )
    return (
        canvas.paragraph(
            MARGIN_IN,
            y,
            width,
            f"1×1, 3×3 with dilations {dilations}, image pooling; {num_classes} classes at {here.where}, resized to "
            f"{by(input_hw)}.",
        )
        + LINE_IN / 2
    )
