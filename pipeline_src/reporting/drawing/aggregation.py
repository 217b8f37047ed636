"""Figure 4: the aggregation cell as the catalogue wires it, with strides, widths and candidates."""

from __future__ import annotations

from pathlib import Path

from pipeline_src.config.grid import Grid
from pipeline_src.reporting.drawing.picture import Picture, Words, house_style
from pipeline_src.reporting.drawing.schema_canvas import INK, MARGIN_IN, QUIET, Canvas
from pipeline_src.reporting.drawing.schema_layout import arrange, draw_graph
from pipeline_src.reporting.drawing.schema_operations import operation
from pipeline_src.reporting.drawing.schema_parts import Chip, aggregation_graph, candidates
from pipeline_src.reporting.drawing.schema_plan import (
    aggregation_channels,
    aggregation_level,
    aggregation_stages,
    by,
    counted,
    levels_of,
)
from pipeline_src.space import catalogue


def draw(name: str, grid: Grid, results: Path) -> Picture:
    """The aggregation cell of the configured space; nothing is read from results."""
    space, input_hw = grid.config.space, grid.input_size(grid.main)

    def chip_at(index: int) -> Chip:
        edge = catalogue.AGGREGATION_EDGES[index]
        return Chip(
            f"α({edge.source},{edge.target})\nstride {edge.stride}", INK if edge.stride > 1 else QUIET
        )

    with house_style():
        graph = aggregation_graph(space, levels_of(space, input_hw), chip_at)
        canvas = Canvas()
        width = canvas.inner_in
        edges = counted(len(catalogue.AGGREGATION_EDGES), "edge")
        text = f"{edges}, nodes of {space.aggregation_channels} channels"
        y = canvas.heading(0.08, "Aggregation cell", text) + 0.08
        layout = arrange(graph, width)
        draw_graph(canvas, graph, layout, MARGIN_IN, y)
        y += layout.height + 0.2
        count = len(catalogue.AGGREGATION_OPERATIONS)
        y = canvas.heading(y, f"Candidates of an edge: {count}", "as drawn, and as genotypes name them")
        y = candidates(canvas, MARGIN_IN, y + 0.02, width, catalogue.AGGREGATION_OPERATIONS)
        y = canvas.paragraph(y + 0.06, "d: dilation. ×2: twice in a row, the stride on the first only.")
        figure = canvas.finish(y + 0.06)
    words = Words(name, "The aggregation cell", _caption(grid), description(), "drawn")
    return Picture(figure, words)


def description() -> str:
    """The wiring in words."""
    edges = [f"{edge.source} to {edge.target} (stride {edge.stride})" for edge in catalogue.AGGREGATION_EDGES]
    labels = [operation(name).label for name in catalogue.AGGREGATION_OPERATIONS]
    outputs = ", ".join(catalogue.AGGREGATION_OUTPUTS)
    return (
        f"The aggregation cell has {counted(len(aggregation_stages()), 'node')}, its "
        f"{counted(catalogue.HYPER_CELLS, 'input')} among them, and {counted(len(edges), 'edge')}: "
        f"{', '.join(edges)}. "
        f"{outputs} are resized to the size of {catalogue.AGGREGATION_OUTPUTS[0]} and concatenated. "
        f"The {len(labels)} candidates of an edge: {', '.join(labels)}."
    )


def _caption(grid: Grid) -> str:
    space, input_hw = grid.config.space, grid.input_size(grid.main)
    output = aggregation_level(space, input_hw)
    return (
        f"The aggregation cell fuses the outputs x1, x2, x3 of the hyper-cells; boxes have resolutions, "
        f"relative to the input, and widths. Each edge mixes {len(catalogue.AGGREGATION_OPERATIONS)} "
        f"candidates, weighed by a mask drawn from alpha; there is no term for its latency. "
        f"{', '.join(catalogue.AGGREGATION_OUTPUTS)} are resized to {output.where} and concatenated to "
        f"{aggregation_channels(space)} channels at scale {grid.config.scale}, whose input is "
        f"{by(input_hw)} px. The paper's Figure 4 could not be read: the wiring is assumption A6."
    )
