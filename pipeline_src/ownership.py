"""Which files this project wrote: only those may be replaced or deleted. [no torch]

A file is ours if it has our mark within (pictures, pages, weights, checkpoints), if a run record beside or
above it names it among its outputs, or if the claim of a run names it: the list of what a run has written so
far, which lies beside its output until the record stands. A run that was killed leaves its claim, and the
next takes it over.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pipeline_src.errors import UserError

MARK = "made by autortnet, which may replace it"
"""Stands in the head or the tail of pictures and pages that this project writes."""
RECORD = "run.json"
"""The record of a run, in its folder; beside the file `NAME` of a run that made one file, `NAME.run.json`."""
CLAIM = ".claim"
"""How the names of claims end: `.NAME.claim` beside the output NAME; DVC is told to ignore them."""

_MARKS = (MARK.encode(), b"autortnet checkpoint ", b'{"__metadata__":{"autortnet":')
_HEAD_BYTES, _TAIL_BYTES = 1024, 256
_LEVELS = 5
"""How far above a file its record may lie: labels/train_extra/CITY/NAME.png is of the folder four above."""
_written: set[Path] = set()
_open: list[Claim] = []


class Claim:
    """What one run has written so far, as names relative to the folder that its output is in."""

    def __init__(self, output: Path) -> None:
        self.folder = output.absolute().parent
        self.path = self.folder / f".{output.name}{CLAIM}"
        self.names: dict[str, None] = {}  # in the order of writing

    def add(self, path: Path) -> None:
        """Note a file that is about to be put in its place, on disk before it stands there."""
        name = os.path.relpath(path.absolute(), self.folder)
        if name in self.names:
            return
        self.names[name] = None
        self.folder.mkdir(parents=True, exist_ok=True)
        with self.path.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(name) + "\n")


@contextmanager
def claimed(output: Path) -> Iterator[Claim]:
    """Note every file written within the body as the run's; the claim goes when the body has ended well."""
    claim = Claim(output)
    _open.append(claim)
    try:
        yield claim
    finally:
        _open.remove(claim)
    claim.path.unlink(missing_ok=True)


def note(path: Path) -> None:
    """Note a file that this process is about to put in its place."""
    _written.add(path.absolute())
    for claim in _open:
        claim.add(path)


def require_replaceable(path: Path) -> None:
    """Refuse to replace or delete what is not ours.

    Raises:
        UserError: a folder, a device, a link or a file that this project did not write stands there.
    """
    if not os.path.lexists(path):
        return
    remedy = "Give another path for the output, or move it away."
    if not path.is_file() and not path.is_symlink():
        what = "a folder" if path.is_dir() else "no regular file"
        raise UserError(path, f"is {what}, where a file is to be written.", remedy)
    if not is_ours(path):
        if path.is_symlink():
            raise UserError(path, "is a link, and no run here made it.", remedy)
        raise UserError(path, "is there already, and no run here made it; it is left as it is.", remedy)


def is_ours(path: Path) -> bool:
    """Whether a file that is there was written by this project."""
    return is_marked(path) or is_recorded(path)


def is_marked(path: Path) -> bool:
    """Whether a file's head or tail has our mark."""
    try:
        with path.open("rb") as stream:
            head = stream.read(_HEAD_BYTES)
            stream.seek(max(0, path.stat().st_size - _TAIL_BYTES))
            tail = stream.read()
    except OSError:
        return False
    return any(mark in head for mark in _MARKS) or _MARKS[0] in tail


def is_recorded(path: Path) -> bool:
    """Whether this process, a run record or a claim names the file; a run record is its own witness."""
    whole = path.absolute()
    if whole in _written or (whole.name.endswith(RECORD) and _record(whole) is not None):
        return True
    folders = list(whole.parents)[:_LEVELS]
    return any(_recorded_in(folder, whole) for folder in folders) or any(
        whole in _claimed_in(folder) for folder in folders
    )


def _recorded_in(folder: Path, path: Path) -> bool:
    for record_path in (folder / RECORD, *_matching(folder, f".{RECORD}")):
        record = _record(record_path)
        if record is None:
            continue
        names = record.get("outputs")
        if isinstance(names, list):
            if os.path.relpath(path, folder) in names:
                return True
        elif record_path.name == RECORD or (
            path.parent == folder and path.name.split(".")[0] == record_path.name.split(".")[0]
        ):
            return True  # a record of an earlier version: all below its folder, or all of its name
    return False


def _record(path: Path) -> dict[str, Any] | None:
    """A run record of ours; None where there is none."""
    try:
        value = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) and {"command", "versions", "started"} <= value.keys() else None


def _claimed_in(folder: Path) -> set[Path]:
    found = set()
    for path in _matching(folder, CLAIM):
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
            found |= {Path(os.path.normpath(folder / json.loads(line))) for line in lines}
        except (OSError, ValueError, TypeError):  # cut off in the middle of a line
            continue
    return found


def _matching(folder: Path, ending: str) -> list[Path]:
    """Files of a folder whose names end so; none where it cannot be listed."""
    try:
        return sorted(path for path in folder.iterdir() if path.name.endswith(ending))
    except OSError:
        return []
