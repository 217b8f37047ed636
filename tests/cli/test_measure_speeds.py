"""`measure-speeds`: ours and other systems at several sizes in one run, and what it refuses."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cli_stand_ins import Steps

from pipeline_src.cli.main import main
from pipeline_src.evaluation import interleaved
from pipeline_src.not_run import NotRun

Refused = Callable[..., str]
CAMVID = ("camvid", "11", "32x64", "eager,channels_last")


def words(steps: Steps, *places: tuple[str, ...], networks: tuple[tuple[str, str], ...] = ()) -> list[str]:
    """The command for A and ESPNet; `places` are what `--at` is given, CamVid at 32x64 as a default."""
    named = networks or (("A", str(steps.genotype)), ("ESPNet", "espnet"))
    return [
        "measure-speeds",
        *steps._settings(("latency", "runtime"), {}),
        *(word for label, what in named for word in ("--network", label, what)),
        *(word for place in places or (CAMVID,) for word in ("--at", *place)),
        *("--output", str(steps.out / "speeds.json"), "--minutes", "0"),
    ]


def result(steps: Steps) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((steps.out / "speeds.json").read_text())
    return found


def record(steps: Steps) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((steps.out / "speeds.json.run.json").read_text())
    return found


def test_ours_and_a_peer_are_timed_at_all_sizes_in_one_run(
    steps: Steps, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs: list[int] = []

    def calm(works: dict[Any, object], **_: object) -> dict[Any, list[float]]:
        runs.append(len(works))
        return {key: [{"A": 20.0, "ESPNet": 50.0}[key[0].label]] * 4 for key in works}

    monkeypatch.setattr(interleaved, "time_in_turns", calm)
    more = ("camvid", "11", "32x64", "folded", "A")
    assert main(words(steps, CAMVID, more, ("cityscapes", "19", "64x64", "eager", "ESPNet"))) == 0
    assert runs == [6], "three forms of A, two of ESPNet, and ESPNet once more at another size"
    a, peer, larger = result(steps)["timings"]
    assert (a["network"], a["dataset"], a["num_classes"], a["input_height_px"]) == ("A", "camvid", 11, 32)
    assert list(a["forms"]) == ["eager", "channels_last", "folded"]
    assert list(peer["forms"]) == ["eager", "channels_last"]
    assert peer["forms"]["eager"]["times_the_first"]["median"] == 2.5
    assert peer["forms"]["eager"]["equal_pixels"] == 1
    assert (larger["dataset"], larger["input_width_px"]) == ("cityscapes", 64)
    assert list(larger["forms"]) == ["eager"]
    assert larger["forms"]["eager"]["times_the_first"]["median"] == 1, "the first at its size"
    assert str(steps.genotype) in record(steps)["inputs"] and "limitation" not in record(steps)


def test_timings_of_a_noisy_machine_are_written_with_their_spread(
    steps: Steps, monkeypatch: pytest.MonkeyPatch
) -> None:
    noisy = [1.0, 10.0, 100.0, 1000.0]
    monkeypatch.setattr(interleaved, "time_in_turns", lambda works, **_: dict.fromkeys(works, noisy))
    assert main(words(steps)) == 0
    found = result(steps)
    assert found["spread"] > found["spread_max"] == 0.1 and found["attempts"] == 1
    assert found["timings"][0]["forms"]["eager"]["latency_ms"]["q3"] > 0
    assert record(steps)["limitation"].startswith("noisy: up to ")
    assert "after 1 attempts, over 10 %" in record(steps)["limitation"]


def test_a_network_that_is_not_run_is_left_out_and_holds_nothing_up(steps: Steps, tmp_path: Path) -> None:
    gone = tmp_path / "gone.json"
    NotRun("no such network").save(gone)
    networks = (("gone", str(gone)), ("A", str(steps.genotype)))
    assert main(words(steps, ("camvid", "11", "32x64", "eager"), networks=networks)) == 0
    assert [one["network"] for one in result(steps)["timings"]] == ["A"]
    assert str(gone) in record(steps)["inputs"]


def test_without_any_network_there_is_nothing_to_time(steps: Steps, refused: Refused, tmp_path: Path) -> None:
    NotRun("no such network").save(tmp_path / "gone.json")
    refused(words(steps, networks=(("gone", str(tmp_path / "gone.json")),)), "names no network that is run")


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


@pytest.mark.parametrize(
    ("place", "parts"),
    [
        (("camvid", "11", "32x64"), ("'camvid 11 32x64' is not SET CLASSES", "four or five")),
        (("camvid", "0", "32x64", "eager"), ("'0' for a number of classes", "at least 1")),
        (("camvid", "11", "32", "eager"), ("HEIGHTxWIDTH",)),
        (("camvid", "11", "32x64", "eager,chanels_last"), ("--at", "Did you mean 'channels_last'")),
        (("camvid", "11", "32x64", "eager", "A,B"), ("'B' is no label of --network", "A, ESPNet")),
        (("camvid", "11", "32x64", "half"), ("half needs a GPU",)),
    ],
)
def test_a_place_that_makes_no_sense_is_refused(
    steps: Steps, refused: Refused, place: tuple[str, ...], parts: tuple[str, ...]
) -> None:
    refused(words(steps, place), *parts)


def test_a_device_that_is_not_there_is_refused(steps: Steps, refused: Refused) -> None:
    command = words(steps)
    place = command.index("--settings") + 1
    settings = json.loads(command[place])
    settings["runtime"]["device"] = "cuda"
    command[place] = json.dumps(settings)
    refused(command, "cuda")
    assert not Path(steps.out / "speeds.json").exists()


def test_nothing_that_fits_the_memory_is_an_error(
    steps: Steps, refused: Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(interleaved, "available_mib", lambda: 0.0)
    told = refused(words(steps), "speeds.json", "is not written", "Nothing could be timed: A, eager: 32x64")
    assert "does not fit the memory" in told and "smaller sizes" in told
    assert not (steps.out / "speeds.json").exists()
