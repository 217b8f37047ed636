"""Delete the results of runs that the grid no longer names, such as those of a seed that was taken out."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from pipeline_src import places
from pipeline_src.artifacts import RECORD
from pipeline_src.config.grid import Grid
from pipeline_src.config.load import read_yaml, resolve
from workflow.provenance import memory

KINDS = {
    "lut": ("lut",),
    "search": ("search",),
    "baselines": ("architectures",),
    "pretrain": ("pretrain",),
    "finetune": ("finetune",),
    "evaluate": ("evaluate", "speed", "predictions"),
}
"""The kinds of run that a stage makes."""
EVERY_KIND = tuple(kind for kinds in KINDS.values() for kind in kinds)


def grid_of(root: Path) -> Grid:
    """The runs that params.yaml asks for."""
    return Grid(resolve(read_yaml(root / "params.yaml"), root / "workflow" / "scales"))


def unnamed(grid: Grid, results: Path, kinds: tuple[str, ...]) -> list[Path]:
    """Folders and files of runs that the grid does not name, the highest of each."""
    found: list[Path] = []
    kept = places.every_run(grid)
    folders = {parent.as_posix() for name in kept for parent in PurePosixPath(name).parents}
    for kind in kinds:
        found += _unnamed_below(results, kind, kept, folders)
    return found


def _unnamed_below(results: Path, folder: str, kept: frozenset[str], folders: set[str]) -> Iterator[Path]:
    """What lies in a folder and is neither a run nor a run's record nor a folder of runs, at any depth."""
    for path in sorted((results / folder).iterdir()) if (results / folder).is_dir() else ():
        name = f"{folder}/{path.name}"
        if name in kept or name.removesuffix(f".{RECORD}") in kept:
            continue
        if name in folders and path.is_dir():
            yield from _unnamed_below(results, name, kept, folders)
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
