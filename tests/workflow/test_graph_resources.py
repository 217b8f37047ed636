"""What jobs ask for, how fast large graphs are built, and the form of the rules; by dry runs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from processes import processor_s
from workflow_checkout import Checkout, Ended


def test_a_graph_of_2000_jobs_is_built_in_seconds(shared: Checkout) -> None:
    found: list[Ended] = []
    words = ("reproduce_tables", "-n", "--config", "experiments={random_networks: 385}")
    took_s = processor_s(lambda: found.append(shared.snakemake(*words)))
    (ended,) = found
    assert ended.status == 0 and sum(ended.rules.values()) >= 2000
    # 6 to 8 s on a core of its own (docs/results/slurm.md), up to twice that where caches are shared.
    assert took_s <= 16, took_s


def test_the_slurm_profile_sends_the_jobs_with_gpus_to_the_gpu_partition(shared: Checkout) -> None:
    pytest.importorskip("snakemake_executor_plugin_slurm")
    config = ("--config", "runtime={device: auto}")
    ended = shared.snakemake(
        "reproduce_tables", "-n", "--forceall", "--profile", "profiles/slurm", *config, cores=None
    )
    assert ended.status == 0, ended.text
    jobs = [job for job in ended.jobs if job.rule != "reproduce_tables"]
    assert {job.resources["slurm_partition"] for job in jobs} == {"cpu", "gpu"}
    for job in jobs:
        assert (job.resources["slurm_partition"] == "gpu") == ("gres" in job.resources), job.rule


@pytest.mark.parametrize(
    ("attempt", "most", "mem_mb", "minutes"),
    [(1, None, 1500, 30), (2, None, 3000, 60), (5, None, 4500, 150), (5, 45, 4500, 45)],
)
def test_a_later_attempt_asks_for_more(
    shared: Checkout, attempt: int, most: int | None, mem_mb: int, minutes: int
) -> None:
    config = ["--config", f"runtime={{job_minutes_max: {most}}}"] if most else []
    ended = shared.snakemake("stage_search", "-n", "--forceall", "--attempt", str(attempt), *config)
    asked = [job.resources for job in ended.jobs if job.rule == "search_architecture"]
    assert asked, ended.text
    assert {(one["mem_mb"], one["runtime"]) for one in asked} == {(str(mem_mb), str(minutes))}
    assert {one["slurm_extra"] for one in asked} == {f"--signal=TERM@{min(300, 6 * minutes)}"}


def test_snakemake_finds_nothing_to_complain_of(shared: Checkout) -> None:
    ended = shared.snakemake("--lint")
    assert ended.status == 0 and "Lints for" not in ended.text, ended.text


def test_the_rules_are_formatted(repository: Path) -> None:
    command = Path(sys.executable).with_name("snakefmt")
    if not command.exists():
        pytest.skip("snakefmt is not installed: pip install '.[lint]'")
    files = [repository / "Snakefile", repository / "workflow" / "rules"]
    done = subprocess.run(
        [command, "--check", *files], cwd=repository, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
