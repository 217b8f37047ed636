"""Prepared sets as PyTorch data sets whose augmentation depends on (seed, epoch, index) and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch.utils.data import Dataset

from pipeline_src.data.frames_file import FramesFile
from pipeline_src.data.images import label_of, rgb_of
from pipeline_src.data.manifest import ClassManifest, Manifest
from pipeline_src.data.transforms import (
    ClassEvalTransform,
    ClassTrainTransform,
    EvalTransform,
    TrainTransform,
)
from pipeline_src.data.verified import Verified
from pipeline_src.errors import DataError


class ItemKey(NamedTuple):
    """What a sample is drawn by: its augmentation is default_rng([seed, epoch, index])."""

    seed: int
    epoch: int
    item: int

    def generator(self) -> np.random.Generator:
        """The generator of this sample's augmentation."""
        return np.random.default_rng([self.seed, self.epoch, self.item])


def as_key(key: ItemKey | int) -> ItemKey:
    """An index alone stands for seed 0, epoch 0."""
    return key if isinstance(key, ItemKey) else ItemKey(0, 0, key)


class SegmentationDataset(Dataset):
    """Frames of a prepared segmentation set.

    With a TrainTransform a sample is (image float32 (3, h, w), label int64 (h, w)); with an EvalTransform
    it is (image at input size, label at native size, name). Each file is checked against the
    manifest the first time it is read. A `frames_file` holds decoded frames where memory does not.

    Args:
        prepared: folder with manifest.json and labels. raw_root: folder that the image paths are relative to.
        splits: one or more, concatenated in this order.
        cache: keep decoded uint8 arrays in memory; for sets that fit.

    Raises:
        DataError: the manifest is malformed or lacks a split, an image is not where it was, or a split
            without labels is to be trained on. On reading a sample: a file is not the one that was prepared.
    """

    def __init__(
        self,
        prepared: Path,
        raw_root: Path,
        splits: Sequence[str],
        transform: TrainTransform | EvalTransform,
        cache: bool = False,
    ) -> None:
        self.manifest = Manifest.load(prepared)
        self.items = self.manifest.items(splits)
        self.prepared, self.raw_root = prepared, raw_root
        self.splits, self.transform, self.cache = tuple(splits), transform, cache
        self.frames_file: FramesFile | None = None
        self._decoded: dict[int, tuple[np.ndarray, np.ndarray]] = {}
        self._images = Verified(raw_root, {item.image: item.image_sha256 for item in self.items})
        self._labels = Verified(prepared, {item.label: item.label_sha256 for item in self.items})
        if isinstance(transform, TrainTransform):
            self.require_labels("trained on")
        if self.items:
            _require_file(raw_root / self.items[0].image, raw_root)

    @property
    def num_classes(self) -> int:
        """Number of classes K; labels are 0..K-1, and 255 where ignored."""
        return len(self.manifest.class_names)

    def __len__(self) -> int:
        return len(self.items)

    def require_labels(self, purpose: str) -> None:
        """Raise DataError when a split has no labelled pixel; `purpose` says what labels are needed for."""
        for split in self.splits:
            if not self.manifest.labelled[split]:
                raise DataError(
                    self.manifest.name,
                    f"has no labels in split {split!r}, so it cannot be {purpose}.",
                    "Use a split with labels.",
                )

    def arrays(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        """Decoded image uint8 (H, W, 3) and label uint8 (H, W) of a frame."""
        found = self._decoded.get(index) if self.frames_file is None else self.frames_file.get(index)
        if found is None:
            item = self.items[index]
            found = rgb_of(*self._images.read(item.image)), label_of(*self._labels.read(item.label))
            if self.frames_file is not None:
                return self.frames_file.put(index, *found)
            if self.cache:
                self._decoded[index] = found
        return found

    def fill_cache(self) -> None:
        """Decode every frame now, so that loader processes share one copy."""
        if self.cache:
            for index in range(len(self)):
                self.arrays(index)

    def __getitem__(
        self, key: ItemKey | int
    ) -> tuple[torch.Tensor, torch.Tensor] | tuple[torch.Tensor, torch.Tensor, str]:
        drawn = as_key(key)
        image, label = self.arrays(drawn.item)
        if isinstance(self.transform, EvalTransform):
            return (*self.transform(image, label), self.items[drawn.item].name)
        return self.transform(image, label, drawn.generator())


class ClassificationDataset(Dataset):
    """Photographs of a prepared class-folder set; a sample is (image float32 (3, h, w), class index).

    Args and errors as of SegmentationDataset.
    """

    def __init__(
        self,
        prepared: Path,
        raw_root: Path,
        splits: Sequence[str],
        transform: ClassTrainTransform | ClassEvalTransform,
        cache: bool = False,
    ) -> None:
        self.manifest = ClassManifest.load(prepared)
        self.items = self.manifest.items(prepared, splits)
        self.raw_root, self.transform, self.cache = raw_root, transform, cache
        self._decoded: dict[int, np.ndarray] = {}
        self._images = Verified(raw_root, {item.image: item.image_sha256 for item in self.items})
        if self.items:
            _require_file(raw_root / self.items[0].image, raw_root)

    @property
    def num_classes(self) -> int:
        """Number of classes."""
        return len(self.manifest.class_names)

    def __len__(self) -> int:
        return len(self.items)

    def array(self, index: int) -> np.ndarray:
        """Decoded image uint8 (H, W, 3)."""
        found = self._decoded.get(index)
        if found is None:
            found = rgb_of(*self._images.read(self.items[index].image))
            if self.cache:
                self._decoded[index] = found
        return found

    def fill_cache(self) -> None:
        """Decode every image now, so that loader processes share one copy."""
        if self.cache:
            for index in range(len(self)):
                self.array(index)

    def __getitem__(self, key: ItemKey | int) -> tuple[torch.Tensor, int]:
        drawn = as_key(key)
        image, class_index = self.array(drawn.item), self.items[drawn.item].class_index
        if isinstance(self.transform, ClassEvalTransform):
            return self.transform(image), class_index
        return self.transform(image, drawn.generator()), class_index


def _require_file(path: Path, raw_root: Path) -> None:
    if not path.is_file():
        raise DataError(
            path,
            f"is missing: the set was prepared from images under {raw_root}, or from another folder.",
            "Give the raw folder that the set was prepared from, or prepare it again.",
        )
