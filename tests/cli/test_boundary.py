"""What goes wrong reaches the user as one message: what to mend, or which file to send. Never a traceback."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from pipeline_src.cli import config as command
from pipeline_src.cli.boundary import as_user_error, told, write_report
from pipeline_src.cli.main import EXIT_FAULT, main
from pipeline_src.config import load
from pipeline_src.errors import ConfigError, UserError


def failing(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """Let `autortnet config` meet an error."""

    def run(args: object) -> None:
        raise error

    monkeypatch.setattr(command, "run", run)


@pytest.mark.parametrize(
    ("error", "parts"),
    [
        (
            PermissionError(errno.EACCES, "Permission denied", "/a/b"),
            ("/a/b", "Permission denied", "permissions"),
        ),
        (FileNotFoundError(errno.ENOENT, "No such file or directory", "x"), ("x", "Give a path that exists")),
        (
            OSError(errno.ENOSPC, "No space left on device", "/a"),
            ("/a", "No space left", "Free some disk space"),
        ),
        (IsADirectoryError(errno.EISDIR, "Is a directory", "/a"), ("/a", "Give a file.")),
        (OSError(errno.ENAMETOOLONG, "File name too long", "/a"), ("/a", "shorter path")),
        (MemoryError(), ("memory", "was not enough", "Lower the batch size")),
        (ConfigError("a.yaml: b", "is 3.", "Set 4."), ("a.yaml: b: is 3. Set 4.",)),
    ],
)
def test_what_a_user_can_mend(
    error: Exception,
    parts: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    failing(monkeypatch, error)
    assert main(["config"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("error: ") and said.count("\n") == 1
    assert all(part in said for part in parts), said


def test_a_fault_of_the_program_is_two_lines_and_a_file(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    failing(monkeypatch, KeyError("oops"))
    assert main(["config", "--scale", "tiny"]) == EXIT_FAULT == 70
    said = capsys.readouterr().err
    assert said.count("\n") == 2 and "Traceback" not in said
    assert "unexpected KeyError: 'oops'" in said
    (report,) = tmp_path.iterdir()
    assert str(report.name) in said
    text = report.read_text()
    assert "command: autortnet config --scale tiny" in text
    assert "Traceback (most recent call last)" in text and "KeyError: 'oops'" in text
    for name in ("python", "torch", "numpy", "snakemake"):
        assert f"\n{name}: " in text


def test_the_report_goes_to_the_logs_of_a_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "logs").mkdir()
    assert write_report(KeyError(1), ["a"]).parent == Path("logs")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_the_report_goes_elsewhere_from_a_folder_that_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    tmp_path.chmod(0o500)
    path = write_report(KeyError(1), ["a"])
    tmp_path.chmod(0o700)
    assert path.is_file() and path.parent != tmp_path
    path.unlink()


def test_the_workflow_tells_by_the_same_words(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """`workflow/rules/common.smk` hands every exception to `told`."""
    monkeypatch.chdir(tmp_path)
    assert told(UserError("a", "is bad.", "Mend it."), ["snakemake"]) == "a: is bad. Mend it."
    assert "autortnet-error-" in told(ValueError("x"), ["snakemake"])
    text = (Path(load.__file__).parents[2] / "workflow" / "rules" / "common.smk").read_text()
    assert "except UserError" not in text
    assert text.count("raise WorkflowError(told(error, sys.argv)) from None") == text.count(
        "except Exception as error"
    )


def test_the_kinds_that_are_not_the_users() -> None:
    for error in (KeyError("a"), ValueError("a"), RuntimeError("a"), OSError("a"), RecursionError()):
        assert as_user_error(error) is None
