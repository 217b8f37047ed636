"""From a network and a data set to one confusion matrix (Sec. 4.3: single scale, no test augmentation).

Shape legend: B batch, K classes, H W pixels of a label at its own size, h w pixels of the network's input.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from pipeline_src.config.models import Precision
from pipeline_src.data.classes import IGNORE
from pipeline_src.data.datasets import SegmentationDataset
from pipeline_src.data.loading import batch_count
from pipeline_src.data.loading import batches as batches_of
from pipeline_src.errors import CheckpointError
from pipeline_src.evaluation.confusion import ConfusionMatrix
from pipeline_src.space.cell import resize
from pipeline_src.training.engine import autocast

ClassMap = NDArray[np.uint8]
Batch = tuple[Tensor, Tensor | Sequence[Tensor], Sequence[str]]


def evaluate_set(
    networks: Sequence[nn.Module],
    dataset: SegmentationDataset,
    batch_size: int,
    device: torch.device,
    precision: Precision,
    *,
    workers: int = 0,
    limit: int | None = None,
    progress: Callable[[Iterable[Any], int, str], Iterable[Any]] | None = None,
) -> list[ConfusionMatrix]:
    """Count each network's predictions over a data set: validations and `evaluate-network` alike.

    Args:
        networks: as for `evaluate_networks`.
        dataset: with an EvalTransform, so that labels have their own sizes.
        batch_size: images at a time; changes no number beyond rounding.
        precision: of the forward pass, the same that the run trains and is evaluated in.
        workers: loader processes; 0 loads in this one.
        limit: only the first so many images; None takes all.

    Raises:
        CheckpointError, DataError: as `evaluate_networks`.
    """
    count = None if limit is None else -(-limit // batch_size)
    source: Iterable[Any] = batches_of(
        dataset, batch_size, 0, 0, shuffle=False, drop_last=False, workers=workers, limit=count
    )
    if progress is not None:
        total = batch_count(len(dataset), batch_size, drop_last=False, limit=count)
        source = progress(source, total, "batches")
    return evaluate_networks(
        networks, source, dataset.num_classes, device, precision, dataset.manifest.ignore
    )


def evaluate_network(
    network: nn.Module,
    batches: Iterable[Batch],
    num_classes: int,
    device: torch.device,
    precision: Precision = "float32",
    ignore: int = IGNORE,
) -> ConfusionMatrix:
    """Count one network's predictions over a whole set; see `evaluate_networks`."""
    return evaluate_networks([network], batches, num_classes, device, precision, ignore)[0]


def evaluate_networks(
    networks: Sequence[nn.Module],
    batches: Iterable[Batch],
    num_classes: int,
    device: torch.device,
    precision: Precision = "float32",
    ignore: int = IGNORE,
) -> list[ConfusionMatrix]:
    """Count each network's predictions over a whole set that is read once, every label at its own size.

    Args:
        networks: (B, 3, h, w) -> logits (B, K, any size); left in evaluation mode on `device`.
        batches: (images (B, 3, h, w), labels (B, H, W) or B of (H, W), names) as the data set yields them.
        precision: float32, or autocast to the named type.
        ignore: label value of void pixels.

    Raises:
        CheckpointError: a network yields values that are not numbers.
        DataError: a label holds an unknown value.
    """
    matrices = [ConfusionMatrix(num_classes, ignore) for _ in networks]
    for network in networks:
        network.eval().to(device)
    for images, labels, _ in batches:
        for network, matrix in zip(networks, matrices, strict=True):
            predictions = predict_classes(network, images, sizes_of(labels), device, precision)
            for label, prediction in zip(labels, predictions, strict=True):
                matrix.update(label.numpy(), prediction)
    return matrices


def sizes_of(labels: Tensor | Sequence[Tensor]) -> list[tuple[int, int]]:
    """Heights and widths of label maps (..., H, W)."""
    return [(int(label.shape[-2]), int(label.shape[-1])) for label in labels]


@torch.inference_mode()
def predict_classes(
    network: nn.Module,
    images: Tensor,
    sizes: Sequence[tuple[int, int]],
    device: torch.device,
    precision: Precision = "float32",
) -> list[ClassMap]:
    """Class maps of a batch: logits bilinearly upsampled to each wanted size (H, W), then the largest.

    Args:
        network: in evaluation mode, on `device`.
        images: (B, 3, h, w).

    Raises:
        CheckpointError: the network yields values that are not numbers.
    """
    # Casting by autocast, not by `.half()`: the weights stay as trained and batch norm in float32.
    with autocast(device, precision):
        logits = network(images.to(device, non_blocking=True))
    logits = logits.float()
    # One sum tells: any NaN or infinity makes it NaN or infinite. Asking each value takes 30 times as long.
    if not bool(torch.isfinite(logits.sum())):
        raise CheckpointError(
            "network",
            "yields values that are not finite numbers.",
            "Its training has diverged or its weights are damaged: train it again, or use float32.",
        )
    return [
        _largest(resize(one[None], size)[0]).cpu().numpy() for one, size in zip(logits, sizes, strict=True)
    ]


def _largest(logits: Tensor) -> Tensor:
    """Index of the largest of K maps, (K, H, W) -> uint8 (H, W); the first of equals.

    The same as argmax over the first dimension, which takes torch ten times as long on a CPU. A later
    class that wins has the larger index, so the index is a running maximum too, without branches.
    """
    best = logits[0].clone()
    index = torch.zeros_like(best, dtype=torch.uint8)
    for k in range(1, logits.shape[0]):
        wins = (logits[k] > best).to(torch.uint8)
        torch.maximum(index, wins.mul_(k), out=index)
        torch.maximum(best, logits[k], out=best)
    return index


def predict_all(
    network: nn.Module,
    batches: Iterable[Batch],
    device: torch.device,
    precision: Precision = "float32",
) -> Iterator[tuple[str, ClassMap]]:
    """Yield (name, class map (H, W)) of every image, at the size of its label map."""
    network.eval().to(device)
    for images, labels, names in batches:
        predictions = predict_classes(network, images, sizes_of(labels), device, precision)
        yield from zip(names, predictions, strict=True)
