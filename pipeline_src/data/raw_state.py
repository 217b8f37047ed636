"""Whether a raw folder is still the one that a set was prepared from, told by names, sizes and times.

Snakemake cannot depend on a folder of a million images. The rules of preparation depend on one value, the raw
state: a digest over names, sizes and times of the raw files. While these agree with what was prepared it
stays the one that the preparation was given, so that unpacking the same archive again reruns nothing.

Contents are read only where a time has changed, and compared with the manifest's checksums. The times of
the last look are kept in `data/SCALE/SET/.raw_files`, which is of one machine and which DVC ignores. In a
clone without that file, equal names and sizes are taken to be the same set; loaders check what they read.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from pipeline_src.artifacts import read_json, sha256_of, write_text
from pipeline_src.data.folders import FORMATS, MANIFEST_NAME, entries
from pipeline_src.errors import UserError

TIMES_NAME = ".raw_files"
RECORD_NAME = "run.json"
RENDERED = "rendered"
"""The state of a set that the project renders itself, as long as nobody has altered it."""

_WATCHED = FORMATS | {".txt", ".csv"}


class RawFile(NamedTuple):
    """A file of a raw folder: path in it, size in bytes, when its content and when its entry were changed."""

    path: str
    size: int
    modified_ns: int
    changed_ns: int


@dataclass(frozen=True)
class RawState:
    """What one look at a raw folder found.

    Attributes:
        files: how many images, labels and lists. size: their bytes.
        shape: digest of names and sizes. digest: of names, sizes and times.
    """

    files: int
    size: int
    shape: str
    digest: str


def raw_files(root: Path) -> Iterator[RawFile]:
    """Images, labels and lists below a folder, links followed, in a fixed order; hidden ones are left out.

    An absent folder has none. A link to a folder above itself is not followed.

    Raises:
        DataError: a folder may not be read, or a name is no text.
    """
    pending: list[tuple[str, Path, frozenset[tuple[int, int]]]] = []
    if root.is_dir():
        pending.append(("", root, frozenset()))
    while pending:
        prefix, folder, above = pending.pop()
        deeper: list[tuple[str, Path, frozenset[tuple[int, int]]]] = []
        for entry in entries(folder):
            if entry.is_dir():
                found = entry.stat()
                place = (found.st_dev, found.st_ino)
                if place not in above:
                    deeper.append((f"{prefix}{entry.name}/", folder / entry.name, above | {place}))
            elif entry.name[entry.name.rfind(".") :].lower() in _WATCHED:
                yield _looked_at(prefix, entry)
        pending += reversed(deeper)


def _looked_at(prefix: str, entry: os.DirEntry[str]) -> RawFile:
    try:
        found = entry.stat()
    except OSError:  # a link that leads nowhere: preparation names it, if it needs it
        return RawFile(prefix + entry.name, -1, 0, 0)
    # A copy may keep its source's modification time; the second time is that of the copying.
    return RawFile(prefix + entry.name, found.st_size, found.st_mtime_ns, found.st_ctime_ns)


def state_of(files: Iterable[RawFile]) -> RawState:
    """The state of a raw folder with these files."""
    shape, digest, count, size = hashlib.sha256(), hashlib.sha256(), 0, 0
    for file in files:
        line = f"{file.path}\0{file.size}\0".encode()
        shape.update(line)
        digest.update(line + b"%d %d\n" % (file.modified_ns, file.changed_ns))
        count += 1
        size += max(file.size, 0)
    return RawState(count, size, shape.hexdigest(), digest.hexdigest())


def keep_times(files: Sequence[RawFile], prepared: Path) -> None:
    """Write the times of all raw files beside the prepared set: those with which they were last read.

    Raises:
        UserError: the file cannot be written.
    """
    lines = [json.dumps({"digest": state_of(files).digest})]
    lines += [f"{file.modified_ns} {file.changed_ns} {json.dumps(file.path)}" for file in files]
    write_text(prepared / TIMES_NAME, "\n".join(lines) + "\n")


def raw_state(root: Path, prepared: Path, *, rendered: bool = False) -> str:
    """The value that the preparation of a set depends on.

    Args:
        root: raw folder. prepared: folder of the prepared set. rendered: the project renders the raw folder.

    Returns:
        What the preparation was given, if the raw folder still agrees with it; else a new digest.
    """
    known = _known(prepared)
    if known is None and rendered:
        return RENDERED
    state = state_of(raw_files(root))
    if known is not None and _agrees(root, prepared, state, known):
        return str(known["state"])
    return state.digest


def doubts_in(prepared: Path) -> tuple[str, ...]:
    """What the preparation of a set warned of; nothing where it is not prepared."""
    doubts = _record_of(prepared).get("doubts", ())
    return tuple(map(str, doubts)) if isinstance(doubts, list) else ()


def _record_of(prepared: Path) -> dict[str, Any]:
    """The record of a finished preparation; empty where there is none."""
    if not (prepared / MANIFEST_NAME).is_file():
        return {}
    try:
        record = read_json(prepared / RECORD_NAME)
    except UserError:
        return {}
    return record if isinstance(record, dict) else {}


def _known(prepared: Path) -> dict[str, Any] | None:
    """What the record says of the raw folder; None where it says nothing."""
    raw = _record_of(prepared).get("raw")
    return raw if isinstance(raw, dict) and {"state", "shape"} <= raw.keys() else None


def _agrees(root: Path, prepared: Path, state: RawState, known: dict[str, Any]) -> bool:
    """Whether the raw folder has the content that was prepared; keeps the times it was seen with."""
    if state.shape != known["shape"]:
        return False
    path = prepared / TIMES_NAME
    if path.is_file() and _digest_in(path) == state.digest:
        return True
    files = tuple(raw_files(root))
    if path.is_file():
        from pipeline_src.data.manifest import raw_checksums  # numpy and the models: not on every look

        times = _times_in(path)
        changed = [one.path for one in files if times.get(one.path) != (one.modified_ns, one.changed_ns)]
        checksums = raw_checksums(prepared)
        if not all(_is(root / name, checksums.get(name)) for name in changed):
            return False
    with suppress(UserError):  # in a folder that cannot be written the contents are read again next time
        keep_times(files, prepared)
    return True


def _is(path: Path, sha256: str | None) -> bool:
    """Whether a raw file is still the one that was prepared; one that preparation never read may change."""
    try:
        return sha256 is None or sha256_of(path) == sha256
    except OSError:
        return False


def _digest_in(path: Path) -> str | None:
    with path.open(encoding="utf-8") as stream:
        try:
            return str(json.loads(stream.readline())["digest"])
        except (ValueError, KeyError, TypeError):
            return None


def _times_in(path: Path) -> dict[str, tuple[int, int]]:
    """The times that were kept, by path; a line that is damaged counts as not kept."""
    times: dict[str, tuple[int, int]] = {}
    for line in path.read_text(encoding="utf-8").splitlines()[1:]:
        with suppress(ValueError):
            modified, changed, name = line.split(" ", 2)
            times[json.loads(name)] = (int(modified), int(changed))
    return times
