"""Files by which others come in: hooks, hosted CI, the workflow catalogue, containers."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import yaml

REPOSITORY = Path(__file__).resolve().parents[2]
MAKEFILE = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
CONTAINERS = ("containers/Dockerfile", "containers/autortnet.def")


def loaded(name: str) -> Any:
    return yaml.safe_load((REPOSITORY / name).read_text(encoding="utf-8"))


def test_hooks_run_the_linters_of_make_lint_from_the_projects_environment() -> None:
    hooks = [hook for repo in loaded(".pre-commit-config.yaml")["repos"] for hook in repo["hooks"]]
    assert len({hook["id"] for hook in hooks}) == len(hooks)
    for hook in hooks:
        assert hook["language"] == "system", "nothing is downloaded by a commit"
        assert shlex.split(hook["entry"])[0].startswith(".venv/bin/")
        assert "files" not in hook or re.compile(hook["files"])
    ran = {shlex.split(hook["entry"])[0].rpartition("/")[2] for hook in hooks}
    assert {"ruff", "mypy", "snakefmt"} <= ran
    (snakefmt,) = [hook for hook in hooks if hook["id"] == "snakefmt"]
    for path in (REPOSITORY / "workflow").rglob("*.smk"):
        assert re.search(snakefmt["files"], str(path.relative_to(REPOSITORY)))


def test_hosted_ci_runs_what_a_change_must_pass() -> None:
    workflow = loaded(".github/workflows/ci.yml")
    steps = [step for job in workflow["jobs"].values() for step in job["steps"]]
    ran = [shlex.split(step["run"]) for step in steps if "run" in step]
    targets = {words[1] for words in ran if words[0] == "make"}
    assert targets == {"lint", "test-all", "reproduce"}
    assert all(re.search(rf"^{target}:", MAKEFILE, flags=re.MULTILINE) for target in targets)
    assert workflow["permissions"] == {"contents": "read"}
    for job in workflow["jobs"].values():
        assert job["timeout-minutes"] <= 90 and job["steps"][0]["uses"].startswith("actions/checkout@")
    versions = workflow["jobs"]["test"]["strategy"]["matrix"]["python"]
    assert all(isinstance(one, str) and one >= "3.11" for one in versions), "3.10 as a number is 3.1"


def test_the_catalogues_file_says_what_is_true() -> None:
    usage = loaded(".snakemake-workflow-catalog.yml")["usage"]
    assert usage["report"] is True and "report(" in (REPOSITORY / "workflow/rules/report.smk").read_text()
    deployment = usage["software-stack-deployment"]
    assert deployment["conda"] is True and (REPOSITORY / "environment.yml").is_file()
    assert deployment["apptainer"] is False, "no rule names a container"
    assert usage["mandatory-flags"]["flags"] == ""


def test_containers_install_from_the_lock_and_say_that_they_are_unbuilt() -> None:
    for name in CONTAINERS:
        text = (REPOSITORY / name).read_text(encoding="utf-8")
        assert "--constraint requirements.lock" in text and "Not built" in text, name
        assert "python:3.11-slim" in text
    ignored = (REPOSITORY / ".dockerignore").read_text(encoding="utf-8").split()
    assert {".venv", "data/*", "results/*", ".snakemake"} <= set(ignored)
