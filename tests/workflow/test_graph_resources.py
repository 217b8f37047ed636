"""The resources that jobs request, and how the time that a graph takes grows with its jobs."""

from __future__ import annotations

import pytest
from compared import resources_of, rules_of
from processes import processor_s
from workflow_checkout import Checkout, Ended


@pytest.mark.slow("builds graphs of 3,000 jobs")
def test_the_time_of_a_graph_grows_as_its_jobs_do(shared: Checkout) -> None:
    """By a quarter more at most, on a busy machine; what grew with their square would take twice that."""
    took_s, jobs = [], []
    for networks in (185, 385):
        words = ("reproduce_tables", "-n", "--config", f"experiments={{random_networks: {networks}}}")
        found: list[Ended] = []
        took_s.append(processor_s(lambda: found.append(shared.snakemake(*words))))  # noqa: B023
        assert found[0].status == 0, found[0].text[-2000:]
        jobs.append(sum(found[0].rules.values()))
    assert jobs[1] >= 2000
    assert took_s[1] / took_s[0] <= 1.25 * jobs[1] / jobs[0], (took_s, jobs)


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
    shared: Checkout, tiny: Ended, attempt: int, most: int | None, mem_mb: int, minutes: int
) -> None:
    searches = [job for job in tiny.jobs if job.rule == "search_architecture"]
    assert searches
    with rules_of(shared.root, {"runtime": {"job_minutes_max": most}} if most else {}) as rules:
        asked = [resources_of(rules[job.rule], job, attempt) for job in searches]
    assert {(one["mem_mb"], one["runtime"]) for one in asked} == {(mem_mb, minutes)}
    assert {one["slurm_extra"] for one in asked} == {f"--signal=TERM@{min(300, 6 * minutes)}"}
