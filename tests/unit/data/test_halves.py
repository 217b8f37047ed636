"""A set in two halves: neighbours of a video stay together (A12)."""

from __future__ import annotations

import random

from pipeline_src.data.halves import in_halves, sequence_of
from pipeline_src.data.manifest import Item


def frames(*names: str) -> list[Item]:
    return [
        Item(name=name, image="i", label="l", width=1, height=1, image_sha256="", label_sha256="")
        for name in names
    ]


def test_sequences_of_both_data_sets() -> None:
    assert [sequence_of(name) for name in ("0016E5_07959", "Seq05VD_f00000", "aachen_000000_000019")] == [
        "0016E5",
        "Seq05VD",
        "aachen",
    ]


def test_each_sequence_is_cut_once_in_its_middle() -> None:
    names = (
        [f"A_{number:03d}" for number in range(5)] + [f"B_{number:03d}" for number in range(9)] + ["C_000"]
    )
    shuffled = random.Random(0).sample(names, len(names))
    first, second = ([shuffled[place] for place in half] for half in in_halves(frames(*shuffled)))
    assert sorted([*first, *second]) == names and abs(len(first) - len(second)) <= 1
    for sequence in "ABC":
        ours = sorted(name for name in first if name[0] == sequence)
        theirs = sorted(name for name in second if name[0] == sequence)
        assert not ours or not theirs or ours[-1] < theirs[0]
        assert abs(len(ours) - len(theirs)) <= 1


def test_a_set_of_one_sequence_is_cut_too() -> None:
    assert in_halves(frames("a", "b", "c")) == ([0, 1], [2])
