"""Requirements that agree, no large file in git, and a command line that loads nothing heavy for --help."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from pipeline_src.cli.main import COMMANDS, main

REPOSITORY = Path(__file__).resolve().parents[2]
SETTINGS = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = SETTINGS["project"]
REQUIRED = [Requirement(text) for text in PROJECT["dependencies"]]
EXTRAS = [Requirement(text) for texts in PROJECT["optional-dependencies"].values() for text in texts]
FROM_PIP = {"pytorchcv", "textalloc"}
"""Not in conda's channels, so pip installs them there too."""
NAME_IN_CONDA = {"torch": "pytorch"}
LARGEST_BYTES = 5_000_000
HEAVY = ("torch", "numpy", "pandas", "pydantic", "PIL", "scipy", "sklearn", "yaml", "matplotlib")


def _output_of(*words: str) -> str:
    return subprocess.run(words, cwd=REPOSITORY, capture_output=True, text=True, check=True).stdout


def _for_conda(requirement: Requirement) -> str:
    name = canonicalize_name(requirement.name)
    versions = ",".join(sorted(str(one) for one in requirement.specifier)).replace("==", "=")
    return NAME_IN_CONDA.get(name, name) + versions


def _normal(entry: str) -> str:
    cut = next((place for place, sign in enumerate(entry) if sign in "=<>"), len(entry))
    return entry[:cut] + ",".join(sorted(entry[cut:].split(",")))


def test_environment_is_in_step_with_pyproject() -> None:
    conda = yaml.safe_load((REPOSITORY / "environment.yml").read_text(encoding="utf-8"))["dependencies"]
    packages = {_normal(entry) for entry in conda if isinstance(entry, str)}
    wanted = {_normal(_for_conda(one)) for one in REQUIRED if one.name not in FROM_PIP}
    by_pip = {_normal(_for_conda(one)) for one in REQUIRED if one.name in FROM_PIP}
    assert packages == wanted | {f"python{PROJECT['requires-python']}", "pip"}
    (pip,) = [entry["pip"] for entry in conda if isinstance(entry, dict)]
    assert {_normal(entry) for entry in pip} == by_pip | {"--editable ."}


def test_lock_satisfies_pyproject() -> None:
    lines = (REPOSITORY / "requirements.lock").read_text(encoding="utf-8").splitlines()
    pins = [line.split("==") for line in lines if line and not line.startswith("#")]
    assert all(len(pin) == 2 for pin in pins)
    locked = {canonicalize_name(name): Version(version) for name, version in pins}
    assert len(locked) == len(pins), "a package is locked twice"
    for requirement in (*REQUIRED, *EXTRAS):
        name = canonicalize_name(requirement.name)
        assert name in locked, f"{name} is not locked"
        assert locked[name] in requirement.specifier, f"{name} {locked[name]}"


def test_package_data_is_declared() -> None:
    patterns = {
        folder.replace(".", "/") + f"/{pattern}"
        for folder, given in SETTINGS["tool"]["setuptools"]["package-data"].items()
        for pattern in given
    }
    others = {
        path.relative_to(REPOSITORY)
        for path in (REPOSITORY / "pipeline_src").rglob("*")
        if path.is_file() and path.suffix not in (".py", ".pyc")
    }
    assert others
    for path in others:
        assert any(path.match(pattern) for pattern in patterns), f"{path} would not be installed"


def test_no_large_file_is_committed() -> None:
    if shutil.which("git") is None or not (REPOSITORY / ".git").exists():
        pytest.skip("not a git checkout")
    listed = _output_of("git", "ls-files", "-z")
    paths = [REPOSITORY / name for name in listed.split("\0") if name]
    assert len(paths) > 50
    large = {str(path): path.stat().st_size for path in paths if path.is_file()}
    assert {name: size for name, size in large.items() if size > LARGEST_BYTES} == {}


@pytest.mark.parametrize("setting", ["core.autocrlf=true", "core.eol=crlf"])
def test_no_git_setting_changes_a_line_end(setting: str, tmp_path: Path) -> None:
    """A script with \\r\\n does not start, and a table with them is another table to a checksum."""
    if shutil.which("git") is None or not (REPOSITORY / ".git").exists():
        pytest.skip("not a git checkout")
    _output_of("git", "-c", setting, "checkout-index", "--all", f"--prefix={tmp_path}/")
    written = [path for path in tmp_path.rglob("*") if path.is_file() and not path.is_symlink()]
    assert {"Makefile", "run", "style.css", "Dockerfile"} <= {path.name for path in written}
    binary = {".png", ".pdf", ".safetensors"}
    changed = [path for path in written if path.suffix not in binary and b"\r" in path.read_bytes()]
    assert [str(path.relative_to(tmp_path)) for path in changed] == []


def test_help_of_every_command_loads_nothing_heavy() -> None:
    """One process asks for the overview and every command's help, then tells what it has loaded."""
    commands = [name for group in COMMANDS.values() for name in group]
    script = f"""
import contextlib, io, json, sys
from pipeline_src.cli.main import main
said = {{}}
for command in {commands!r}:
    with contextlib.redirect_stdout(io.StringIO()) as out:
        try:
            main([command, "--help"])
        except SystemExit as end:
            said[command] = [end.code, out.getvalue()]
with contextlib.redirect_stdout(io.StringIO()) as out:
    status = main(["--help"])
loaded = [name for name in {HEAVY!r} if name in sys.modules]
print(json.dumps({{"said": said, "overview": [status, out.getvalue()], "loaded": loaded}}))
"""
    answer = json.loads(_output_of(sys.executable, "-c", script))
    assert answer["loaded"] == []
    status, overview = answer["overview"]
    assert status == 0
    assert set(answer["said"]) == set(commands)
    for command, (code, text) in answer["said"].items():
        assert code == 0, command
        assert text.startswith(f"usage: autortnet {command}")
        assert f"  {command} " in overview


def test_every_command_module_is_reachable() -> None:
    """A module of cli that has HELP is a command, and every command has a module."""
    folder = REPOSITORY / "pipeline_src" / "cli"
    modules = {path.stem for path in folder.glob("*.py") if "\nHELP = " in path.read_text(encoding="utf-8")}
    assert modules == {name.replace("-", "_") for group in COMMANDS.values() for name in group}


def test_unknown_command_names_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serach-architecture"]) == 2
    assert "Did you mean 'search-architecture'?" in capsys.readouterr().err


def test_versions_agree() -> None:
    citation = yaml.safe_load((REPOSITORY / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == PROJECT["version"]
    assert citation["license"] == PROJECT["license"] == "MIT"
    assert PROJECT["version"] in (REPOSITORY / "CHANGELOG.md").read_text(encoding="utf-8")
    assert any("2003.14226" in reference["url"] for reference in citation["references"])


@pytest.mark.parametrize("has_uv", [False, True])
def test_make_installs_with_uv_if_it_is_on_path(tmp_path: Path, has_uv: bool) -> None:
    for name in ("make", "sh", "python3"):
        (tmp_path / name).symlink_to(shutil.which(name) or "")
    if has_uv:
        (tmp_path / "uv").write_text("#!/bin/sh\n")
        (tmp_path / "uv").chmod(0o755)
    words = ["make", "--dry-run", "install", f"VENV={tmp_path}/new"]
    done = subprocess.run(
        words, cwd=REPOSITORY, env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=True
    )
    assert ("--torch-backend auto" in done.stdout) == has_uv
    assert (" -m pip install" in done.stdout) != has_uv
    assert f"--python {tmp_path}/new/bin/python" in done.stdout or not has_uv
