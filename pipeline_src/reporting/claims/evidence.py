"""What was measured of each network that a claim looks at, gathered from result files. [no torch]"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from statistics import fmean
from typing import Any, NamedTuple

from pipeline_src import places
from pipeline_src.config.grid import Grid
from pipeline_src.config.runs import Architecture, Row, Search
from pipeline_src.reporting.claims.statistics import Spread, pooled
from pipeline_src.reporting.read.liveness import liveness_of
from pipeline_src.reporting.read.logs import read_log
from pipeline_src.reporting.read.records import Results
from pipeline_src.reporting.tables.measures import Role, latency, miou
from pipeline_src.space.catalogue import HYPER_CELLS
from pipeline_src.space.genotype import Genotype

NULLS = "nulls"
NO_SPREAD = "experiments.training_seeds, five repeats in all at least"


@dataclass(frozen=True)
class Network:
    """One network of a row.

    Attributes:
        label: the row's.
        architecture: which network it is.
        judged: data set and split.
        miou: in percent, of the last epoch of the first training; None where not measured.
        mious: of the first training and its repeats with other seeds, where measured.
        latency_ms: median, lower and upper quartile over repeats; None where not measured.
        parameters: learnable ones; None where not timed.
        device: that was timed.
        sources: the files that the values are from.
        faults: why values are missing.
    """

    label: str
    architecture: Architecture
    judged: str
    miou: float | None
    mious: tuple[float, ...]
    latency_ms: tuple[float, float, float] | None
    parameters: int | None
    device: str
    sources: tuple[str, ...]
    faults: tuple[str, ...]

    @property
    def fps(self) -> float | None:
        """Frames per second: 1000 over the mean latency."""
        return None if self.latency_ms is None else 1000 / self.latency_ms[0]

    @property
    def mean(self) -> float | None:
        """Mean mIoU in percent over the trainings."""
        return fmean(self.mious) if self.mious else None

    @property
    def is_measured(self) -> bool:
        """Whether both accuracy and speed are known."""
        return self.miou is not None and self.latency_ms is not None


@dataclass(frozen=True)
class Searched:
    """A search that has ended: its genotype and the file it is in."""

    search: Search
    genotype: Genotype
    source: str


@dataclass(frozen=True)
class Settling:
    """At which epoch of training beta the argmax depth of each hyper-cell took its final value for good.

    `depths` are these final values.
    """

    search: Search
    epochs: tuple[int, ...]
    depths: tuple[int, ...]
    source: str


class TrainingSpread(NamedTuple):
    """How far trainings of one network lie apart, None where none was repeated; and the files behind it."""

    spread: Spread | None
    sources: tuple[str, ...]


class Evidence:
    """The results of one grid, as the judgements ask for them.

    Raises:
        UserError: (by every reader) a result file is malformed or belongs to another run.
    """

    def __init__(self, grid: Grid, results: Path) -> None:
        self.grid, self.root, self.reader = grid, results, Results(results)
        self.scale = grid.config.scale
        self.agreed: dict[str, Any] = {}
        self.alive = cache(lambda architecture: liveness_of(architecture, self.reader))

    def networks(self, table: str, role: Role, label: str | None = None) -> tuple[Network, ...]:
        """The networks behind a table's rows, or behind the row of that label."""
        rows = [row for row in self.grid.of_table(table) if label in (None, row.label)]
        return tuple(network for row in rows for network in self._of_row(row, role))

    def _of_row(self, row: Row, role: Role) -> list[Network]:
        evaluations = row.val if role == "val" else row.test
        speeds = {speed.architecture.name: speed for speed in row.speeds}
        timings = dict(zip(row.speeds, latency()(row, self.reader), strict=True))
        run = self.reader.speeds()
        readings = dict(zip(evaluations, miou(role)(row, self.reader), strict=True))
        found = []
        for evaluation, first in readings.items():
            if evaluation.training.seed is not None:
                continue
            architecture = evaluation.training.architecture
            of_network = [
                reading for one, reading in readings.items() if one.training.architecture == architecture
            ]
            good = [reading for reading in of_network if isinstance(reading.value, float)]
            sources = [reading.source for reading in good]
            faults = [reading.reason for reading in of_network if reading not in good]
            value = first.value if isinstance(first.value, float) else None
            speed = speeds.get(architecture.name)
            record = self.reader.speed(speed) if speed else None
            timing = record.latency("eager") if record else None
            if speed and timing:
                sources.append(timings[speed].source)
            elif speed:
                faults.append(timings[speed].reason)
            found.append(
                Network(
                    label=row.label,
                    architecture=architecture,
                    judged=f"{evaluation.training.dataset} {evaluation.split}",
                    miou=value,
                    mious=tuple(float(reading.value) for reading in good),  # type: ignore[arg-type]
                    latency_ms=(timing.median, timing.q1, timing.q3) if timing else None,
                    parameters=record.parameters if record else None,
                    device=run.device if run and timing else "",
                    sources=tuple(sources),
                    faults=tuple(faults),
                )
            )
        return found

    @cached_property
    def reruns(self) -> tuple[Network, ...]:
        """The networks of Table 4: A searched and trained again with other seeds and initial numbers."""
        return self.networks("table_4", "val")

    def training_spread(self, dataset: str | None = None) -> TrainingSpread:
        """How far one training of a network lies from the next, pooled over the networks that were repeated.

        Args:
            dataset: that was trained and judged on; the main set for None.
        """
        wanted = dataset or self.grid.main
        groups: dict[str, dict[str, float]] = {}
        for row in self.grid.rows:
            role: Role = "val" if row.val else "test"
            for one, reading in zip(row.val or row.test, miou(role)(row, self.reader), strict=True):
                run = one.training
                plain = run.split == "train" and not run.coarse and one.size == self.grid.input_size(wanted)
                repeated = self.grid.repeats(run.architecture, run.dataset)
                if run.dataset == wanted and plain and repeated and isinstance(reading.value, float):
                    # Settings of Table 5 that are one network are one group.
                    name = self.reader.standing(run.architecture).name
                    groups.setdefault(name, {})[reading.source] = reading.value
        repeats = [group for group in groups.values() if len(group) > 1]
        found = pooled([list(group.values()) for group in repeats])
        return TrainingSpread(found, tuple(source for group in repeats for source in group))

    def dead(self, *architectures: Architecture) -> list[str]:
        """Of these networks those that are known to be dead, and why."""
        found = [self.alive(one) for one in architectures]
        return [one.fault for one in found if one is not None and one.fault]

    def genotype(self, architecture: Architecture) -> tuple[Genotype | None, str]:
        """A network's genotype, None where absent, and its place."""
        return self.reader.genotype(architecture), places.genotype(architecture)

    def searched(self, table: str | None = None) -> tuple[tuple[Searched, ...], tuple[str, ...]]:
        """The live networks of the grid's searches, or of a table's rows; and what is missing or dead.

        Nulls are left out, unless their table is asked for.
        """
        rows = self.grid.of_table(table) if table else [r for r in self.grid.rows if r.table != NULLS]
        return self.ended(rows)

    def nulls(self, label: str) -> tuple[Searched, ...]:
        """The null searches of one kind that have ended, dead or not."""
        rows = [row for row in self.grid.of_table(NULLS) if row.label == label]
        return self.ended(rows, live=False)[0]

    def ended(self, rows: Sequence[Row], live: bool = True) -> tuple[tuple[Searched, ...], tuple[str, ...]]:
        """The searches behind these rows that have ended; what is missing and, if `live`, what is dead."""
        found, faults = [], []
        behind = {speed.architecture for row in rows for speed in row.speeds}
        for architecture in self.grid.architectures:
            if architecture.search is None or architecture not in behind:
                continue
            genotype, path = self.genotype(architecture)
            dead = self.dead(architecture) if live else []
            if genotype is None:
                faults.append(f"{path} is missing")
            elif dead:
                faults += dead
            else:
                found.append(Searched(architecture.search, genotype, path))
        return tuple(found), tuple(faults)

    def settlings(self) -> tuple[tuple[Settling, ...], tuple[str, ...]]:
        """When the hyper-cells of every search that is live settled; and which searches do not say."""
        found, faults = [], []
        nulls = {one.architecture for row in self.grid.of_table(NULLS) for one in row.speeds}
        for architecture in self.grid.architectures:
            search = architecture.search
            if search is None or architecture in nulls:
                continue
            dead = self.dead(architecture)
            if dead:
                faults += dead
                continue
            source = places.search_log(search)
            path = self.root / source
            if not path.exists():
                faults.append(f"{source} is missing")
                continue
            names = [f"argmax_depth_{cell}" for cell in range(1, HYPER_CELLS + 1)]
            log = read_log(path, "search", names, flags=("beta_frozen",))
            trained = log[~log["beta_frozen"].astype(bool)]
            if trained.empty:
                faults.append(f"{source} has no epoch in which beta was trained")
                continue
            courses = [[int(depth) for depth in trained[name]] for name in names]
            epochs, depths = tuple(map(settled, courses)), tuple(course[-1] for course in courses)
            found.append(Settling(search, epochs, depths, source))
        return tuple(found), tuple(faults)


def settled(depths: list[int]) -> int:
    """The first epoch, from 1, from which on a depth stays at its final value."""
    changes = [epoch for epoch, depth in enumerate(depths, start=1) if depth != depths[-1]]
    return changes[-1] + 1 if changes else 1
