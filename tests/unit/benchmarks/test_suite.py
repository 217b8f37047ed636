"""`make bench`: every path at a tiny size, and what a busy machine, a missed bar or a spent budget gives."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest

from benchmarks import measured, suite
from benchmarks.measuring import calmest, in_turns, ratios
from benchmarks.suite import GROUPS, Group, Key, parse_arguments, run

ISSUE = {
    "search_step_single", "search_step_batched", "search_calls_batched", "training_step",
    "inference_best_vs_eager", "data_pipeline_ratio",
    "evaluation_overhead", "lut_spearman", "lut_slope", "orchestration_share", "noop_s", "graph_2000_s",
    "graph_10000_s", "peak_memory_mib_soft", "peak_memory_mib_batched", "peak_memory_mib_single",
    "peak_memory_mib_pair",
}  # fmt: skip


def test_every_key_is_there_once() -> None:
    keys = [key for group in GROUPS for key in group.keys]
    assert len(keys) == len(set(keys)) and set(keys) >= ISSUE
    assert sum(group.share for group in GROUPS) == pytest.approx(1)


@pytest.mark.slow("runs every benchmark, which no result depends on")
def test_every_path_is_taken_at_a_tiny_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    output = tmp_path / "benchmarks.json"
    monkeypatch.setattr("sys.argv", ["suite", "--tiny", "--output", str(output)])
    assert suite.main() == 0
    told = json.loads(output.read_text())
    assert told["tiny"] and told["machine"]["cores"] and told["versions"]["torch"]
    lines = told["keys"]
    # These two tell of a whole run of tiny, which this checkout may not have.
    others = {"orchestration_share", "noop_s"}
    for key in set(lines) - others:
        line = lines[key]
        assert line["median"] > 0 or key == "lut_slope" or key == "lut_spearman", (key, line)
        assert (line["n"] >= 1 and "load" in line) or line["unit"] == "MiB", (key, line)
    for key in others:
        assert "median" in lines[key] or lines[key]["not_run"]
    assert lines["inference_best_vs_eager"]["form"] in ("folded", "channels_last", "onnxruntime")
    assert lines["inference_best_vs_eager"]["forms"]["eager"]["equal_pixels"] == 1
    assert lines["graph_2000_s"]["jobs"] >= 100


def test_work_is_done_in_turns_by_the_clock_that_is_given() -> None:
    ticks, order = iter(range(100)), []
    works = {name: lambda name=name: order.append(name) for name in "ab"}
    taken = in_turns(works, lambda: float(next(ticks)), rounds=3, warmup=1)
    assert order == list("ab") * 4
    assert taken == {"a": [1.0] * 3, "b": [1.0] * 3}


def test_a_ratio_is_of_pairs_with_quartiles() -> None:
    assert ratios([2, 4, 6, 8], [1, 1, 2, 2]) == {"n": 4, "median": 3.5, "q1": 2.25, "q3": 4.0}


CALM = {"a": [4.0, 4.1, 4.2, 4.3], "b": [2.0, 2.0, 2.0, 2.0]}
BUSY = {"a": [2.0, 4.0, 8.0, 16.0], "b": [2.0, 2.0, 2.0, 2.0]}


@pytest.mark.parametrize(("budget_s", "attempts"), [(0.0, 1), (100.0, 3)])
def test_a_busy_machine_is_tried_again_within_the_budget_and_publishes_nothing(
    budget_s: float, attempts: int
) -> None:
    runs = iter([BUSY, BUSY, CALM])
    (told,) = calmest(lambda: next(runs), {"key": ("a", "b")}, budget_s=budget_s, spread_max=0.1).values()
    assert told["attempts"] == attempts
    if attempts == 3:
        assert told["withheld"] is None and told["median"] == pytest.approx(2.075)
        assert (told["above_s"], told["below_s"]) == (4.15, 2.0)
    else:
        assert "median" not in told and "above_s" not in told
        assert "the machine is too busy" in told["withheld"] and told["spread"] > 0.1 and told["n"] == 4


def group(*, median: float | None = None, withheld: str | None = None) -> Group:
    def measure(_: object) -> dict[str, dict[str, Any]]:
        return {"key": {"withheld": withheld} | ({} if median is None else {"median": median})}

    return Group({"key": Key("of a test", least=1.5)}, measure, 0.5)


@pytest.mark.parametrize(
    ("told", "reached", "said"),
    [
        (group(median=2.0), True, "key: 2, reached"),
        (group(median=1.0), False, "key: 1, not reached"),
        (group(withheld="busy"), None, "key: withheld: busy"),
    ],
)
def test_a_bar_is_reached_or_not_and_never_by_a_number_that_is_withheld(
    told: Group, reached: bool | None, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    line = run(parse_arguments([]), [told])["keys"]["key"]
    assert line["reached"] is reached and line["bar"] == {"least": 1.5}
    assert said in caplog.text


def test_what_there_is_no_time_for_is_not_run() -> None:
    line = run(parse_arguments(["--minutes", "0"]), [group(median=2.0)])["keys"]["key"]
    assert line["not_run"] == "the 0 minutes were over" and line["reached"] is None and "median" not in line


def test_an_unknown_key_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse_arguments(["--only", "training_stepp"])
    assert "'training_stepp' is no key" in capsys.readouterr().err


def test_the_network_of_the_inference_benchmark_has_the_papers_depths() -> None:
    assert measured.a_shaped(measured.SpaceConfig()).depths == (2, 4, 6)
