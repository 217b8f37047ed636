"""Where a number is from: the run behind a result file, by the record beside it. [no torch, no pandas]

A run that made a folder (a search, a training) left `run.json` in it; a run that made one file left
`NAME.run.json` beside it. What the job said lies at `logs/SCALE/RULE/NAME.log`.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipeline_src import places
from pipeline_src.artifacts import RECORD, read_json, sha256_of
from pipeline_src.config.grid import Grid
from pipeline_src.errors import UserError, first_fault
from pipeline_src.reporting.read.pictures import PICTURES
from pipeline_src.reporting.read.sources import TABLES, artifacts_of

# What the wildcards of these rules leave out of the names of the runs that they make.
_BEFORE_NAME = {
    "sample_random": "random-",
    "sample_matched": "matched-",
    "sample_downsampling": "downsampling-",
    "sample_aggregation": "aggregation-",
}
_AFTER_NAME = {"check_lut": "_check", "export_submission": "/submission"}


@dataclass(frozen=True)
class Ancestor:
    """A run whose output another run read.

    Attributes:
        run, rule, seed, commit, changed, date, earlier: as in `Trace`; the rule is empty where the record has
            gone.
        artifact: what of it was read, relative to the repository.
        index: which draw of the seed it is, of a random network; None of all else.
    """

    run: str
    rule: str
    seed: int | None
    commit: str | None
    changed: bool | None
    date: str
    artifact: str
    index: int | None = None
    earlier: str = ""


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
        wall_s: how long it took, all its parts together.
        earlier: of a run that was interrupted and resumed, the processes before the one that ended it: when
            each began, for how long its work counts, its commit and device; empty of all others.
        inputs: SHA-256 of every input by path.
        artifact: the file, relative to the repository.
        sha256: of the file.
        log: what the job said, relative to the repository.
        upstream: the runs behind the inputs, nearest first. A timing or an evaluation draws nothing itself:
            its seeds are those of the search, the pretraining and the finetuning here.
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
    upstream: tuple[Ancestor, ...] = ()
    earlier: str = ""


class _Git(BaseModel):
    commit: str | None
    changed: bool | None


class _Part(BaseModel):
    """One process of a run that was interrupted."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    started: str
    wall_s: float = Field(ge=0, allow_inf_nan=False)
    device: str
    git: _Git

    @property
    def words(self) -> str:
        """For a line of a terminal and of the page."""
        commit = f"commit {self.git.commit[:12]}" if self.git.commit else "no git checkout"
        changed = " with changes since" if self.git.changed else ""
        return f"{self.started}, {self.wall_s:.0f} s, {commit}{changed}, {self.device}"


class _Record(BaseModel):
    """What `pipeline_src/cli/record.py` writes, as far as it is shown."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    command: list[str] = Field(min_length=2)
    settings: str | None
    seed: int | None
    started: str
    wall_s: float = Field(ge=0, allow_inf_nan=False)
    device: str
    git: _Git
    inputs: dict[str, str]
    earlier: tuple[_Part, ...] = ()

    @property
    def earlier_words(self) -> str:
        """The parts before the last one; empty where there are none."""
        return "; ".join(one.words for one in self.earlier)

    @property
    def rule(self) -> str:
        """A rule has the name of its command."""
        return self.command[1].replace("-", "_")

    @property
    def index(self) -> int | None:
        """The number of the draw, of a command that draws one of many random networks."""
        given = self.command[self.command.index("--index") + 1 :][:1] if "--index" in self.command else []
        return int(given[0]) if given and given[0].isdecimal() else None


class Tracer:
    """The run records of `results/SCALE`, each read once.

    Args:
        results: the folder.
        scale: its scale; paths are told as `results/SCALE/...`, as in the repository, wherever the folder is.
    """

    def __init__(self, results: Path, scale: str) -> None:
        self.results, self.scale = results, scale
        self.of = cache(self._of)
        self._read = cache(_read_record)

    def _of(self, source: str) -> Trace:
        """The run that made a result file.

        Args:
            source: the file, relative to `results/SCALE`.

        Raises:
            UserError: the file is missing, or no run record says how it was made, or the record is malformed.
        """
        path = self.results / source
        if not path.is_file():
            raise UserError(
                path,
                "does not exist, so nothing can be said of its run.",
                "Run the step that makes it again.",
            )
        found = self._record_of(source)
        if found is None:
            raise UserError(
                path,
                "has no run record: a number without provenance fails the build.",
                f"Run its step again, so that {path.name}.{RECORD} or {RECORD} stands beside it.",
            )
        place, record = found
        return Trace(
            source=source,
            run=_run_name(place),
            rule=record.rule,
            command=shlex.join(record.command),
            seed=record.seed,
            settings=_as_json(record.settings),
            commit=record.git.commit,
            changed=record.git.changed,
            device=record.device,
            date=record.started,
            wall_s=record.wall_s,
            inputs=record.inputs,
            artifact=f"{places.of_scale(places.RESULTS, self.scale)}/{source}",
            sha256=sha256_of(path),
            log=log_of(record.rule, place, self.scale),
            upstream=self._upstream(record),
            earlier=record.earlier_words,
        )

    def _record_of(self, source: str) -> tuple[str, _Record] | None:
        """What the run made (a folder, or a file without its suffix), and the record; None without one."""
        path = self.results / source
        beside = path.with_name(f"{path.name}.{RECORD}")
        if beside.is_file():
            return PurePosixPath(source).with_suffix("").as_posix(), self._read(beside)
        for folder in PurePosixPath(source).parents[:-1]:
            record = self.results / folder / RECORD
            if record.is_file():
                return folder.as_posix(), self._read(record)
        return None

    def _upstream(self, record: _Record) -> tuple[Ancestor, ...]:
        """Breadth first, each run once; inputs outside of `results/SCALE` were made by no run of a grid."""
        waiting, found = list(record.inputs), dict[str, Ancestor]()
        for artifact in waiting:
            start = f"{places.of_scale(places.RESULTS, self.scale)}/"
            if not artifact.startswith(start):
                continue
            behind = self._record_of(artifact.removeprefix(start))
            place = artifact if behind is None else behind[0]
            if place in found:
                continue
            if behind is None:
                found[place] = Ancestor(artifact, "", None, None, None, "", artifact)
                continue
            one = behind[1]
            found[place] = Ancestor(
                _run_name(place),
                one.rule,
                one.seed,
                one.git.commit,
                one.git.changed,
                one.started,
                artifact,
                one.index,
                one.earlier_words,
            )
            waiting += one.inputs
        return tuple(found.values())


def provenance_sources(grid: Grid) -> tuple[str, ...]:
    """The result files behind every line, relative to `results/SCALE`."""
    tables = [path for name in (*TABLES, "figure_5", "figure_6") for path in artifacts_of(grid, name)]
    pictures = [path for entry in PICTURES.values() for path in entry.sources(grid)]
    return tuple(dict.fromkeys((*tables, *pictures)))


def log_of(rule: str, place: str, scale: str) -> str:
    """Where the workflow lets a rule write what it says, relative to the repository.

    Args:
        rule: the rule's name.
        place: the folder that the run made, or its file without suffix, relative to `results/SCALE`.
        scale: the scale.
    """
    name = _run_name(place).removeprefix(_BEFORE_NAME.get(rule, "")).removesuffix(_AFTER_NAME.get(rule, ""))
    return f"{places.of_scale(places.LOGS, scale)}/{places.log(rule, name.replace('/', '-'))}"


def _run_name(place: str) -> str:
    """The run without the kind of its result: `architectures/random-0/genotype` is `random-0`."""
    return (place.partition("/")[2] or place).removesuffix(f"/{PurePosixPath(places.GENOTYPE).stem}")


def _read_record(path: Path) -> _Record:
    try:
        return _Record.model_validate(read_json(path))
    except ValidationError as error:
        problem = f"is not a run record: {first_fault(error)}."
        raise UserError(path, problem, "Run the step that made the result beside it again.") from error


def _as_json(settings: str | None) -> str:
    """A command takes its settings as JSON or as the path of a file; the path becomes a JSON string."""
    if settings is None:
        return "{}"
    return settings if settings.lstrip().startswith("{") else json.dumps(settings)
