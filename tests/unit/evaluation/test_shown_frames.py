"""Which frames are shown."""

from __future__ import annotations

import pytest

from pipeline_src.evaluation.predictions import evenly_spaced


@pytest.mark.parametrize(
    ("length", "count", "expected"),
    [(16, 4, [2, 6, 10, 14]), (500, 4, [62, 187, 312, 437]), (233, 4, [29, 87, 145, 203]),
     (4, 4, [0, 1, 2, 3]), (3, 4, [0, 1, 2]), (1, 4, [0]), (0, 4, []), (5, 1, [2]), (5, 4, [0, 1, 3, 4])],
)  # fmt: skip
def test_frames_lie_in_the_middle_of_equal_parts(length: int, count: int, expected: list[int]) -> None:
    assert evenly_spaced(length, count) == expected
