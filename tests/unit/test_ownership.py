"""Only what the project wrote is replaced or deleted: a user's files, links and devices stay as they are."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

import numpy as np
import pytest

from pipeline_src import ownership
from pipeline_src.artifacts import drop_leftovers, require_writable, write_json, write_text
from pipeline_src.cli.record import record_path, recorded
from pipeline_src.data.images import write_png
from pipeline_src.errors import UserError

ARGS = argparse.Namespace(command_line=["autortnet", "x"])


@pytest.fixture(autouse=True)
def another_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing that an earlier test wrote is this process's."""
    monkeypatch.setattr(ownership, "_written", set())


def forget() -> None:
    """As in the next process."""
    ownership._written.clear()


def test_a_users_file_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "thesis.json"
    path.write_text("mine")
    with pytest.raises(UserError, match="is there already, and no run here made it") as caught:
        write_json(path, {})
    assert caught.value.where == str(path) and "another path" in caught.value.remedy
    assert path.read_text() == "mine" and list(tmp_path.iterdir()) == [path]


def test_what_a_record_names_is_replaced_and_its_neighbours_are_not(tmp_path: Path) -> None:
    path = tmp_path / "table_1.csv"
    with recorded(path, ARGS):
        write_text(path, "1")
        write_text(tmp_path / "table_1.md", "1")
    assert json.loads(record_path(path).read_text())["outputs"] == ["table_1.csv", "table_1.md"]
    (tmp_path / "table_1.tex").write_text("mine")
    forget()
    with recorded(path, ARGS):
        write_text(path, "2")
        write_text(tmp_path / "table_1.md", "2")
        with pytest.raises(UserError, match=r"table_1\.tex: is there already"):
            write_text(tmp_path / "table_1.tex", "2")
    assert [path.with_suffix(end).read_text() for end in (".csv", ".md", ".tex")] == ["2", "2", "mine"]


def test_a_folders_record_names_what_lies_below_it(tmp_path: Path) -> None:
    run = tmp_path / "run"
    with recorded(run, ARGS):
        write_text(run / "a" / "b" / "log.csv", "1")
    (run / "a" / "b" / "notes.txt").write_text("mine")
    forget()
    write_text(run / "a" / "b" / "log.csv", "2")
    with pytest.raises(UserError, match=r"notes\.txt"):
        write_text(run / "a" / "b" / "notes.txt", "2")
    assert json.loads((run / "run.json").read_text())["outputs"] == ["a/b/log.csv"]


def test_a_killed_run_leaves_a_claim_that_the_next_takes_over(tmp_path: Path) -> None:
    run = tmp_path / "run"
    with pytest.raises(KeyboardInterrupt), recorded(run, ARGS):
        write_text(run / "log.csv", "1")
        raise KeyboardInterrupt  # stands for any death: the claim is on the disk before the file is
    assert not (run / "run.json").exists()
    assert [path.name for path in tmp_path.glob(".*")] == [".run.claim"]
    forget()
    with recorded(run, ARGS):
        write_text(run / "log.csv", "2")
    assert sorted(path.name for path in run.iterdir()) == ["log.csv", "run.json"]
    assert list(tmp_path.glob(".*")) == []


def test_nothing_written_leaves_no_claim(tmp_path: Path) -> None:
    with pytest.raises(UserError), recorded(tmp_path / "run", ARGS):
        raise UserError("a", "b", "c")
    assert list(tmp_path.iterdir()) == []


def test_records_of_earlier_versions_speak_for_their_outputs(tmp_path: Path) -> None:
    old = {"command": ["autortnet"], "versions": {}, "started": "2026"}
    (tmp_path / "run").mkdir()
    for name, value in (("run/run.json", old), ("lut.json.run.json", old), ("own.json.run.json", {"a": 1})):
        (tmp_path / name).write_text(json.dumps(value))
    for name in ("run/log.csv", "lut.json", "own.json"):
        (tmp_path / name).write_text("1")
    write_text(tmp_path / "run" / "log.csv", "2")
    write_text(tmp_path / "lut.json", "2")
    with pytest.raises(UserError, match=r"own\.json"):
        write_text(tmp_path / "own.json", "2")


def test_pictures_have_a_mark(tmp_path: Path) -> None:
    ours, theirs = tmp_path / "a.png", tmp_path / "b.png"
    pixels = np.zeros((2, 3, 3), np.uint8)
    write_png(ours, pixels)
    unmarked = ours.read_bytes().replace(ownership.MARK.encode(), b"x" * len(ownership.MARK))
    theirs.write_bytes(unmarked)
    forget()
    write_png(ours, pixels)
    with pytest.raises(UserError, match=r"b\.png"):
        write_png(theirs, pixels)
    assert theirs.read_bytes() == unmarked


def test_links_folders_and_devices_stay(tmp_path: Path) -> None:
    (tmp_path / "target").write_text("mine")
    (tmp_path / "link").symlink_to("target")
    (tmp_path / "broken").symlink_to("nowhere")
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    for name, words in (
        ("link", "is a link"),
        ("broken", "is a link"),
        ("folder", "is a folder"),
        ("pipe", "is no regular file"),
    ):
        with pytest.raises(UserError, match=words):
            write_text(tmp_path / name, "x")
    with pytest.raises(UserError, match="is no regular file"):
        write_text(Path(os.devnull), "x")
    assert (tmp_path / "link").is_symlink() and (tmp_path / "target").read_text() == "mine"
    assert (tmp_path / "broken").is_symlink() and (tmp_path / "pipe").is_fifo()


def test_links_of_dvc_to_what_a_run_made_are_replaced_by_files(tmp_path: Path) -> None:
    path = tmp_path / "lut.json"
    with recorded(path, ARGS):
        write_text(path, "1")
    (tmp_path / "cache").mkdir()
    for one in (path, record_path(path)):
        one.rename(tmp_path / "cache" / one.name)
        one.symlink_to(tmp_path / "cache" / one.name)
    forget()
    with recorded(path, ARGS):
        write_text(path, "2")
    assert not path.is_symlink() and path.read_text() == "2"
    assert (tmp_path / "cache" / "lut.json").read_text() == "1"


def test_an_input_is_no_output(tmp_path: Path) -> None:
    path = tmp_path / "genotype.json"
    path.write_text("1")
    with pytest.raises(UserError, match="is an input of this step, too"), recorded(path, ARGS, [path]):
        write_text(path, "2")
    assert path.read_text() == "1"


def test_probes_and_leftovers_touch_only_what_is_theirs(tmp_path: Path) -> None:
    own = {".writable": "a", ".env.half": "b", "x.half": "c", ".bashrc": "d"}
    for name, text in own.items():
        (tmp_path / name).write_text(text)
    (tmp_path / ".log.csv.ab12_x9z.half").write_text("half of a log")
    require_writable(tmp_path)
    drop_leftovers(tmp_path)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == own
