"""What several schematic pictures are made of: graphs of the two kinds of cell, strips of cells, legends."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from pipeline_src.config.models import SpaceConfig
from pipeline_src.reporting.drawing.picture import COLOURS
from pipeline_src.reporting.drawing.schema_canvas import (
    FAINT,
    INK,
    LINE_IN,
    QUIET,
    Box,
    Canvas,
    colour_of,
    text_height_in,
    text_width_in,
    tint,
)
from pipeline_src.reporting.drawing.schema_layout import Graph, Knot, Wire
from pipeline_src.reporting.drawing.schema_operations import Family, Operation, operation
from pipeline_src.reporting.drawing.schema_plan import Level, aggregation_channels, aggregation_stages
from pipeline_src.space import catalogue

REDUCTION_FILL = tint(COLOURS[1], 0.35)
NORMAL_FILL = tint(COLOURS[0], 0.14)
PLAIN_FILL = "#f2f2f2"
NODE_IN = 0.27
"""Diameter of a cell's node."""
STEP_IN = 0.13
"""Between two cells of a strip."""
OUTPUT = "output"
"""Name of the knot that stands for a graph's output."""


class Chip(NamedTuple):
    """What an edge shows."""

    text: str
    colour: str = QUIET
    dashed: bool = False
    ink: str = INK


def chip_of(found: Operation, note: str = "") -> Chip:
    """A chosen operation in its family's colour, with a note such as `s=2` behind it."""
    rest = ", ".join(part for part in (found.rest, note) if part)
    text = f"{found.head}\n{rest}" if rest else found.head
    return Chip(text, colour_of(found.family), found.family.dashed, FAINT if found.family.dashed else INK)


def unused_chip(found: Operation) -> Chip:
    """An operation of a cell that is not in the network."""
    return Chip(f"{found.head}\n{found.rest}" if found.rest else found.head, "#b8b8b8", False, FAINT)


def cell_graph(
    name: str,
    chip_at: Callable[[int], Chip],
    inputs: Sequence[str],
    output: str | None = None,
) -> Graph:
    """A cell as the catalogue wires it (Eq. 1, Figure 3).

    Args:
        name: marks the edges' labels, `name:0->2`.
        chip_at: what the edge of an index shows.
        inputs: texts of the inputs' boxes, older first.
        output: text of the output's box; without one the output is left out.
    """
    nodes = range(catalogue.CELL_INPUTS, catalogue.CELL_INPUTS + catalogue.CELL_NODES)
    wires = []
    for index, (source, target) in enumerate(catalogue.CELL_EDGES):
        chip = chip_at(index)
        wires.append(Wire(str(source), str(target), *chip, label=f"{name}:{source}->{target}"))
    knots = [Knot(str(node), str(node), NODE_IN, NODE_IN, round_=True) for node in nodes]
    if output is not None:
        wires += [Wire(str(node), OUTPUT) for node in nodes]
        knots.append(_box_knot(OUTPUT, output))
    return Graph(tuple(_box_knot(str(i), text) for i, text in enumerate(inputs)), tuple(knots), tuple(wires))


def aggregation_graph(space: SpaceConfig, levels: Sequence[Level], chip_at: Callable[[int], Chip]) -> Graph:
    """The aggregation cell as the catalogue wires it (Sec. 3.3, A6).

    Args:
        space: widths.
        levels: resolutions by number of reductions.
        chip_at: what the edge of an index shows.
    """
    stages = aggregation_stages()
    entries = [f"x{number}" for number in range(1, catalogue.HYPER_CELLS + 1)]
    wires = [
        Wire(edge.source, edge.target, *chip_at(index), label=f"aggregation:{edge.source}->{edge.target}")
        for index, edge in enumerate(catalogue.AGGREGATION_EDGES)
    ]
    wires += [Wire(name, OUTPUT) for name in catalogue.AGGREGATION_OUTPUTS]
    inputs = [
        _box_knot(name, f"{name}  {levels[stages[name]].fraction}\n{levels[stages[name]].cell_channels} ch.")
        for name in entries
    ]
    nodes = [
        _box_knot(name, f"{name}\n{levels[stage].fraction}")
        for name, stage in stages.items()
        if name not in entries
    ]
    first = levels[stages[catalogue.AGGREGATION_OUTPUTS[0]]]
    text = f"resize to\n{first.fraction}, then\nconcat:\n{aggregation_channels(space)} ch."
    return Graph(tuple(inputs), (*nodes, _box_knot(OUTPUT, text)), tuple(wires))


def _box_knot(name: str, text: str) -> Knot:
    width = max(text_width_in(text) + 0.14, text_height_in(""))
    return Knot(name, text, width, text_height_in(text), fill=PLAIN_FILL)


def strip(
    canvas: Canvas,
    x: float,
    y: float,
    width: float,
    cells: Sequence[tuple[str, bool]],
    prunable: bool = False,
) -> float:
    """A row of cells in their order, broken into several where they are many; returns the y below.

    Args:
        canvas: the sheet.
        x: left side.
        y: upper side.
        width: room for a row, in inches.
        cells: the text of each cell and whether it is a reduction cell.
        prunable: whether all but the first may yet be pruned; they are dashed then.
    """
    cell_width = max(text_width_in(text) for text, _ in cells) + 0.08
    pitch = cell_width + STEP_IN
    height = max(text_height_in(text) for text, _ in cells)
    fitting = max(1, int((width + STEP_IN) / pitch))
    for index, (text, reduction) in enumerate(cells):
        row, place = divmod(index, fitting)
        box = Box(
            x + place * pitch + cell_width / 2, y + row * (height + 0.1) + height / 2, cell_width, height
        )
        canvas.box(
            box,
            text,
            fill=REDUCTION_FILL if reduction else NORMAL_FILL,
            dashed=prunable and index > 0,
            label=f"cell {text}",
        )
        if place:
            canvas.line([(box.left - STEP_IN, box.y), (box.left, box.y)])
    return y + ((len(cells) - 1) // fitting + 1) * (height + 0.1)


def legend(canvas: Canvas, x: float, y: float, width: float, families: Sequence[Family]) -> float:
    """The families' chips with their titles, in as few even rows as they fit; returns the y below."""
    needed = [0.34 + text_width_in(family.title) + 0.14 for family in families]
    for rows in range(1, len(families) + 1):
        each = -(-len(families) // rows)
        if all(sum(needed[i : i + each]) <= width for i in range(0, len(families), each)):
            break
    for index, family in enumerate(families):
        row, place = divmod(index, each)
        left, middle = x + sum(needed[index - place : index]), y + row * (LINE_IN + 0.05) + LINE_IN / 2
        colour = colour_of(family)
        canvas.box(
            Box(left + 0.13, middle, 0.26, 0.15),
            fill="white" if family.dashed else tint(colour),
            edge=colour,
            dashed=family.dashed,
            line_pt=1.4,
            rounding=0.03,
        )
        canvas.text(left + 0.34, middle, family.title, align="left", label=f"family {family.name}")
    return y + (index // each + 1) * (LINE_IN + 0.05)


def candidates(canvas: Canvas, x: float, y: float, width: float, names: Sequence[str]) -> float:
    """The candidate operations in two columns: the chip as edges have it, then its name in a genotype."""
    rows = (len(names) + 1) // 2
    chip_width = max(text_width_in(operation(name).label) for name in names) + 0.14
    for index, name in enumerate(names):
        column, row = divmod(index, rows)
        left, middle = x + column * width / 2, y + 0.15 + 0.3 * row
        found = operation(name)
        chip = chip_of(found)
        canvas.box(
            Box(left + chip_width / 2, middle, chip_width, 0.24),
            found.label,
            fill="white" if chip.dashed else tint(chip.colour),
            edge=chip.colour,
            ink=chip.ink,
            dashed=chip.dashed,
            label=f"candidate {name}",
        )
        canvas.text(left + chip_width + 0.1, middle, name, align="left", colour=QUIET)
    return y + 0.3 * rows
