"""Where a number is from: the run behind a result file, by the record beside it. [no torch, no pandas]"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Trace:
    """The run that made a result file.

    Attributes:
        source: the file, relative to `results/SCALE`.
        run: the run's name, such as `random-0` or `cityscapes-g0.01-s2-d5.10.10/cityscapes-train`.
        rule: the rule of the workflow.
        command: the command line, quoted for a shell.
        seed: of the run, None where it has none.
        settings: the configuration that it was given, as JSON text.
        commit: of the code, None outside of git.
        changed: whether the code had been changed since the commit.
        device: processor or GPU.
        date: when it started, ISO 8601.
        wall_s: how long it took.
        inputs: SHA-256 of every input by path.
        artifact: the file, relative to the repository.
        sha256: of the file.
        log: what the job said, relative to the repository.
    """

    source: str
    run: str
    rule: str
    command: str
    seed: int | None
    settings: str
    commit: str | None
    changed: bool | None
    device: str
    date: str
    wall_s: float
    inputs: Mapping[str, str]
    artifact: str
    sha256: str
    log: str
