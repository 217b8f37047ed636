"""Whether a number here may be set against the paper's: on what each was judged or timed.

A difference is told only where data set, split, size, classes, device and unit are equal, as far as they
matter to the quantity. [no torch, no pandas]
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pipeline_src.config.models import Config

PAPER_DEVICE = "Titan XP"
"""The device of every time in the paper that says no other (Sec. 4.3)."""
SET_NAMES = {"cityscapes": "Cityscapes", "camvid": "CamVid"}
_ORDER = ("data set", "split", "size", "classes", "device", "unit")


def set_title(name: str) -> str:
    """A data set as the paper calls it; one that the paper has not, by its own name."""
    return SET_NAMES.get(name, name)


@dataclass(frozen=True)
class Conditions:
    """What a number was judged or timed on; empty where it is not known or does not matter.

    Attributes:
        dataset: `Cityscapes`, `CamVid`, or `Cityscapes (rendered)`.
        split: `val` or `test`.
        size: of the input, (height, width) in pixels.
        device: as it names itself.
    """

    dataset: str = ""
    split: str = ""
    size: tuple[int, int] | None = None
    device: str = ""


def differences(paper: Conditions, here: Conditions, timing: bool) -> tuple[tuple[str, str, str], ...]:
    """(what, in the paper, here) of every condition that differs, in a fixed order.

    Args:
        paper, here: of the two numbers.
        timing: of a time the device counts and, of the data set, its number of classes; of an accuracy the
            data set and its split.
    """
    found = {}
    if paper.dataset and here.dataset and paper.dataset != here.dataset:
        classes = here.dataset.removesuffix(" (rendered)") != paper.dataset
        if not timing:
            found["data set"] = (paper.dataset, here.dataset)
        elif classes:
            found["classes"] = (f"those of {paper.dataset}", f"those of {here.dataset}")
    if not timing and paper.split and here.split and paper.split != here.split:
        found["split"] = (paper.split, here.split)
    if paper.size and here.size and sorted(paper.size) != sorted(here.size):
        found["size"] = (_text(paper.size), _text(here.size))
    if timing and not _same_device(paper.device, here.device):
        found["device"] = (paper.device, here.device)
    return tuple((name, *found[name]) for name in _ORDER if name in found)


def papers_size(dataset: str) -> tuple[int, int]:
    """(height, width) that the paper judges a data set at unless a row says another: the defaults here."""
    data = Config().data
    block = data.camvid if dataset == "camvid" else data.cityscapes
    assert block is not None
    return block.input_height_px, block.input_width_px


def printed_size(text: str) -> tuple[int, int] | None:
    """`768 × 1536` as numbers; None where none is printed."""
    numbers = [int(number) for number in re.findall(r"\d+", text)]
    return (numbers[0], numbers[1]) if len(numbers) == 2 else None


def _text(size: tuple[int, int]) -> str:
    return f"{size[0]} × {size[1]}"


def _same_device(paper: str, here: str) -> bool:
    plain = ["".join(letter for letter in name.casefold() if letter.isalnum()) for name in (paper, here)]
    return not all(plain) or plain[0] in plain[1]
