"""Reading and writing videos frame by frame (PyAV, of the extra `video`). [no torch]"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline_src.artifacts import write_atomically
from pipeline_src.errors import DataError, UserError
from pipeline_src.ownership import MARK

SUFFIXES = frozenset({".avi", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".webm"})
"""Endings by which a video is known."""
CODEC = "mpeg4"
Frame = NDArray[np.uint8]


def require_video(path: Path) -> None:
    """Refuse where PyAV is absent.

    Raises:
        UserError: with the command that installs it.
    """
    if importlib.util.find_spec("av") is None:
        remedy = "Install it: pip install 'autortnet-pipeline[video]'."
        raise UserError(path, "is a video, which needs the package av.", remedy)


@dataclass(frozen=True)
class Video:
    """A video that is being read.

    Attributes:
        rate: frames a second. size: (height, width). count: frames that the file says it has; 0 if it does
            not say.
        frames: each frame uint8 (H, W, 3), once.
    """

    rate: Fraction
    size: tuple[int, int]
    count: int
    frames: Iterator[Frame]


@contextmanager
def opened(path: Path) -> Iterator[Video]:
    """Open a video for reading.

    Raises:
        DataError: it cannot be read, holds no picture, or ends before its time; raised while frames are
            read, too.
    """
    import av

    remedy = "Fetch or encode it again."
    try:
        container = av.open(str(path))
    except (av.FFmpegError, OSError) as error:
        raise DataError(path, f"cannot be read as a video ({error.strerror or error}).", remedy) from error
    with container:
        if not container.streams.video:
            raise DataError(path, "holds no picture, only sound or text.", "Give a video.")
        stream = container.streams.video[0]
        rate = Fraction(stream.average_rate or stream.guessed_rate or 25)
        size = (stream.height, stream.width)
        yield Video(rate, size, stream.frames, _frames(container, stream, path, remedy))


def _frames(container: Any, stream: Any, path: Path, remedy: str) -> Iterator[Frame]:
    import av

    done = 0
    try:
        for frame in container.decode(stream):
            done += 1
            yield frame.to_ndarray(format="rgb24")
    except (av.FFmpegError, OSError) as error:
        raise DataError(path, f"is damaged behind frame {done}.", remedy) from error
    if done < stream.frames or not done:
        raise DataError(path, f"ends at frame {done} of {stream.frames or 'none'}.", remedy)


def write_video(path: Path, frames: Iterator[Frame], rate: Fraction, size: tuple[int, int]) -> None:
    """Write frames uint8 (H, W, 3) as MP4, atomically: a fault while they are made leaves nothing.

    Args:
        rate: frames a second.
        size: (height, width); an odd side loses its last row or column, as the format wants even ones.
    """
    import av

    height, width = size[0] // 2 * 2, size[1] // 2 * 2

    def fill(temporary: Path) -> None:
        with av.open(str(temporary), "w", format="mp4") as container:
            container.metadata["comment"] = MARK
            stream: Any = container.add_stream(CODEC, rate=rate)
            stream.height, stream.width, stream.pix_fmt = height, width, "yuv420p"
            stream.bit_rate = max(400_000, 3 * height * width)
            for frame in frames:
                picture = av.VideoFrame.from_ndarray(frame[:height, :width].copy(), format="rgb24")
                container.mux(stream.encode(picture))
            container.mux(stream.encode())

    write_atomically(path, fill)
