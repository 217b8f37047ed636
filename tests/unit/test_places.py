"""Where things lie is written once: in `pipeline_src/places.py`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline_src import places

REPOSITORY = Path(__file__).resolve().parents[2]
REPORTING = sorted((REPOSITORY / "pipeline_src" / "reporting").rglob("*.py"))
RULES = sorted((REPOSITORY / "workflow" / "rules").glob("*.smk"))
NAMES = {
    value
    for name, value in vars(places).items()
    if name.isupper() and isinstance(value, str) and "." in value and "{" not in value
}
"""Whole names of files, such as `log.csv`."""
FOLDERS = {
    place.split("/")[0]
    for name, place in vars(places).items()
    if name.isupper() and isinstance(place, str) and "/" in place
} | {places.RESULTS, places.REPORTS, places.LOGS}


def texts(tree: ast.AST) -> Iterator[str]:
    """Every string that code uses: no docstring, no words for a reader (which have blanks)."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " not in node.value:
            yield node.value


def test_the_names_are_known() -> None:
    assert {"genotype.json", "log.csv", "claims.json", "provenance.csv", "index.html"} <= NAMES
    assert {"search", "tables", "figures", "results", "reports", "logs"} <= FOLDERS


@pytest.mark.parametrize("path", REPORTING, ids=lambda one: one.stem)
def test_the_report_spells_no_place(path: Path) -> None:
    starts = tuple(f"{folder}/" for folder in FOLDERS)
    for text in texts(ast.parse(path.read_text(encoding="utf-8"))):
        assert text not in NAMES and not text.startswith(starts), f"{path.name}: {text}"


@pytest.mark.parametrize("path", RULES, ids=lambda one: one.stem)
def test_a_rule_spells_no_place(path: Path) -> None:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        code = line.split("#")[0]
        for start in ("{RESULTS}/", "{REPORTS}/", "{LOGS}/"):
            rest = code.partition(start)[2]
            assert not rest or rest.startswith("{"), f"{path.name}, line {number}: {line.strip()}"
