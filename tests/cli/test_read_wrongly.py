"""What would be read wrongly in silence is refused, or said."""

from __future__ import annotations

import csv
import json
import logging
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
import safetensors.torch
from cli_stand_ins import Steps
from safetensors import safe_open

from pipeline_src.cli import main as command
from pipeline_src.cli.sources import write_log
from pipeline_src.config.load import resolve
from pipeline_src.errors import ConfigError, UserError
from pipeline_src.reporting.compare.sides import read_side
from pipeline_src.reporting.tables.cells import write_csv
from pipeline_src.training.checkpoint import load_metadata

Refused = Callable[..., str]
REPOSITORY = Path(__file__).resolve().parents[2]
SCALE_FILES = REPOSITORY / "workflow" / "scales"
HOSTILE = "=HYPERLINK(1)"


def rewrite(path: Path, change: Callable[[dict], None]) -> None:
    """Change the header of a weights file, and none of its tensors."""
    with safe_open(path, framework="pt") as opened:
        header = json.loads(opened.metadata()["autortnet"])
    change(header)
    tensors = safetensors.torch.load_file(path)
    path.write_bytes(safetensors.torch.save(tensors, {"autortnet": json.dumps(header)}))


def test_reversed_class_names_of_weights(steps: Steps, refused: Refused) -> None:
    rewrite(steps.weights, lambda header: header["metadata"]["class_names"].reverse())
    refused(steps.predict(), steps.weights, "its description (classes, sizes) has another checksum")
    assert steps.written() == []


def test_weights_of_an_earlier_version_are_read_with_a_word(
    steps: Steps, caplog: pytest.LogCaptureFixture
) -> None:
    rewrite(steps.weights, lambda header: header.pop("metadata_sha256"))
    with caplog.at_level(logging.WARNING):
        assert load_metadata(steps.weights)["dataset"] == "camvid"
    assert "is of an earlier version" in caplog.text


@pytest.mark.parametrize("name", ["tabulate-table table_1", "collect-figure figure_6", "judge-claims"])
def test_a_wrong_folder_of_results(tmp_path: Path, refused: Refused, name: str) -> None:
    (tmp_path / "photos").mkdir()
    settings = ["--settings", '{"scale": "tiny", "data": {}, "experiments": {}}']
    words = [*name.split(), *settings, "--results", str(tmp_path), "--output", str(tmp_path / "out.csv")]
    refused(words, tmp_path, "holds no results", "results/SCALE")
    assert not (tmp_path / "out.csv").exists()


@pytest.mark.parametrize("value", ["nan", "inf", "-inf"])
def test_a_comparison_takes_no_number_that_is_none(tmp_path: Path, value: str) -> None:
    names = (
        "row_id", "row", "column_id", "column", "quoted", "measured", "unit", "status", "mean", "std", "n",
        "sources", "data", "scale",
    )  # fmt: skip
    line = dict.fromkeys(names, "x") | {"mean": value, "std": "", "n": "1"}
    with (tmp_path / "table_1.cells.csv").open("w", newline="") as stream:
        writer = csv.DictWriter(stream, names)
        writer.writeheader()
        writer.writerow(line)
    with pytest.raises(UserError, match="is no number"):
        read_side(tmp_path, "a")


def test_no_csv_file_has_a_formula(tmp_path: Path) -> None:
    write_csv(pd.DataFrame([[HOSTILE, "-1.5", "-", "+1+1", "@x"]], columns=list("abcde")), tmp_path / "t.csv")
    write_log(tmp_path / "log.csv", [{"a": HOSTILE, "b": -1.5, "c": None}])
    with (tmp_path / "t.csv").open(newline="") as stream:
        assert list(csv.reader(stream))[1] == [f"'{HOSTILE}", "-1.5", "-", "'+1+1", "'@x"]
    with (tmp_path / "log.csv").open(newline="") as stream:
        assert list(csv.reader(stream))[1] == [f"'{HOSTILE}", "-1.5", ""]


def test_every_writer_of_csv_files_guards_its_texts() -> None:
    """A module that writes CSV names one of the two functions that guard."""
    writers = [
        path
        for path in (REPOSITORY / "pipeline_src").rglob("*.py")
        if any(word in path.read_text() for word in ("csv.writer(", "csv.DictWriter(", ".to_csv("))
    ]
    assert len(writers) >= 5
    for path in writers:
        assert "import guarded" in path.read_text(), path


def test_home_and_variables_in_paths(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("SETS", "/sets")
    data = {"camvid": {"path": "~/CamVid"}, "imagenet": {"path": "$SETS/imagenet"}}
    config = resolve({"data": {**data, "cityscapes": {"path": "${HOME}/cs"}}}, SCALE_FILES).data
    assert config.cityscapes is not None
    assert (config.camvid.path, config.imagenet.path) == (f"{tmp_path}/CamVid", "/sets/imagenet")
    assert config.cityscapes.path == f"{tmp_path}/cs"


@pytest.mark.parametrize("path", ["$NOT_SET_ANYWHERE/x", "~nobody-of-that-name/x"])
def test_paths_that_mean_nothing(path: str) -> None:
    assert "NOT_SET_ANYWHERE" not in os.environ
    with pytest.raises(ConfigError, match=r"data\.camvid\.path: has a ~ or a \$VARIABLE"):
        resolve({"data": {"camvid": {"path": path}}}, SCALE_FILES)


def test_systems_that_are_not_supported(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.platform", "win32")
    assert command.main(["config"]) == 2
    assert "win32 is not supported" in capsys.readouterr().err


def test_a_system_that_counts_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    from pipeline_src.cli import record

    monkeypatch.setitem(sys.modules, "resource", None)
    assert record.peak_memory_mib() == {}


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the count is Linux's")
def test_a_small_process_of_a_large_one_has_its_own_memory_in_its_record() -> None:
    """`ru_maxrss` goes through `exec`: Snakemake's own peak would stand in the record of each light step."""
    large = (
        "import subprocess, sys; held = bytearray(b'x') * 400_000_000;"
        "subprocess.run([sys.executable, '-c', sys.argv[1]], check=True)"
    )
    small = "from pipeline_src.cli.record import peak_memory_mib; print(peak_memory_mib()['process'])"
    told = subprocess.run([sys.executable, "-c", large, small], capture_output=True, text=True, check=True)
    assert 5 < float(told.stdout) < 200
