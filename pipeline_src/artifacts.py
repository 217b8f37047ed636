"""Atomic, checksummed files: nothing half-written ever stands under its final name."""

from __future__ import annotations

import hashlib
import json
import os
import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pipeline_src.errors import UserError
from pipeline_src.ownership import RECORD as RECORD
from pipeline_src.ownership import note, require_replaceable
from pipeline_src.parsing import Unreadable, parse_json, read_text

PROBE_BYTES = 1 << 16
LEFTOVER = ".half"
"""How the names of half-written files end; DVC is told to ignore them."""
_HALF_WRITTEN = re.compile(r"\.(?:.*\.)?[a-z0-9_]{8}" + re.escape(LEFTOVER))
"""What mkstemp makes of a name; a user's own dot files are none."""


def write_atomically(path: Path, write: Callable[[Path], None]) -> None:
    """Let `write` fill a temporary file beside `path`, then move it into place.

    Raises:
        UserError: the folder cannot be written or the disk is full, or what stands at `path` is not ours
            (`require_replaceable`); it is as it was before.
    """
    require_replaceable(path)
    temporary: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(LEFTOVER, f".{path.name}.", path.parent)
        os.close(handle)
        temporary = Path(name)
        write(temporary)
        temporary.chmod(0o644)
        note(path)
        temporary.replace(path)
    except OSError as error:
        raise _unwritable(path, error) from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def _unwritable(path: Path, error: OSError) -> UserError:
    remedy = "Free some disk space or mend the folder's permissions, then run again."
    return UserError(path, f"cannot be written ({error.strerror or error}).", remedy)


def require_writable(folder: Path) -> None:
    """Make a folder and prove that it can be written, before hours of work depend on it.

    Raises:
        UserError: it cannot be made or written, or the disk is full.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".", suffix=LEFTOVER) as probe:
            probe.write(b" " * PROBE_BYTES)
            probe.flush()
    except OSError as error:
        raise _unwritable(folder, error) from error


def require_place_for(folder: Path) -> None:
    """Refuse a folder that could not be made or written, without making it.

    Raises:
        UserError: it, or the nearest folder above it that is there, is a file or may not be written.
    """
    there = next(one for one in (folder, *folder.absolute().parents) if one.exists() or one.is_symlink())
    remedy = "Move it away or mend its permissions, then run again."
    if not there.is_dir():
        raise UserError(there, "is no folder, and outputs have to go there.", remedy)
    if not os.access(there, os.W_OK | os.X_OK):
        raise UserError(there, "cannot be written, and outputs have to go there.", remedy)


def drop_leftovers(folder: Path) -> None:
    """Delete what writers of this folder left half-written when they were killed.

    Only for a folder that no other process is writing to.
    """
    for path in folder.glob(f".*{LEFTOVER}"):
        if _HALF_WRITTEN.fullmatch(path.name) and path.is_file() and not path.is_symlink():
            path.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text atomically."""
    write_atomically(path, lambda temporary: _write(temporary, text))


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def write_bytes(path: Path, value: bytes) -> None:
    """Write bytes atomically."""
    write_atomically(path, lambda temporary: _fill(temporary, value))


def _fill(path: Path, value: bytes) -> None:
    path.write_bytes(value)


def write_json(path: Path, value: Any) -> None:
    """Write JSON atomically, indented, with a final newline and without NaN."""
    write_text(path, json.dumps(value, indent=2, allow_nan=False) + "\n")


def read_json(path: Path) -> Any:
    """Read a JSON file.

    Raises:
        UserError: the file is absent or unreadable, or see `parse_json`.
    """
    try:
        return parse_json(read_text(path))
    except Unreadable as error:
        raise UserError(path, f"{error}.", "Run the step that makes it again.") from error


def sha256_of(path: Path) -> str:
    """Hexadecimal SHA-256 of a file's bytes, read in pieces."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        for piece in iter(lambda: stream.read(1 << 20), b""):
            digest.update(piece)
    return digest.hexdigest()
