"""What the workflow costs beside its work: Snakemake, the start of processes, imports.

    python -m benchmarks.orchestration [--most 0.30] -- snakemake --cores all reproduce_tables

Runs the command and compares two sums of processor time: that of the command with all its children, by
the operating system, and that of the steps themselves, by the run records that they wrote meanwhile
(`processor_s` begins when a step's process has started and imported what it needs). The rest is
orchestration.
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
        "orchestration_s_per_step": round((total_s - work_s) / len(new), 3),
        "by_command": {name: {"n": len(times), "s": round(sum(times), 1)} for name, times in steps.items()},
    }


def main() -> None:
    """Measure, print JSON, and fail where the share is above the bound."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--most", type=float, default=1.0, help="largest share allowed, 0 to 1")
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
    if float(str(result["orchestration_share"])) > args.most:
        sys.exit(f"error: orchestration took more than {args.most:.0%} of the processor time.")


if __name__ == "__main__":
    main()
