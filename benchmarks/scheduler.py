"""Threads and processor time of Snakemake's main process, with and without its rate limit for jobs.

    python -m benchmarks.scheduler --jobs 217 2000

The jobs do nothing for 0.1 s. Each waits for the one WIDTH places before it, so that some are always ready.
The processor time of the jobs is not counted. Reads /proc. docs/results/scheduler.md has the results.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

WIDTH = 20
SNAKEFILE = f"""
rule all:
    input:
        expand("out/{{n}}", n=range(JOBS)),


rule stub:
    input:
        lambda wildcards: f"out/{{int(wildcards.n) - {WIDTH}}}" if int(wildcards.n) >= {WIDTH} else [],
    output:
        "out/{{n}}",
    shell:
        "sleep 0.1; touch {{output}}"
"""
ONSTART = """

onstart:
    select = workflow.scheduler.job_selector

    def counted(jobs):
        with open("passes", "ab") as stream:
            stream.write(b".")
        return select(jobs)

    workflow.scheduler.job_selector = counted
"""
NO_LIMIT = "    workflow.scheduler.job_rate_limiter = None\n"
VARIANTS: dict[str, tuple[str, tuple[str, ...]]] = {
    "default": ("", ()),
    "1000/10s": ("", ("--max-jobs-per-timespan", "1000/10s")),
    "none": (NO_LIMIT, ()),
}
"""By name: what is added to the Snakefile, and to the command line."""


def usage_of(pid: int) -> tuple[int, float] | None:
    """Threads, and processor seconds without those of children; None where the process has ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    except OSError:
        return None
    return int(fields[17]), (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(jobs: int, variant: str, limit_s: float) -> str:
    """Run one workflow, for `limit_s` seconds at most; a line of the table."""
    added, words = VARIANTS[variant]
    snakemake = str(Path(sys.executable).with_name("snakemake"))
    with tempfile.TemporaryDirectory() as folder:
        text = SNAKEFILE.replace("JOBS", str(jobs)) + ONSTART + added
        Path(folder, "Snakefile").write_text(text, encoding="utf-8")
        command = [snakemake, "--cores", "2", "--quiet", "all", *words]
        started, threads, cpu_s = time.monotonic(), 0, 0.0
        with subprocess.Popen(command, cwd=folder) as running:
            while running.poll() is None:
                found = usage_of(running.pid)
                if found is not None and found[1]:  # a zombie's thread is no more
                    threads, cpu_s = max(threads, found[0]), found[1]
                if time.monotonic() - started > limit_s:
                    running.kill()
                time.sleep(0.1)
        wall_s = time.monotonic() - started
        done, passes = sum(1 for _ in Path(folder, "out").iterdir()), Path(folder, "passes").stat().st_size
    return f"{jobs:>6} {variant:>9} {done:>6} {passes:>8} {threads:>8} {cpu_s:>8.1f} {wall_s:>7.0f}"


def main() -> None:
    """Measure each variant at each number of jobs, one after the other."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--jobs", type=int, nargs="+", default=[217], help="numbers of jobs (default: 217)")
    parser.add_argument(
        "--variants", nargs="+", choices=VARIANTS, default=list(VARIANTS), help="(default: all)"
    )
    parser.add_argument("--limit-s", type=float, default=900.0, help="end a run after so long (default: 900)")
    args = parser.parse_args()
    names = f"{'jobs':>6} {'limit':>9} {'done':>6} {'passes':>8} {'threads':>8} {'cpu s':>8} {'wall s':>7}"
    print(names, flush=True)
    for jobs in args.jobs:
        for variant in args.variants:
            print(measure(jobs, variant, args.limit_s), flush=True)


if __name__ == "__main__":
    main()
