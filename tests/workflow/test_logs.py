"""The trace of every result that the workflow plans names the log that the rule writes."""

from __future__ import annotations

import shlex
from pathlib import Path

from workflow_checkout import Ended

from pipeline_src.artifacts import write_json, write_text
from pipeline_src.cli.record import record_path
from pipeline_src.reporting.provenance.trace import Tracer


def test_every_planned_result_is_traced_to_its_rule_and_log(tiny: Ended, tmp_path: Path) -> None:
    planned = [job for job in tiny.jobs if any(out.startswith("results/") for out in job.outputs)]
    for job in planned:
        for out in job.outputs:
            write_text(tmp_path / out, "made")
        words = shlex.split(job.command.split(" > ")[0])
        # What the command itself records: its own words, beside the file or folder that --output names.
        output = tmp_path / words[words.index("--output") + 1]
        record = {
            "command": words,
            "settings": None,
            "seed": None,
            "started": "2026-01-02T03:04:05+00:00",
            "wall_s": 1,
            "device": "any",
            "git": {"commit": None, "changed": None},
            "inputs": {},
        }
        write_json(record_path(output), record)
    tracer = Tracer(tmp_path / "results/tiny", "tiny")
    assert {job.rule for job in planned} >= {
        "search_architecture", "sample_random", "sample_matched", "sample_control", "sample_downsampling",
        "sample_aggregation",
        "pretrain_backbone", "finetune_network", "evaluate_network", "export_submission", "measure_lut",
        "check_lut", "measure_speeds",
    }  # fmt: skip
    for job in planned:
        for out in job.outputs:
            trace = tracer.of(out.removeprefix("results/tiny/"))
            assert (trace.rule, trace.log, trace.artifact) == (job.rule, job.log, out)
