"""The commit in a run record is the project's own: of its checkout, and of no other repository."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = "import json; from pipeline_src.cli.record import _git_state; print(json.dumps(_git_state()))"
NOTHING = {"commit": None, "changed": None}


def git(folder: Path, *words: str) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    who = ("-c", "user.name=Test", "-c", "user.email=test@example.org")
    done = subprocess.run(
        ["git", *who, *words], cwd=folder, env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def committed(folder: Path) -> str:
    """Make a repository of all that lies in a folder; returns its commit."""
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--allow-empty", "--message", "All")
    return git(folder, "rev-parse", "HEAD")


def export_to(root: Path, repository: Path) -> Path:
    """The files that the record needs, as an archive of the project has them."""
    for name in ("pipeline_src", "workflow"):
        shutil.copytree(repository / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(repository / "Snakefile", root / "Snakefile")
    shutil.copy(repository / ".gitignore", root / ".gitignore")
    return root


def state(root: Path, **environment: str) -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], cwd=root, capture_output=True, text=True, check=True,
        env={**os.environ, "PYTHONPATH": str(root), "PYTHONDONTWRITEBYTECODE": "1", **environment},
    )  # fmt: skip
    return dict(json.loads(done.stdout))


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory, repository: Path) -> tuple[Path, str]:
    """A checkout of the project, and its commit."""
    root = export_to(tmp_path_factory.mktemp("own") / "clone", repository)
    return root, committed(root)


@pytest.fixture(scope="module")
def foreign(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Another repository."""
    root = tmp_path_factory.mktemp("foreign")
    (root / "notes.txt").write_text("of somebody else")
    committed(root)
    return root


def test_a_checkout_has_its_commit(own: tuple[Path, str]) -> None:
    assert state(own[0]) == {"commit": own[1], "changed": False}


def test_the_environment_names_no_other_repository(own: tuple[Path, str], foreign: Path) -> None:
    other = {"GIT_DIR": str(foreign / ".git"), "GIT_WORK_TREE": str(foreign)}
    assert state(own[0], **other) == {"commit": own[1], "changed": False}
    assert state(own[0], GIT_INDEX_FILE=str(foreign / ".git" / "index"))["changed"] is False


def test_a_tree_within_another_repository_has_no_commit(foreign: Path, repository: Path) -> None:
    inside = export_to(foreign / "vendor" / "autortnet", repository)
    assert state(inside) == NOTHING
    git(foreign, "add", "--all")
    git(foreign, "commit", "--quiet", "--message", "Vendored")
    assert state(inside) == NOTHING


def test_a_tree_laid_over_another_repository_has_no_commit(tmp_path: Path, repository: Path) -> None:
    (tmp_path / "notes.txt").write_text("of somebody else")
    committed(tmp_path)
    assert state(export_to(tmp_path, repository)) == NOTHING


def test_an_export_without_git_has_no_commit(own: tuple[Path, str], foreign: Path, tmp_path: Path) -> None:
    shutil.copytree(own[0], tmp_path / "export", ignore=shutil.ignore_patterns(".git"))
    assert state(tmp_path / "export") == NOTHING
    assert state(tmp_path / "export", GIT_DIR=str(foreign / ".git")) == NOTHING


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("pipeline_src/errors.py", True),
        ("workflow/rules/search.smk", True),
        ("workflow/scales/tiny.yaml", True),
        ("Snakefile", True),
        ("pipeline_src/new_module.py", True),
        ("README.md", False),
        ("results/tiny/log.csv", False),
    ],
)
def test_changed_code_counts_and_other_files_do_not(
    own: tuple[Path, str], tmp_path: Path, name: str, changed: bool
) -> None:
    root = tmp_path / "clone"
    shutil.copytree(own[0], root)
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    with (root / name).open("a") as stream:
        stream.write("\n# edited\n")
    assert state(root) == {"commit": own[1], "changed": changed}
