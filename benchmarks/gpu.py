"""One card in ten minutes (`make bench-gpu`): table, networks and peers, search and training steps, NCCL.

    python -m benchmarks.gpu [--output reports/benchmarks_gpu.json] [--page docs/results/gpu.md]

Needs no data: images are noise. What there is no time for is told as not run. `--tiny --device cpu` takes
every path at sizes that mean nothing, and is what the tests do.
"""

from __future__ import annotations

import argparse
import functools
import sys
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from benchmarks import gpu_parts as parts
from benchmarks.gpu_inference import inference
from benchmarks.measuring import surroundings
from benchmarks.results import require_places, write_result
from pipeline_src.artifacts import write_text
from pipeline_src.ownership import MARK
from pipeline_src.training.seeding import seed_everything

NOT_RUN = """# On a GPU

Not run: no GPU could be had. `make bench-gpu` measures on one card within 10 minutes, without data sets,
and writes `reports/benchmarks_gpu.json` and this page: the lookup table at 768x1536; a network of A's
shape and other systems at 768x1536, 720x960 and 1024x2048 in float32, float16, channels last, CUDA graphs
and torch.compile; search steps (soft, single, pair; float32 and bfloat16; peak memory, largest batch);
training steps; NCCL on one card; and the paper's search projected from these against its 256 hours of
TitanXP. Its whole path runs on the CPU at a tiny size in `tests/unit/benchmarks/test_gpu.py`, and its CUDA
graphs on an emulated card in `tests/workflow/test_card.py`.
"""
ABOUT = """Weights are random: `equal_pixels`, the share that keeps the class of float32, is told and refuses
no form here. Convolutions in `fp32` use TF32 where the card has it, which is PyTorch's default. Steps are
those of the pipeline: with deterministic kernels, in seconds; their batches lie ready."""
_MARKED = f"<!-- {MARK} -->"
HEADINGS = {
    "lookup_table": "Lookup table",
    "inference": "Networks, batch 1",
    "search_step": "Search steps",
    "projection": "The paper's search on this device",
    "training_step": "Training steps",
    "distributed_step": "Several processes, of which there is one",
}


def parse_arguments(words: Sequence[str] | None = None) -> argparse.Namespace:
    """Where, how long, and where to."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--output", type=Path, default=Path("reports/benchmarks_gpu.json"))
    parser.add_argument("--page", type=Path, default=Path("docs/results/gpu.md"))
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    parser.add_argument("--tiny", action="store_true", help="every path, at sizes that mean nothing")
    args = parser.parse_args(words)
    if args.device == "cpu" and not args.tiny:
        parser.error("--device cpu is for --tiny; the CPU's own benchmarks are those of make bench")
    return args


def run(args: argparse.Namespace, keep: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """Measure part by part; a part that the time does not reach, or that fails, is told as such.

    Args:
        keep: given the result after each part: what is measured is kept whatever comes.
    """
    place = parts.Place(torch.device(args.device), args.tiny)
    seed_everything(0, threads=1)  # steps with the kernels that searches and trainings choose
    begun, whole_s = time.monotonic(), 60 * args.minutes
    found: dict[str, Any] = {}
    asked: dict[str, Callable[[], list[parts.Row]]] = {
        "lookup_table": lambda: parts.lookup_table(place),
        "inference": lambda: inference(place, begun + 0.45 * whole_s, begun + 0.6 * whole_s),
        "search_step": lambda: parts.search_step(place, begun + 0.88 * whole_s),
        "projection": lambda: parts.projection(found["search_step"]),
        "training_step": lambda: parts.training_step(place),
        "distributed_step": lambda: parts.distributed_step(place),
    }
    result = {"format": "autortnet-gpu/1", "tiny": args.tiny, "took_s": 0.0, "parts": found}
    result |= surroundings(place.device)
    for name, measure in asked.items():
        if time.monotonic() - begun > whole_s:
            found[name] = [{"not_run": f"the {args.minutes:g} minutes were over"}]
        else:
            found[name] = _measured(name, measure)
        keep(result | {"took_s": time.monotonic() - begun})
    return result | {"took_s": time.monotonic() - begun}


def _measured(name: str, measure: Callable[[], list[parts.Row]]) -> list[parts.Row]:
    try:
        return measure()
    except Exception as error:  # the other parts are not lost for it
        print(f"error: {name} failed", file=sys.stderr)
        traceback.print_exc()
        return [{"failed": f"{type(error).__name__}: {(str(error).splitlines() or [''])[0][:200]}"}]


def page(result: Mapping[str, Any] | None) -> str:
    """The result as a page; the page that says not run where there is none."""
    if result is None:
        return f"{NOT_RUN}\n{_MARKED}\n"
    machine, versions = result["machine"], result["versions"]
    lines = ["# On a GPU", ""]
    lines += ["Sizes that mean nothing: a test.", ""] if result["tiny"] else []
    lines += [
        f"{result['date']}, {machine['device']}, {machine['driver']}, PyTorch {versions['torch']}, Python "
        f"{versions['python']}; {result['took_s']:.0f} s in all. Written by `make bench-gpu`.",
        "",
        ABOUT,
    ]
    for name, heading in HEADINGS.items():
        lines += ["", f"## {heading}", "", *_table(result["parts"][name])]
    return "\n".join([*lines, "", _MARKED]) + "\n"


def _table(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    if not rows:
        return ["Not run."]
    columns = list(dict.fromkeys(name for row in rows for name in row))
    lines = ["| " + " | ".join(columns) + " |", "|" + " --- |" * len(columns)]
    for row in rows:
        lines.append("| " + " | ".join(_cell(row.get(name)) for name in columns) + " |")
    return lines


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.4g}" if isinstance(value, float) else str(value).replace("|", "/")


def main() -> int:
    args = parse_arguments()
    if args.device == "cuda" and not torch.cuda.is_available():
        sys.exit("error: there is no GPU here, or this PyTorch has no CUDA. Run it where there is one.")
    require_places(args.output, args.page)
    result = run(args, functools.partial(write_result, args.output))
    write_text(args.page, page(result))
    print(f"written: {args.output}, {args.page}")
    return int(any("failed" in row for rows in result["parts"].values() for row in rows))


if __name__ == "__main__":
    sys.exit(main())
