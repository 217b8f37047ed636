"""Snakemake's own time: dry runs of large graphs, a run with nothing to do, the share of orchestration."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import Any

from benchmarks.measured import REPOSITORY, Found, Request
from pipeline_src.latency.load import load_average

ORCHESTRATION = REPOSITORY / "reports" / "orchestration.json"


def workflow(request: Request) -> Found:
    """Snakemake's own time: a second run and large graphs; the share of orchestration as last measured."""
    ends = time.monotonic() + request.left_s
    found: Found = {"orchestration_share": _orchestration()}
    seconds, text = _dry_run([], ends)
    if seconds is None or "Nothing to be done" not in text:
        found["noop_s"] = {"not_run": "something is left to be done here: make reproduce, then again"}
    else:
        found["noop_s"] = {"n": 1, "median": seconds}
    asked = {"graph_2000_s": (2000, "random_networks: 385")}
    asked["graph_10000_s"] = (10_000, "random_networks: 1000, matched_networks: 1000")
    for key, (jobs, experiments) in asked.items():
        if request.tiny:
            jobs, experiments = 100, "random_networks: 3"
        seconds, text = _dry_run(["--forceall", "--config", f"experiments={{{experiments}}}"], ends)
        total = re.search(r"^total\s+(\d+)", text, re.MULTILINE)
        if seconds is None:
            found[key] = {"not_run": f"not done when the time was over ({request.left_s:.0f} s were left)"}
        elif total is None or int(total[1]) < jobs:
            found[key] = {"not_run": f"the graph is not of {jobs} jobs: {text.strip()[-200:]}"}
        else:
            found[key] = {"n": 1, "median": seconds, "jobs": int(total[1]), "load": load_average()}
    return found


def _orchestration() -> dict[str, Any]:
    if not ORCHESTRATION.is_file():
        how = "python -m benchmarks.orchestration --output reports/orchestration.json -- make reproduce"
        return {"not_run": f"takes a whole run of tiny: {how}"}
    told = json.loads(ORCHESTRATION.read_text(encoding="utf-8"))
    date = time.strftime("%Y-%m-%d", time.gmtime(ORCHESTRATION.stat().st_mtime))
    return {
        "n": 1,
        "median": told["orchestration_share"],
        "measured": date,
        "load": told["machine"]["load_1min"],
    }


def _dry_run(words: Sequence[str], ends: float) -> tuple[float | None, str]:
    """Seconds of a dry run of the whole graph, and what it said; None where the time was over."""
    command = [sys.executable, "-m", "snakemake", "reproduce_tables", "-n", "--quiet", "rules", *words]
    started = time.monotonic()
    try:
        done = subprocess.run(
            command, cwd=REPOSITORY, capture_output=True, text=True, timeout=max(ends - started, 1.0)
        )
    except subprocess.TimeoutExpired:
        return None, ""
    return time.monotonic() - started, done.stdout + done.stderr
