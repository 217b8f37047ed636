"""Targets and devices that cannot be are told before a graph is built or a job is started."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipeline_src.errors import UserError
from workflow import requests
from workflow.requests import require_device, require_targets, targets_of


@dataclass
class Rule:
    name: str
    pattern: str = "nothing"

    def is_producer(self, target: str) -> bool:
        return re.fullmatch(self.pattern, target) is not None


RULES = [Rule("reproduce_tables"), Rule("stage_lut"), Rule("measure_lut", r"results/tiny/lut/\w+\.json")]


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("reproduce_table", "Did you mean reproduce_tables?"),
        ("stage_lot", "Did you mean stage_lut?"),
        ("results/tiny/lut/camvid.csv", "snakemake --list"),
        ("results/camvid/lut/camvid.json", "at this scale"),
    ],
)
def test_a_mistyped_target(target: str, words: str) -> None:
    with pytest.raises(UserError) as caught:
        require_targets(["stage_lut", target], RULES)
    assert caught.value.where == target and words in str(caught.value)


@pytest.mark.parametrize(
    ("words", "targets"),
    [
        ("snakemake --cores 1 reproduce_tables -n", ["reproduce_tables"]),
        ("/a/bin/snakemake stage_lut other --cores all --config scale=camvid", ["stage_lut", "other"]),
        ("snakemake -n", []),
        ("/a/bin/pytest stage_lut", []),
    ],
)
def test_targets_on_the_command_line(words: str, targets: list[str]) -> None:
    assert targets_of(words.split()) == targets


def test_targets_that_are(tmp_path: Path) -> None:
    (tmp_path / "there").write_text("")
    require_targets([], RULES)
    require_targets(["reproduce_tables", "results/tiny/lut/camvid.json", str(tmp_path / "there")], RULES)


def test_cuda_without_a_gpu(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(requests, "GPU_FILES", (str(tmp_path / "gpu"),))
    monkeypatch.setattr("shutil.which", lambda name: None)
    with pytest.raises(UserError, match=r"runtime\.device: is cuda, but this machine shows no GPU"):
        require_device("cuda", here=True)
    require_device("cuda", here=False)
    require_device("auto", here=True)
    (tmp_path / "gpu").write_text("")
    require_device("cuda", here=True)
