"""A network learns on rendered scenes: it beats what the pixel position alone tells."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from known_sets import prepare_cityscapes

from pipeline_src.cli.sources import miou_of, training_source
from pipeline_src.config.models import FinetuneConfig, RuntimeConfig, SpaceConfig
from pipeline_src.data.datasets import SegmentationDataset
from pipeline_src.data.rendering.layouts import render_cityscapes
from pipeline_src.data.transforms import EvalTransform, TrainTransform
from pipeline_src.evaluation.confusion import ConfusionMatrix
from pipeline_src.space.network import SegmentationNetwork
from pipeline_src.space.sampling import random_genotype
from pipeline_src.training.distributed import World
from pipeline_src.training.finetune import finetune
from pipeline_src.training.seeding import seed_everything

SIZE = (64, 128)


def miou_of_positions(train: SegmentationDataset, val: SegmentationDataset) -> float:
    """mIoU of predicting, at each pixel position, its most frequent class in training."""
    labels = np.stack([train.arrays(index)[1] for index in range(len(train))])
    counts = np.stack([(labels == value).sum(axis=0) for value in range(train.num_classes)])
    guess = counts.argmax(axis=0).astype(np.uint8)
    matrix = ConfusionMatrix(train.num_classes)
    for index in range(len(val)):
        matrix.update(val.arrays(index)[1], guess)
    return matrix.miou()


@pytest.mark.slow
def test_a_network_learns_more_than_pixel_positions(tmp_path: Path) -> None:
    raw, prepared = tmp_path / "raw", tmp_path / "prepared"
    render_cityscapes(raw, {"train": 48, "val": 16}, 0, *SIZE, 1)
    prepare_cityscapes(raw, prepared, splits=("train", "val"), coarse=False)
    train = SegmentationDataset(prepared, raw, ("train",), TrainTransform(SIZE, SIZE, (0.9, 1.2)), cache=True)
    val = SegmentationDataset(prepared, raw, ("val",), EvalTransform(SIZE), cache=True)
    world = World(0, 1, torch.device("cpu"))
    seed_everything(0, 1)
    space = SpaceConfig(
        initial_channels=4, aggregation_channels=16, head_channels=16, head_dilations=(1, 2, 3)
    )
    network = SegmentationNetwork(random_genotype(space, (2, 2, 2), np.random.default_rng(3)), 19)
    source, steps = training_source(train, 4, seed=0, workers=0, world=world)
    result = finetune(
        network,
        source,
        miou_of(val, 4, world, None, "float32"),
        steps_per_epoch=steps,
        cfg=FinetuneConfig(epochs=20, lr=0.05, batch_size=4, validation_every=20),
        runtime=RuntimeConfig(),
        device=world.device,
    )
    losses = [float(row["loss"] or 0) for row in result.rows]
    reached = result.rows[-1]["val_miou"]
    assert losses[-1] < 0.75 * losses[0]
    assert reached is not None
    assert reached > 1.3 * miou_of_positions(train, val), (reached, losses)
