"""Seconds, memory and disk of each job: of finished ones or by rates measured here. [no torch]"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from pipeline_src import places
from pipeline_src.artifacts import RECORD, read_json
from pipeline_src.errors import UserError
from pipeline_src.not_run import read_marker
from pipeline_src.planning.graph import STAGES, Graph, Task
from pipeline_src.planning.work import Workload


class Range(NamedTuple):
    """A number that is not known: the least, the likeliest and the most."""

    low: float
    middle: float
    high: float

    def times(self, factor: float) -> Range:
        """All three by a factor."""
        return Range(*(factor * one for one in self))

    @classmethod
    def total(cls, parts: Iterable[Range]) -> Range:
        """The sum of each."""
        found = list(parts)
        return cls(*(sum(one[place] for one in found) for place in range(3)))


STAGE_OF = {rule: stage for stage, rules in STAGES.items() for rule in rules}
WEIGHT = {"search": 0.5, "pretrain": 3.0, "finetune": 3.0}
"""What a kind of work costs against a forward pass, to scale a finished job to another of its rule."""


@dataclass(frozen=True)
class Finished:
    """What a finished job took.

    Attributes:
        includes_start: whether Snakemake's clock ran around the whole process.
        is_marker: whether it left word that its network is not run; it says nothing of others' time.
    """

    seconds: float
    includes_start: bool
    memory_mib: float | None
    bytes: int
    is_marker: bool = False


class Records:
    """The finished jobs of a folder of results.

    Args:
        results: `results/SCALE` of a checkout, or a folder of published results.

    Raises:
        UserError: it is neither, or no job in it is finished.
    """

    def __init__(self, results: Path, graph: Graph) -> None:
        scale = graph.scale
        if not results.is_dir():
            raise UserError(
                results, "is not a folder.", "Give results/SCALE of a run, or a published folder."
            )
        self.given, self.scale = results, scale
        self.published = (results / "published.json").is_file()
        above = results if self.published else results.resolve().parents[1]
        below = "" if self.published else f"/{scale}"
        self.places = {
            f"{name}/{scale}/": above / f"{name}{below}" for name in ("data", places.RESULTS, places.REPORTS)
        }
        if not self.published:
            self.places[f"{places.RESULTS}/{scale}/"] = results
        self.logs = above / places.LOGS / scale
        self.found = {task: one for task in graph.tasks if (one := self._read(task)) is not None}
        if not self.found:
            raise UserError(
                results,
                f"has no finished job of the scale {scale}.",
                "Give the folder of that scale, or leave --from out to measure.",
            )

    def _place(self, path: str) -> Path:
        start = next(start for start in self.places if path.startswith(start))
        return self.places[start] / path.removeprefix(start)

    def _read(self, task: Task) -> Finished | None:
        output = self._place(task.outputs[0])
        for record in (output.with_name(f"{output.name}.{RECORD}"), output.with_name(RECORD)):
            if record.is_file():
                return self._finished(task, read_json(record))
        return None

    def _finished(self, task: Task, record: Any) -> Finished | None:
        wall_s = record.get("wall_s") if isinstance(record, dict) else None
        if not isinstance(wall_s, int | float):
            return None
        memory = (record.get("peak_memory_mib") or {}).get("process")
        size = sum(place.stat().st_size for path in task.outputs if (place := self._place(path)).is_file())
        whole = self._benchmark_s(task)
        # A job repeated by hand has a newer record than benchmark: the longer of both holds its work.
        if whole is not None and whole >= wall_s:
            return Finished(whole, True, memory, size, self._is_marker(task))
        return Finished(float(wall_s), False, memory, size, self._is_marker(task))

    def _is_marker(self, task: Task) -> bool:
        one = task.architecture
        if one is None or one.is_peer:
            return False
        return read_marker(self.places[f"{places.RESULTS}/{self.scale}/"] / places.genotype(one)) is not None

    def _benchmark_s(self, task: Task) -> float | None:
        """What Snakemake measured of the process, from its start to its end."""
        try:
            with (self.logs / places.benchmark(task.rule, task.name)).open(encoding="utf-8") as stream:
                return float(next(csv.DictReader(stream, delimiter="\t"))["s"])
        except (OSError, StopIteration, KeyError, ValueError, TypeError):
            return None


@dataclass(frozen=True)
class Rates:
    """What was measured on this device.

    Attributes:
        seconds: of one unit of each kind of work, by (kind, peer).
        memory_mib: peak of a job, by the same.
        weights_bytes: of a network, by peer ("" for one of the search space).
        start_s: of a process that loads torch.
    """

    seconds: Mapping[tuple[str, str], Range] = field(default_factory=dict)
    memory_mib: Mapping[tuple[str, str], float] = field(default_factory=dict)
    weights_bytes: Mapping[str, float] = field(default_factory=dict)
    start_s: float = 0.0


ASSUMED_S = {
    "render_scenes": 0.01, "render_objects": 0.002, "prepare_data": 0.1,
    "prepare_imagenet": 0.005, "tabulate_table": 1.0, "collect_figure": 1.0, "collect_overview": 1.0,
    "plot_figure": 6.0, "judge_claims": 2.0, "trace_provenance": 8.0, "render_report": 4.0,
    "sample_random": 0.1, "sample_matched": 0.5, "sample_control": 0.1, "sample_downsampling": 0.1,
    "sample_aggregation": 0.1,
}  # fmt: skip
"""Seconds for each image, or for the job where it has none, that nobody measures: little beside the rest."""
ASSUMED_RANGE = (0.5, 1.0, 3.0)
LABEL_BYTES_PER_IMAGE = 20_000
"""Of a prepared label; photographs stay where they are."""
LIGHT_START = 0.3
"""Of a process without torch, as a share of one with it."""


class Costs:
    """Seconds, memory and disk of every job.

    Args:
        rates: measured here; may be empty where all stages have finished jobs.
        records: of finished jobs, or None.

    `seconds` raises a UserError for a job of which neither tells.
    """

    def __init__(self, graph: Graph, workload: Workload, rates: Rates, records: Records | None) -> None:
        self.graph, self.workload, self.rates = graph, workload, rates
        self.finished: Mapping[Task, Finished] = records.found if records else {}
        self.siblings: dict[tuple[str, str], list[float]] = {}
        for task, one in self.finished.items():
            if not one.is_marker and (amount := self._weighted(task)) > 0:
                self.siblings.setdefault(_kind(task), []).append(one.seconds / amount)
        self._known: dict[Task, Range] = {}

    def seconds(self, task: Task) -> Range:
        """Of a job on one device, from the start of its process to its end."""
        if task not in self._known:
            self._known[task] = self._seconds(task)
        return self._known[task]

    def is_known(self, task: Task) -> bool:
        """Return whether a job, or another of its rule and comparison model, has finished."""
        return task in self.finished or _kind(task) in self.siblings

    def is_assumed(self, task: Task) -> bool:
        """Return whether a job is short whatever the device, so that its time is assumed (`ASSUMED_S`)."""
        return all(work.kind in ASSUMED_S for work in self.workload.of(task))

    def _weighted(self, task: Task) -> float:
        return sum(WEIGHT.get(work.kind, 1.0) * work.amount for work in self.workload.of(task))

    def _seconds(self, task: Task) -> Range:
        done = self.finished.get(task)
        if done is not None:
            seconds = done.seconds + (0.0 if done.includes_start else self._start_s(task))
            return Range(seconds, seconds, seconds)
        known = self.siblings.get(_kind(task))
        if known:
            return Range(min(known), median(known), max(known)).times(self._weighted(task))
        parts = [
            self._rated(task, work.kind, work.peer).times(work.amount) for work in self.workload.of(task)
        ]
        start = self._start_s(task)
        return Range.total([*parts, Range(start, start, start)])

    def _start_s(self, task: Task) -> float:
        stage = STAGE_OF[task.rule]
        return self.rates.start_s * (LIGHT_START if stage in ("data", "baselines", "report") else 1.0)

    def _rated(self, task: Task, kind: str, peer: str) -> Range:
        if kind in ASSUMED_S:
            return Range(*(ASSUMED_S[kind] * one for one in ASSUMED_RANGE))
        rate = self.rates.seconds.get((kind, peer))
        if rate is None:
            raise UserError(
                f"{task.rule} {task.name}",
                "has no finished job of its kind, and its steps were not measured.",
                "Leave --from out, or finish one such job first.",
            )
        return rate

    def needed(self) -> list[tuple[str, str]]:
        """The (kind, peer) of work that no finished job tells of and that has to be measured."""
        missing: dict[tuple[str, str], None] = {}
        for task in self.graph.tasks:
            if self.is_known(task):
                continue
            for work in self.workload.of(task):
                if work.kind not in ASSUMED_S:
                    missing[work.kind, work.peer] = None
        return list(missing)

    def memory_mib(self, tasks: Sequence[Task]) -> float | None:
        """The largest peak of some jobs; None where nothing is known."""
        found = [one.memory_mib for task in tasks if (one := self.finished.get(task)) and one.memory_mib]
        for task in tasks:
            for work in self.workload.of(task):
                if task not in self.finished and (work.kind, work.peer) in self.rates.memory_mib:
                    found.append(self.rates.memory_mib[work.kind, work.peer])
        return max(found, default=None)

    def disk_bytes(self, tasks: Sequence[Task]) -> float:
        """What jobs leave behind: of finished ones as it is, of others weights and labels."""
        total = 0.0
        usual: dict[str, list[int]] = {}
        for task, one in self.finished.items():
            usual.setdefault(task.rule, []).append(one.bytes)
        for task in tasks:
            if task in self.finished:
                total += self.finished[task].bytes
            elif task.rule in usual:
                total += median(usual[task.rule])
            elif task.rule in ("pretrain_backbone", "finetune_network"):
                files = 2 if task.rule == "finetune_network" else 1
                total += files * self.rates.weights_bytes.get(_kind(task)[1], 0.0)
            elif task.rule == "prepare_data":
                total += LABEL_BYTES_PER_IMAGE * sum(self.workload.counts[task.dataset].values())
        return total


def _kind(task: Task) -> tuple[str, str]:
    one = task.architecture
    return task.rule, one.name if one is not None and one.is_peer else ""
