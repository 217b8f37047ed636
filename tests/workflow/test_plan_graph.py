"""The graph that `autortnet plan` counts with is the one that Snakemake builds: dry runs of three scales."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from workflow_checkout import SETS, Ended, Planner

from pipeline_src.config.grid import Grid
from pipeline_src.config.load import resolve
from pipeline_src.planning.graph import ALONE, STAGES, Graph


@pytest.fixture(params=SETS)
def counted(
    request: pytest.FixtureRequest, planned: Planner, folders: dict[str, Path], repository: Path
) -> tuple[Ended, Graph]:
    scale = request.param
    paths = {name: {"path": str(folders[name])} for name in SETS[scale]}
    given = {"scale": scale, **({"data": paths} if paths else {})}
    return planned(scale), Graph(Grid(resolve(given, repository / "workflow" / "scales")))


def test_every_job_and_what_it_waits_for_is_snakemakes(counted: tuple[Ended, Graph]) -> None:
    ended, graph = counted
    jobs = [job for job in ended.jobs if job.rule != "reproduce_tables"]
    assert Counter(task.rule for task in graph.tasks) == Counter(job.rule for job in jobs)
    owner = {path: job for job in jobs for path in job.outputs}
    made = {job.outputs[0]: job for job in jobs}
    for task in graph.tasks:
        job = owner[task.outputs[0]]
        assert job.rule == task.rule and Path(job.log).stem == task.name
        assert set(task.outputs) <= set(job.outputs)
        expected = {owner[path].outputs[0] for path in job.inputs if path in owner}
        found = {owner[other.outputs[0]].outputs[0] for other in graph.waits_for(task)}
        assert found == expected, task
    assert len(made) == len(graph.tasks)


def test_stages_and_measurements_are_those_of_the_rules(counted: tuple[Ended, Graph]) -> None:
    ended, graph = counted
    rules = [rule for members in STAGES.values() for rule in members]
    assert len(rules) == len(set(rules)) and {task.rule for task in graph.tasks} <= set(rules)
    assert set(rules) == {task.rule for task in graph.tasks} or graph.scale != "tiny"
    for job in ended.jobs:
        if job.rule in ALONE:
            assert job.command.startswith("autortnet measure-") or "check-lut" in job.command
