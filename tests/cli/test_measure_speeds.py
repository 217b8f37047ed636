"""`measure-speeds`: ours and other systems in one run, and what it refuses."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_stand_ins import Steps

from pipeline_src.cli.main import main
from pipeline_src.evaluation import together

Refused = Callable[..., str]


def words(steps: Steps, *more: str, networks: tuple[tuple[str, str], ...] = ()) -> list[str]:
    """The command for A and ESPNet at 32x64, on a machine that is always calm enough."""
    named = networks or (("A", str(steps.genotype)), ("ESPNet", "espnet"))
    return [
        "measure-speeds",
        *steps._settings(("latency", "runtime"), {}),
        *(word for label, what in named for word in ("--network", label, what)),
        *("--num-classes", "11", "--input-size", "32x64", "--output", str(steps.out / "speeds.json")),
        *("--spread-max", "1", "--minutes", "0", *more),
    ]


def result(steps: Steps) -> dict[str, object]:
    found: dict[str, object] = json.loads((steps.out / "speeds.json").read_text())
    return found


def restless(works: dict[object, object], **_: object) -> dict[object, list[float]]:
    return {key: [1.0, 10.0, 100.0, 1000.0] for key in works}


def test_ours_and_a_peer_are_timed_in_one_run(steps: Steps, monkeypatch: pytest.MonkeyPatch) -> None:
    calm = {"A": 20.0, "ESPNet": 50.0}
    monkeypatch.setattr(
        together, "time_in_turns", lambda works, **_: {key: [calm[key[0]]] * 4 for key in works}
    )
    assert main(words(steps, "--forms", "eager,channels_last")) == 0
    found = result(steps)
    assert (found["input_height_px"], found["num_classes"], found["withheld"]) == (32, 11, None)
    a, peer = found["networks"]  # type: ignore[misc]
    assert (a["label"], peer["label"]) == ("A", "ESPNet")
    assert set(a["forms"]) == {"eager", "channels_last"}
    assert peer["forms"]["eager"]["times_the_first"]["median"] == 2.5
    assert peer["forms"]["eager"]["equal_pixels"] == 1
    record = json.loads((steps.out / "speeds.json.run.json").read_text())
    assert str(steps.genotype) in record["inputs"]


def test_a_restless_machine_publishes_nothing(
    steps: Steps, refused: Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(together, "time_in_turns", restless)
    told = refused(
        words(steps, "--spread-max", "0.2"), "speeds.json", "is not written", "the machine is busy"
    )
    assert "after 1 attempts, over 20 %" in told
    assert not (steps.out / "speeds.json").exists()


def test_timings_of_a_restless_machine_can_be_withheld_and_the_rest_kept(
    steps: Steps, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(together, "time_in_turns", restless)
    assert main(words(steps, "--spread-max", "0.2", "--withhold")) == 0
    found = result(steps)
    assert "the machine is busy" in str(found["withheld"])
    (first, _) = found["networks"]  # type: ignore[misc]
    assert first["parameters"] > 0 and "latency_ms" not in first["forms"]["eager"]


@pytest.mark.parametrize(
    ("networks", "parts"),
    [
        ((("A", "espnett"),), ("--network", "A: 'espnett' is no system", "Did you mean 'espnet'", ".json")),
        ((("A", "cas"),), ("'cas' is quoted only",)),
        ((("A", "espnet"), ("A", "enet")), ("names 'A' twice",)),
        ((("A", "gone.json"),), ("gone.json", "does not exist")),
    ],
)
def test_networks_that_cannot_be_built_are_refused(
    steps: Steps, refused: Refused, networks: tuple[tuple[str, str], ...], parts: tuple[str, ...]
) -> None:
    refused(words(steps, networks=networks), *parts)


def test_a_form_that_is_not_known_is_refused_with_the_nearest(steps: Steps, refused: Refused) -> None:
    refused(words(steps, "--forms", "eager,chanels_last"), "--forms", "Did you mean 'channels_last'")


def test_a_device_that_is_not_there_is_refused(steps: Steps, refused: Refused) -> None:
    command = words(steps)
    place = command.index("--settings") + 1
    settings = json.loads(command[place])
    settings["runtime"]["device"] = "cuda"
    command[place] = json.dumps(settings)
    refused(command, "cuda")
    assert not Path(steps.out / "speeds.json").exists()


def test_forms_are_compared_on_the_frames_of_a_prepared_set(
    steps: Steps, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(together, "time_in_turns", lambda works, **_: dict.fromkeys(works, (20.0,) * 4))
    frames = [*steps._data("camvid"), "--split", "test", "--frames", "3"]
    assert main(words(steps, "--forms", "eager,channels_last", *frames)) == 0
    assert result(steps)["compared_on"] == "2 frames of test", "the set has no more"
    record = json.loads((steps.out / "speeds.json.run.json").read_text())
    assert str(steps.prepared / "camvid" / "manifest.json") in record["inputs"]


def test_nothing_that_fits_the_memory_is_an_error_and_withheld_a_record(
    steps: Steps, refused: Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(together, "available_mib", lambda: 0.0)
    told = refused(words(steps), "speeds.json", "is not written", "Nothing could be timed: A, eager: 32x64")
    assert "does not fit the memory" in told and "smaller --input-size" in told
    assert not (steps.out / "speeds.json").exists()
    assert main(words(steps, "--withhold")) == 0
    found = result(steps)
    assert found["withheld"] is None and found["attempts"] is None
    for network in found["networks"]:  # type: ignore[attr-defined]
        assert "does not fit the memory" in network["forms"]["eager"]["refused"]
        assert network["parameters"] > 0 and "latency_ms" not in network["forms"]["eager"]


def test_half_a_set_is_refused(steps: Steps, refused: Refused) -> None:
    refused(words(steps, "--prepared", str(steps.prepared / "camvid")), "--raw", "go together", "or none")
