"""A user's own rules and figures, added without an edit of ours: by dry runs, and one drawing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from compared import rules_of
from snakemake.exceptions import WorkflowError
from workflow_checkout import Checkout

EXAMPLE = "workflow/examples/size_and_speed.smk"
PICTURE = "reports/tiny/figures/size_and_speed"


def own(*files: str) -> str:
    return f"workflow={{custom_rules: [{', '.join(files)}]}}"


def test_the_example_adds_a_figure_to_the_page_and_own_files_are_made_with_the_rest(
    checkout: Checkout,
) -> None:
    (checkout.root / "mine.smk").write_text(
        'OWN_TARGETS.append(f"{REPORTS}/mine.txt")\n'
        'rule mine:\n    output: f"{REPORTS}/mine.txt"\n    shell: "echo a > {output}"\n'
    )
    ended = checkout.plan(own(EXAMPLE, "mine.smk"))
    assert ended.status == 0, ended.text
    (drawn,) = [job for job in ended.jobs if job.rule == "draw_size_and_speed"]
    assert set(drawn.outputs) == {f"{PICTURE}.svg", f"{PICTURE}.json"}
    assert "results/tiny/speed/networks.json" in drawn.inputs
    (page,) = [job for job in ended.jobs if job.rule == "render_report"]
    assert set(drawn.outputs) <= set(page.inputs)
    assert page.command.count("--own-figure") == 1 and "--own-figure size_and_speed" in page.command
    assert ended.rules["mine"] == 1
    params = yaml.safe_load((checkout.root / "params.yaml").read_text())
    checkout.configure({**params, "workflow": {"custom_rules": ["mine.smk"]}})
    ended = checkout.snakemake("reports/tiny/mine.txt")
    assert ended.status == 0 and (checkout.root / "reports" / "tiny" / "mine.txt").read_text() == "a\n"


MANY = """
rule threads_of_snakemake:
    output: "threads/{n}"
    shell: "grep Threads /proc/$PPID/status > {output}"

rule many:
    input: expand("threads/{n}", n=range(30))
    localrule: True
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="no /proc to look at")
@pytest.mark.parametrize(("limit", "leaks"), [((), False), (("--max-jobs-per-timespan", "50/1s"), True)])
def test_finished_jobs_leave_no_timers_in_snakemake(
    checkout: Checkout, limit: tuple[str, ...], leaks: bool
) -> None:
    (checkout.root / "many.smk").write_text(MANY)
    ended = checkout.snakemake("many", *limit, "--config", own("many.smk"))
    assert ended.status == 0, ended.text
    threads = [int(one.read_text().split()[1]) for one in (checkout.root / "threads").iterdir()]
    # One for each finished job, if there is a limit; a limit that somebody sets is kept.
    assert len(threads) == 30 and (max(threads) > 20) == leaks, threads


@pytest.mark.parametrize(
    ("files", "parts"),
    [
        (("gone.smk",), ("workflow.custom_rules", "gone.smk is not there")),
        (("a.py",), ("does not end in .smk",)),
    ],
)
def test_rules_that_cannot_be_included_stop_the_run(
    shared: Checkout, files: tuple[str, ...], parts: tuple[str, ...]
) -> None:
    config = {"workflow": {"custom_rules": list(files)}}
    with pytest.raises(WorkflowError) as stopped, rules_of(shared.root, config):
        pass
    assert all(part in str(stopped.value) for part in parts), stopped.value


def test_the_examples_figure_is_drawn_and_drawn_again(repository: Path, tmp_path: Path) -> None:
    results, output = tmp_path / "results" / "tiny", tmp_path / "reports" / "tiny" / "figures"
    place = results / "speed" / "networks.json"
    place.parent.mkdir(parents=True)
    timings = [
        {"parameters": parameters, "forms": {form: {"latency_ms": {"median": 12.5}}}}
        for parameters, form in ((900_000, "folded"), (3_500_000, "folded"), (1, "eager"))
    ]
    place.write_text(json.dumps({"timings": timings}))
    script = repository / "workflow" / "examples" / "size_and_speed.py"
    command = [sys.executable, str(script), "--results", str(results), "--output", str(output)]
    for _ in range(2):
        subprocess.run(command, check=True, env={**os.environ, "PYTHONPATH": str(repository)})
    words = json.loads((output / "size_and_speed.json").read_text())
    assert words["status"] == "measured" and words["sources"] == ["speed/networks.json"]
    assert words["alt"] == "2 timings, 0.90 to 3.50 million parameters, 12.5 to 12.5 ms"
    assert (output / "size_and_speed.svg").read_text().lstrip().startswith("<?xml")
