"""What was measured of each network that a claim looks at, gathered from result files. [no torch]"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from pipeline_src import places
from pipeline_src.config.grid import Grid
from pipeline_src.config.runs import Architecture, Row, Search
from pipeline_src.reporting.read.logs import read_log
from pipeline_src.reporting.read.records import Results
from pipeline_src.reporting.tables.measures import Role, miou
from pipeline_src.space.genotype import Genotype

HYPER_CELLS = (1, 2, 3)


@dataclass(frozen=True)
class Network:
    """One network of a row.

    Attributes:
        label: the row's.
        architecture: which network it is.
        judged: data set and split.
        miou: in percent, of the last epoch; None where not measured.
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
    """At which epoch of training beta the argmax depth of each hyper-cell took its final value for good."""

    search: Search
    epochs: tuple[int, ...]
    source: str


class Evidence:
    """The results of one grid, as the judgements ask for them.

    Raises:
        UserError: (by every reader) a result file is malformed or belongs to another run.
    """

    def __init__(self, grid: Grid, results: Path) -> None:
        self.grid, self.root, self.reader = grid, results, Results(results)
        self.scale = grid.config.scale

    def networks(self, table: str, role: Role, label: str | None = None) -> tuple[Network, ...]:
        """The networks behind a table's rows, or behind the row of that label."""
        rows = [row for row in self.grid.of_table(table) if label in (None, row.label)]
        return tuple(network for row in rows for network in self._of_row(row, role))

    def _of_row(self, row: Row, role: Role) -> list[Network]:
        evaluations = row.val if role == "val" else row.test
        speeds = {speed.architecture.name: speed for speed in row.speeds}
        found = []
        for evaluation, reading in zip(evaluations, miou(role)(row, self.reader), strict=True):
            architecture = evaluation.training.architecture
            value = reading.value if isinstance(reading.value, float) else None
            sources = [reading.source] if value is not None else []
            faults = [reading.reason] if value is None else []
            speed = speeds.get(architecture.name)
            record = self.reader.speed(speed) if speed else None
            if speed and record:
                sources.append(places.speed(speed))
            elif speed:
                faults.append(f"{places.speed(speed)} is missing")
            timing = record.latency_ms if record else None
            found.append(
                Network(
                    label=row.label,
                    architecture=architecture,
                    judged=f"{evaluation.training.dataset} {evaluation.split}",
                    miou=value,
                    latency_ms=(timing.median, timing.q1, timing.q3) if timing else None,
                    parameters=record.parameters if record else None,
                    device=" ".join(record.fingerprint.device.split()) if record else "",
                    sources=tuple(sources),
                    faults=tuple(faults),
                )
            )
        return found

    @cached_property
    def reruns(self) -> tuple[Network, ...]:
        """The networks of Table 4: A searched and trained again with other seeds and initial numbers."""
        return self.networks("table_4", "val")

    @cached_property
    def spread(self) -> tuple[float, ...]:
        """mIoU in percent of the reruns: how far one search and training lies from the next."""
        return tuple(one.miou for one in self.reruns if one.miou is not None)

    @property
    def spread_sources(self) -> tuple[str, ...]:
        """The files behind `spread`."""
        return tuple(one.sources[0] for one in self.reruns if one.miou is not None)

    def genotype(self, architecture: Architecture) -> tuple[Genotype | None, str]:
        """A network's genotype, None where absent, and its place."""
        return self.reader.genotype(architecture), places.genotype(architecture)

    def searched(self, table: str | None = None) -> tuple[tuple[Searched, ...], tuple[str, ...]]:
        """The searches of the grid, or of a table's rows, that have ended; and what is missing."""
        found, faults = [], []
        rows = self.grid.of_table(table) if table else self.grid.rows
        behind = {speed.architecture for row in rows for speed in row.speeds}
        for architecture in self.grid.architectures:
            if architecture.search is None or architecture not in behind:
                continue
            genotype, path = self.genotype(architecture)
            if genotype is None:
                faults.append(f"{path} is missing")
            else:
                found.append(Searched(architecture.search, genotype, path))
        return tuple(found), tuple(faults)

    def settlings(self) -> tuple[tuple[Settling, ...], tuple[str, ...]]:
        """When the hyper-cells of every search settled; and which searches do not say."""
        found, faults = [], []
        for search in self.grid.searches:
            source = places.search_log(search)
            path = self.root / source
            if not path.exists():
                faults.append(f"{source} is missing")
                continue
            names = [f"argmax_depth_{cell}" for cell in HYPER_CELLS]
            log = read_log(path, "search", names, flags=("beta_frozen",))
            trained = log[~log["beta_frozen"].astype(bool)]
            if trained.empty:
                faults.append(f"{source} has no epoch in which beta was trained")
                continue
            epochs = tuple(settled([int(depth) for depth in trained[name]]) for name in names)
            found.append(Settling(search, epochs, source))
        return tuple(found), tuple(faults)


def settled(depths: list[int]) -> int:
    """The first epoch, from 1, from which on a depth stays at its final value."""
    changes = [epoch for epoch, depth in enumerate(depths, start=1) if depth != depths[-1]]
    return changes[-1] + 1 if changes else 1
