"""The workflow on a real SLURM: two nodes with fake GPUs, started on this machine for these tests.

`make slurm-test` runs this file alone and shows SLURM's records; with FULL=1, of the complete `tiny` graph.
"""

from __future__ import annotations

import copy
import json
import os
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from slurm_cluster import NODES, NoCluster, SlurmJob, cluster, jobs_in, version
from test_slice import LUT, PARAMS, SEARCHED
from workflow_checkout import Checkout, Ended

SEARCH = f"results/tiny/search/{SEARCHED}"
EVERY_RULE = (
    "reports/tiny/tables/table_4.csv",
    "reports/tiny/figures/figure_5.csv",
    "reports/tiny/figures/figure_8.svg",
    "results/tiny/lut/cityscapes_check.json",
    "results/tiny/architectures/random-0/genotype.json",
    "results/tiny/architectures/matched-0/genotype.json",
    "results/tiny/architectures/control/genotype.json",
    "results/tiny/architectures/downsampling-1.2.3/genotype.json",
    "results/tiny/architectures/aggregation-none/genotype.json",
    "data/tiny/camvid/manifest.json",
    f"results/tiny/evaluate/{SEARCHED}/cityscapes-trainval/submission/submission.zip",
)
ON_GPU = {
    "measure_lut", "check_lut", "measure_speeds", "search_architecture", "pretrain_backbone",
    "finetune_network", "evaluate_network", "export_submission", "draw_predictions",
}  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def slurm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The cluster, for all tests of this file."""
    folder = Path(os.environ.get("AUTORTNET_SLURM_DIR") or tmp_path_factory.mktemp("slurm"))
    with ExitStack() as stack:
        try:
            stack.enter_context(cluster(folder))
        except NoCluster as reason:
            pytest.skip(str(reason))
        yield


def params(**changes: dict[str, Any]) -> dict[str, Any]:
    """The settings of test_slice, on whatever device there is, with keys of some blocks changed."""
    changed = copy.deepcopy(PARAMS)
    for block in ("runtime", *changes):
        changed.setdefault(block, {}).update(changes.get(block, {}))
    changed["runtime"].setdefault("device", "auto")
    small = {
        f"{name}_{side}_px": 32 for name in ("input", "crop", "search_crop") for side in ("height", "width")
    }
    frames = {"train": 4, "val": 2, "test": 2, "height_px": 64, "width_px": 64}
    changed["data"]["camvid"] = {"render": frames, **small}
    changed["experiments"] |= {
        "matched_networks": 1,
        "control": True,
        "matched_tolerance": 0.9,
        "downsampling_positions": [[1, 2, 3]],
    }
    return changed


def on_slurm(clone: Checkout, *words: str, timeout_s: float = 900) -> Ended:
    """Snakemake with the project's own SLURM profile, looking at its jobs more often."""
    hasty = ("--slurm-init-seconds-before-status-checks", "2", "--latency-wait", "5")
    return clone.snakemake(*words, "--profile", "profiles/slurm", *hasty, cores=None, timeout_s=timeout_s)


def show(title: str, jobs: list[SlurmJob]) -> None:
    print(f"\n{title} ({version()})")
    print("\n".join(job.text for job in jobs))


def require_all_ran_there(jobs: list[SlurmJob], ended: Ended, without: set[str]) -> None:
    """By SLURM's records: every job that Snakemake finished, GPU rules with GPUs, on both nodes.

    `without` are the rules that the graph at hand does not hold.
    """
    finished = Counter(re.findall(r"^Finished jobid: \d+ \(Rule: (\w+)\)", ended.text, re.MULTILINE))
    del finished["reproduce_tables"]
    assert Counter(job.rule for job in jobs if job.state == "COMPLETED") == finished
    assert {job.rule for job in jobs if job.gres == "gpu:1"} == ON_GPU - without
    assert not any(job.gres for job in jobs if job.rule not in ON_GPU)
    assert {job.nodes for job in jobs} == set(NODES)
    measuring = {job.rule for job in jobs if job.exclusive}
    assert measuring == {"measure_lut", "check_lut", "measure_speeds"} - without


def test_a_set_is_rendered_and_prepared_there(checkout: Checkout) -> None:
    checkout.configure(params())
    ended = on_slurm(checkout, "data/tiny/camvid/manifest.json")
    assert ended.status == 0, ended.text
    jobs = jobs_in(checkout.root)
    show("two rules", jobs)
    assert [(job.rule, job.state, job.gres) for job in jobs] == [
        ("render_scenes", "COMPLETED", ""),
        ("prepare_data", "COMPLETED", ""),
    ]


@pytest.mark.slow("a job of each rule, each with a Snakemake that starts on its node")
def test_every_rule_runs_there(checkout: Checkout, repository: Path) -> None:
    if os.environ.get("FULL"):
        checkout.configure({"scale": "tiny", "runtime": {"device": "auto"}})
        ended = on_slurm(checkout, "reproduce_tables", timeout_s=7200)
    else:
        checkout.configure(params())
        ended = on_slurm(checkout, *EVERY_RULE)
    assert ended.status == 0, ended.text
    jobs = jobs_in(checkout.root)
    show("every rule", jobs)
    files = (repository / "workflow" / "rules").glob("*.smk")
    rules = {name for path in files for name in re.findall(r"^rule (\w+):", path.read_text(), re.MULTILINE)}
    # These wait for every run of the grid, or for A, B and C alike, so only the whole graph holds them.
    whole = {"collect_overview", "judge_claims", "trace_provenance", "render_report"}
    beyond = set() if os.environ.get("FULL") else whole
    require_all_ran_there(jobs, ended, beyond)
    wanted = {name for name in rules if not name.startswith("stage_")}
    assert wanted - beyond == {job.rule for job in jobs}


@pytest.mark.slow("a search of minutes, with a time limit of one")
def test_work_longer_than_the_time_limit_ends_in_a_chain_of_attempts(
    tmp_path: Path, repository: Path
) -> None:
    long = {"epochs": 800, "warmup_epochs": 200, "validation_every": 800}
    limited, free = (Checkout(tmp_path / name, repository) for name in ("limited", "free"))
    # No checkpoint comes by the clock: what an attempt hands on is what it wrote when SLURM warned it.
    limited.configure(params(search=long, runtime={"job_minutes_max": 1, "checkpoint_every_s": 1000}))
    free.configure(params(search=long, runtime={"checkpoint_every_s": 1000}))
    table = on_slurm(limited, LUT, "data/tiny/cityscapes/manifest.json")
    assert table.status == 0, table.text
    for folder in ("data", "results"):
        shutil.copytree(limited.root / folder, free.root / folder)

    with ThreadPoolExecutor() as beside:
        alone = beside.submit(free.snakemake, f"{SEARCH}/genotype.json")
        ended = on_slurm(limited, f"{SEARCH}/genotype.json", "--retries", "20", timeout_s=1500)
        assert alone.result().status == 0, alone.result().text
    assert ended.status == 0, ended.text
    attempts = [job for job in jobs_in(limited.root) if job.rule == "search_architecture"]
    show("a search with a time limit of one minute", attempts)
    assert len(attempts) > 1 and {job.minutes for job in attempts} == {1}
    assert {job.state for job in attempts[:-1]} <= {"FAILED", "TIMEOUT"}
    assert attempts[-1].state == "COMPLETED"
    assert not list(limited.root.glob(".checkpoints/**/*.ckpt"))
    for name in ("genotype.json", "log.csv"):
        assert (free.root / SEARCH / name).read_bytes() == (limited.root / SEARCH / name).read_bytes()


@pytest.mark.slow("two searches, each with its sets and lookup table")
def test_two_nodes_train_as_two_processes_of_one(tmp_path: Path, repository: Path) -> None:
    across, within = (Checkout(tmp_path / name, repository) for name in ("across", "within"))
    across.configure(params(runtime={"processes": {"search": {"nodes": 2}}}))
    ended = on_slurm(across, f"{SEARCH}/genotype.json")
    assert ended.status == 0, ended.text
    (job,) = [job for job in jobs_in(across.root) if job.rule == "search_architecture"]
    show("a search on two nodes", [job])
    assert job.nodes == "n[1-2]" and job.gres == "gpu:1" and job.state == "COMPLETED"
    record = json.loads((across.root / SEARCH / "run.json").read_text())
    assert record["command"][1] == "search-architecture"

    shutil.copytree(across.root / "data", within.root / "data")
    shutil.copytree((across.root / LUT).parent, (within.root / LUT).parent)
    within.configure(params(runtime={"processes": {"search": {"per_node": 2}}}))
    alone = within.snakemake(f"{SEARCH}/genotype.json")
    assert alone.status == 0, alone.text
    for name in ("genotype.json", "log.csv"):
        assert (within.root / SEARCH / name).read_bytes() == (across.root / SEARCH / name).read_bytes()
