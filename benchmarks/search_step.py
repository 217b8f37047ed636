"""Seconds a search step, soft and with drawn operations, and the ratio to the floor.

    python -m benchmarks.search_step [--height 96 --width 128 --batch 4 --depths 5 10 10 --steps 5 ...]

A step is all that the search does: Gumbel masks, forward, loss with the expected latency, backward, both
optimizers, bookkeeping. The floor is forward and backward of the supernet alone, with fixed masks and a
batch of the same shape. Soft steps (Eq. 2, 3), the same in few wide kernels (`search.batched`), those of one
and two drawn operations (A20) and the floor are measured in turn, so that each ratio is of one moment of the
machine. Prints one JSON object.
"""

from __future__ import annotations

import argparse
import functools
import json
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from benchmarks.measuring import Samples, clock_of, in_turns, ratios, summary, surroundings
from pipeline_src.config.models import Precision, SearchConfig, SpaceConfig
from pipeline_src.search.objective import LatencyModel
from pipeline_src.search.searcher import Searcher, SearchPlan
from pipeline_src.space.supernet import ArchitectureParameters, Supernet
from pipeline_src.training.distributed import resolve_device
from pipeline_src.training.seeding import seed_everything

CLASSES = 11
KINDS: dict[str, dict[str, Any]] = {
    "soft": {},
    "batched": {"batched": True},
    "single": {"sampling": "single"},
    "pair": {"sampling": "pair"},
}
"""Kinds of step, by the keys of `search:` that make them."""
WARMUP = 2


def parse_arguments(words: Sequence[str] | None = None) -> argparse.Namespace:
    """Sizes and settings."""
    parser = argparse.ArgumentParser(description="Seconds a search step, as a ratio to its floor.")
    parser.add_argument("--height", type=int, default=96, help="of the crop, in pixels")
    parser.add_argument("--width", type=int, default=128, help="of the crop, in pixels")
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--steps", type=int, default=8, help="measured, after 2 for warming up")
    parser.add_argument("--depths", type=int, nargs=3, default=(5, 10, 10), help="initial numbers of cells")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--channels", type=int, default=8, help="of the stem")
    return parser.parse_args(words)


def build(
    args: argparse.Namespace, device: torch.device, kind: str, precision: Precision = "float32"
) -> Searcher:
    """A searcher over noise images, with one microsecond for every operation."""
    space = SpaceConfig(initial_channels=args.channels)
    config = SearchConfig(epochs=1, warmup_epochs=0, **KINDS[kind])
    noise = torch.Generator().manual_seed(0)
    steps = args.steps + WARMUP
    images = torch.randn(args.batch, 3, args.height, args.width)
    targets = torch.randint(0, CLASSES, (args.batch, args.height, args.width))

    def batches(_epoch: int, start: int) -> Iterator[tuple[Tensor, Tensor]]:
        for _ in range(start, steps):  # the same each time: drawing noise is no part of a step
            yield images, targets

    return Searcher(
        Supernet(space, tuple(args.depths), CLASSES, batched=config.batched).to(device),
        ArchitectureParameters(tuple(args.depths), noise).to(device),
        train_batches=batches,
        architecture_batches=None,
        validate=None,
        latency=LatencyModel.build(space, (args.height, args.width), lambda _: 1.0, device),
        config=config,
        plan=SearchPlan(gamma=0.01, steps_per_epoch=steps, precision=precision),
        device=device,
        generator=noise,
    )


def samples(args: argparse.Namespace) -> Samples:
    """Search for a few steps of each kind in turn, each round ended by one pass of the floor."""
    seed_everything(0, args.threads)
    device = resolve_device(args.device)
    searchers = {name: build(args, device, name) for name in KINDS}
    steps = {name: searcher.run() for name, searcher in searchers.items()}
    soft = searchers["soft"]
    masks = soft.parameters.map_masks(lambda logits: torch.softmax(logits.detach(), dim=-1))
    images = torch.randn(args.batch, 3, args.height, args.width, device=device)

    def floor() -> None:
        logits = soft.supernet(images, masks)
        logits.backward(torch.full_like(logits, 1e-6))

    works = {name: functools.partial(next, one) for name, one in steps.items()}
    return in_turns(
        {**works, "floor": floor}, clock_of(device, args.threads), rounds=args.steps, warmup=WARMUP
    )


_COMPUTES_NOTHING = ("_unsafe_view.default", "empty.memory_format", "empty_like.default", "new_empty.default")


class _Computing(TorchDispatchMode):
    """Counts the operators that compute something: each once, views and bare memory left out."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        package, _, name = str(func).partition(".")
        self.count += package == "aten" and not func.is_view and name not in _COMPUTES_NOTHING
        return func(*args, **(kwargs or {}))


def calls(args: argparse.Namespace, kind: str) -> int:
    """Operators that compute something in one forward and backward pass: about as many kernels on a GPU.

    The optimizer, which is the same for all kinds, is left out.
    """
    seed_everything(0, args.threads)
    device = resolve_device(args.device)
    searcher = build(args, device, kind)
    images = torch.randn(args.batch, 3, args.height, args.width, device=device)
    masks = searcher.sample_masks()
    with _Computing() as computing:
        searcher.supernet(images, masks).sum().backward()
    return computing.count


def measure(args: argparse.Namespace) -> dict[str, object]:
    """The seconds of each kind of step, and the ratios."""
    taken = samples(args)
    return {
        "benchmark": "search_step",
        "seconds": {name: summary(values) for name, values in taken.items()},
        "ratio_to_floor": ratios(taken["soft"], taken["floor"]),
        "soft_to_batched": ratios(taken["soft"], taken["batched"]),
        "soft_to_single": ratios(taken["soft"], taken["single"]),
        "soft_to_pair": ratios(taken["soft"], taken["pair"]),
        "settings": vars(args),
        **surroundings(resolve_device(args.device)),
    }


if __name__ == "__main__":
    print(json.dumps(measure(parse_arguments()), indent=2))
