"""Decoded frames of a set that memory does not hold, in a file of the job's own that is mapped into it."""

from __future__ import annotations

import ctypes
import mmap
import os
import tempfile
from collections.abc import Sequence
from itertools import accumulate
from multiprocessing import sharedctypes

import numpy as np

CHANNELS = 4  # three colour bytes and a label byte


class FramesFile:
    """Frames that are decoded once in a job, whichever of its loader processes needs them first.

    The file has no name: the system drops it with the last process that has it, however that ends. Its place
    is the temporary folder (TMPDIR), on a cluster a node's own disk.

    Args:
        sizes_px: (width, height) of every frame.

    Raises:
        OSError: the temporary folder has no room for all frames.
    """

    def __init__(self, sizes_px: Sequence[tuple[int, int]]) -> None:
        self._shapes = [(height, width) for width, height in sizes_px]
        self._starts = [0, *accumulate(CHANNELS * height * width for height, width in self._shapes)]
        total = max(self._starts[-1], 1)
        with tempfile.TemporaryFile(prefix="autortnet-frames-") as file:
            # All of it now: a mapped file that finds the disk full later kills the process.
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(file.fileno(), 0, total)
            else:
                file.truncate(total)
            self._bytes = np.frombuffer(mmap.mmap(file.fileno(), total), dtype=np.uint8)
        self._written = sharedctypes.RawArray(ctypes.c_ubyte, max(len(sizes_px), 1))

    def get(self, index: int) -> tuple[np.ndarray, np.ndarray] | None:
        """Image uint8 (H, W, 3) and label uint8 (H, W) of a frame, or None where it was not written yet."""
        return self._place(index) if self._written[index] else None

    def put(self, index: int, image: np.ndarray, label: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Write a decoded frame, and give what `get` will."""
        kept = self._place(index)
        for part, given in zip(kept, (image, label), strict=True):
            part[...] = given
        self._written[index] = 1
        return kept

    def _place(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        height, width = self._shapes[index]
        frame = self._bytes[self._starts[index] : self._starts[index + 1]]
        split = 3 * height * width
        return frame[:split].reshape(height, width, 3), frame[split:].reshape(height, width)
