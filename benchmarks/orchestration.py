"""What the workflow costs beside its work: Snakemake, the start of processes, imports.

    python -m benchmarks.orchestration [--most-starts 1.5] -- snakemake --cores all reproduce_tables

Runs the command and compares two sums of processor time: that of the command with all its children, by
the operating system, and that of the steps themselves, by the run records that they wrote meanwhile
(`processor_s` begins when a step's process has started and imported what it needs). The rest is
orchestration; it is also given per step, in starts of a process that imports torch on this machine.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path

from benchmarks.results import require_places, write_result


def _records(roots: list[Path]) -> list[Path]:
    found = (path for root in roots if root.is_dir() for path in root.rglob("*.json"))
    return [path for path in found if path.name == "run.json" or path.name.endswith(".run.json")]


def _steps(paths: list[Path]) -> dict[str, list[float]]:
    """Processor seconds of every step by its command; commands told to leave no record are not there."""
    steps: dict[str, list[float]] = defaultdict(list)
    for path in paths:
        record = json.loads(path.read_text(encoding="utf-8"))
        steps[record["command"][1]].append(record["processor_s"])
    return dict(sorted(steps.items()))


def start_s() -> float:
    """Measure the processor seconds of a process that imports torch: the least of three."""
    taken = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-c", "import torch"], check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        taken.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(taken)


def measure(command: list[str], roots: list[Path]) -> dict[str, object]:
    """Run a command; its shares of processor time.

    Raises:
        SystemExit: the command fails, or no step left a record.
    """
    before = {path: path.stat().st_mtime_ns for path in _records(roots)}
    used, clock = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    status = subprocess.run(command, check=False).returncode
    wall_s = time.monotonic() - clock
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if status:
        raise SystemExit(status)
    new = [path for path in _records(roots) if path.stat().st_mtime_ns != before.get(path)]
    if not new:
        raise SystemExit("error: no step left a run record: there was nothing to be done.")
    steps = _steps(new)
    total_s = after.ru_utime + after.ru_stime - used.ru_utime - used.ru_stime
    work_s = sum(sum(times) for times in steps.values())
    per_step_s, reference_s = (total_s - work_s) / len(new), start_s()
    return {
        "command": command,
        "machine": {
            "system": platform.platform(),
            "cpus": os.cpu_count(),
            "python": platform.python_version(),
            "load_1min": os.getloadavg()[0],
        },
        "wall_s": round(wall_s, 1),
        "processor_s": round(total_s, 1),
        "steps_processor_s": round(work_s, 1),
        "steps": len(new),
        "orchestration_share": round(1 - work_s / total_s, 4),
        "orchestration_s_per_step": round(per_step_s, 3),
        "torch_start_s": round(reference_s, 3),
        "orchestration_starts_per_step": round(per_step_s / reference_s, 3),
        "by_command": {name: {"n": len(times), "s": round(sum(times), 1)} for name, times in steps.items()},
    }


def main() -> None:
    """Measure, print JSON, and fail where orchestration is above the bound."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--most-starts", type=float, help="most orchestration per step, in starts of torch")
    parser.add_argument("--output", type=Path, help="where the JSON goes; standard output otherwise")
    parser.add_argument("command", nargs="+", help="what to run, after --")
    args = parser.parse_args()
    if args.output:
        require_places(args.output)
    result = measure(args.command, [Path("data"), Path("results"), Path("reports")])
    text = json.dumps(result, indent=2)
    if args.output:
        write_result(args.output, result)
    print(text)
    starts = float(str(result["orchestration_starts_per_step"]))
    if args.most_starts is not None and starts > args.most_starts:
        sys.exit(
            f"error: orchestration took {starts} starts of torch per step; {args.most_starts} are allowed."
        )


if __name__ == "__main__":
    main()
