"""Delete the results of runs that the grid no longer names, such as those of a seed that was taken out."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from pipeline_src.config.grid import Grid
from pipeline_src.config.load import read_yaml, resolve
from pipeline_src.reporting.read.sources import PREDICTED, genotype_path, predictions_of
from workflow.provenance import memory

DEPTH = {
    "search": 1,
    "architectures": 1,
    "pretrain": 1,
    "finetune": 2,
    "evaluate": 3,
    "speed": 2,
    "lut": 1,
    "predictions": 1,
}
"""How many names deep a run stands below `results/SCALE/KIND`: its folder, or its file and its record."""

KINDS = {
    "lut": ("lut",),
    "search": ("search",),
    "baselines": ("architectures",),
    "pretrain": ("pretrain",),
    "finetune": ("finetune",),
    "evaluate": ("evaluate", "speed", "predictions"),
}
"""The kinds of run that a stage makes."""


def grid_of(root: Path) -> Grid:
    """The runs that params.yaml asks for."""
    return Grid(resolve(read_yaml(root / "params.yaml"), root / "workflow" / "scales"))


def named(grid: Grid) -> dict[str, set[str]]:
    """Every run that the grid names, by kind, as a path below the kind's folder."""
    genotypes = [Path(genotype_path(one)).parent for one in grid.architectures if not one.is_peer]
    tables = {one.dataset for one in grid.searches} | {grid.main}
    return {
        "search": {path.name for path in genotypes if path.parts[0] == "search"},
        "architectures": {path.name for path in genotypes if path.parts[0] == "architectures"},
        "pretrain": set(grid.backbones),
        "finetune": {f"{one.architecture.name}/{one.name}" for one in grid.trainings},
        "evaluate": {one.path for one in grid.evaluations}
        | {f"{one.architecture.name}/{one.name}/submission" for one in grid.trainings},
        "speed": {one.path for one in grid.speeds},
        "lut": {f"{name}{end}.json" for name in tables for end in ("", "_check")},
        "predictions": {name for name in PREDICTED if predictions_of(grid, name)},
    }


def unnamed(grid: Grid, results: Path, kinds: tuple[str, ...]) -> list[Path]:
    """Folders and files of runs that the grid does not name, the highest of each."""
    found: list[Path] = []
    for kind in kinds:
        kept = named(grid)[kind]
        parents = {"/".join(name.split("/")[:depth]) for name in kept for depth in range(1, DEPTH[kind])}
        found += _unnamed_below(results / kind, kept, parents, DEPTH[kind], "")
    return found


def _unnamed_below(
    folder: Path, kept: set[str], parents: set[str], depth: int, prefix: str
) -> Iterator[Path]:
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        name = prefix + path.name
        if name in kept or name.replace(".run.json", "") in kept:
            continue
        if name in parents and depth > 1:
            yield from _unnamed_below(path, kept, parents, depth - 1, f"{name}/")
        elif not path.name.startswith("."):
            yield path


def prune(root: Path, kinds: tuple[str, ...], *, delete: bool) -> list[str]:
    """Delete what the grid of params.yaml does not name, with Snakemake's records of it.

    Args:
        root: the checkout.
        kinds: the kinds of run to look at.
        delete: False only lists.

    Returns:
        What was, or would be, deleted, relative to `root`.
    """
    grid = grid_of(root)
    found = unnamed(grid, root / "results" / grid.config.scale, kinds)
    store = memory(root) if delete and found else None
    for path in found:
        if store is None:
            break
        inside = [path, *path.rglob("*")] if path.is_dir() and not path.is_symlink() else [path]
        for one in inside:
            store._delete_record(str(one.relative_to(root)))
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    return [str(path.relative_to(root)) for path in found]
