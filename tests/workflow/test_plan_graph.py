"""The graph that `autortnet plan` counts with is the one that Snakemake builds: dry runs of three scales."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from workflow_checkout import Checkout, Ended

from pipeline_src.config.grid import Grid
from pipeline_src.config.load import resolve
from pipeline_src.planning.graph import ALONE, STAGES, Graph

pytestmark = pytest.mark.slow
SETS = {"camvid": ("camvid", "imagenet"), "paper": ("cityscapes", "camvid", "imagenet")}
LAYOUTS = {
    "cityscapes": ("leftImg8bit/train_extra", "gtFine", "gtCoarse/train_extra"),
    "camvid": tuple(f"{split}/{kind}" for split in ("train", "val", "test") for kind in ("images", "labels")),
    "imagenet": ("train/n01440764", "val/n01440764"),
}


@pytest.fixture(params=["tiny", "camvid", "paper"])
def planned(request: pytest.FixtureRequest, checkout: Checkout, tmp_path: Path) -> tuple[Ended, Graph]:
    given: dict[str, object] = {"scale": request.param}
    words = [f"scale={request.param}"]
    for name in SETS.get(request.param, ()):
        for folder in LAYOUTS[name]:
            (tmp_path / "data" / name / folder).mkdir(parents=True, exist_ok=True)
    if request.param in SETS:
        paths = {name: {"path": str(tmp_path / "data" / name)} for name in SETS[request.param]}
        given["data"] = paths
        words.append(
            "data={" + ",".join(f"{name}: {{path: {one['path']}}}" for name, one in paths.items()) + "}"
        )
    ended = checkout.plan(*words)
    assert ended.status == 0, ended.text
    return ended, Graph(Grid(resolve(given, checkout.root / "workflow" / "scales")))


def test_every_job_and_what_it_waits_for_is_snakemakes(planned: tuple[Ended, Graph]) -> None:
    ended, graph = planned
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


def test_stages_and_measurements_are_those_of_the_rules(planned: tuple[Ended, Graph]) -> None:
    ended, graph = planned
    rules = [rule for members in STAGES.values() for rule in members]
    assert len(rules) == len(set(rules)) and {task.rule for task in graph.tasks} <= set(rules)
    assert set(rules) == {task.rule for task in graph.tasks} or graph.scale != "tiny"
    for job in ended.jobs:
        if job.rule in ALONE:
            assert job.command.startswith("autortnet measure-") or "check-lut" in job.command
