"""The commands that measure: from the command line to the files they write."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Sequence
from pathlib import Path

import pytest

from pipeline_src.cli.main import main
from pipeline_src.latency.profile import measure_entries
from pipeline_src.latency.table import LookupTable, LutEntry
from pipeline_src.space.genotype import Genotype
from pipeline_src.space.network import SegmentationNetwork
from pipeline_src.space.reach import LutKey
from pipeline_src.training.checkpoint import Checkpoints

SPACE = {"initial_channels": 4, "channel_multiplier": 2, "aggregation_channels": 8, "head_channels": 8}
QUICK = {"warmup": 1, "repeats": 4, "lut_repeats": 3}
SETTINGS = json.dumps({"space": SPACE, "latency": QUICK, "runtime": {"device": "cpu", "threads": 1}})


@pytest.fixture
def lut(tmp_path: Path) -> Path:
    path = tmp_path / "lut" / "set.json"
    assert main(["measure-lut", "--input-size", "32x64", "--settings", SETTINGS, "--output", str(path)]) == 0
    return path


def check(lut: Path, output: Path, settings: str = SETTINGS) -> int:
    words = ["check-lut", "--lut", str(lut), "--depths", "1,2,2", "--seed", "1"]
    return main([*words, "--settings", settings, "--output", str(output)])


def test_the_fixed_part_is_timed_on_demand(lut: Path, tmp_path: Path) -> None:
    assert LookupTable.load(lut).fixed_part is None
    path = tmp_path / "fixed.json"
    words = ["measure-lut", "--input-size", "32x64", "--num-classes", "5", "--settings", SETTINGS]
    assert main([*words, "--output", str(path)]) == 0
    fixed = LookupTable.load(path).fixed_part
    assert fixed is not None and (fixed.num_classes, fixed.repeats) == (5, 3)
    # A whole network: stem, six preprocessings, aggregation cell and head take longer than one operation.
    assert fixed.median_us > max(entry.median_us for entry in LookupTable.load(path).entries.values())


def test_a_measured_table_passes_its_check(lut: Path, tmp_path: Path) -> None:
    table = LookupTable.load(lut)
    assert table.input_hw == (32, 64) and len(table.entries) == 86
    assert (tmp_path / "lut" / "set.json.run.json").exists()
    assert check(lut, tmp_path / "check.json") == 0
    result = json.loads((tmp_path / "check.json").read_text())
    assert result["networks"] == len(result["rows"]) == 20
    assert {"pearson", "spearman", "slope", "intercept_us"} <= result.keys()


def test_a_table_of_another_device_ends_the_check(
    lut: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stored = json.loads(lut.read_text())
    stored["fingerprint"]["device"] = "Titan XP"
    lut.write_text(json.dumps(stored))
    assert check(lut, tmp_path / "check.json") == 2
    assert (
        "error: lookup table: was measured under other conditions: device is 'Titan XP'"
        in capsys.readouterr().err
    )
    assert not (tmp_path / "check.json").exists()


def test_a_table_of_another_space_ends_the_check(
    lut: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wider = json.dumps({**json.loads(SETTINGS), "space": {**SPACE, "initial_channels": 6}})
    assert check(lut, tmp_path / "check.json", wider) == 2
    assert "has no entry zero|6|6|1|8|16 and 85 more" in capsys.readouterr().err


def test_speed_holds_latency_size_and_work(genotype: Genotype, tmp_path: Path) -> None:
    genotype.save(tmp_path / "genotype.json")
    output = tmp_path / "speed" / "random-0" / "camvid-32x64.json"
    words = ["measure-speed", "--genotype", str(tmp_path / "genotype.json"), "--num-classes", "11"]
    assert main([*words, "--input-size", "32x64", "--settings", SETTINGS, "--output", str(output)]) == 0
    result = json.loads(output.read_text())
    assert (result["architecture"], result["dataset"]) == ("random-0", "camvid")
    for timing in (result["latency_ms"], result["latency_folded_ms"]):
        assert timing.keys() == {"median", "q1", "q3", "mean", "repeats", "attempts", "load"}
        assert timing["repeats"] == 4 and 1 <= timing["attempts"] <= 3
    assert result["fps"] == pytest.approx(1000 / result["latency_ms"]["mean"])
    network = SegmentationNetwork(genotype, 11)
    assert result["parameters"] == sum(value.numel() for value in network.parameters())
    assert result["multiply_adds"] > 0 and result["fingerprint"]["repeats"] == 4


@pytest.mark.parametrize("size", ["32", "0x64", "axb"])
def test_a_malformed_size_is_refused(size: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["measure-lut", "--input-size", size, "--settings", SETTINGS, "--output", "x.json"])
    assert caught.value.code == 2 and "--input-size" in capsys.readouterr().err


# Interrupted and started again


def measured(words: list[str], monkeypatch: pytest.MonkeyPatch, *, stop_in: int | None) -> list[list[str]]:
    """Run measure-lut and return the groups that were begun; SIGTERM comes within the given one."""
    seen: list[list[str]] = []

    def entries(keys: Sequence[LutKey], *rest: object) -> dict[str, LutEntry]:
        seen.append([key.text for key in keys])
        if len(seen) == stop_in:
            os.kill(os.getpid(), signal.SIGTERM)
        return measure_entries(keys, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr("pipeline_src.latency.profile.measure_entries", entries)
    assert main(words) == (0 if stop_in is None else 75)
    return seen


def test_an_interrupted_measurement_goes_on_with_the_groups_it_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoints, output = tmp_path / "checkpoints", tmp_path / "set.json"
    words = ["measure-lut", "--input-size", "32x64", "--settings", SETTINGS, "--output", str(output)]
    words += ["--checkpoints", str(checkpoints)]
    first, begun = measured(words, monkeypatch, stop_in=2)
    assert (len(first), len(begun)) == (32, 32) and not output.exists()
    found = Checkpoints(checkpoints).load_newest()
    assert found is not None and found[0] == 32
    second, third = measured(words, monkeypatch, stop_in=None)
    assert second == begun and len(third) == 22 and not set(first) & {*second, *third}
    table = json.loads(output.read_text())
    assert table["fingerprint"] == found[1]["fingerprint"]  # the date of the first attempt, too
    assert {key: table["entries"][key] for key in first} == found[1]["entries"]
    record = json.loads(output.with_name("set.json.run.json").read_text())
    assert len(record["earlier"]) == 1 and record["wall_s"] > record["earlier"][0]["wall_s"] > 0
    assert not checkpoints.exists()


@pytest.mark.parametrize("change", ["device", "space", "size"])
def test_no_table_is_mixed_of_two(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, change: str
) -> None:
    checkpoints, output = tmp_path / "checkpoints", tmp_path / "set.json"
    words = ["measure-lut", "--input-size", "32x64", "--settings", SETTINGS, "--output", str(output)]
    words += ["--checkpoints", str(checkpoints)]
    measured(words, monkeypatch, stop_in=2)
    if change == "device":
        monkeypatch.setattr("pipeline_src.latency.fingerprint._device_name", lambda device: "another")
    elif change == "space":
        words[4] = json.dumps({**json.loads(SETTINGS), "space": {**SPACE, "head_channels": 16}})
    else:
        words[2] = "64x64"
    assert sum(map(len, measured(words, monkeypatch, stop_in=None))) == 86
    assert "What was measured before" in caplog.text
    assert (LookupTable.load(output).fingerprint.device == "another") == (change == "device")
