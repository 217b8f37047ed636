"""What `autortnet status` asks for is what the graph makes, with the logs that its jobs write."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from workflow_checkout import Checkout

from pipeline_src.config.grid import Grid
from pipeline_src.config.load import read_yaml, resolve
from pipeline_src.reporting.read.standing import jobs_of


def test_status_knows_each_jobs_output_and_log(checkout: Checkout, repository: Path) -> None:
    ended = checkout.plan()
    assert ended.status == 0, ended.text
    config = resolve(read_yaml(checkout.root / "params.yaml"), repository / "workflow" / "scales")
    told = {(f"results/tiny/{one.output}", f"logs/tiny/{one.log}"): one.rule for one in jobs_of(Grid(config))}
    planned = {(output, one.log): one.rule for one in ended.jobs for output in one.outputs}
    assert {pair: planned.get(pair) for pair in told} == told
    stages = set(told.values())
    assert Counter(told.values()) == {rule: count for rule, count in ended.rules.items() if rule in stages}
