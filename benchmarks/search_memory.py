"""Memory that a search step adds, in a process of its own: a peak can be read once.

    python -m benchmarks.search_memory --step soft [--height 96 --width 128 --batch 4 ...]

Prints one JSON object: resident memory before the first step, the peak of two steps, and their difference.
"""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path

from benchmarks.search_step import KINDS, build, parse_arguments
from pipeline_src.cli.record import peak_memory_mib
from pipeline_src.training.distributed import resolve_device
from pipeline_src.training.seeding import seed_everything


def _resident_mib() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 2**20


def main() -> None:
    kind = sys.argv.pop(sys.argv.index("--step") + 1)
    sys.argv.remove("--step")
    if kind not in KINDS:
        sys.exit(f"error: --step {kind!r} is none of {', '.join(KINDS)}")
    args = parse_arguments()
    seed_everything(0, args.threads)
    steps = build(args, resolve_device(args.device), kind).run()
    before = _resident_mib()
    for _ in range(2):
        next(steps)
    peak = peak_memory_mib()["process"]
    print(json.dumps({"before_mib": before, "peak_mib": peak, "growth_mib": peak - before}))


if __name__ == "__main__":
    main()
