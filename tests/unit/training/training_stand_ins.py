"""Small stand-ins for network and data, so that training is tested in milliseconds."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor, nn

from pipeline_src.training import distributed

CLASSES = 4
GLOBAL_BATCH = 4
STEPS = 5


class TinyNet(nn.Module):
    """Conv, batch norm, dropout and classifier at full resolution, with a part that no gradient reaches."""

    def __init__(self, dropout: float = 0.0) -> None:
        super().__init__()
        self.backbone = nn.Sequential(nn.Conv2d(3, 6, 3, padding=1, bias=False), nn.BatchNorm2d(6), nn.ReLU())
        self.unused = nn.Conv2d(6, 6, 1)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Conv2d(6, CLASSES, 1)

    def forward(self, x: Tensor) -> Tensor:
        """(B, 3, H, W) -> logits (B, K, H, W)."""
        logits: Tensor = self.head(self.dropout(self.backbone(x)))
        return logits


class TinyClassifier(TinyNet):
    """The same with one answer an image."""

    def forward(self, x: Tensor) -> Tensor:
        """(B, 3, H, W) -> logits (B, K)."""
        return super().forward(x).mean((2, 3))


def image_and_label(epoch: int, index: int) -> tuple[Tensor, Tensor]:
    """One learnable sample: the label is the brightest of three channels, or class 3; some ignored."""
    rng = np.random.default_rng([7, epoch, index])
    image = rng.normal(size=(3, 8, 8)).astype(np.float32)
    label = np.where(image.max(0) > 0.5, image.argmax(0), 3).astype(np.int64)
    # A different share of ignored pixels in each image: the mean over processes must not be naive.
    label[: index % 4] = 255
    return torch.from_numpy(image), torch.from_numpy(label)


def segmentation_batches(epoch: int, start: int) -> Iterator[tuple[Tensor, Tensor]]:
    """This process's share of every global batch, alike for any number of processes."""
    for number in range(start, STEPS):
        indices = range(number * GLOBAL_BATCH, (number + 1) * GLOBAL_BATCH)
        mine = list(indices)[distributed.rank() :: distributed.world_size()]
        images, labels = zip(*(image_and_label(epoch, index) for index in mine), strict=True)
        yield torch.stack(images), torch.stack(labels)


def classification_batches(epoch: int, start: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Images with the class of their middle pixel."""
    for images, _ in segmentation_batches(epoch, start):
        yield images, images[:, :, 4, 4].argmax(1)


def pixel_accuracy(network: nn.Module) -> float:
    """Score of a network on a fixed batch; draws from the global generator, as loaders do."""
    torch.rand(3)
    images, labels = zip(*(image_and_label(99, index) for index in range(4)), strict=True)
    target = torch.stack(labels)
    right = network(torch.stack(images)).argmax(1) == target
    return float(right[target != 255].float().mean())
