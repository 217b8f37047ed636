"""Keys of execution change no result: not the one of an evaluation, and a checkpoint is of the same run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cli_stand_ins import Steps

from pipeline_src.cli import finetune_network, pretrain_backbone, search_architecture
from pipeline_src.cli.main import main
from pipeline_src.config.settings import setting_keys
from pipeline_src.training.engine import Engine

COMMANDS = {"search": search_architecture, "pretrain": pretrain_backbone, "finetune": finetune_network}
RUNTIME = {"workers": 1, "cache_mib": 0, "frames_file_mib": 1, "checkpoint_every_s": 0.001}
OTHERS: dict[str, dict[str, dict[str, Any]]] = {
    "search": {"runtime": RUNTIME, "latency": {"allow_other_device": True}},
    "pretrain": {"runtime": RUNTIME},
    "finetune": {"runtime": RUNTIME, "evaluate": {"batch_size": 1}},
}
"""Every key of execution that a command declares, with another value than it has in these tests."""


@pytest.mark.parametrize("command", COMMANDS)
def test_every_key_of_execution_is_tried(command: str) -> None:
    blocks = COMMANDS[command].BLOCKS
    declared = {
        path
        for path, is_execution in setting_keys()
        if is_execution and (path in blocks or path.split(".")[0] in blocks)
    }
    assert {f"{block}.{key}" for block, keys in OTHERS[command].items() for key in keys} == declared


def stopped_after_one_step(monkeypatch: pytest.MonkeyPatch) -> None:
    keep = Engine._keep

    def stopped(self: Engine, stop: Any, *, due: bool) -> None:
        stop.requested = self.steps_done == 1
        keep(self, stop, due=due)

    monkeypatch.setattr(Engine, "_keep", stopped)


def results(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "run.json"}


def command_line(steps: Steps, command: str, **over: Any) -> list[str]:
    words = list(getattr(steps, command)(**{command: {"epochs": 2}, **over}))
    return words if command == "pretrain" else [*words, "--validation-split", "test"]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_checkpoint_outlives_another_way_of_running(
    steps: Steps, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, command: str
) -> None:
    assert main(command_line(steps, command)) == 0
    whole = results(steps.out)
    steps.out = steps.root / "again"
    with monkeypatch.context() as patched:
        stopped_after_one_step(patched)
        assert main(command_line(steps, command)) == 75
    caplog.clear()
    with caplog.at_level("INFO"):
        assert main([*command_line(steps, command), "--execution", json.dumps(OTHERS[command])]) == 0
    assert "Going on after" in caplog.text
    assert results(steps.out) == whole


@pytest.mark.parametrize("command", COMMANDS)
def test_a_checkpoint_of_other_settings_is_left_alone(
    steps: Steps, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, command: str
) -> None:
    with monkeypatch.context() as patched:
        stopped_after_one_step(patched)
        assert main(command_line(steps, command)) == 75
    caplog.clear()
    assert main(command_line(steps, command, runtime={"precision": "bfloat16"})) == 0
    assert "starts from the beginning" in caplog.text


def test_an_evaluation_is_the_same_for_every_batch_size(steps: Steps) -> None:
    found = []
    for batch_size in (1, 2, 3, 7):
        assert main(steps.evaluate(evaluate={"batch_size": batch_size})) == 0
        (path,) = (one for one in steps.written() if one.name == "test.json")
        result = json.loads(path.read_text())
        found.append({name: result[name] for name in ("images", "last", "best")})
    assert found[0]["last"]["miou"] is not None and found[1:] == found[:1] * 3
