"""When each job would run: the graph's own dependencies on a number of devices or cores. [no torch]"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pipeline_src.config.models import RuntimeConfig
from pipeline_src.planning.graph import ALONE, ON_DEVICE, Graph, Task

_TWO_CORES = ("render_", "prepare_")


@dataclass(frozen=True)
class Machine:
    """What jobs run on.

    Attributes:
        slots: devices, or cores where there is none.
        has_devices: whether slots are devices; jobs that need none then take no slot.
        processes: training processes of one job, by rule.
        threads: cores of a job on a machine without devices.
    """

    slots: int
    has_devices: bool
    processes: Mapping[str, int]
    threads: int

    @classmethod
    def of(cls, runtime: RuntimeConfig, slots: int, *, has_devices: bool) -> Machine:
        """A machine with the configuration's processes and threads."""
        asked = runtime.processes
        parts = (
            ("search_architecture", asked.search),
            ("pretrain_backbone", asked.pretrain),
            ("finetune_network", asked.finetune),
        )
        return cls(
            slots, has_devices, {rule: one.nodes * one.per_node for rule, one in parts}, runtime.threads
        )

    def shares(self, task: Task) -> int:
        """Processes that share a job's work at a time."""
        asked = self.processes.get(task.rule, 1)
        return min(asked, max(1, self.takes(task) // (1 if self.has_devices else self.threads)))

    def takes(self, task: Task) -> int:
        """How many slots a job takes."""
        if task.rule in ALONE:
            return self.slots
        if self.has_devices:
            return min(self.slots, self.processes.get(task.rule, 1)) if task.rule in ON_DEVICE else 0
        if task.rule in ON_DEVICE:
            return min(self.slots, self.processes.get(task.rule, 1) * self.threads)
        return min(self.slots, 2 if task.rule.startswith(_TWO_CORES) else 1)


def simulate(graph: Graph, machine: Machine, seconds: Callable[[Task], float]) -> float:
    """Seconds from the first job's start to the last one's end.

    As Snakemake does, whatever is ready and fits is started, larger priorities first; nothing is held back
    for a job that needs more slots than are free.

    Args:
        seconds: of a job on the slots that it takes.
    """
    waiting = {task: set(graph.waits_for(task)) for task in graph.tasks}
    then: dict[Task, list[Task]] = {}
    for task, before in waiting.items():
        for one in before:
            then.setdefault(one, []).append(task)
    order = {task: (-task.priority, place) for place, task in enumerate(graph.tasks)}
    ready = sorted((task for task, before in waiting.items() if not before), key=order.__getitem__)
    running: list[tuple[float, tuple[int, int], Task]] = []
    now, free = 0.0, machine.slots
    while ready or running:
        left = []
        for task in ready:
            wanted = machine.takes(task)
            if wanted <= free:
                free -= wanted
                heapq.heappush(running, (now + seconds(task), order[task], task))
            else:
                left.append(task)
        ready = left
        now, _, ended = heapq.heappop(running)
        free += machine.takes(ended)
        for task in then.get(ended, ()):
            waiting[task].discard(ended)
            if not waiting[task]:
                ready.append(task)
        ready.sort(key=order.__getitem__)
    return now
