"""The two commands, as a rule calls them."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from fabricate import Folder

from pipeline_src.cli import collect_figure, tabulate_table
from pipeline_src.config.grid import Grid
from pipeline_src.errors import UserError


def _run(module: ModuleType, *words: str) -> None:
    parser = argparse.ArgumentParser()
    module.add_arguments(parser)
    module.run(parser.parse_args(list(words)))


def _settings(grid: Grid) -> str:
    return json.dumps(grid.config.model_dump(mode="json"))


def test_tabulate_table_writes_every_form_and_a_record(grid: Grid, folder: Folder, tmp_path: Path) -> None:
    folder.everything(grid)
    output = tmp_path / "tables" / "table_3.csv"
    words = ("--settings", _settings(grid), "--results", str(folder.root), "--output", str(output))
    _run(tabulate_table, "table_3", *words)
    assert sorted(path.name for path in output.parent.iterdir()) == [
        "table_3.cells.csv",
        "table_3.csv",
        "table_3.csv.run.json",
        "table_3.md",
        "table_3.tex",
    ]
    record = json.loads((output.parent / "table_3.csv.run.json").read_text())
    # Of each network its evaluation, its timing and its genotype.
    assert len(record["inputs"]) == 3 * (1 + 10 + 10)


def test_collect_figure_writes_its_file(grid: Grid, folder: Folder, tmp_path: Path) -> None:
    output = tmp_path / "figure_5.csv"
    words = ("--settings", _settings(grid), "--results", str(folder.root), "--output", str(output))
    _run(collect_figure, "figure_5", *words)
    assert (
        output.read_text().splitlines()[0].startswith("epoch,hyper_cell,argmax,sampled,expected,beta_frozen")
    )


@pytest.mark.parametrize(("module", "name"), [(tabulate_table, "table_1"), (collect_figure, "figure_1")])
def test_a_missing_results_folder_is_named(grid: Grid, tmp_path: Path, module: ModuleType, name: str) -> None:
    words = (
        "--settings",
        _settings(grid),
        "--results",
        str(tmp_path / "no"),
        "--output",
        str(tmp_path / "o.csv"),
    )
    with pytest.raises(UserError, match="is not a folder"):
        _run(module, name, *words)
    assert not (tmp_path / "o.csv").exists()


def test_an_unknown_table_ends_with_status_2(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        _run(tabulate_table, "table_11", "--settings", "{}", "--results", ".", "--output", "x")
    assert caught.value.code == 2 and "table_11" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("module", "heavy"),
    [
        ("pipeline_src.reporting.tables.cells", ("torch", "scipy", "matplotlib")),
        ("pipeline_src.reporting.tables.figures", ("torch", "scipy", "matplotlib")),
        ("pipeline_src.reporting.read.sources", ("torch", "pandas", "numpy")),
        ("pipeline_src.reporting.tables.overview", ("torch", "pandas", "numpy")),
        ("pipeline_src.planning.graph", ("torch", "pandas", "numpy")),
        ("pipeline_src.cli.tabulate_table", ("torch", "pandas", "pydantic")),
    ],
)
def test_what_each_module_does_not_import(module: str, heavy: tuple[str, ...]) -> None:
    code = f"import sys, {module}; print([name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
