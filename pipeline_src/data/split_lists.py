"""Lists of frames, as text editors of all systems save them: one frame a line, by name or by path."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from pipeline_src.data.images import read_bytes
from pipeline_src.errors import DataError

_LINE_ENDS = re.compile(r"\r\n|\r|\n")
# `images/NAME.png labels/NAME.png`: a path ends at the suffix of an image, so names may have dots and spaces.
_PATHS = re.compile(r"\S.*?\.(?:png|jpe?g)(?=\s|$)", re.IGNORECASE)
_REMEDY = "Write one frame a line: its NAME, or the path of its image."


def read_split_list(path: Path, images: Mapping[str, Path]) -> list[str]:
    """Frame names of a list, in its order.

    Args:
        path: the list. images: the images there are, by frame name.

    Raises:
        DataError: the list cannot be read, is neither UTF-8 nor UTF-16, or a line names no frame or several.
    """
    names = []
    for number, line in enumerate(_LINE_ENDS.split(text_of(path)), start=1):
        if line.strip():
            names.append(_frame_of(line.strip(), images, path, number))
    return names


def text_of(path: Path) -> str:
    """The text of a file that an editor of any system saved.

    Raises:
        DataError: it cannot be read, or is neither UTF-8 nor UTF-16.
    """
    content = read_bytes(path)
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise DataError(
            path, f"is neither UTF-8 nor UTF-16 (line {line}).", "Save the list as UTF-8."
        ) from error


def _frame_of(line: str, images: Mapping[str, Path], path: Path, number: int) -> str:
    if line in images:
        return line
    named = [_name_of(word) for word in _PATHS.findall(line)] or [_name_of(line)]
    # A second column is the frame's label; a third one is another frame.
    if len({name.removesuffix("_L") for name in named}) > 1:
        problem = f"names {len(named)} frames in line {number} ({line[:60]!r})."
        raise DataError(path, problem, _REMEDY)
    if named[0] not in images:
        words = line.split()
        if len(words) > 1 and words[0] in images:
            problem = f"has {len(words)} words in line {number} ({line[:60]!r}), the first of them a frame."
            raise DataError(path, problem, _REMEDY)
        raise DataError(
            path, f"names {named[0][:60]!r} in line {number}, and there is no image of that name.", _REMEDY
        )
    return named[0]


def _name_of(word: str) -> str:
    """`/SegNet/CamVid/train/NAME.png` -> NAME; a name keeps its dots."""
    last = re.split(r"[\\/]", word)[-1]
    return re.sub(r"\.(?:png|jpe?g)$", "", last, flags=re.IGNORECASE)
