"""Splits by fractions: frames that belong together stay together."""

from __future__ import annotations

from typing import Literal

import pytest

from pipeline_src.config.dataset import Layout
from pipeline_src.data.splitting import in_shares

FRAMES = [
    f"{town}_{sequence:06}_{frame:06}" for town in "abcdef" for sequence in range(2) for frame in range(9)
]


def layout(keep_together: Literal["frame", "folder", "sequence"]) -> Layout:
    return Layout.model_construct(keep_together=keep_together, seed=0)


@pytest.mark.parametrize("keep_together", ["folder", "sequence"])
def test_no_group_is_in_two_splits(keep_together: Literal["folder", "sequence"]) -> None:
    names = [f"{name[0]}/{name}" if keep_together == "folder" else name for name in FRAMES]
    splits = in_shares(names, {"train": 0.5, "val": 0.25, "test": 0.25}, layout(keep_together))
    assert sorted(name for members in splits.values() for name in members) == sorted(names)
    groups = [{name.rpartition("/")[2].partition("_")[0] for name in members} for members in splits.values()]
    assert all(groups) and sum(map(len, groups)) == len(set.union(*groups))


def test_frames_by_themselves_meet_the_fractions() -> None:
    splits = in_shares(FRAMES, {"train": 0.5, "val": 0.25}, layout("frame"))
    assert {name: len(members) for name, members in splits.items()} == {"train": 54, "val": 27}
