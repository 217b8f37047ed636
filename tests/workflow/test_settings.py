"""Every key of the configuration: what a change of it reruns, in Snakemake and through DVC."""

from __future__ import annotations

import re
import types
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

import pytest
import yaml
from compared import Compared, compared
from pydantic import BaseModel
from workflow_checkout import Checkout, Ended, Job

from pipeline_src.config.grid import Grid
from pipeline_src.config.load import merge, resolve
from pipeline_src.config.models import Config
from pipeline_src.config.settings import setting_keys
from pipeline_src.errors import UserError
from pipeline_src.planning.graph import Graph
from workflow.stages import COMMANDS

EXECUTION = {
    "runtime.workers",
    "runtime.processes",
    "runtime.cache_mib",
    "runtime.frames_file_mib",
    "runtime.checkpoint_every_s",
    "runtime.job_minutes_max",
    "latency.allow_other_device",
    "evaluate.batch_size",
    "workflow.custom_rules",
}
ADDS_FIGURES = "workflow.custom_rules"
"""Changes no result; a figure that such rules add comes to the page."""


# Rules read these themselves, to tell a command which run it is about.
OF_THE_GRID = {"data", "experiments", "seed"}
DROPS_JOBS = "finetune.pretrained"
# Keys whose valid values follow from another key, and what they are tried with.
TRIED_WITH: dict[str, tuple[Any, ...]] = {
    "experiments.gamma_c": (0.05,),
    "experiments.gamma_seeds": ([3],),
    "data.main": ("camvid",),
    ADDS_FIGURES: (["workflow/examples/size_and_speed.smk"],),
}
# Other keys without which a key has no effect.
TRIED_TOGETHER = {"finetune.class_weights": {"finetune": {"loss": "cross_entropy"}}}
# Null at tiny, with all below it; tests/workflow/test_own_data.py runs such a set.
OF_AN_OWN_SET = "data.own."
STAGE_OF = {command: stage for stage, commands in COMMANDS.items() for command in commands}


@pytest.fixture(scope="module")
def jobs(tiny: Ended) -> tuple[Job, ...]:
    """The jobs of tiny."""
    return tiny.jobs


@pytest.fixture(scope="module")
def settings(repository: Path) -> Config:
    return resolve({"scale": "tiny"}, repository / "workflow" / "scales")


def other(annotation: Any, value: Any) -> Iterator[Any]:
    """Values that differ from one; which of them are valid shows when they are tried."""
    if get_origin(annotation) is Literal:
        yield from (one for one in get_args(annotation) if one != value)
    elif isinstance(annotation, types.UnionType) or get_origin(annotation) is Union:
        for part in get_args(annotation):
            yield from other(part, value)
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield from (value + 1, value - 1, value + 32)
    elif isinstance(value, float):
        yield from (value * 0.9, value / 2 + 0.01)
    elif isinstance(value, tuple) and value:
        yield from ([*map(plain, value[:-1]), one] for one in other(None, value[-1]))
        yield [plain(one) for one in value[:-1]]
        yield [plain(one) for one in value[1:]]
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from ({**plain(value), name: one} for one in other(None, getattr(value, name)))
    elif value is None:
        yield from (3, 0.5)


def plain(value: Any) -> Any:
    return value.model_dump(mode="json") if isinstance(value, BaseModel) else value


def changed_at(settings: Config, path: str, repository: Path) -> Iterator[dict[str, Any]]:
    """Settings that differ from those of tiny at one key and are valid."""
    *above, name = path.split(".")
    block: Any = settings
    for one in above:
        block = getattr(block, one)
    value = getattr(block, name)
    annotation = type(block).model_fields[name].annotation
    for candidate in (*TRIED_WITH.get(path, ()), *other(annotation, value)):
        config: dict[str, Any] = {name: candidate}
        for one in reversed(above):
            config = {one: config}
        config = merge(config, TRIED_TOGETHER.get(path, {}))
        try:
            resolved = resolve({"scale": "tiny", **config}, repository / "workflow" / "scales")
        except UserError:
            continue
        if resolved != settings:
            yield config


def one_of_each(jobs: tuple[Job, ...]) -> tuple[Job, ...]:
    """One job of each rule, its options and its sets: a key that names no runs changes all alike."""
    word = re.compile(r" --[\w-]+|cityscapes|camvid|imagenet")
    return tuple({(job.rule, *sorted(set(word.findall(job.command)))): job for job in jobs}.values())


def reruns(before: dict[tuple[str, ...], Compared], after: dict[tuple[str, ...], Compared]) -> set[str]:
    """The rules with a job that both have and that is not the same."""
    return {one.rule for key, one in after.items() if one != before[key]}


def rules_in_graph(settings: Config) -> set[str]:
    """The rules that have a job in the grid of these settings."""
    return {task.rule for task in Graph(Grid(settings)).tasks}


def declare(path: str) -> set[str]:
    """The commands whose `BLOCKS` name a key, or a block that it is in."""
    places = {".".join(path.split(".")[:depth]) for depth in range(1, path.count(".") + 2)}
    return {command for command in STAGE_OF if places & set(getattr(_module(command), "BLOCKS", ()))}


def _module(command: str) -> types.ModuleType:
    return import_module(f"pipeline_src.cli.{command}")


def test_exactly_the_keys_of_a_result_rerun_jobs_and_only_of_commands_that_declare_them(
    shared: Checkout, jobs: tuple[Job, ...], settings: Config, repository: Path
) -> None:
    few = one_of_each(jobs)
    whole, part = compared(shared.root, {}, jobs), compared(shared.root, {}, few)
    untried: set[str] = set()
    blocks: dict[str, set[str]] = {stage: {"scale"} for stage in COMMANDS}
    for path, is_execution in setting_keys():
        if path == "scale" or path.endswith(".path") or path.startswith(OF_AN_OWN_SET):  # other folders
            continue
        config = next(changed_at(settings, path, repository), None)
        if config is None:
            untried.add(path)
            continue
        block = path.split(".")[0]
        before, tried = (whole, jobs) if block == "experiments" else (part, few)
        after = compared(shared.root, config, tried)
        found = reruns(before, after)
        gone = {before[key].rule for key in before.keys() - after.keys()}
        if path == DROPS_JOBS:
            changed = resolve({"scale": "tiny", **config}, repository / "workflow" / "scales")
            gone |= rules_in_graph(settings) - rules_in_graph(changed)
        if path == ADDS_FIGURES:
            assert found == {"render_report"} and not gone
        elif is_execution:
            assert not found and not gone, path
        elif block in OF_THE_GRID or path == DROPS_JOBS:
            assert (found or gone) and declare(path) <= found, path
        else:
            assert found == declare(path) and not gone, path
        for rule in found | gone:
            blocks[STAGE_OF[rule]].add(block)
    assert untried == set(), "each key is tried"
    declared = yaml.safe_load((repository / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
    assert {stage: set(declared[stage]["params"]) for stage in COMMANDS} == blocks


def test_the_keys_of_execution_are_these() -> None:
    assert {path for path, is_execution in setting_keys() if is_execution} == EXECUTION


def test_no_option_is_given_a_bare_value(repository: Path) -> None:
    """Snakemake compares a job's parameters as a set: crop and resize, say, could change places unseen.

    What follows an option may be a path or JSON, of which a job has one of a kind; all else names its option.
    """
    paths = {"prepared", "raw", "root", "checkpoints", "folder", "results", "reports"}
    for file in (repository / "workflow" / "rules").glob("*.smk"):
        bare = re.findall(r"--[\w-]+ \{params\.(\w+)", file.read_text(encoding="utf-8"))
        assert set(bare) <= paths | {"settings", "execution"}, file.name


def test_values_that_change_places_rerun_the_job(shared: Checkout, jobs: tuple[Job, ...]) -> None:
    pretraining = tuple(job for job in jobs if job.rule == "pretrain_backbone")
    seen = set()
    for crop, resize, seed in ((48, 64, 64), (64, 64, 48), (48, 64, 48), (48, 48, 64)):
        config = {"seed": seed, "data": {"imagenet": {"crop_px": crop, "resize_px": resize}}}
        seen |= set(compared(shared.root, config, pretraining[:1]).values())
    assert len(seen) == 4, "each is another job"
