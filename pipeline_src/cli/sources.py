"""What the training commands share: batches from prepared sets, checkpoint identity, epoch logs."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import logging
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from torch import nn

from pipeline_src.artifacts import write_text
from pipeline_src.config.models import Precision, RuntimeConfig
from pipeline_src.data.datasets import ClassificationDataset, SegmentationDataset
from pipeline_src.data.frames_file import FramesFile
from pipeline_src.data.loading import batch_count, batches
from pipeline_src.evaluation.metrics import evaluate_set
from pipeline_src.spreadsheets import guarded_line
from pipeline_src.training.distributed import World

LOG = logging.getLogger(__name__)
BYTES_PER_PIXEL = 4  # three colour bytes and a label byte


def fits_in_memory(sizes: Sequence[tuple[int, int]], limit_mib: int) -> bool:
    """Whether the decoded frames of these (width, height) stay within `limit_mib`."""
    return sum(width * height for width, height in sizes) * BYTES_PER_PIXEL <= limit_mib * 2**20


def keep_frames(runtime: RuntimeConfig, *datasets: SegmentationDataset) -> None:
    """Have a job's sets decoded once: in memory where they fit there, else in files of the temporary folder.

    Where neither has the room, each epoch decodes again: slower, and the same samples.
    """
    sizes = [[(item.width, item.height) for item in one.items] for one in datasets]
    together = [size for one in sizes for size in one]
    in_memory = fits_in_memory(together, runtime.cache_mib)
    for one in datasets:
        one.cache = in_memory
    if in_memory or not fits_in_memory(together, runtime.frames_file_mib):
        return
    try:
        for one, own in zip(datasets, sizes, strict=True):
            one.frames_file = FramesFile(own)
    except OSError as error:
        LOG.warning(
            "Each epoch decodes all frames again: %s has no room for them (%s). Set TMPDIR to another one.",
            tempfile.gettempdir(),
            error.strerror or error,
        )


def training_source(
    dataset: SegmentationDataset | ClassificationDataset,
    batch_size: int,
    *,
    seed: int,
    workers: int,
    world: World,
    limit: int | None = None,
) -> tuple[Callable[[int, int], Iterator[Any]], int]:
    """A batch source (epoch, batches to skip) for this process, and the number of steps an epoch has."""
    steps = batch_count(len(dataset), batch_size, drop_last=True, limit=limit)

    def source(epoch: int, start_batch: int) -> Iterator[Any]:
        return batches(
            dataset,
            batch_size,
            seed,
            epoch,
            shuffle=True,
            drop_last=True,
            rank=world.rank,
            world_size=world.size,
            workers=workers,
            start_batch=start_batch,
            limit=limit,
        )

    # A set too small for one batch is told by `batches`, at once and not after a pretraining.
    if steps == 0:
        source(0, 0)
    return source, steps


def miou_of(
    dataset: SegmentationDataset, batch_size: int, world: World, limit: int | None, precision: Precision
) -> Callable[[nn.Module], float]:
    """A validation: mIoU in 0..1 over the first `limit` images of a set, in the precision trained in."""
    dataset.require_labels("validated on")

    def validate(network: nn.Module) -> float:
        return evaluate_set([network], dataset, batch_size, world.device, precision, limit=limit)[0].miou()

    return validate


def identity_of(*parts: object) -> str:
    """A digest of everything that shapes a run, so that no checkpoint of another run is taken up."""
    text = json.dumps([str(part) for part in parts])
    return hashlib.sha256(text.encode()).hexdigest()


def write_log(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write epoch rows as CSV; what was not measured in an epoch stays empty."""
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(guarded_line(row) for row in rows)
    write_text(path, text.getvalue())
