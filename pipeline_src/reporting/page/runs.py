"""Environment and cost from the run records: versions, devices, hours. [no torch]"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline_src.artifacts import RECORD, read_json
from pipeline_src.errors import UserError

_NEEDED = ("command", "started", "wall_s", "device", "git")


@dataclass(frozen=True)
class RuleCost:
    """What the jobs of a rule took: how many ended on a device, and all hours of wall time on it."""

    rule: str
    device: str
    jobs: int
    device_hours: float
    longest_s: float


@dataclass(frozen=True)
class Environment:
    """What the runs were made with; each fact with the number of records that say so, most first."""

    records: int
    facts: tuple[tuple[str, tuple[tuple[str, int], ...]], ...]
    costs: tuple[RuleCost, ...]
    device_hours: float
    first: str
    last: str


def read_environment(results: Path) -> Environment:
    """Gather every run record below the folder `results/SCALE`.

    Raises:
        UserError: a record is malformed.
    """
    records = [_record(path) for path in _paths(results)]
    facts = [
        ("Device", _counted(record["device"] for record in records)),
        ("System", _counted(record["host"]["system"] for record in records if "host" in record)),
        ("Processor cores", _counted(str(record["host"]["cpus"]) for record in records if "host" in record)),
        ("Commit", _counted(_commit(record["git"]) for record in records)),
    ]
    versions = [record["versions"] for record in records if "versions" in record]
    packages = dict.fromkeys(name for one in versions for name in one)
    facts += [(name, _counted(one[name] for one in versions if name in one)) for name in packages]
    dates = sorted(record["started"] for record in records)
    costs = _costs(records)
    hours = sum(cost.device_hours for cost in costs)
    return Environment(
        len(records), tuple(facts), costs, hours, dates[0] if dates else "", dates[-1] if dates else ""
    )


def _paths(folder: Path) -> list[Path]:
    return sorted({*folder.rglob(RECORD), *folder.rglob(f"*.{RECORD}")})


def _record(path: Path) -> dict[str, Any]:
    record = read_json(path)
    lacking = [key for key in _NEEDED if not isinstance(record, dict) or key not in record]
    if lacking:
        raise UserError(
            path,
            f"is no run record: it lacks {', '.join(lacking)}.",
            "Run the step that makes its output again.",
        )
    return dict(record)


def _commit(git: dict[str, Any]) -> str:
    if git["commit"] is None:
        return "not in a git checkout"
    return git["commit"][:12] + (", changed since" if git["changed"] else "")


def _counted(values: Iterable[str]) -> tuple[tuple[str, int], ...]:
    counts: dict[str, int] = defaultdict(int)
    for value in values:
        counts[value] += 1
    return tuple(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _parts(record: dict[str, Any]) -> list[tuple[str, float]]:
    """Devices of a run and seconds on them: it may have been interrupted, and gone on with on another one."""
    earlier = [(one["device"], one["wall_s"]) for one in record.get("earlier", [])]
    return [*earlier, (record["device"], record["wall_s"] - sum(wall_s for _, wall_s in earlier))]


def _costs(records: list[dict[str, Any]]) -> tuple[RuleCost, ...]:
    """By rule and device; a job of several processes counts each of their devices."""
    walls: dict[tuple[str, str], list[float]] = defaultdict(list)
    hours: dict[tuple[str, str], float] = defaultdict(float)
    for record in records:
        rule = record["command"][1].replace("-", "_") if len(record["command"]) > 1 else "unknown"
        walls[rule, record["device"]].append(record["wall_s"])
        for device, wall_s in _parts(record):
            hours[rule, device] += wall_s * record.get("processes", 1) / 3600
    costs = [
        RuleCost(rule, device, len(walls[rule, device]), spent, max(walls[rule, device], default=0.0))
        for (rule, device), spent in hours.items()
    ]
    return tuple(sorted(costs, key=lambda cost: (-cost.device_hours, cost.rule, cost.device)))
