"""A set in two halves for a bilevel search: neighbouring frames of a video stay together (A12). [no torch]"""

from __future__ import annotations

from collections.abc import Sequence

from pipeline_src.data.manifest import Item


def sequence_of(name: str) -> str:
    """The video or the city that a frame is of: its name up to the first underscore.

    `0016E5_07959` is of 0016E5 (CamVid), `aachen_000000_000019` of aachen (Cityscapes). Names without an
    underscore are taken as one sequence.
    """
    return name.rpartition("/")[2].partition("_")[0] if "_" in name else ""


def in_halves(items: Sequence[Item]) -> tuple[list[int], list[int]]:
    """The places of the frames of either half, each sequence cut once, in its middle.

    Both halves see every sequence, and two frames that follow each other are in different halves once a
    sequence at most: what alpha and beta are judged on is no near copy of what w learns from.

    Args:
        items: frames in any order; within a sequence they are ordered by name.
    """
    sequences: dict[str, list[int]] = {}
    for index in sorted(range(len(items)), key=lambda one: items[one].name):
        sequences.setdefault(sequence_of(items[index].name), []).append(index)
    first: list[int] = []
    second: list[int] = []
    for members in sequences.values():
        # The odd frame goes to the half that is behind, so that the halves differ by one frame at most.
        middle = len(members) // 2 + (len(members) % 2 if len(first) <= len(second) else 0)
        first += members[:middle]
        second += members[middle:]
    return sorted(first), sorted(second)
