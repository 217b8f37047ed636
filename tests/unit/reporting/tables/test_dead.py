"""A network that nothing gets through is marked wherever its row stands."""

from __future__ import annotations

from pathlib import Path

from fabricate import Folder, genotype

from pipeline_src.config.grid import Grid
from pipeline_src.reporting.drawing import matched_random
from pipeline_src.reporting.page.facts import Facts
from pipeline_src.reporting.page.first import dead_networks, dead_pictures, first_screen
from pipeline_src.reporting.page.tables import view
from pipeline_src.reporting.provenance.trace import Tracer
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


def test_a_dead_network_is_marked_on_the_first_screen_and_at_its_pictures(
    grid: Grid, folder: Folder, tmp_path: Path
) -> None:
    folder.everything(grid)
    fault = _kill(grid, folder)
    tables = [tabulate(name, grid, folder.root) for name in ("table_1", "table_2")]
    assert list(dead_networks(tables)) == ["A"]
    found = first_screen(grid, tables, (), Facts(Tracer(folder.root, "paper").of), False)
    assert all(one.remark.startswith("dead network; ") for one in found.headlines)
    assert [said.endswith(", a dead network") for _, said in found.names] == [True, False, False]
    pictures = dead_pictures(dead_networks(tables))
    assert set(pictures) == {"figure_5", "figure_7", "figure_8", "figure_9", "confusion", "class_difference"}
    assert all(text.startswith(fault) for text in pictures.values())


def test_a_dead_network_is_crossed_among_random_ones(grid: Grid, folder: Folder) -> None:
    folder.everything(grid)
    fault = _kill(grid, folder)
    picture = matched_random.draw("matched_random", grid, folder.root)
    crossed = [one for one in picture.figure.axes[0].collections if one.get_label() == "dead network"]
    assert [len(one.get_offsets()) for one in crossed] == [1] and fault in picture.words.caption
