"""What `autortnet status` asks for is what the graph makes, with the logs that its jobs write."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from workflow_checkout import Ended

from pipeline_src.config.grid import Grid
from pipeline_src.config.load import read_yaml, resolve
from pipeline_src.reporting.read.standing import jobs_of


def test_status_knows_each_jobs_output_and_log(tiny: Ended, repository: Path) -> None:
    config = resolve(read_yaml(repository / "params.yaml"), repository / "workflow" / "scales")
    told = {(f"results/tiny/{one.output}", f"logs/tiny/{one.log}"): one.rule for one in jobs_of(Grid(config))}
    planned = {(output, one.log): one.rule for one in tiny.jobs for output in one.outputs}
    assert {pair: planned.get(pair) for pair in told} == told
    stages = set(told.values())
    assert Counter(told.values()) == {rule: count for rule, count in tiny.rules.items() if rule in stages}
