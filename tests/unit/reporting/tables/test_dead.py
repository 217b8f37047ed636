"""A network that nothing gets through is marked wherever its row stands."""

from __future__ import annotations

from fabricate import Folder, genotype

from pipeline_src.config.grid import Grid
from pipeline_src.reporting.page.facts import Facts
from pipeline_src.reporting.page.tables import view
from pipeline_src.reporting.read.sources import artifacts_of
from pipeline_src.reporting.tables.cells import tabulate
from pipeline_src.reporting.tables.formats import latex, markdown
from pipeline_src.space.genotype import HyperCellGenotype


def _kill(grid: Grid, folder: Folder) -> str:
    """A's second hyper-cell becomes all zero; the words that say so."""
    zero = HyperCellGenotype(depth=1, reduction=("zero",) * 5, normal=("zero",) * 5)
    live = genotype()
    cells = (live.hyper_cells[0], zero, live.hyper_cells[2])
    folder.genotype(grid.network_a, live.model_copy(update={"hyper_cells": cells}))
    return f"{grid.network_a.name} is dead: nothing gets through hyper-cell 2"


def test_a_dead_network_is_marked_in_every_form(grid: Grid, folder: Folder) -> None:
    folder.genotype(grid.network_b, genotype())
    fault = _kill(grid, folder)
    table = tabulate("table_1", grid, folder.root)
    assert set(table.dead) == {"autortnet_a", "autortnet_a_star"}
    assert all(text.startswith(fault) for text in table.dead.values())
    assert "AutoRTNet-A (dead network)" in markdown(table) and fault in markdown(table)
    assert "AutoRTNet-A (dead network)" in latex(table) and "Dead networks: " in latex(table)
    rows = {row.row_id: row.dead for row in view(table, Facts(lambda source: None)).rows}  # type: ignore[arg-type,return-value]
    assert rows["autortnet_a"].startswith(fault) and rows["autortnet_b"] == ""


def test_what_tells_is_an_input_of_the_table(grid: Grid) -> None:
    name = grid.network_a.name
    assert {f"search/{name}/genotype.json", f"pretrain/{name}/log.csv"} <= set(artifacts_of(grid, "table_1"))
