"""Figure 7: a searched architecture cell by cell, from its genotype; networks B and C beyond the paper."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from pipeline_src import places
from pipeline_src.config.grid import Grid
from pipeline_src.config.runs import Architecture, Size, gamma_text
from pipeline_src.latency.predict import keys_by_cell
from pipeline_src.latency.table import LookupTable
from pipeline_src.reporting.drawing.dead import words_on
from pipeline_src.reporting.drawing.panels import set_name
from pipeline_src.reporting.drawing.picture import CellShown, Picture, Words, house_style, not_run
from pipeline_src.reporting.drawing.schema_genotype import genotype_figure
from pipeline_src.reporting.drawing.schema_operations import operation
from pipeline_src.reporting.drawing.schema_plan import (
    by,
    class_count,
    counted,
    level,
    used_operations,
    uses_normal,
)
from pipeline_src.reporting.read.liveness import liveness_of
from pipeline_src.reporting.read.records import Results
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
        "architecture_c": ("C", grid.network_c, grid.second),
    }[name]
    title = f"AutoRTNet-{letter}, cell by cell"
    source = places.genotype(architecture)
    if not (results / source).exists():
        return not_run(name, title, f"there is no {source}")
    genotype = Genotype.load(results / source)
    liveness = liveness_of(architecture, Results(results))
    assert liveness is not None
    input_hw = grid.input_size(dataset)
    head = f"AutoRTNet-{letter}" + (", a dead network" if liveness.fault else "")
    with house_style():
        figure = genotype_figure(genotype, head, input_hw, class_count(grid, dataset))
    table_path = results / places.lookup_table(dataset)
    table = LookupTable.load(table_path) if table_path.exists() else None
    dead = words_on([liveness.fault] if liveness.fault else [])
    words = Words(
        name,
        title,
        _caption(letter, architecture, genotype, grid, dataset) + dead,
        description(genotype, f"AutoRTNet-{letter}", input_hw) + dead,
        "measured",
        sources=(*liveness.sources, *([places.lookup_table(dataset)] if table else [])),
        cells=_cells(genotype, table) if table else (),
        cells_at=f"{set_name(grid, dataset)}, {by(table.input_hw)} px, {table.fingerprint.device}"
        if table
        else "",
    )
    return Picture(figure, words)


def _cells(genotype: Genotype, table: LookupTable) -> tuple[CellShown, ...]:
    """Each cell with its edges and its latency (Eq. 4); the parts outside of the cells have none."""
    found = []
    for cell in keys_by_cell(genotype, table.input_hw):
        part = genotype.hyper_cells[max(0, cell.hyper_cell - 1)]
        reduces = cell.hyper_cell > 0 and cell.position == 1
        edges = zip(catalogue.CELL_EDGES, part.reduction if reduces else part.normal, strict=True)
        found.append(
            CellShown(
                f"{cell.hyper_cell}.{cell.position}",
                "reduction" if reduces else "normal",
                tuple(f"{source}-{target} {operation(name).label}" for (source, target), name in edges),
                round(math.fsum(table.latency_us(key) for key in cell.keys), 3),
            )
        )
    return tuple(found)


def description(genotype: Genotype, title: str, input_hw: Size) -> str:
    """The same in words: depths, positions, sizes, and every operation of every cell in use."""
    positions = ", ".join(map(str, genotype.downsampling_positions))
    parts = [f"{title} has {counted(genotype.total_cells, 'cell')}; cells {positions} halve the resolution."]
    if genotype.leading_cells:
        parts.append(f"{counted(genotype.leading_cells, 'normal cell')} stand before the first of them.")
    for index, part in enumerate(genotype.hyper_cells):
        here = level(genotype.space, input_hw, index + 1)
        normal = (
            f"normal cell: {_listed_cell(part.normal)}" if uses_normal(genotype, index) else "no normal cell"
        )
        parts.append(
            f"Hyper-cell {index + 1}: {counted(part.depth, 'cell')} at {here.where}, "
            f"{here.cell_channels} channels; reduction cell: {_listed_cell(part.reduction)}; {normal}."
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


def _caption(letter: str, one: Architecture, genotype: Genotype, grid: Grid, dataset: str) -> str:
    assert one.search is not None
    counts = Counter(operation(name).family.title for name in used_operations(genotype))
    chosen = ", ".join(f"{title} {number}" for title, number in counts.most_common())
    depths = ", ".join(map(str, genotype.depths))
    return (
        f"AutoRTNet-{letter}, found by the search {one.search.name} "
        f"(gamma {gamma_text(one.search.gamma)}, seed {one.search.seed}, "
        f"initial numbers of cells {{{', '.join(map(str, one.search.depths))}}}) at scale "
        f"{grid.config.scale}: {{{depths}}} cells remain. Sizes are height × width at the input of "
        f"{by(grid.input_size(dataset))} px, in brackets relative to it. Edges that leave the inputs of a "
        f"reduction cell have stride 2. A cell type is drawn once for all its cells. Edges by kind of "
        f"operation, over the cell types in use and the aggregation cell: {chosen}."
    )
