"""A network learns on rendered scenes: it beats what the pixel position alone tells."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from known_sets import prepare_cityscapes

from benchmarks.position_baseline import position_baseline
from pipeline_src.cli.sources import miou_of, training_source
from pipeline_src.config.load import resolve
from pipeline_src.data.datasets import SegmentationDataset
from pipeline_src.data.rendering.layouts import render_cityscapes
from pipeline_src.data.transforms import EvalTransform, TrainTransform
from pipeline_src.space.network import SegmentationNetwork
from pipeline_src.space.sampling import random_genotype
from pipeline_src.training.distributed import World
from pipeline_src.training.finetune import finetune
from pipeline_src.training.seeding import seed_everything

SIZE = (64, 128)


@pytest.mark.slow("trains for 10 epochs; the golden curves of tests/unit/training show each step")
def test_a_network_learns_more_than_pixel_positions(tmp_path: Path, repository: Path) -> None:
    config = resolve({"scale": "tiny"}, repository / "workflow" / "scales")
    cfg = config.finetune
    raw, prepared = tmp_path / "raw", tmp_path / "prepared"
    render_cityscapes(raw, {"train": 48, "val": 16}, 0, *SIZE, 1)
    prepare_cityscapes(raw, prepared, splits=("train", "val"), coarse=False)
    train = SegmentationDataset(
        prepared, raw, ("train",), TrainTransform(SIZE, SIZE, cfg.scale_range), cache=True
    )
    val = SegmentationDataset(prepared, raw, ("val",), EvalTransform(SIZE), cache=True)
    world = World(0, 1, torch.device("cpu"))
    seed_everything(0, 1)
    network = SegmentationNetwork(random_genotype(config.space, (2, 2, 2), np.random.default_rng(3)), 19)
    source, steps = training_source(train, cfg.batch_size, seed=0, workers=0, world=world)
    result = finetune(
        network,
        source,
        miou_of(val, 4, world, None, "float32"),
        steps_per_epoch=steps,
        cfg=cfg,
        runtime=config.runtime,
        device=world.device,
    )
    losses = [float(row["loss"] or 0) for row in result.rows]
    reached = result.rows[-1]["val_miou"]
    assert losses[-1] < 0.75 * losses[0]
    assert reached is not None
    assert reached > 1.3 * position_baseline(prepared, ("train",), "val"), (reached, losses)
