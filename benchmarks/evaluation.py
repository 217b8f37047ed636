"""Evaluation: images a second of `evaluate_network` against its floor, the forward pass alone.

    python -m benchmarks.evaluation [--input-size 360x480] [--label-size 360x480] [--images 8] [--repeats 5]

Both are measured in the same run, in turns, on the same images in memory. What evaluation adds is the
upsampling of the logits to the label's size, the largest class of every pixel, and the counting. The overhead
(time of evaluation / time of the floor, 1 is best) is the number to compare between versions; images a second
depend on the machine.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence

import numpy as np
import torch

from benchmarks.measuring import Samples, clock_of, in_turns, ratios, summary, surroundings
from pipeline_src.cli.arguments import height_by_width
from pipeline_src.config.models import SpaceConfig
from pipeline_src.evaluation.metrics import evaluate_network
from pipeline_src.space.network import SegmentationNetwork
from pipeline_src.space.sampling import random_genotype
from pipeline_src.training.distributed import resolve_device

CLASSES = 11


def parse_arguments(words: Sequence[str] | None = None) -> argparse.Namespace:
    """Sizes and settings."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--input-size", type=height_by_width, default=(360, 480), help="HEIGHTxWIDTH")
    parser.add_argument("--label-size", type=height_by_width, default=(360, 480), help="HEIGHTxWIDTH")
    parser.add_argument("--images", type=int, default=8, help="images of one repeat, in batches of 4")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    return parser.parse_args(words)


def batch_count(args: argparse.Namespace) -> int:
    """Batches of 4 in one repeat."""
    return max(1, args.images // 4)


def samples(args: argparse.Namespace) -> Samples:
    """Seconds of evaluating the images and of forward passes alone, in turns."""
    torch.set_num_threads(args.threads)
    device = resolve_device(args.device)
    torch.manual_seed(0)
    genotype = random_genotype(SpaceConfig(), (5, 10, 10), np.random.default_rng(0))
    network = SegmentationNetwork(genotype, CLASSES).eval().to(device)
    batches = [
        (torch.randn(4, 3, *args.input_size), torch.randint(0, CLASSES, (4, *args.label_size)), ["x"] * 4)
        for _ in range(batch_count(args))
    ]

    def floor() -> None:
        with torch.inference_mode():
            for images, _, _ in batches:
                network(images.to(device))

    works = {"evaluation": lambda: evaluate_network(network, batches, CLASSES, device), "floor": floor}
    return in_turns(works, clock_of(device, args.threads), rounds=args.repeats)


def main() -> None:
    args = parse_arguments()
    taken = samples(args)
    images = 4 * batch_count(args)
    result = {
        "benchmark": "evaluation",
        "images_per_s": summary([images / seconds for seconds in taken["evaluation"]]),
        "floor_images_per_s": summary([images / seconds for seconds in taken["floor"]]),
        "overhead": ratios(taken["evaluation"], taken["floor"]),
        "settings": vars(args),
        **surroundings(resolve_device(args.device)),
    }
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
