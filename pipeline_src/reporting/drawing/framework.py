"""Figure 2: the framework of the search, from the image to the loss."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from pipeline_src.config.grid import Grid
from pipeline_src.config.runs import gamma_text
from pipeline_src.reporting.drawing.picture import Picture, Words, house_style
from pipeline_src.reporting.drawing.schema_canvas import (
    LINE_IN,
    MARGIN_IN,
    QUIET,
    TITLE_PT,
    Box,
    Canvas,
    subscript,
    text_width_in,
)
from pipeline_src.reporting.drawing.schema_parts import PLAIN_FILL, strip
from pipeline_src.reporting.drawing.schema_plan import (
    Level,
    aggregation_channels,
    aggregation_level,
    by,
    class_count,
    counted,
    levels_of,
)
from pipeline_src.space import catalogue

PANEL_LEFT_IN, PANEL_RIGHT_IN = 0.42, 5.28
AGGREGATION_LEFT_IN = 5.7
FLOW_IN, LATENCY_IN = 2.6, 0.25
"""Where the line through stem and hyper-cells runs, and the one to the latency."""


def draw(name: str, grid: Grid, results: Path) -> Picture:
    """The framework at the configured widths, input size and initial depths; nothing is read from results."""
    with house_style():
        canvas = Canvas()
        y, stem = _top(canvas, grid)
        panels: list[Box] = []
        for number in range(catalogue.HYPER_CELLS):
            panel = _hyper_cell(canvas, y, grid, number)
            above = panels[-1] if panels else stem
            canvas.line([(FLOW_IN, above.bottom), (FLOW_IN, panel.top)])
            panels.append(panel)
            y = panel.bottom + 0.26
        y = _bottom(canvas, y, grid, panels, _aggregation(canvas, panels))
        figure = canvas.finish(y)
    words = Words(name, "The search framework", _caption(grid), description(grid), "drawn")
    return Picture(figure, words)


def _levels(grid: Grid) -> tuple[Level, ...]:
    return levels_of(grid.config.space, grid.input_size(grid.main))


def _output(grid: Grid) -> Level:
    return aggregation_level(grid.config.space, grid.input_size(grid.main))


def description(grid: Grid) -> str:
    """The framework in words, with sizes and widths."""
    levels, space = _levels(grid), grid.config.space
    parts = [
        f"An image of {by(grid.input_size(grid.main))} pixels passes a stem of {len(space.stem_strides)} "
        f"convolutions to {levels[0].where} with {space.initial_channels} channels, then "
        f"{catalogue.HYPER_CELLS} hyper-cells."
    ]
    for one, depth in zip(levels[1:], grid.experiments.depths, strict=True):
        parts.append(
            f"Hyper-cell {one.stage}: up to {counted(depth, 'cell')}, {one.where}, "
            f"{one.cell_channels} channels."
        )
    parts.append(
        f"The aggregation cell fuses their outputs to {aggregation_channels(space)} channels at "
        f"{_output(grid).where}; a multi-scale head predicts {class_count(grid, grid.main)} classes. "
        f"The search's loss is the cross-entropy plus gamma times the logarithm of the expected latency, "
        f"summed from the lookup table."
    )
    return " ".join(parts)


def _caption(grid: Grid) -> str:
    given = grid.experiments
    return (
        f"The search space as the code builds it, at scale {grid.config.scale} on {grid.main}: sizes are "
        f"height × width in pixels, in brackets relative to the input, and channels are those of an output. "
        f"R is a reduction cell, N a normal one; dashed cells are pruned where they lie behind the depth "
        f"that u chooses. The loss adds gamma times the logarithm of the expected latency to the "
        f"cross-entropy (Eq. 8), with gamma {gamma_text(given.gamma_a)} for network A, "
        f"{gamma_text(given.gamma_b)} for B and {gamma_text(given.gamma_c)} for C."
    )


def _top(canvas: Canvas, grid: Grid) -> tuple[float, Box]:
    """Image and stem; returns the y of the first hyper-cell and the stem's box."""
    space, stem = grid.config.space, _levels(grid)[0]
    strides = ", ".join(map(str, space.stem_strides))
    texts = (
        f"{by(grid.input_size(grid.main))}, 3 ch.",
        f"{len(space.stem_strides)} convolutions 3×3, strides {strides}",
    )
    image, box = (Box(0.0, 0.38, text_width_in(text) + 0.24, 0.52) for text in texts)
    image = replace(image, x=PANEL_LEFT_IN + image.width / 2)
    box = replace(box, x=image.right + 0.4 + box.width / 2)
    canvas.box(image, texts[0], title="Image")
    canvas.box(box, texts[1], title="Stem", fill=PLAIN_FILL)
    canvas.line([(image.right, image.y), (box.left, box.y)])
    below = f"{stem.where}, {space.initial_channels} ch."
    canvas.text(FLOW_IN + 0.12, box.bottom + 0.15, below, align="left", colour=QUIET)
    return box.bottom + 0.32, box


def _hyper_cell(canvas: Canvas, y: float, grid: Grid, number: int) -> Box:
    """One hyper-cell with all cells that the search starts from."""
    here, depth = _levels(grid)[number + 1], grid.experiments.depths[number]
    top, left, width = y, PANEL_LEFT_IN + 0.1, PANEL_RIGHT_IN - PANEL_LEFT_IN
    title = f"Hyper-cell {number + 1}"
    canvas.text(left, y + 0.17, title, size_pt=TITLE_PT, bold=True, align="left")
    cells = f"1 to {counted(depth, 'cell')}" if depth > 1 else counted(depth, "cell")
    rest = left + text_width_in(title, TITLE_PT, bold=True) + 0.12
    canvas.text(rest, y + 0.17, f"{cells}, nodes of {here.node_channels} ch.", align="left", colour=QUIET)
    names = [(f"{'N' if index else 'R'}\nu{subscript(index + 1)}", index == 0) for index in range(depth)]
    y = strip(canvas, left, y + 0.34, width - 0.2, names, prunable=True) - 0.04
    canvas.text(PANEL_RIGHT_IN - 0.1, y + 0.11, f"{here.where}, {here.cell_channels} ch.", align="right")
    y += 0.25
    panel = Box(PANEL_LEFT_IN + width / 2, (top + y) / 2, width, y - top)
    canvas.box(panel, fill="#fafafa", edge="#9a9a9a", zorder=1)
    return panel


def _aggregation(canvas: Canvas, panels: list[Box]) -> Box:
    """The aggregation cell beside the hyper-cells, an arrow from each."""
    right, top, bottom = canvas.width_in - MARGIN_IN, panels[0].top, panels[-1].bottom
    box = Box(
        (AGGREGATION_LEFT_IN + right) / 2, (top + bottom) / 2, right - AGGREGATION_LEFT_IN, bottom - top
    )
    canvas.box(box, fill=PLAIN_FILL)
    canvas.text(box.x, box.y - 0.62, "Aggregation\ncell", bold=True)
    lines = [
        f"{counted(len(catalogue.AGGREGATION_EDGES), 'edge')} with",
        f"{len(catalogue.AGGREGATION_OPERATIONS)} candidates",
        "each; maps",
        "resized and",
        "concatenated",
    ]
    canvas.text(box.x, box.y + 0.14, "\n".join(lines))
    for number, panel in enumerate(panels):
        canvas.line([(panel.right, panel.y), (box.left, panel.y)])
        canvas.text((panel.right + box.left) / 2 - 0.02, panel.y - 0.13, f"x{number + 1}")
    return box


def _bottom(canvas: Canvas, y: float, grid: Grid, panels: list[Box], aggregation: Box) -> float:
    """Head, prediction, latency and the loss; returns the y below."""
    space, output, right = grid.config.space, _output(grid), canvas.width_in - MARGIN_IN
    text = f"{output.where}, {aggregation_channels(space)} ch."
    canvas.text(right - 0.5, y + 0.02, text, align="right", colour=QUIET)
    y += 0.2
    height, dilations = 4 * LINE_IN + 0.12, ", ".join(map(str, space.head_dilations))
    texts = (
        "Σ P(cell is kept) · lat(cell),\nlat from the lookup table\n(Eq. 4, 7, A11)",
        f"{class_count(grid, grid.main)} classes\nresized to\n{by(grid.input_size(grid.main))}",
        f"1×1; 3×3 dilated\n{dilations}; pooling;\nbranches of {space.head_channels} ch.",
    )
    widths = [text_width_in(text) + 0.2 for text in texts]
    latency = Box(MARGIN_IN + widths[0] / 2, y + height / 2, widths[0], height)
    head = Box(right - widths[2] / 2, latency.y, widths[2], height)
    prediction = Box((latency.right + head.left) / 2, latency.y, widths[1], height)
    canvas.box(latency, texts[0], title="Expected latency")
    canvas.box(prediction, texts[1], title="Prediction")
    canvas.box(head, texts[2], title="Multi-scale head", fill=PLAIN_FILL)
    canvas.line([(right - 0.35, aggregation.bottom), (right - 0.35, head.top)])
    canvas.line([(head.left, head.y), (prediction.right, head.y)])
    for panel in panels:
        canvas.line([(panel.left, panel.y), (LATENCY_IN, panel.y)], dashed=True, arrow=False)
    canvas.line([(LATENCY_IN, panels[0].y), (LATENCY_IN, latency.top)], dashed=True)
    return _loss(canvas, grid, latency, prediction)


def _loss(canvas: Canvas, grid: Grid, latency: Box, prediction: Box) -> float:
    """The loss below what it is made of; returns the y below."""
    given, width = grid.experiments, canvas.inner_in
    a, b, c = map(gamma_text, (given.gamma_a, given.gamma_b, given.gamma_c))
    loss = Box(canvas.width_in / 2, latency.bottom + 0.63, width, 0.54)
    canvas.box(
        loss,
        f"γ: A {a}, B {b}, C {c}; its gradient moves w, α and β",
        title="L = CE + γ log(latency)   (Eq. 8)",
        fill=PLAIN_FILL,
        label="loss",
    )
    for source, words in ((latency, "γ log(latency)"), (prediction, "CE with the labels")):
        canvas.line([(source.x, source.bottom), (source.x, loss.top)])
        canvas.text(source.x + 0.1, source.bottom + 0.18, words, align="left", colour=QUIET)
    return loss.bottom + 0.06
