"""Whether the search finds truths that were planted (planted_tasks.py): n of SEEDS, and after how many steps.

    python -m benchmarks.planted_truth --output planted.jsonl [--seeds 10 --tasks cell depth ...]

Each search is the project's own: Searcher, Supernet, LatencyModel, on images drawn as they are needed, so
that no image is seen twice. The ground truth is shown without a search: the fixed alternatives of each task
are trained one by one. Appends a JSON object a run; runs that are there already are left out, so a run that
was stopped goes on. `benchmarks.search_tables` makes the tables of docs/results/search.md of it.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from benchmarks.measuring import surroundings
from benchmarks.planted_tasks import BATCH, CLASSES, SIDE_PX, SPACE, Batch, Task, chosen, plant, tasks
from pipeline_src.config.models import SearchConfig
from pipeline_src.config.search import DeriveZero
from pipeline_src.search.objective import LatencyModel
from pipeline_src.search.searcher import Searcher, SearchPlan
from pipeline_src.space.supernet import ArchitectureParameters, Supernet
from pipeline_src.training.seeding import seed_everything

CPU = torch.device("cpu")
EPOCHS, STEPS_PER_EPOCH = 10, 8
SETTINGS: dict[str, Any] = {
    "epochs": EPOCHS,
    "warmup_epochs": EPOCHS // 3,
    "batch_size": BATCH,
    "weight_lr": 0.1,
    "weight_lr_min": 0.01,
    "weight_decay": 1e-4,
    "architecture_lr": 0.15,
    "validation_images": 0,
}
"""Of every search here; an option changes further keys. The other keys are the paper's."""
OFFSET = {"latency_offset_us": 100.0}
OPTIONS: dict[str, dict[str, Any]] = {
    "plain": {},
    "single": {"sampling": "single"},
    "pair": {"sampling": "pair"},
    "accumulation": {"sampling": "pair", "architecture_accumulation": 4},
    "offset": OFFSET,
    "latency warm-up": {"latency_warmup": True},
    "uniform depth": {"warmup_depth": "uniform"},
    "all": {"sampling": "pair", "latency_warmup": True, "warmup_depth": "uniform", **OFFSET},
    "plain, null": {},
    "pair, null": {"sampling": "pair"},
}
"""Keys of `search:`; a `null` draws the signs of alpha's gradients at random."""
TRIED: dict[str, tuple[str, ...]] = {
    "cell": ("plain", "single", "pair"),
    "aggregation": ("plain", "single", "pair", "accumulation"),
    "depth": ("plain", "single", "pair", "offset", "latency warm-up", "uniform depth", "all"),
    "twin": ("plain", "single", "pair", "offset", "latency warm-up", "all"),
    "finest": ("plain", "single", "pair", "offset", "latency warm-up", "all"),
    "nothing": ("plain", "pair", "plain, null", "pair, null"),
}
"""Which options can matter to a task: without a latency term, or a depth, some are the plain form again."""
DERIVED: tuple[DeriveZero, ...] = ("keep", "guard", "exclude")


def search(task: Task, seed: int, option: str, settings: Mapping[str, Any] = SETTINGS) -> dict[str, Any]:
    """One search of a task; the random numbers of weights, masks and data all follow from `seed`.

    Returns:
        option, seed, steps; `settled`: for each way to treat `zero`, the first step from which on the
        choices were the truth to the end, None where they are not in the end; `choices` of the free edges and
        `depths` at the end; `cross_entropy`, the mean of the last epoch; `cpu_s`.
    """
    seed_everything(seed, 1)
    draws = torch.Generator().manual_seed(1000 + seed)

    def batches(_epoch: int, start: int) -> Iterator[Batch]:
        for _ in range(start, STEPS_PER_EPOCH):
            yield task.batch(draws)

    generator = torch.Generator().manual_seed(seed)
    supernet = Supernet(SPACE, task.depths, CLASSES)
    parameters = ArchitectureParameters(task.depths, generator)
    plant(task, supernet, parameters)
    searcher = Searcher(
        supernet,
        parameters,
        train_batches=batches,
        architecture_batches=None,
        validate=None,
        latency=LatencyModel.build(SPACE, (SIDE_PX, SIDE_PX), task.cost_us, CPU),
        config=SearchConfig(**{**settings, **OPTIONS[option]}),
        plan=SearchPlan(gamma=task.gamma, steps_per_epoch=STEPS_PER_EPOCH),
        device=CPU,
        generator=generator,
        null_signs=torch.Generator().manual_seed(2000 + seed) if option.endswith("null") else None,
    )
    started, steps = time.process_time(), 0
    wrong = dict.fromkeys(DERIVED, 0)
    for steps, _ in enumerate(searcher.run(), start=1):
        for zero in DERIVED:
            if not task.found(chosen(task, parameters, zero)):
                wrong[zero] = steps
    seconds, ends = time.process_time() - started, chosen(task, parameters)
    return {
        "option": option,
        "seed": seed,
        "steps": steps,
        "settled": {zero: last + 1 if last < steps else None for zero, last in wrong.items()},
        "choices": [ends.operations[edge] for edge in task.free],
        "depths": list(ends.depths),
        "cross_entropy": searcher.rows[-1]["ce"],
        "cpu_s": seconds,
    }


def jobs(
    keys: Sequence[str], options: Sequence[str], seeds: int, alternatives: int
) -> Iterator[tuple[str, str, int, Task]]:
    """(task, what is run, seed, task to search) of all searches, then of all fixed alternatives."""
    for key in keys:
        for option in TRIED[key]:
            for seed in range(seeds if option in options else 0):
                yield key, option, seed, tasks(seed)[key]
    for key in keys:
        for seed in range(alternatives):
            task = tasks(seed)[key]
            for name, fixed in task.alternatives(task).items():
                yield key, f"fixed: {name}", seed, fixed


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Whether the search finds what was planted.")
    parser.add_argument("--seeds", type=int, default=10, help="of each task and option")
    parser.add_argument("--alternatives", type=int, default=3, help="seeds of the fixed alternatives")
    parser.add_argument("--tasks", nargs="+", choices=TRIED, default=list(TRIED))
    parser.add_argument("--options", nargs="+", choices=OPTIONS, default=list(OPTIONS))
    parser.add_argument("--output", type=Path, required=True, help="a file of JSON lines, appended to")
    return parser.parse_args()


def main() -> None:
    args = parse_arguments()
    lines = args.output.read_text(encoding="utf-8").splitlines() if args.output.exists() else []
    done = {(one["task"], one["what"], one["seed"]) for one in map(json.loads, lines)}
    for key, what, seed, task in jobs(args.tasks, args.options, args.seeds, args.alternatives):
        if (key, what, seed) in done:
            continue
        found = search(task, seed, what if what in OPTIONS else "plain")
        result = {"task": key, "what": what, **found, **surroundings(CPU)}
        with args.output.open("a", encoding="utf-8") as file:
            file.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
