"""`search-architecture`: what two searches share, the null, and the measured fixed part."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from cli_stand_ins import SETTINGS, SIZE, Steps

from pipeline_src.cli.main import main
from pipeline_src.search.searcher import Searcher


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What each search was before its first step."""
    found: list[dict[str, Any]] = []
    run = Searcher.run

    def noted(searcher: Searcher, *args: Any, **kwargs: Any) -> Iterator[None]:
        weights = next(searcher.supernet.parameters()).detach().clone().flatten().tolist()
        labels = next(searcher.sources[0](0, 0))[0].flatten()[:50].tolist()
        state = {"weights": weights, "alpha": searcher.parameters.normal[0].tolist(), "data": labels}
        found.append({**state, "noise": searcher.generator.get_state().tolist()})
        return run(searcher, *args, **kwargs)

    monkeypatch.setattr(Searcher, "run", noted)
    return found


def test_searches_of_one_seed_share_nothing_else(steps: Steps, begun: list[dict[str, Any]]) -> None:
    for words in ([], ["--gamma", "0.1"], ["--null", "signs"], ["--depths", "1,1,2"], []):
        assert main([*steps.search(), *words]) == 0
    again = begun.pop()
    assert again == begun[0] and len(begun) == 4
    for part in begun[0]:
        assert all(begun[0][part] != other[part] for other in begun[1:]), part


def test_the_record_says_what_null_and_offset_it_was(steps: Steps) -> None:
    assert main([*steps.search(search={"latency_offset_us": 7.5}), "--null", "signs"]) == 0
    record = json.loads((steps.out / "run.json").read_text())
    assert (record["null"], record["latency_offset_us"], record["epochs"]) == ("signs", 7.5, 2)


def test_a_measured_offset_needs_a_table_that_has_it(steps: Steps, refused: Callable[..., str]) -> None:
    words = steps.search(search={"latency_offset_us": "measured"})
    refused(words, "fixed part", f"autortnet measure-lut --num-classes 11 --input-size {SIZE}")
    measure = ["measure-lut", "--input-size", SIZE, "--num-classes", "11", "--settings", json.dumps(SETTINGS)]
    assert main([*measure, "--output", str(steps.lut)]) == 0
    assert main(words) == 0
    fixed_us = json.loads(steps.lut.read_text())["fixed_part"]["median_us"]
    assert json.loads((steps.out / "run.json").read_text())["latency_offset_us"] == fixed_us > 0
