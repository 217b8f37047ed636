"""Files of a prepared set, checked against the manifest the first time that a job reads them."""

from __future__ import annotations

import ctypes
import hashlib
from collections.abc import Mapping
from multiprocessing import sharedctypes
from pathlib import Path

from pipeline_src.data.images import read_bytes
from pipeline_src.errors import DataError


class Verified:
    """Which files below a folder have been found to be those that were prepared.

    The marks lie in memory that loader processes share with the process that started them: each file is
    hashed once in a job and not once in an epoch.

    Args:
        folder: that the names are relative to. checksums: SHA-256 of each file, by name.
    """

    def __init__(self, folder: Path, checksums: Mapping[str, str]) -> None:
        self._folder, self._checksums = folder, checksums
        self._places = {name: place for place, name in enumerate(checksums)}
        self._marks = sharedctypes.RawArray(ctypes.c_ubyte, max(len(checksums), 1))

    def read(self, name: str) -> tuple[bytes, Path]:
        """The bytes and the path of a file.

        Raises:
            DataError: the file cannot be read, or is not the one that was prepared.
        """
        path, place = self._folder / name, self._places[name]
        content = read_bytes(path)
        if not self._marks[place]:
            if hashlib.sha256(content).hexdigest() != self._checksums[name]:
                raise DataError(
                    path,
                    "is not the file that was prepared: its SHA-256 differs from the manifest's.",
                    "Put the former file back, or run `make reproduce`: it prepares the set again.",
                )
            self._marks[place] = 1
        return content, path
