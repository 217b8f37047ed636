"""What `autortnet plan` prints: a row for each stage, and the whole. [no torch]"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pipeline_src.planning.costs import STAGE_OF, Costs, Range
from pipeline_src.planning.graph import STAGES, Graph, Task
from pipeline_src.planning.schedule import Machine, simulate

SNAKEMAKE_S = 10.0
"""Building the graph and looking at what there is."""
LONGEST = 5
"""How many of the jobs that are left are named."""


@dataclass(frozen=True)
class Stage:
    """One row.

    Attributes:
        hours: of devices, or of cores where there is none.
        memory_mib: of its largest job; None where nothing is known.
    """

    name: str
    jobs: int
    finished: int
    hours: Range
    memory_mib: float | None
    disk_bytes: float


@dataclass(frozen=True)
class Plan:
    """The rows, the wall time of all in seconds, and the longest jobs that are left, by rule and run."""

    stages: tuple[Stage, ...]
    wall_s: Range
    longest: tuple[tuple[str, float], ...] = ()


def plan_of(graph: Graph, costs: Costs, machine: Machine) -> Plan:
    """Count and simulate.

    A job that takes several slots is counted as so much faster: its work is shared by its processes.
    """

    def on_slots(task: Task) -> Range:
        if task in costs.finished:  # recorded with the processes that it had
            return costs.seconds(task)
        return costs.seconds(task).times(1 / machine.shares(task))

    stages = []
    for name, rules in STAGES.items():
        tasks = [task for task in graph.tasks if task.rule in rules]
        if tasks:
            hours = Range.total(on_slots(task).times(_counted(task, machine) / 3600) for task in tasks)
            done = sum(task in costs.finished for task in tasks)
            stages.append(
                Stage(name, len(tasks), done, hours, costs.memory_mib(tasks), costs.disk_bytes(tasks))
            )
    walls = (simulate(graph, machine, _place(on_slots, place)) + SNAKEMAKE_S for place in range(3))
    left = [(task, on_slots(task).middle) for task in graph.tasks if task not in costs.finished]
    longest = sorted(left, key=lambda one: -one[1])[:LONGEST]
    named = tuple((f"{task.rule} {task.name}", seconds) for task, seconds in longest)
    return Plan(tuple(stages), Range(*walls), named)


def _counted(task: Task, machine: Machine) -> int:
    """Slots that a job's hours count for; a job without a device counts as one core."""
    return max(1, machine.takes(task)) if STAGE_OF[task.rule] != "report" else 1


def _place(seconds: Callable[[Task], Range], place: int) -> Callable[[Task], float]:
    return lambda task: seconds(task)[place]


def lines_of(plan: Plan, slots: str) -> list[str]:
    """The table as aligned text.

    Args:
        slots: what the hours are of, such as `GPU` or `core`.
    """
    rows: list[tuple[str, ...]] = [
        ("stage", "jobs", "done", f"{slots}-hours", "from", "to", "memory GiB", "disk GiB")
    ]
    for one in plan.stages:
        memory = "?" if one.memory_mib is None else f"{one.memory_mib / 1024:.1f}"
        hours = (_hours(one.hours.middle), _hours(one.hours.low), _hours(one.hours.high))
        disk = f"{one.disk_bytes / 2**30:.2f}"
        rows.append((one.name, str(one.jobs), str(one.finished), *hours, memory, disk))
    whole = Range.total(one.hours for one in plan.stages)
    jobs, finished = (sum(getattr(one, name) for one in plan.stages) for name in ("jobs", "finished"))
    known = [one.memory_mib for one in plan.stages if one.memory_mib is not None]
    rows.append(
        (
            "all",
            str(jobs),
            str(finished),
            *(_hours(one) for one in (whole.middle, whole.low, whole.high)),
            f"{max(known) / 1024:.1f}" if known else "?",
            f"{sum(one.disk_bytes for one in plan.stages) / 2**30:.2f}",
        )
    )
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    return [
        "  ".join(cell.ljust(width) if not place else cell.rjust(width)
                  for place, (cell, width) in enumerate(zip(row, widths, strict=True)))
        for row in rows
    ]  # fmt: skip


def longest_of(plan: Plan) -> str:
    """One line; empty where nothing is left."""
    told = "; ".join(f"{name} {duration(seconds)}" for name, seconds in plan.longest)
    return f"longest jobs left: {told}" if told else ""


def _hours(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 1 else f"{value:.3f}"


def duration(seconds: float) -> str:
    """Days, hours or minutes, as a person would say it."""
    minutes = seconds / 60
    if minutes < 1:
        return f"{seconds:.0f} s"
    if minutes < 100:
        return f"{minutes:.0f} min"
    hours = minutes / 60
    return f"{hours:.1f} h" if hours < 48 else f"{hours / 24:,.0f} days"
