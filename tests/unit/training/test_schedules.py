"""End points and middles of the schedules."""

from __future__ import annotations

import pytest

from pipeline_src.training.schedules import cosine, exponential, poly, temperature


def test_poly() -> None:
    assert poly(0, 100, 0.01, 0.9) == 0.01
    assert poly(50, 100, 0.01, 0.9) == pytest.approx(0.01 * 0.5**0.9)
    assert poly(100, 100, 0.01, 0.9) == 0.0


def test_cosine() -> None:
    assert cosine(0, 150, 0.025, 0.001) == pytest.approx(0.025)
    assert cosine(75, 150, 0.025, 0.001) == pytest.approx(0.013)
    assert cosine(150, 150, 0.025, 0.001) == pytest.approx(0.001)


def test_exponential() -> None:
    assert exponential(0, 0.1, 0.97) == 0.1
    assert exponential(2, 0.1, 0.97) == pytest.approx(0.1 * 0.97 * 0.97)


@pytest.mark.parametrize("schedule", ["linear", "exponential"])
def test_temperature_starts_and_ends_where_it_is_told(schedule) -> None:  # type: ignore[no-untyped-def]
    values = [temperature(epoch, 150, 3.0, 0.03, schedule) for epoch in range(150)]
    assert values[0] == pytest.approx(3.0)
    assert values[-1] == pytest.approx(0.03)
    assert values == sorted(values, reverse=True)
    assert temperature(0, 1, 3.0, 0.03, schedule) == 3.0


def test_temperature_middles_differ() -> None:
    assert temperature(1, 3, 3.0, 0.03, "linear") == pytest.approx(1.515)
    assert temperature(1, 3, 3.0, 0.03, "exponential") == pytest.approx(0.3)
