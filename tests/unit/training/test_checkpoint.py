"""Checkpoints and weights files, whole and spoilt."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
import torch

from pipeline_src.errors import CheckpointError, UserError
from pipeline_src.training.checkpoint import Checkpoints, load_metadata, load_weights, save_weights

WEIGHTS = torch.arange(6.0)
STATE = {"weights": WEIGHTS, "rows": [{"epoch": 1, "loss": 0.5, "score": None}], "pair": (1, 2)}


def spoil(path: Path, how: str) -> None:
    content = path.read_bytes()
    if how == "truncated":
        path.write_bytes(content[: len(content) // 2])
    elif how == "empty":
        path.write_bytes(b"")
    else:
        path.write_bytes(content[:-20] + bytes([content[-20] ^ 1]) + content[-19:])


def test_saves_and_loads_and_keeps_two(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path / "checkpoints")
    assert checkpoints.load_newest() is None
    for step in (1, 2, 10):
        checkpoints.save(step, {**STATE, "step": step})
    assert sorted(path.name for path in checkpoints.folder.iterdir()) == [
        "step_0000000002.ckpt",
        "step_0000000010.ckpt",
    ]
    found = checkpoints.load_newest()
    assert found is not None
    step, state = found
    assert step == state["step"] == 10
    assert torch.equal(state["weights"], WEIGHTS)
    assert state["rows"] == STATE["rows"] and state["pair"] == (1, 2)


def test_the_parts_of_a_run_go_from_process_to_process(tmp_path: Path) -> None:
    """What each process spent, up to the checkpoint that the next one went on from."""
    for number, known in enumerate(([], ["a1"], ["a1", "b1"])):
        checkpoints = Checkpoints(tmp_path)
        found = checkpoints.load_newest()
        assert found is None or set(found[1]) == set(STATE)
        assert [one["name"] for one in checkpoints.earlier] == known
        spent = iter((0, 1))
        checkpoints.part = lambda number=number, spent=spent: {"name": f"{'abc'[number]}{next(spent)}"}
        for step in (2 * number, 2 * number + 1):
            checkpoints.save(step, STATE)
    checkpoints.start_over()
    assert checkpoints.earlier == []


@pytest.mark.parametrize("how", ["truncated", "empty", "altered"])
def test_falls_back_to_the_older(tmp_path: Path, caplog: pytest.LogCaptureFixture, how: str) -> None:
    checkpoints = Checkpoints(tmp_path)
    checkpoints.save(1, STATE)
    checkpoints.save(2, STATE)
    spoil(tmp_path / "step_0000000002.ckpt", how)
    with caplog.at_level(logging.WARNING):
        found = checkpoints.load_newest()
    assert found is not None and found[0] == 1
    assert "step_0000000002.ckpt" in caplog.text


def test_none_good_is_an_error(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path)
    checkpoints.save(1, STATE)
    spoil(tmp_path / "step_0000000001.ckpt", "truncated")
    with pytest.raises(CheckpointError, match="Delete the folder"):
        checkpoints.load_newest()


def test_a_save_drops_the_future_and_leftovers(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path)
    checkpoints.save(20, STATE)
    (tmp_path / ".step_0000000030.ckpt.ab12_x9z.half").write_bytes(b"half")
    checkpoints.save(10, STATE)
    assert [path.name for path in tmp_path.iterdir()] == ["step_0000000010.ckpt"]


def test_clear(tmp_path: Path) -> None:
    checkpoints = Checkpoints(tmp_path / "checkpoints")
    checkpoints.clear()
    checkpoints.save(1, STATE)
    (checkpoints.folder / ".step_0000000002.ckpt.ab12_x9z.half").write_bytes(b"half")
    checkpoints.clear()
    assert not checkpoints.folder.exists()


def test_clear_and_save_leave_what_is_not_theirs(tmp_path: Path) -> None:
    """A folder of the user's: dot files, and names like ours that are no checkpoints."""
    own = {
        ".bashrc": "a",
        ".step_notes": "b",
        ".env.half": "c",
        "step_0000000003.ckpt": "d",
        "thesis.tex": "e",
    }
    for name, text in own.items():
        (tmp_path / name).write_text(text)
    checkpoints = Checkpoints(tmp_path, keep=1)
    checkpoints.save(1, STATE)
    checkpoints.save(2, STATE)
    assert not (tmp_path / "step_0000000001.ckpt").exists()
    checkpoints.clear()
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == own


def test_a_failed_save_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checkpoints = Checkpoints(tmp_path)
    checkpoints.save(1, STATE)
    opened = Path.open

    def full(self: Path, mode: str = "r", *args: object, **options: object) -> object:
        if mode == "wb":
            raise OSError(28, "No space left on device")
        return opened(self, mode, *args, **options)  # type: ignore[call-overload]

    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", full)
        with pytest.raises(UserError, match="No space left"):
            checkpoints.save(2, STATE)
    assert [path.name for path in tmp_path.iterdir()] == ["step_0000000001.ckpt"]
    assert checkpoints.load_newest() is not None


def test_weights_come_back_and_are_the_same_bytes(tmp_path: Path) -> None:
    weights = {
        "backbone.a": torch.randn(3, 2).t(),
        "half": torch.randn(4).bfloat16(),
        "count": torch.tensor(7),
    }
    weights["shared"] = weights["half"]
    for name in ("one", "two"):
        save_weights(tmp_path / name, weights, {"classes": ["a", "b"], "space": {"width": 8}})
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    loaded = load_weights(tmp_path / "one")
    assert loaded.keys() == weights.keys()
    assert all(torch.equal(loaded[name], weights[name]) for name in weights)
    assert load_metadata(tmp_path / "one") == {"classes": ["a", "b"], "space": {"width": 8}}


@pytest.mark.parametrize("how", ["truncated", "empty", "altered"])
def test_spoilt_weights_are_refused(tmp_path: Path, how: str) -> None:
    path = tmp_path / "weights.safetensors"
    save_weights(path, {"a": torch.randn(100)}, {})
    spoil(path, how)
    with pytest.raises(CheckpointError) as caught:
        load_weights(path)
    assert str(path) in str(caught.value) and "Run the step" in str(caught.value)


def test_absent_and_foreign_weights_are_refused(tmp_path: Path) -> None:
    import safetensors.torch

    with pytest.raises(CheckpointError, match="does not exist"):
        load_weights(tmp_path / "none")
    safetensors.torch.save_file({"a": torch.ones(2)}, tmp_path / "foreign")
    with pytest.raises(CheckpointError, match="not written by this program"):
        load_weights(tmp_path / "foreign")
