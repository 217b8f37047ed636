"""Batches in an order that depends on the seed and the epoch alone, for any number of workers and ranks."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

from pipeline_src.data.datasets import ClassificationDataset, ItemKey, SegmentationDataset
from pipeline_src.errors import DataError, UserError

SHARED_MEMORY = Path("/dev/shm")
PREFETCHED = 2  # batches that each of torch's loader processes keeps ready
LOADING_TIMEOUT_S = 600
REMEDY = "docker run --shm-size=2g, or --ipc=host"

AnyDataset = SegmentationDataset | ClassificationDataset


def batch_keys(
    length: int, batch_size: int, seed: int, epoch: int, *, shuffle: bool, drop_last: bool
) -> list[list[ItemKey]]:
    """The keys of every global batch of an epoch, in order; the last may be short unless `drop_last`."""
    order = np.random.default_rng([seed, epoch]).permutation(length) if shuffle else np.arange(length)
    stop = length - length % batch_size if drop_last else length
    return [
        [ItemKey(seed, epoch, int(index)) for index in order[start : min(start + batch_size, stop)]]
        for start in range(0, stop, batch_size)
    ]


def batch_count(length: int, batch_size: int, *, drop_last: bool, limit: int | None = None) -> int:
    """Number of global batches of an epoch."""
    count = length // batch_size if drop_last else -(-length // batch_size)
    return count if limit is None else min(count, limit)


def batches(
    dataset: AnyDataset,
    batch_size: int,
    seed: int,
    epoch: int,
    *,
    shuffle: bool,
    drop_last: bool,
    rank: int = 0,
    world_size: int = 1,
    workers: int = 0,
    start_batch: int = 0,
    limit: int | None = None,
) -> Iterator[Any]:
    """Iterate over the batches of one epoch.

    Args:
        batch_size: of the global batch, over all ranks.
        rank, world_size: this process takes items rank, rank + world_size, ... of every global batch.
        workers: loader processes; 0 loads in this process. The batches are the same for any number.
        start_batch: batches of the epoch that a resumed run has already seen.
        limit: batches of the epoch at most, counted from its start and not from start_batch.

    Returns:
        For training (images (B, 3, h, w), labels (B, h, w) or (B,)); for the evaluation of segmentation
        (images, labels at native size (B, H, W), tuple of names).

    Raises:
        DataError: the set has no full batch and `drop_last` is set; a file is not the one that was prepared;
            or a batch for evaluation mixes sizes.
        ValueError: the global batch cannot be shared out evenly over the ranks.
    """
    if batch_size % world_size and drop_last:
        raise ValueError(f"a batch of {batch_size} cannot be shared out over {world_size} processes")
    keys = batch_keys(len(dataset), batch_size, seed, epoch, shuffle=shuffle, drop_last=drop_last)
    if not keys:
        raise DataError(
            dataset.manifest.name,
            f"has {len(dataset)} images in the splits asked for, fewer than a batch of {batch_size}.",
            "Lower batch_size or use more images.",
        )
    mine = [batch[rank::world_size] for batch in keys[start_batch:limit]]
    if workers:
        dataset.fill_cache()
    loader: DataLoader[Any] = DataLoader(
        _Told(dataset),
        batch_sampler=[batch for batch in mine if batch],
        num_workers=workers,
        collate_fn=_collate,
        pin_memory=torch.cuda.is_available(),
        timeout=LOADING_TIMEOUT_S if workers else 0,
    )
    if workers and mine:
        require_shared_memory(_bytes_of(dataset, mine[0]), workers)
    # The loader is started now, and not when the first batch is asked for.
    return _raising(iter(loader))


def require_shared_memory(batch_bytes: int, workers: int, place: Path = SHARED_MEMORY) -> None:
    """Refuse loader processes where the memory through which they hand over batches is too small.

    Without this they wait for each other for ever, or die of a bus error.

    Args:
        batch_bytes: of one batch. workers: each keeps two batches ready.
        place: where the system keeps shared memory; one that is not there has no limit of its own.

    Raises:
        UserError: less is free than the batches take.
    """
    if not place.is_dir():
        return
    free, needed = shutil.disk_usage(place).free, PREFETCHED * workers * batch_bytes
    if needed > free:
        raise UserError(
            place,
            f"has {free / 2**20:.0f} MiB free, and the batches of {workers} loader processes take "
            f"{needed / 2**20:.0f} MiB.",
            f"Set runtime.workers: 0; or give a container more ({REMEDY}).",
        )


def _bytes_of(dataset: AnyDataset, keys: list[ItemKey]) -> int:
    """Size of a batch, from its first sample."""
    sample = _Told(dataset)[keys[0]]
    parts = sample if isinstance(sample, tuple) else ()
    return len(keys) * sum(one.nbytes for one in parts if isinstance(one, torch.Tensor))


class _Told(Dataset):
    """A data set whose samples may be an error: torch's loader processes can hand over no other exception."""

    def __init__(self, dataset: AnyDataset) -> None:
        self._dataset = dataset

    def __len__(self) -> int:
        return len(self._dataset)

    def __getitem__(self, key: ItemKey) -> Any:
        try:
            return self._dataset[key]
        except UserError as error:
            return error


def _collate(samples: list[Any]) -> Any:
    failed = next((sample for sample in samples if isinstance(sample, UserError)), None)
    if failed is not None:
        return failed
    try:
        return collate(samples)
    except UserError as error:
        return error


def _raising(loaded: Iterator[Any]) -> Iterator[Any]:
    while True:
        try:
            batch = next(loaded, None)
        except RuntimeError as error:
            if "DataLoader" not in str(error):
                raise
            raise UserError(
                "loader processes",
                f"have ended or give nothing ({' '.join(str(error).split())[:120]}).",
                f"Set runtime.workers: 0; or give a container more shared memory ({REMEDY}).",
            ) from error
        if batch is None:
            return
        if isinstance(batch, UserError):
            raise batch
        yield batch


def collate(samples: list[tuple[Any, ...]]) -> tuple[Any, ...]:
    """Stack samples: tensors to contiguous tensors, class indices to int64 (B,), names to a tuple."""
    return tuple(_stacked(column) for column in zip(*samples, strict=True))


def _stacked(column: tuple[Any, ...]) -> Any:
    if isinstance(column[0], torch.Tensor):
        shapes = {tuple(value.shape) for value in column}
        if len(shapes) > 1:
            raise DataError(
                "batch", f"mixes frames of sizes {sorted(shapes)}.", "Set evaluate.batch_size to 1."
            )
        return torch.stack(column)
    if isinstance(column[0], int):
        return torch.tensor(column, dtype=torch.int64)
    return column
