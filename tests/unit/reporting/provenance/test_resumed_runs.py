"""Runs that were interrupted and went on: who began them, on the line of a number and behind it."""

from __future__ import annotations

import json

from fabricate import Folder

from pipeline_src import places
from pipeline_src.artifacts import RECORD
from pipeline_src.config.grid import Grid
from pipeline_src.reporting.provenance.explain import Screen, run_of
from pipeline_src.reporting.provenance.lines import traced
from pipeline_src.reporting.provenance.trace import Tracer
from pipeline_src.reporting.read.provenance import Line


def test_a_run_that_was_resumed_tells_who_began_it(small_grid: Grid, folder: Folder) -> None:
    """On the line of a number, and behind it: an evaluation has a record of its own, its training another."""
    row = small_grid.of_table("table_3")[1]
    evaluation, architecture = row.val[0], row.val[0].training.architecture
    path = folder.evaluation(evaluation)
    trained = folder.root / "finetune" / architecture.name / evaluation.training.name
    trained.mkdir(parents=True)
    folder.record(trained, "finetune-network", seed=7)
    part = {"started": "2026-01-01", "wall_s": 7.4, "processor_s": 7.0, "device": "Other"}
    record = json.loads((trained / RECORD).read_text())
    record["earlier"] = [
        part | {"git": {"commit": "cd" * 20, "changed": changed}} for changed in (False, True)
    ]
    (trained / RECORD).write_text(json.dumps(record))
    behind = json.loads(path.with_name(f"{path.name}.{RECORD}").read_text())
    behind["inputs"] = {
        f"results/tiny/finetune/{architecture.name}/{evaluation.training.name}/weights": "ab" * 32
    }
    path.with_name(f"{path.name}.{RECORD}").write_text(json.dumps(behind))
    begun = "2026-01-01, 7 s, commit cdcdcdcdcdcd{}, Other"
    begun = f"{begun.format('')}; {begun.format(' with changes since')}"
    trace = Tracer(folder.root, "tiny").of(places.evaluation(evaluation))
    assert trace.earlier == "" and [one.earlier for one in trace.upstream] == [begun]
    own = Tracer(folder.root, "tiny").of(f"finetune/{architecture.name}/{evaluation.training.name}/{RECORD}")
    line = traced(Line("table_3"), own)
    assert own.earlier == line.earlier == begun
    said = "\n".join(run_of(line, 1, 1, Screen(None)))
    assert "resumed" in said and begun in said
