"""Whether a gradient's direction is told from noise, and agreement of seeds from chance."""

from __future__ import annotations

import math

import pytest
import torch

from pipeline_src.search.signal import RESOLVED, GradientRecord, agreement, agreement_by_chance


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def recorded(mean: float, steps: int, parameters: int = 300) -> GradientRecord:
    """Gradients of standard deviation 1 around `mean`, and one parameter that never has one."""
    noise, record = generator(1), GradientRecord()
    for _ in range(steps):
        values = mean + torch.randn(parameters, generator=noise)
        record.add([values, torch.zeros(1)])
    return record


def test_noise_is_noise() -> None:
    found = recorded(0.0, 60).signal(generator())
    assert found["steps"] == 60
    # |mean| of 60 standard normal values is sqrt(2 / (60 pi)) on average.
    assert found["ratio"] == pytest.approx(math.sqrt(2 / (60 * math.pi)), abs=0.01)
    assert found["null_ratio"] == pytest.approx(found["ratio"], abs=0.01)
    assert abs(found["z"]) < 3 and found["snr"] < 0.06


def test_a_direction_is_told_and_measured() -> None:
    found = recorded(0.25, 60).signal(generator())
    assert found["z"] > 10
    assert found["snr"] == pytest.approx(0.25, abs=0.03)
    assert found["steps_to_resolve"] == pytest.approx((RESOLVED / found["snr"]) ** 2)


def test_what_is_kept_is_a_copy() -> None:
    record, gradient = GradientRecord(), torch.ones(4)
    for _ in range(3):
        record.add([gradient])
        gradient.add_(1.0)
    assert record.signal(generator())["ratio"] == pytest.approx(2.0)  # 1, 2, 3: mean 2, sd 1


def test_two_steps_have_no_spread_to_tell_by() -> None:
    with pytest.raises(ValueError, match="2 steps"):
        recorded(0.0, 2).signal(generator())


def test_agreement_is_the_mean_over_pairs() -> None:
    assert agreement([["a", "b"], ["a", "c"], ["a", "b"]]) == pytest.approx((0.5 + 1.0 + 0.5) / 3)


def test_agreement_by_chance_follows_the_number_of_candidates() -> None:
    expected, draws = agreement_by_chance([10] * 30 + [5] * 7, 3, 4000, generator())
    assert expected == pytest.approx((30 / 10 + 7 / 5) / 37)
    assert sum(draws) / len(draws) == pytest.approx(expected, abs=0.003)
