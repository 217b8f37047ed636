"""What Snakemake compares of each job: inputs, parameters, command; read from the rules, nothing is run."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from snakemake.api import SnakemakeApi
from snakemake.settings.types import ConfigSettings, OutputSettings, Quietness, ResourceSettings
from workflow_checkout import Job

ONE_CORE = SimpleNamespace(resources=SimpleNamespace(_cores=1))


@dataclass(frozen=True)
class Compared:
    """A job as Snakemake's records hold it; two that are equal are not run again.

    Inputs and parameters are sets there: of a parameter neither its name nor how often a value stands counts.
    """

    rule: str
    inputs: frozenset[str]
    parameters: frozenset[str]
    command: str


@contextmanager
def rules_of(root: Path, config: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Read the rules of a checkout in this process; inside, its folder is the current one.

    Args:
        root: the checkout.
        config: what `--config` gives.
    """
    before = Path.cwd()
    os.chdir(root)
    try:
        with SnakemakeApi(OutputSettings(quiet={Quietness.ALL})) as api:
            asked = api.workflow(
                resource_settings=ResourceSettings(cores=1),
                config_settings=ConfigSettings(config=config),
                snakefile=root / "Snakefile",
            )
            yield {rule.name: rule for rule in asked._workflow.rules}
    finally:
        os.chdir(before)


def compared(root: Path, config: dict[str, Any], jobs: tuple[Job, ...]) -> dict[tuple[str, ...], Compared]:
    """The jobs of a dry run as they are under other settings; those that these do not name are left out.

    Args:
        root: the checkout.
        config: what `--config` gives.
        jobs: which, by rule and outputs.
    """
    with rules_of(root, config) as rules:
        found = ((job.outputs, _compared(rules[job.rule], job)) for job in jobs if job.outputs)
        return {outputs: one for outputs, one in found if one is not None}


def resources_of(rule: Any, job: Job, attempt: int) -> dict[str, Any]:
    """Return what an attempt of a job asks for."""
    wildcards = rule.get_wildcards(job.outputs[0])
    inputs, *_ = rule.expand_input(wildcards)
    return dict(rule.expand_resources(wildcards, inputs, attempt, skip_evaluation=None).items())


def _compared(rule: Any, job: Job) -> Compared | None:
    wildcards = rule.get_wildcards(job.outputs[0])
    try:
        inputs, *_ = rule.expand_input(wildcards)
        outputs, *_ = rule.expand_output(wildcards)
        _, parameters = rule.expand_params(wildcards, inputs, outputs, ONE_CORE)
    except Exception as error:
        # A job of a run that is no longer in the grid: the lookup by its name fails.
        if "KeyError" in f"{type(error).__name__} {error}" or "StopIteration" in str(error):
            return None
        raise
    return Compared(rule.name, frozenset(map(str, inputs)), frozenset(map(repr, parameters)), rule.shellcmd)
