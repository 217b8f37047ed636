"""Looking into folders that users fill: what is listed, what is left out, and what is refused by name."""

from __future__ import annotations

import os
from collections.abc import Sequence, Sized
from pathlib import Path

from pipeline_src.errors import DataError

MANIFEST_NAME = "manifest.json"
"""In the folder of a prepared set, what it holds."""
IMAGE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg"})
FORMATS = IMAGE_SUFFIXES | {".bmp", ".gif", ".jp2", ".pgm", ".ppm", ".tga", ".tif", ".tiff", ".webp"}
"""Endings by which an image is known, be it of a kind that can be read here or not."""

# What file managers and archivers leave behind; every name that begins with a dot is left out too.
_DEBRIS = frozenset({"__MACOSX", "@eaDir", "$RECYCLE.BIN", "System Volume Information", "lost+found"})


def entries(folder: Path) -> list[os.DirEntry[str]]:
    """What is in a folder, by name, without hidden files and what file managers leave behind.

    Raises:
        DataError: the folder is absent or may not be read, or a name in it is no UTF-8.
    """
    try:
        with os.scandir(folder) as found:
            kept = [one for one in found if not one.name.startswith(".") and one.name not in _DEBRIS]
    except OSError as error:
        problem = f"cannot be listed ({error.strerror or error})."
        raise DataError(folder, problem, "Complete the data set or mend the permissions.") from error
    for one in kept:
        if not one.name.isascii():
            _require_text(folder, one.name)
    return sorted(kept, key=lambda one: one.name)


def _require_text(folder: Path, name: str) -> None:
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        shown = os.fsencode(name).decode("latin-1")
        raise DataError(
            folder,
            f"has a file whose name is not UTF-8 (as Latin-1 it reads {shown!r}).",
            "Rename it, for example with `convmv -f latin1 -t utf8 -r --notest FOLDER`.",
        ) from None


def subfolders(folder: Path) -> list[Path]:
    """The folders in a folder, links to folders among them, by name.

    Raises:
        DataError: see `entries`.
    """
    return [folder / one.name for one in entries(folder) if one.is_dir()]


def images_in(folder: Path, suffixes: frozenset[str] = IMAGE_SUFFIXES) -> list[Path]:
    """The images in a folder, by name.

    Args:
        suffixes: endings, in lower case, of the images that can be used.

    Raises:
        DataError: see `entries`; or there are images of other formats, which would be left out.
    """
    files = [folder / one.name for one in entries(folder) if not one.is_dir()]
    foreign = [path for path in files if path.suffix.lower() in FORMATS - suffixes]
    if foreign:
        wanted = ", ".join(sorted(suffixes))
        raise DataError(
            folder,
            f"has {count_of(foreign, 'image')} of a format that is not read here: {names_of(foreign)}.",
            f"Convert them to PNG, or move them out of the folder; read are {wanted}.",
        )
    return [path for path in files if path.suffix.lower() in suffixes]


def count_of(things: Sized, noun: str) -> str:
    """'1 image', '3 images'."""
    return f"{len(things)} {noun}{'' if len(things) == 1 else 's'}"


def names_of(paths: Sequence[Path], limit: int = 3) -> str:
    """The first names of a list of files, for a message."""
    shown = ", ".join(path.name for path in paths[:limit])
    return shown if len(paths) <= limit else f"{shown} and {len(paths) - limit} more"
