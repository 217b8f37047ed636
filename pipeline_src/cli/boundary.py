"""The one place where what went wrong becomes words: for the command line and for the workflow. [no torch]

What a user can mend is a `UserError`, whoever raised it. Everything else is ours to mend: the user gets two
lines and a file with all that we need to know.
"""

from __future__ import annotations

import errno
import os
import platform
import shlex
import sys
import tempfile
import traceback
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from pipeline_src import places
from pipeline_src.errors import UserError

PACKAGES = ("autortnet", "torch", "numpy", "pandas", "pillow", "pydantic", "snakemake", "dvc")
WHERE_TO = "an issue of the project"
REMEDIES = {
    errno.ENOENT: "Give a path that exists.",
    errno.EACCES: "Mend its permissions, or give another place.",
    errno.EPERM: "Mend its permissions, or give another place.",
    errno.EROFS: "Give a place that can be written.",
    errno.ENOSPC: "Free some disk space, then run again.",
    errno.EDQUOT: "Free some of your quota, then run again.",
    errno.EISDIR: "Give a file.",
    errno.ENOTDIR: "Give a folder.",
    errno.ENAMETOOLONG: "Give a shorter path.",
    errno.ELOOP: "Mend the link: it leads back to itself.",
    errno.EMFILE: "Raise the limit of open files (`ulimit -n`), or lower runtime.workers.",
    errno.ENOMEM: "Free some memory, lower the batch size, or run fewer jobs at a time.",
}


def as_user_error(error: BaseException) -> UserError | None:
    """What a user can mend, as such; None where the fault is the project's own."""
    if isinstance(error, UserError):
        return error
    if isinstance(error, OSError) and error.errno in REMEDIES:
        where = error.filename if error.filename is not None else "the system"
        return UserError(where, f"cannot be used ({error.strerror}).", REMEDIES[error.errno])
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":  # torch's, on a GPU
        remedy = "Lower the batch size or the image size, or run fewer jobs at a time."
        return UserError("memory", "was not enough.", remedy)
    if isinstance(error, UnicodeEncodeError):
        return UserError(
            "the locale", f"cannot write {error.object[error.start : error.end]!r}.", "Set LC_ALL=C.UTF-8."
        )
    return None


def told(error: BaseException, words: Sequence[str]) -> str:
    """The message for an error: its own where a user can mend it, else where the report on it lies.

    Args:
        error: what was caught.
        words: the command line that met it.
    """
    mendable = as_user_error(error)
    if mendable is not None:
        return str(mendable)
    summary = " ".join(str(error).split())[:200]
    return (
        f"unexpected {type(error).__name__}: {summary}\n"
        f"This is a fault of the program. Please send {write_report(error, words)} with {WHERE_TO}."
    )


def write_report(error: BaseException, words: Sequence[str]) -> Path:
    """Write what is needed to find a fault: time, command, versions, system, traceback. Returns the file."""
    now = datetime.now(UTC)
    lines = [
        f"time: {now.isoformat(timespec='seconds')}",
        f"command: {shlex.join(words)}",
        f"folder: {Path.cwd()}",
        f"python: {platform.python_version()} on {platform.platform()}",
        *(f"{name}: {_version(name)}" for name in PACKAGES),
        "",
        *traceback.format_exception(error),
    ]
    text = "\n".join(lines).encode("utf-8", "backslashreplace")
    name = f"autortnet-error-{now:%Y%m%dT%H%M%S}-{os.getpid()}.txt"
    for folder in (Path(places.LOGS), Path.cwd(), Path(tempfile.gettempdir())):
        if not folder.is_dir():
            continue
        try:
            with (folder / name).open("xb") as stream:
                stream.write(text)
        except OSError:
            continue
        return folder / name
    sys.stderr.buffer.write(text)  # nowhere to write: then here
    return Path("what stands above")


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "not installed"
