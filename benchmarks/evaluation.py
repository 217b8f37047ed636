"""Evaluation: images a second of `evaluate_network` against its floor, the forward pass alone.

    python -m benchmarks.evaluation [--input-size 360x480] [--label-size 360x480] [--images 8] [--repeats 5]

Both are measured in the same run, in turns, on the same images in memory. What evaluation adds is the
upsampling of the logits to the label's size, the largest class of every pixel, and the counting. The ratio
(evaluation / floor, 1 is best) is the number to compare between versions; images a second depend on the
machine.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable

import numpy as np
import torch

from benchmarks.measuring import ratios, summary, surroundings
from pipeline_src.cli.arguments import height_by_width
from pipeline_src.config.models import SpaceConfig
from pipeline_src.evaluation.metrics import evaluate_network
from pipeline_src.space.network import SegmentationNetwork
from pipeline_src.space.sampling import random_genotype
from pipeline_src.training.distributed import resolve_device

CLASSES = 11


def images_per_second(work: Callable[[], None], images: int, device: torch.device) -> float:
    start = time.perf_counter()
    work()
    if device.type == "cuda":
        torch.cuda.synchronize()
    return images / (time.perf_counter() - start)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--input-size", type=height_by_width, default=(360, 480), help="HEIGHTxWIDTH")
    parser.add_argument("--label-size", type=height_by_width, default=(360, 480), help="HEIGHTxWIDTH")
    parser.add_argument("--images", type=int, default=8, help="images of one repeat, in batches of 4")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    args = parser.parse_args()

    torch.set_num_threads(args.threads)
    device = resolve_device(args.device)
    torch.manual_seed(0)
    genotype = random_genotype(SpaceConfig(), (5, 10, 10), np.random.default_rng(0))
    network = SegmentationNetwork(genotype, CLASSES).eval().to(device)
    count = max(1, args.images // 4)
    batches = [
        (torch.randn(4, 3, *args.input_size), torch.randint(0, CLASSES, (4, *args.label_size)), ["x"] * 4)
        for _ in range(count)
    ]

    def floor() -> None:
        with torch.inference_mode():
            for images, _, _ in batches:
                network(images.to(device))

    def evaluation() -> None:
        evaluate_network(network, batches, CLASSES, device)

    rates: dict[str, list[float]] = {"floor": [], "evaluation": []}
    for turn in range(args.repeats + 1):
        for name, work in (("floor", floor), ("evaluation", evaluation)):
            rate = images_per_second(work, 4 * count, device)
            if turn:  # the first turn warms up
                rates[name].append(rate)
    result = {
        "benchmark": "evaluation",
        "images_per_s": summary(rates["evaluation"]),
        "floor_images_per_s": summary(rates["floor"]),
        "ratio_to_floor": ratios(rates["evaluation"], rates["floor"]),
        "settings": {**vars(args), "depths_drawn": genotype.depths},
        **surroundings(device),
    }
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
