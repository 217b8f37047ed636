"""One process of test_distributed.py: trains, and writes its curve and weights (arguments: folder)."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import torch
import torch.distributed as dist
from torch import Tensor
from training_stand_ins import STEPS, TinyNet, pixel_accuracy, segmentation_batches

from pipeline_src.config.models import FinetuneConfig, RuntimeConfig
from pipeline_src.training import distributed
from pipeline_src.training.checkpoint import Checkpoints, save_weights
from pipeline_src.training.engine import BatchSource, Keeping
from pipeline_src.training.finetune import finetune
from pipeline_src.training.interruption import Interrupted
from pipeline_src.training.loop import TrainingResult
from pipeline_src.training.seeding import seed_everything

CASES = {
    "hard_pixels": FinetuneConfig(epochs=3, lr=0.1, bootstrap_threshold=0.7),
    "least_sure_pixels": FinetuneConfig(
        epochs=3, lr=0.1, bootstrap_threshold=0.02, bootstrap_min_kept=0.3, gradient_clip=0.5
    ),
    "weighted_classes": FinetuneConfig(
        epochs=3, optimizer="adam", lr=0.01, loss="cross_entropy", class_weights="enet"
    ),
}
PIXELS = (50, 900, 30, 20)
"""Of the classes, so that their weights differ much."""


def train(
    case: str, batches: BatchSource = segmentation_batches, keeping: Keeping | None = None
) -> TrainingResult:
    """Train the stand-in network; seeds differ by rank, to show that the weights of rank 0 hold."""
    seed_everything(21 + distributed.rank(), threads=1)
    return finetune(
        TinyNet(),
        batches,
        pixel_accuracy,
        steps_per_epoch=STEPS,
        cfg=CASES[case],
        runtime=RuntimeConfig(),
        device=torch.device("cpu"),
        class_pixels=PIXELS,
        keeping=keeping,
    )


def one_rank_is_told_to_stop(epoch: int, start: int) -> Iterator[tuple[Tensor, Tensor]]:
    """The batches; before the eighth, the last process alone gets the signal."""
    for number, batch in enumerate(segmentation_batches(epoch, start), start):
        if (epoch, number) == (1, 2) and distributed.rank() == distributed.world_size() - 1:
            os.kill(os.getpid(), signal.SIGTERM)
        yield batch


def averaged() -> dict[str, Any]:
    """Gradients that differ by rank, one parameter without any: their means, and the messages it took."""
    shapes = ((2, 3, 1, 1), (), (4,))
    parameters = [torch.nn.Parameter(torch.zeros(shape)) for shape in shapes]
    for number, parameter in enumerate(parameters):
        if number != 1:
            parameter.grad = torch.arange(parameter.numel()).view(parameter.shape) + 10.0 * distributed.rank()
    with mock.patch.object(dist, "all_reduce", wraps=dist.all_reduce) as messages:
        distributed.average_gradients(parameters)
        distributed.average_gradients(parameters[1:2])
    gradients = [None if parameter.grad is None else parameter.grad.tolist() for parameter in parameters]
    return {"gradients": gradients, "messages": messages.call_count}


def main(folder: Path) -> None:
    """Train each case, and the first once more with an interruption."""
    with distributed.session("cpu") as world:
        results = {case: train(case) for case in CASES}
        keeping = Keeping(Checkpoints(folder / "checkpoints"))
        stopped = False
        try:
            train("hard_pixels", one_rank_is_told_to_stop, keeping)
        except Interrupted:
            stopped = True
        resumed = train("hard_pixels", keeping=keeping)
        report = {
            "losses": {case: [row["loss"] for row in result.rows] for case, result in results.items()},
            "stopped": stopped,
            "averaged": averaged(),
            "resumed_alike": all(
                torch.equal(value, results["hard_pixels"].last_state[name])
                for name, value in resumed.last_state.items()
            )
            and resumed.rows == results["hard_pixels"].rows,
        }
        (folder / f"rank_{world.rank}.json").write_text(json.dumps(report))
        if world.is_main:
            for case, result in results.items():
                save_weights(folder / f"{case}.safetensors", result.last_state, {})


if __name__ == "__main__":
    main(Path(sys.argv[1]))
