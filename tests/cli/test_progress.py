"""Every step that takes time tells how far it is, in words that `autortnet status` reads."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from cli_stand_ins import SIZE, Steps

from pipeline_src.cli import progress
from pipeline_src.cli.main import main
from pipeline_src.config.grid import Grid
from pipeline_src.config.load import read_yaml, resolve
from pipeline_src.reporting.read.standing import Job, jobs_of, standing_of

REPOSITORY = Path(__file__).parents[2]


def _latency(steps: Steps, command: str, *words: str) -> list[str]:
    blocks = ("space", "latency", "runtime") if command.endswith("lut") else ("latency", "runtime")
    return [command, *steps._settings(blocks, {}), *words, "--output", str(steps.out / "a" / "b.json")]


COMMANDS: dict[str, Callable[[Steps], list[str]]] = {
    "measure_lut": lambda steps: _latency(steps, "measure-lut", "--input-size", SIZE),
    "check_lut": lambda steps: _latency(
        steps, "check-lut", "--lut", str(steps.lut), "--depths", "1,1,1", "--seed", "1"
    ),
    "search_architecture": Steps.search,
    "pretrain_backbone": Steps.pretrain,
    "finetune_network": Steps.finetune,
    "evaluate_network": Steps.evaluate,
    "measure_speeds": lambda steps: _latency(
        steps, "measure-speeds", "--network", "A", str(steps.genotype), "--at", "camvid", "11", SIZE, "eager"
    ),
}


def test_every_job_of_the_graph_is_tried_here() -> None:
    config = resolve(
        {**read_yaml(REPOSITORY / "params.yaml"), "scale": "tiny"}, REPOSITORY / "workflow/scales"
    )
    assert {job.rule for job in jobs_of(Grid(config))} == set(COMMANDS)


@pytest.mark.parametrize("rule", COMMANDS)
def test_a_step_tells_how_far_it_is(
    rule: str,
    steps: Steps,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A silent job counts as stopped after three minutes; timing SegNet took longer without a word."""
    monkeypatch.setattr(progress, "SECONDS_BETWEEN_LINES", 0.0)
    with caplog.at_level("INFO"):
        assert main(COMMANDS[rule](steps)) == 0
    log = tmp_path / "a.log"
    log.write_text("\n".join(one.getMessage() for one in caplog.records))
    found = standing_of(Job(rule, "a", "absent.json", "a.log"), tmp_path, tmp_path)
    assert found.state == "running"
    assert found.remaining_s is not None, log.read_text()
