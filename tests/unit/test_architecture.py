"""Which way imports run, and which modules must not load torch: read from the source, nothing is imported."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from workflow.code import Package, for_type_checkers, imported

REPOSITORY = Path(__file__).resolve().parents[2]

EVERYWHERE = {
    "markdown",
    "spreadsheets",
    "strict_yaml",
    "errors",
    "parsing",
    "ownership",
    "artifacts",
    "not_run",
}
MAY_IMPORT = {
    "errors": set(),
    "parsing": {"errors"},
    "strict_yaml": {"errors", "parsing"},
    "markdown": set(),
    "spreadsheets": set(),
    "ownership": {"errors"},
    "artifacts": {"errors", "ownership", "parsing"},
    "not_run": {"errors", "artifacts"},
    "config": {"strict_yaml", "errors", "parsing"},
    "places": {"config"},
    "data": {"config", *EVERYWHERE},
    "space": {"config", *EVERYWHERE},
    "peers": {"config", *EVERYWHERE},
    "latency": {"space", "config", *EVERYWHERE},
    "training": {"latency", "space", "data", "config", *EVERYWHERE},
    "search": {"training", "latency", "space", "data", "config", *EVERYWHERE},
    "evaluation": {"training", "latency", "space", "data", "config", *EVERYWHERE},
    "planning": {
        "reporting",
        "places",
        "search",
        "training",
        "latency",
        "space",
        "data",
        "config",
        *EVERYWHERE,
    },
    "reporting": {"places", "latency", "space", "data", "config", *EVERYWHERE},
}
MAY_IMPORT_WITHIN_REPORTING = {
    "paper": set(),
    "read": {"paper"},
    "tables": {"paper", "read"},
    "drawing": {"paper", "read", "tables"},
    "claims": {"paper", "read", "tables"},
    "provenance": {"paper", "read", "tables"},
    "compare": {"paper", "read", "tables"},
    "page": {"paper", "read", "tables", "drawing", "claims", "provenance", "compare"},
    "published": {"read", "tables"},
}
WITHOUT_TORCH = (
    "errors",
    "parsing",
    "ownership",
    "artifacts",
    "not_run",
    "config",
    "places",
    "reporting",
    "data.classes",
    "data.sources",
    "data.manifest",
    "data.checks",
    "data.prepare",
    "data.patterns",
    "data.values",
    "data.imagenet",
    "data.rendering",
    "space.catalogue",
    "space.genotype",
    "space.reach",
    "space.sampling",
    "latency.table",
    "latency.fingerprint",
    "latency.predict",
)


MODULES = Package(REPOSITORY).paths


def _nodes(tree: ast.AST, *, when_imported: bool) -> Iterator[ast.AST]:
    """Nodes of a module; with `when_imported` only those that run as it is imported."""
    for node in ast.iter_child_nodes(tree):
        if when_imported and isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if when_imported and for_type_checkers(node):
            for part in node.orelse:
                yield part
                yield from _nodes(part, when_imported=True)
            continue
        yield node
        yield from _nodes(node, when_imported=when_imported)


@cache
def imports_of(module: str, when_imported: bool = False) -> frozenset[str]:
    """Full names that a module imports, also for type checkers only; see `workflow.code.imported`."""
    tree = ast.parse(MODULES[module].read_text(encoding="utf-8"))
    return frozenset(name for node in _nodes(tree, when_imported=when_imported) for name in imported(node))


def _layer(module: str) -> str:
    return module.split(".")[1] if "." in module else ""


@pytest.mark.parametrize("layer", MAY_IMPORT)
def test_imports_run_one_way(layer: str) -> None:
    allowed = MAY_IMPORT[layer] | {layer}
    members = [module for module in MODULES if _layer(module) == layer]
    assert members
    for module in members:
        for name in imports_of(module):
            if name.startswith("pipeline_src."):
                assert _layer(name) in allowed, f"{module} imports {name}"


def test_every_folder_has_a_place_in_the_order() -> None:
    layers = {_layer(module) for module in MODULES} - {"", "cli", "__main__"}
    assert layers == set(MAY_IMPORT)


def _part(module: str) -> str:
    """The folder of `reporting` that a module is in; "" outside of all."""
    words = module.split(".")
    return words[2] if words[:2] == ["pipeline_src", "reporting"] and len(words) > 2 else ""


@pytest.mark.parametrize("part", MAY_IMPORT_WITHIN_REPORTING)
def test_imports_within_the_report_run_one_way(part: str) -> None:
    allowed = MAY_IMPORT_WITHIN_REPORTING[part] | {part, ""}
    members = [module for module in MODULES if _part(module) == part]
    assert members
    for module in members:
        for name in imports_of(module):
            assert _part(name) in allowed, f"{module} imports {name}"


def test_every_folder_of_the_report_has_a_place_in_the_order() -> None:
    assert {_part(module) for module in MODULES} - {""} == set(MAY_IMPORT_WITHIN_REPORTING)


REACHED = {
    "tabulate_table": {"paper", "read", "tables"},
    "collect_figure": {"paper", "read", "tables"},
    "collect_overview": {"paper", "read", "tables"},
    "judge_claims": {"paper", "read", "tables", "claims"},
    "trace_provenance": {"paper", "read", "tables", "provenance"},
    "compare": {"paper", "read", "tables", "compare", "published"},
    "explain": {"paper", "read", "tables", "provenance"},
}
"""The parts of the report that a command may load, now or while it runs."""


@pytest.mark.parametrize("command", REACHED)
def test_a_command_of_the_report_reaches_only_the_parts_that_it_is_made_from(command: str) -> None:
    reached = loaded_with(f"pipeline_src.cli.{command}", when_imported=False)
    assert {_part(module) for module in reached} - {""} <= REACHED[command]
    assert not {module for module in reached if module.startswith("pipeline_src.cli.render")}


def test_space_knows_nothing_of_what_uses_it() -> None:
    for module in MODULES:
        if _layer(module) in ("space", "data", "latency"):
            used = {_layer(name) for name in imports_of(module) if name.startswith("pipeline_src.")}
            assert not used & {"training", "search", "evaluation", "reporting", "cli"}, module


def test_only_the_command_line_builds_peers() -> None:
    users = {m for m in MODULES for name in imports_of(m) if name.startswith("pipeline_src.peers")}
    assert {module for module in users if _layer(module) != "peers"} == {"pipeline_src.cli.networks"}


def test_nothing_imports_the_workflow_tools() -> None:
    for module in MODULES:
        assert not {name.split(".")[0] for name in imports_of(module)} & {"snakemake", "dvc"}, module


def loaded_with(module: str, when_imported: bool = True) -> dict[str, str]:
    """Everything that importing a module loads, each with the module that asks for it.

    With `when_imported` false, what its functions import as they run too.
    """
    loaded: dict[str, str] = {}
    waiting = [(module, "")]
    while waiting:
        name, by = waiting.pop()
        if name in loaded:
            continue
        loaded[name] = by
        if name in MODULES:
            parents = [name.rsplit(".", depth)[0] for depth in range(1, name.count(".") + 1)]
            waiting += [(found, name) for found in (*imports_of(name, when_imported=when_imported), *parents)]
    return loaded


@pytest.mark.parametrize("start", WITHOUT_TORCH)
def test_modules_that_must_not_load_torch(start: str) -> None:
    full = f"pipeline_src.{start}"
    members = [module for module in MODULES if module == full or module.startswith(f"{full}.")]
    assert members
    for module in members:
        loaded = loaded_with(module)
        heavy = {name: by for name, by in loaded.items() if name.split(".")[0] in ("torch", "safetensors")}
        assert not heavy, f"{module} loads {heavy}"


def test_modules_marked_no_torch_keep_their_word() -> None:
    marked = [m for m, path in MODULES.items() if "[no torch" in path.read_text(encoding="utf-8")[:800]]
    assert len(marked) >= 10
    for module in marked:
        assert not {name for name in loaded_with(module) if name.split(".")[0] == "torch"}, module


def test_the_reader_of_imports_sees_what_it_should() -> None:
    assert "torch" in loaded_with("pipeline_src.space.operations")
    assert "torch" not in loaded_with("pipeline_src.latency.fingerprint")
    assert "torch" in imports_of("pipeline_src.latency.fingerprint")
    assert "pipeline_src.config.models" in loaded_with("pipeline_src.space.genotype")


def test_files_and_functions_stay_readable() -> None:
    for module, path in MODULES.items():
        text = path.read_text(encoding="utf-8")
        assert text.count("\n") <= 400, module
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                assert node.end_lineno is not None
                assert node.end_lineno - node.lineno < 70, f"{module}.{node.name}"
