"""`measure-speed` on an exported file: beside eager mode in one run, on what sees the same classes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_stand_ins import SETTINGS, Steps

from pipeline_src.cli import progress
from pipeline_src.cli.main import main
from pipeline_src.evaluation import interleaved
from pipeline_src.evaluation.onnx_file import OnnxNetwork

Refused = Callable[..., str]
MS = {"eager": 30.0, "folded": 20.0}
"""What a stopwatch of these tests says; a file's takes 10."""


@pytest.fixture
def street(exported: Callable[[str], Path]) -> Path:
    return exported("logits")


def words(steps: Steps, *more: object, weights: Path | None = None) -> list[str]:
    settings = {"latency": {**SETTINGS["latency"], "attempts_max": 2}, "runtime": {"device": "cpu"}}
    given = ["measure-speed", "--weights", weights or steps.weights, "--settings", json.dumps(settings)]
    return [str(word) for word in (*given, "--output", steps.out / "speed.json", *more)]


def result(steps: Steps) -> dict[str, object]:
    found: dict[str, object] = json.loads((steps.out / "speed.json").read_text())
    return found


def test_a_file_is_timed_beside_eager_mode_in_turns(
    steps: Steps, street: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ran: list[str] = []

    def stopwatch(works: dict[str, Callable[[], object]], **_: object) -> dict[str, list[float]]:
        for name, work in works.items():
            work()
            ran.append(name)
        return {name: [1e3 * MS.get(name, 10.0)] * 4 for name in works}

    monkeypatch.setattr(interleaved, "time_in_turns", stopwatch)
    assert main(words(steps, "--exported", street)) == 0
    assert ran == ["eager", "folded", str(street)]
    found = result(steps)
    assert (found["input_height_px"], found["input_width_px"], found["dataset"]) == (32, 64, "camvid")
    file = found["forms"][str(street)]  # type: ignore[index]
    assert file["times_faster_than_eager"]["median"] == 3 and file["latency_ms"]["median"] == 10
    assert file["equal_pixels"] >= 0.999
    assert "3.00 times as fast as eager" in capsys.readouterr().out
    record = json.loads((steps.out / "speed.json.run.json").read_text())
    assert {str(street), str(steps.weights)} <= record["inputs"].keys()


def test_a_restless_machine_is_told(
    steps: Steps, street: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(
        interleaved, "time_in_turns", lambda works, **_: {key: [1.0, 10.0, 100.0, 1000.0] for key in works}
    )
    assert main(words(steps, "--exported", street)) == 0
    assert result(steps)["attempts"] == 2
    assert "The machine was busy" in capsys.readouterr().out


def test_the_stopwatch_is_the_one_of_the_project(steps: Steps, street: Path) -> None:
    assert main(words(steps, "--exported", street)) == 0
    for form in result(steps)["forms"].values():  # type: ignore[attr-defined]
        assert form["latency_ms"]["repeats"] == SETTINGS["latency"]["repeats"]
        assert form["latency_ms"]["median"] > 0


def test_what_has_nothing_to_do_with_the_weights_is_refused(
    steps: Steps, street: Path, refused: Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused(words(steps), "--weights", "--exported")
    refused(words(steps, "--exported", street, "--num-classes", "11"), "--num-classes", "Leave it out")
    refused(words(steps, "--exported", street, street), "names a file twice")
    refused(words(steps, "--exported", street, "--input-size", "64x64"), "was exported for 32x64 only")
    refused(words(steps, "--exported", steps.weights), steps.weights, "no ONNX file")
    true = OnnxNetwork.forward
    monkeypatch.setattr(OnnxNetwork, "forward", lambda self, images: true(self, images).roll(1, dims=1))
    refused(words(steps, "--exported", street), street, "99.9% is the least", "exported from")
    assert not (steps.out / "speed.json").exists()


def test_a_network_without_weights_is_told_classes_and_size(
    steps: Steps, street: Path, refused: Refused
) -> None:
    given = ["measure-speed", "--genotype", steps.genotype, "--settings", '{"latency": {}, "runtime": {}}']
    given += ["--output", steps.out / "speed.json"]
    refused([*given, "--input-size", "32x64"], "--num-classes", "is missing")
    refused([*given, "--num-classes", "11"], "--input-size", "is missing")
    refused([*given, "--exported", street], "--exported", "Give --weights")


def test_it_tells_how_far_it_is(
    steps: Steps, street: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(progress, "SECONDS_BETWEEN_LINES", 0.0)
    with caplog.at_level("INFO"):
        assert main(words(steps, "--exported", street)) == 0
    assert any(one.getMessage().startswith("rounds: 1 of ") for one in caplog.records)
