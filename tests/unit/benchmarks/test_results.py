"""Results of benchmarks: written a second time over the first, and never over what is another's."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from benchmarks import gpu, gpu_parts, orchestration, suite
from pipeline_src import ownership

ROW = [{"what": "a step", "median": 1.0}]


def _gpu(monkeypatch: pytest.MonkeyPatch, folder: Path) -> list[Path]:
    for name in ("lookup_table", "search_step", "projection", "training_step", "distributed_step"):
        monkeypatch.setattr(gpu_parts, name, lambda *_: ROW)
    monkeypatch.setattr(gpu, "inference", lambda *_: ROW)
    output, page = folder / "gpu.json", folder / "gpu.md"
    words = ["--tiny", "--device", "cpu", "--output", str(output), "--page", str(page)]
    monkeypatch.setattr("sys.argv", ["gpu", *words])
    return [output, page]


def _suite(monkeypatch: pytest.MonkeyPatch, folder: Path) -> list[Path]:
    monkeypatch.setattr(suite, "run", lambda _: {"keys": {}})
    output = folder / "benchmarks.json"
    monkeypatch.setattr("sys.argv", ["suite", "--output", str(output)])
    return [output]


def _orchestration(monkeypatch: pytest.MonkeyPatch, folder: Path) -> list[Path]:
    monkeypatch.setattr(orchestration, "measure", lambda *_: {"orchestration_starts_per_step": 0.8})
    output = folder / "orchestration.json"
    monkeypatch.setattr("sys.argv", ["orchestration", "--output", str(output), "true"])
    return [output]


Program = tuple[Callable[[], Any], Callable[[pytest.MonkeyPatch, Path], list[Path]]]
PROGRAMS: dict[str, Program] = {
    "gpu": (gpu.main, _gpu),
    "suite": (suite.main, _suite),
    "orchestration": (orchestration.main, _orchestration),
}


@pytest.fixture(autouse=True)
def settings_are_left_as_they_were(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpu, "seed_everything", lambda *_, **__: None)


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_result_takes_the_place_of_the_last(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    main, prepared = PROGRAMS[name]
    outputs = prepared(monkeypatch, tmp_path)
    for _ in range(2):
        monkeypatch.setattr(ownership, "_written", set())  # as in a process of its own
        assert not main()
    assert all(path.stat().st_size for path in outputs)


@pytest.mark.parametrize("name", PROGRAMS)
def test_what_is_anothers_is_refused_before_anything_is_measured(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    main, prepared = PROGRAMS[name]
    for index in range(len(prepared(monkeypatch, tmp_path))):
        path = prepared(monkeypatch, tmp_path)[index]
        monkeypatch.setattr(gpu, "run", None)
        monkeypatch.setattr(suite, "run", None)
        monkeypatch.setattr(orchestration, "measure", None)
        path.write_text('{"format": "mine"}')
        with pytest.raises(SystemExit, match=rf"{path.name}: is there already, and no run here made it"):
            main()
        assert path.read_text() == '{"format": "mine"}'
        path.unlink()


def test_a_part_that_fails_is_told_and_loses_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    project = gpu_parts.projection
    output, page = _gpu(monkeypatch, tmp_path)

    def fails(*_: object) -> None:
        assert list(json.loads(output.read_text())["parts"]) == ["lookup_table", "inference"]
        raise torch.AcceleratorError("illegal memory access\nwas met")

    monkeypatch.setattr(gpu_parts, "search_step", fails)
    monkeypatch.setattr(gpu_parts, "projection", project)
    assert gpu.main() == 1
    parts = json.loads(output.read_text())["parts"]
    assert parts["search_step"] == [{"failed": "AcceleratorError: illegal memory access"}]
    assert parts["projection"] == []
    assert parts["inference"] == parts["distributed_step"] == ROW
    assert "AcceleratorError: illegal memory access" in page.read_text()
    assert "error: search_step failed" in capsys.readouterr().err
