"""Delete the results of runs that the grid no longer names, such as those of a seed that was taken out.

Only files that a run here made are deleted, and the folders that are empty then.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from pipeline_src import places
from pipeline_src.artifacts import RECORD
from pipeline_src.config.grid import Grid
from pipeline_src.config.load import read_yaml, resolve
from pipeline_src.ownership import is_ours
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


def prune(root: Path, kinds: tuple[str, ...], *, delete: bool) -> tuple[list[str], list[str]]:
    """Delete what the grid of params.yaml does not name, with Snakemake's records of it.

    Args:
        root: the checkout.
        kinds: the kinds of run to look at.
        delete: False only lists.

    Returns:
        What was, or would be, deleted, and what no run made and therefore stays; both relative to `root`.
    """
    grid = grid_of(root)
    found = unnamed(grid, root / "results" / grid.config.scale, kinds)
    pruned, kept = [], []
    store = memory(root) if found else None
    for path in found:
        assert store is not None
        files = [path] if path.is_symlink() or not path.is_dir() else _files_below(path)
        names = {file: str(file.relative_to(root)) for file in files}
        # Told before anything is deleted: a file's run record is deleted with it.
        ours = [file for file in files if store._read_record(names[file]) is not None or is_ours(file)]
        foreign = [file for file in files if file not in ours]
        kept += [names[file] for file in foreign]
        if ours or not foreign:
            pruned.append(str(path.relative_to(root)))
        if not delete:
            continue
        for file in ours:
            store._delete_record(names[file])
            file.unlink()
        _remove_empty(path)
    return pruned, kept


def _files_below(folder: Path) -> list[Path]:
    """Everything below a folder but folders; a link to one is no folder."""
    return [path for path in sorted(folder.rglob("*")) if path.is_symlink() or not path.is_dir()]


def _remove_empty(folder: Path) -> None:
    """Remove a folder and those below it that hold nothing."""
    if not folder.is_dir() or folder.is_symlink():
        return
    for path in folder.iterdir():
        _remove_empty(path)
    if not any(folder.iterdir()):
        folder.rmdir()
