"""The rules of the graph at hand, how many jobs each has, and what they hand on. [no torch]"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from pipeline_src.planning.graph import STAGES, Graph

TARGET = "reproduce_tables"
"""The rule that asks for everything; it has one job and does nothing."""
Edge = tuple[str, str]


@dataclass(frozen=True)
class Rules:
    """A graph's rules.

    Attributes:
        jobs: how many jobs a rule has, in the order of the work.
        edges: (rule, rule that reads what it wrote), without those that a longer way implies.
    """

    jobs: dict[str, int]
    edges: tuple[Edge, ...]


def rules_of(graph: Graph) -> Rules:
    """The rules behind the default target, as `snakemake --rulegraph` has them."""
    counts = Counter(task.rule for task in graph.tasks)
    order = [rule for stage in STAGES.values() for rule in stage if counts[rule]]
    edges = {
        (before.rule, task.rule)
        for task in graph.tasks
        for before in graph.waits_for(task)
        if before.rule != task.rule
    }
    read = {first for first, _ in edges}
    edges |= {(rule, TARGET) for rule in order if rule not in read}
    jobs = {**{rule: counts[rule] for rule in order}, TARGET: 1}
    place = {rule: number for number, rule in enumerate(jobs)}
    kept = sorted(_reduced(edges), key=lambda edge: (place[edge[0]], place[edge[1]]))
    return Rules(jobs, tuple(kept))


def _reduced(edges: set[Edge]) -> set[Edge]:
    """Without an edge between rules that a way over others joins, too."""
    after: dict[str, set[str]] = {}
    for first, second in edges:
        after.setdefault(first, set()).add(second)

    def reached(rule: str) -> set[str]:
        found, waiting = set[str](), [rule]
        while waiting:
            for one in after.get(waiting.pop(), set()) - found:
                found.add(one)
                waiting.append(one)
        return found

    behind = {rule: reached(rule) for rule in after}
    return {
        (first, second)
        for first, second in edges
        if not any(second in behind.get(other, ()) for other in after[first] - {second})
    }
