"""Seconds a search step, soft and with one drawn operation an edge, and the ratio to the floor.

    python -m benchmarks.search_step [--height 96 --width 128 --batch 4 --depths 5 10 10 --steps 5 ...]

A step is all that the search does: Gumbel masks, forward, loss with the expected latency, backward, both
optimizers, bookkeeping. The floor is forward and backward of the supernet alone, with fixed masks and a
batch of the same shape. Soft steps (Eq. 2, 3), single ones (A20) and the floor are measured in turn, so that
each ratio is of one moment of the machine. Prints one JSON object.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from typing import Literal

import torch
from torch import Tensor

from benchmarks.measuring import ratios, summary, surroundings
from pipeline_src.config.models import SearchConfig, SpaceConfig
from pipeline_src.search.objective import LatencyModel
from pipeline_src.search.searcher import Searcher, SearchPlan
from pipeline_src.space.supernet import ArchitectureParameters, Supernet
from pipeline_src.training.distributed import resolve_device
from pipeline_src.training.seeding import seed_everything

CLASSES = 11
WARMUP = 2


def parse_arguments() -> argparse.Namespace:
    """Sizes and settings."""
    parser = argparse.ArgumentParser(description="Seconds a search step, as a ratio to its floor.")
    parser.add_argument("--height", type=int, default=96, help="of the crop, in pixels")
    parser.add_argument("--width", type=int, default=128, help="of the crop, in pixels")
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--steps", type=int, default=8, help="measured, after 2 for warming up")
    parser.add_argument("--depths", type=int, nargs=3, default=(5, 10, 10), help="initial numbers of cells")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    parser.add_argument("--threads", type=int, default=1)
    return parser.parse_args()


def build(args: argparse.Namespace, device: torch.device, sampling: Literal["soft", "single"]) -> Searcher:
    """A searcher over noise images, with one microsecond for every operation."""
    space = SpaceConfig()
    noise = torch.Generator().manual_seed(0)
    steps = args.steps + WARMUP

    def batches(_epoch: int, start: int) -> Iterator[tuple[Tensor, Tensor]]:
        for _ in range(start, steps):
            images = torch.randn(args.batch, 3, args.height, args.width)
            yield images, torch.randint(0, CLASSES, (args.batch, args.height, args.width))

    return Searcher(
        Supernet(space, tuple(args.depths), CLASSES).to(device),
        ArchitectureParameters(tuple(args.depths), noise).to(device),
        train_batches=batches,
        architecture_batches=None,
        validate=None,
        latency=LatencyModel.build(space, (args.height, args.width), lambda _: 1.0, device),
        config=SearchConfig(epochs=1, warmup_epochs=0, sampling=sampling),
        plan=SearchPlan(gamma=0.01, steps_per_epoch=steps),
        device=device,
        generator=noise,
    )


def measure(args: argparse.Namespace) -> dict[str, object]:
    """Search for a few steps of either kind in turn, each pair followed by one pass of the floor."""
    seed_everything(0, args.threads)
    device = resolve_device(args.device)
    searcher, drawing = build(args, device, "soft"), build(args, device, "single")
    masks = searcher.parameters.map_masks(lambda logits: torch.softmax(logits.detach(), dim=-1))
    images = torch.randn(args.batch, 3, args.height, args.width, device=device)
    step_s: list[float] = []
    single_s: list[float] = []
    floor_s: list[float] = []

    def wait() -> float:
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        return time.perf_counter()

    steps, single_steps = searcher.run(), drawing.run()
    for _ in range(args.steps + WARMUP):
        started = wait()
        next(steps)
        between = wait()
        next(single_steps)
        ended = wait()
        logits = searcher.supernet(images, masks)
        logits.backward(torch.full_like(logits, 1e-6))
        step_s.append(between - started)
        single_s.append(ended - between)
        floor_s.append(wait() - ended)
    return {
        "benchmark": "search_step",
        "step_s": summary(step_s[WARMUP:]),
        "floor_s": summary(floor_s[WARMUP:]),
        "ratio_to_floor": ratios(step_s[WARMUP:], floor_s[WARMUP:]),
        "single_step_s": summary(single_s[WARMUP:]),
        "soft_to_single": ratios(step_s[WARMUP:], single_s[WARMUP:]),
        "settings": vars(args),
        **surroundings(device),
    }


if __name__ == "__main__":
    print(json.dumps(measure(parse_arguments()), indent=2))
