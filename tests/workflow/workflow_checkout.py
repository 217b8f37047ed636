"""A checkout to run Snakemake in: copies of the workflow files, and the package by a link."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

COPIED = ("Snakefile", "docs", "environment.yml", "params.yaml", "profiles", "workflow")
SETS = {"tiny": (), "camvid": ("camvid",), "paper": ("cityscapes", "camvid", "imagenet")}
"""The sets that each scale reads from a folder; it renders the others."""
LAYOUTS = {
    "cityscapes": (
        *(f"leftImg8bit/{split}/aachen" for split in ("train", "val", "test", "train_extra")),
        *(f"gtFine/{split}/aachen" for split in ("train", "val", "test")),
        "gtCoarse/train_extra/aachen",
    ),
    "camvid": tuple(f"{split}/{kind}" for split in ("train", "val", "test") for kind in ("images", "labels")),
    "imagenet": ("train/n01440764", "val/n01440764"),
}
BLOCK = re.compile(r"^(?:local)?rule (\w+):\n((?:    .*\n)*)(?:Shell command: (.*)\n)?", re.MULTILINE)


@dataclass(frozen=True)
class Job:
    """One job of a dry run."""

    rule: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    log: str
    command: str
    resources: dict[str, str]


@dataclass(frozen=True)
class Ended:
    """An ended Snakemake: exit status, and stdout and stderr together."""

    status: int
    text: str

    @cached_property
    def jobs(self) -> tuple[Job, ...]:
        """The jobs that a dry run with `-p` printed."""
        found = []
        for name, body, command in BLOCK.findall(self.text):
            lines = dict(line.strip().split(": ", 1) for line in body.splitlines() if ": " in line)
            files = {key: tuple(filter(None, lines.get(key, "").split(", "))) for key in ("input", "output")}
            resources = dict(one.split("=", 1) for one in lines.get("resources", "").split(", ") if one)
            found.append(Job(name, files["input"], files["output"], lines.get("log", ""), command, resources))
        return tuple(found)

    @property
    def rules(self) -> Counter[str]:
        """How many jobs each rule has."""
        return Counter(job.rule for job in self.jobs)

    def save(self, path: Path) -> None:
        """Write it as JSON."""
        path.write_text(json.dumps(asdict(self)), encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> Ended:
        """Read what `save` wrote."""
        return cls(**json.loads(path.read_text(encoding="utf-8")))


Planner = Callable[..., Ended]
"""Gives a dry run of the whole graph for some words."""


class Checkout:
    """A folder that looks like a clone of this project; `surroundings` are added to the environment."""

    def __init__(self, root: Path, repository: Path) -> None:
        self.root = root
        self.surroundings: dict[str, str] = {}
        root.mkdir(parents=True, exist_ok=True)
        for name in COPIED:
            source = repository / name
            if source.is_dir():
                shutil.copytree(source, root / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, root / name)
        (root / "pipeline_src").symlink_to(repository / "pipeline_src")

    def configure(self, params: dict[str, Any]) -> None:
        """Write params.yaml."""
        (self.root / "params.yaml").write_text(yaml.safe_dump(params), encoding="utf-8")

    def snakemake(self, *words: str, cores: int | None = 1, timeout_s: float = 1200) -> Ended:
        """Run Snakemake here, on one core (None: on a cluster), with this interpreter's commands."""
        bin_folder = Path(sys.executable).parent
        environment = {
            **os.environ,
            "PATH": f"{bin_folder}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(self.root),
            "OMP_NUM_THREADS": "1",
            **self.surroundings,
        }
        done = subprocess.run(
            [str(bin_folder / "snakemake"), *words, *(["--cores", str(cores)] if cores else []), "--nocolor"],
            cwd=self.root,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=timeout_s,
            check=False,
        )
        return Ended(done.returncode, done.stdout)

    def plan(self, *config: str, target: str = "reproduce_tables") -> Ended:
        """A dry run of everything, with the command of every job."""
        chosen = ("--config", *config) if config else ()
        return self.snakemake(target, "--dry-run", "--forceall", "--printshellcmds", *chosen)
