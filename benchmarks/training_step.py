"""Seconds a finetuning step in both memory formats, and the ratio to the floor, the network alone.

    python -m benchmarks.training_step [--height 128 --width 256 --batch 4 --steps 20 --threads 2 ...]

A step is all that the loop does: augmentation of decoded frames in this process, copy to the device,
forward, bootstrapped loss, backward, optimizer, bookkeeping. The same network is trained in both memory
formats, a step of each in turn. The floor is measured in turn with them, on a copy of the network and a batch
of the same shape, without data, loss or optimizer. Prints one JSON object.
"""

from __future__ import annotations

import argparse
import contextlib
import copy
import functools
import itertools
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import get_args

import numpy as np
import torch
from torch import Tensor, nn

from benchmarks.measuring import Samples, clock_of, in_turns, ratios, summary, surroundings
from pipeline_src.config.models import FinetuneConfig, MemoryFormat, RuntimeConfig, SpaceConfig
from pipeline_src.data.transforms import TrainTransform
from pipeline_src.space.network import SegmentationNetwork
from pipeline_src.space.sampling import random_genotype
from pipeline_src.training.distributed import resolve_device
from pipeline_src.training.finetune import finetune
from pipeline_src.training.seeding import seed_everything

CLASSES = 11
WARMUP = 3


def parse_arguments(words: Sequence[str] | None = None) -> argparse.Namespace:
    """Sizes and settings."""
    parser = argparse.ArgumentParser(description="Seconds a finetuning step, as a ratio to its floor.")
    parser.add_argument("--height", type=int, default=128, help="of the crop, in pixels")
    parser.add_argument("--width", type=int, default=256, help="of the crop, in pixels")
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--steps", type=int, default=20, help="measured, after 3 for warming up")
    parser.add_argument("--depths", type=int, nargs=3, default=(5, 10, 10), help="largest numbers of cells")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    parser.add_argument("--precision", choices=("float32", "bfloat16", "float16"), default="float32")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--ready", action="store_true", help="batches that lie ready: a GPU waits for none")
    return parser.parse_args(words)


def frame_batches(args: argparse.Namespace) -> Callable[[int, int], Iterator[tuple[Tensor, Tensor]]]:
    """Augmented batches of noise frames that lie decoded in memory."""
    rng = np.random.default_rng(args.seed)
    frames = rng.integers(0, 256, (8, args.height, args.width, 3), dtype=np.uint8)
    labels = rng.integers(0, CLASSES, (8, args.height, args.width), dtype=np.uint8)
    size = (args.height, args.width)
    transform = TrainTransform(crop_hw=size, base_hw=size)

    def batches(epoch: int, start: int) -> Iterator[tuple[Tensor, Tensor]]:
        for step in range(start, args.steps + WARMUP):
            drawn = np.random.default_rng([args.seed, epoch, step])
            chosen = drawn.integers(len(frames), size=args.batch)
            images, targets = zip(*(transform(frames[i], labels[i], drawn) for i in chosen), strict=True)
            yield torch.stack(images), torch.stack(targets)

    return batches


def ready_batches(args: argparse.Namespace) -> Callable[[int, int], Iterator[tuple[Tensor, Tensor]]]:
    """One augmented batch of `frame_batches` again and again, as where other processes keep ahead."""
    batch = next(frame_batches(args)(0, 0))
    return lambda _epoch, start: itertools.repeat(batch, args.steps + WARMUP - start)


def floor_of(network: nn.Module, args: argparse.Namespace, device: torch.device) -> Callable[[], None]:
    """Forward and backward of the network alone."""
    inputs = torch.randn(args.batch, 3, args.height, args.width, device=device)
    gradient = torch.full((args.batch, CLASSES, args.height, args.width), 1e-6, device=device)
    dtype = getattr(torch, args.precision)

    def run() -> None:
        network.zero_grad(set_to_none=True)
        with torch.autocast(device.type, dtype, enabled=args.precision != "float32"):
            logits = network(inputs)
        logits.backward(gradient.to(logits.dtype))

    return run


def steps_of(
    network: nn.Module, args: argparse.Namespace, device: torch.device, memory_format: MemoryFormat
) -> Iterator[None]:
    """A training that goes on by one step each time that it is asked: the loop's own generator."""
    handed: list[Iterator[None]] = []

    class Begun(Exception):
        """The training has been set up."""

    def take(steps: Iterable[None], _total: int, _label: str) -> Iterator[None]:
        handed.append(iter(steps))
        raise Begun

    with contextlib.suppress(Begun):
        finetune(
            network,
            ready_batches(args) if args.ready else frame_batches(args),
            None,
            steps_per_epoch=args.steps + WARMUP,
            cfg=FinetuneConfig(epochs=1, batch_size=args.batch, memory_format=memory_format),
            runtime=RuntimeConfig(device=args.device, precision=args.precision, threads=args.threads),
            device=device,
            progress=take,
        )
    return handed[0]


def samples(args: argparse.Namespace) -> Samples:
    """Seconds of a step in either memory format, and of the floor, in turns."""
    seed_everything(args.seed, args.threads)
    device = resolve_device(args.device)
    genotype = random_genotype(SpaceConfig(), tuple(args.depths), np.random.default_rng(args.seed))
    network = SegmentationNetwork(genotype, CLASSES).to(device)
    trainings = {
        name: steps_of(copy.deepcopy(network), args, device, name) for name in get_args(MemoryFormat)
    }
    works: dict[str, Callable[[], object]] = {
        name: functools.partial(next, steps) for name, steps in trainings.items()
    }
    works["floor"] = floor_of(network.train(), args, device)
    return in_turns(works, clock_of(device, args.threads), rounds=args.steps, warmup=WARMUP)


def measure(args: argparse.Namespace) -> dict[str, object]:
    """The seconds of a step, its ratio to the floor, and how much faster channels last is."""
    taken = samples(args)
    return {
        "benchmark": "training_step",
        "seconds": {name: summary(values) for name, values in taken.items()},
        "ratio_to_floor": ratios(taken["contiguous"], taken["floor"]),
        "contiguous_to_channels_last": ratios(taken["contiguous"], taken["channels_last"]),
        "settings": vars(args),
        **surroundings(resolve_device(args.device)),
    }


if __name__ == "__main__":
    print(json.dumps(measure(parse_arguments()), indent=2))
