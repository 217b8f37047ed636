"""Tables and provenance follow from the results alone: the workflow's jobs write what the library gives."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from fabricate import Folder, write_tables
from fabricate_epochs import write_all
from workflow_checkout import Checkout

from pipeline_src import places
from pipeline_src.config.grid import Grid
from pipeline_src.config.load import resolve
from pipeline_src.reporting.provenance.lines import provenance
from pipeline_src.reporting.provenance.trace import provenance_sources
from pipeline_src.reporting.read.provenance import write_provenance
from pipeline_src.reporting.read.sources import TABLES
from pipeline_src.reporting.tables.cells import tabulate
from pipeline_src.reporting.tables.formats import write_formats

FORMS = (places.TABLE, places.TABLE_CELLS, places.TABLE_MARKDOWN, places.TABLE_LATEX)


@pytest.mark.parametrize(
    "tables", [TABLES[:1], pytest.param(TABLES, marks=pytest.mark.slow("a job for each table"))], ids=len
)
def test_the_same_results_give_the_same_bytes_by_either_way(
    checkout: Checkout, repository: Path, tmp_path: Path, tables: tuple[str, ...]
) -> None:
    grid = Grid(resolve({"scale": "tiny"}, repository / "workflow" / "scales"))
    folder, by_hand = Folder(checkout.root / "results" / "tiny"), tmp_path / "by_hand"
    write_all(folder, grid)
    for source in provenance_sources(grid):  # of the pictures, which are not drawn here
        path = folder.root / source
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("{}", encoding="utf-8")
        if not any((path.parent / name).exists() for name in ("run.json", f"{path.name}.run.json")):
            folder.record(path, "finetune-network")
    write_tables(grid, folder.root, by_hand)
    for name in tables:
        write_formats(tabulate(name, grid, folder.root), by_hand / places.TABLE.format(artefact=name))
    write_provenance(provenance(grid, folder.root), by_hand / places.PROVENANCE)
    names = [*(form.format(artefact=name) for name in tables for form in FORMS), places.PROVENANCE]
    made = checkout.root / "reports" / "tiny"
    targets = [str((made / name).relative_to(checkout.root)) for name in names]
    rules = ("tabulate_table", "trace_provenance")
    ended = checkout.snakemake(*targets, "--allowed-rules", *rules)
    assert ended.status == 0, ended.text[-3000:]
    jobs = re.findall(r"^(?:local)?rule (\w+):", ended.text, re.MULTILINE)
    assert sorted(jobs) == ["tabulate_table"] * len(tables) + ["trace_provenance"]
    for name in names:
        assert (made / name).read_bytes() == (by_hand / name).read_bytes(), name
