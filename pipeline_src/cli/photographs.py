"""What `autortnet predict` is given, and where each mask goes. [no torch]"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline_src.data.folders import images_in
from pipeline_src.errors import UserError
from pipeline_src.ownership import require_replaceable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

STANDARD_INPUT = "-"


@dataclass(frozen=True)
class Job:
    """One photograph or video and its output.

    Attributes:
        source: the file; a name for messages where `content` is given.
        content: the bytes, when they came on standard input.
    """

    source: Path
    output: Path
    content: bytes | None = None

    def read(self) -> NDArray[np.uint8]:
        """The photograph, uint8 (H, W, 3), upright.

        Raises:
            DataError: it cannot be read or decoded.
        """
        from pipeline_src.data.images import read_rgb, rgb_of

        return read_rgb(self.source) if self.content is None else rgb_of(self.content, self.source)


@dataclass(frozen=True)
class Jobs:
    """All that one call asks for: pictures, or one video."""

    pictures: list[Job]
    video: Job | None = None
    is_folder: bool = False


def jobs_of(given: str, output: Path | None, inputs: Sequence[Path]) -> Jobs:
    """What is to be predicted, and where to.

    Args:
        given: a photograph's path, a folder's, a video's, or `-`.
        output: the user's choice; None takes NAME_mask in the current folder.
        inputs: files that no output may replace, beside the photographs.

    Raises:
        UserError: an address, a folder without images, an output of another kind, one that is an input, or
            one that is not ours to replace.
    """
    if given == STANDARD_INPUT:
        job = Job(Path("standard input"), _named(output, "stdin", ".png"), sys.stdin.buffer.read())
        _require_output(job.output, ".png", inputs)
        return Jobs([job])
    if re.match(r"[a-z][a-z0-9+.-]*:/", given, flags=re.IGNORECASE):
        raise UserError(given, "is an address, not a file.", "Download the photograph and give its path.")
    path = Path(given)
    if path.is_dir():
        return Jobs(_in_folder(path, output, inputs), is_folder=True)
    from pipeline_src.evaluation.video import SUFFIXES

    is_video = path.suffix.lower() in SUFFIXES
    ending = ".mp4" if is_video else ".png"
    job = Job(path, _named(output, path.stem, ending))
    _require_output(job.output, ending, [path, *inputs])
    return Jobs([], video=job) if is_video else Jobs([job])


def _named(output: Path | None, stem: str, ending: str) -> Path:
    return output or Path(f"{stem}_mask{ending}")


def _in_folder(folder: Path, output: Path | None, inputs: Sequence[Path]) -> list[Job]:
    images = images_in(folder)
    if not images:
        raise UserError(folder, "holds no photograph.", "Give a folder of PNG or JPEG files, or one file.")
    target = output or Path(f"{folder.resolve().name}_masks")
    if target.exists() and not target.is_dir():
        raise UserError(target, "is a file, where a folder is to be.", "Give another path with --output.")
    if target.is_dir() and target.samefile(folder):
        raise UserError(target, "is the folder of the photographs.", "Give another path with --output.")
    # Endings stay in the names, so that a.jpg and a.png have a mask each.
    stems = [path.stem for path in images]
    names = [path.stem if stems.count(path.stem) == 1 else path.name for path in images]
    jobs = [Job(path, target / f"{name}_mask.png") for path, name in zip(images, names, strict=True)]
    for job in jobs:
        _require_output(job.output, ".png", [*images, *inputs])
    return jobs


def _require_output(output: Path, ending: str, inputs: Sequence[Path]) -> None:
    """Raise UserError for an output of another kind, that is an input, or is not ours to replace."""
    if output.suffix.lower() != ending:
        kind = "a PNG" if ending == ".png" else "an MP4"
        raise UserError(
            output, f"has no name of {kind}, which the mask is.", f"Give {output.stem}{ending}, say."
        )
    if output.exists() and any(path.exists() and output.samefile(path) for path in inputs):
        raise UserError(output, "is an input, too.", "Give another name with --output.")
    require_replaceable(output)
