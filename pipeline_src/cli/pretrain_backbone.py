"""Pretrain a backbone as a classifier (Sec. 4.1): writes weights.safetensors, log.csv and run.json."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING

from pipeline_src.cli.arguments import RUNTIME_KEYS, add_data, add_long_step, add_settings, at_least
from pipeline_src.cli.networks import (
    add_network,
    build_classifier,
    design_of,
    genotype_files,
    network_identity,
    network_metadata,
)
from pipeline_src.cli.not_run import handed_on

if TYPE_CHECKING:
    import torch
    from torch import nn

    from pipeline_src.config.models import Precision
    from pipeline_src.data.datasets import ClassificationDataset

HELP = "pretrain a backbone on class folders (ImageNet)"
FILES = ("weights.safetensors", "log.csv")
BLOCKS = ("pretrain", "space", *RUNTIME_KEYS)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add_data(parser)
    add_settings(parser, BLOCKS)
    add_network(parser)
    parser.add_argument("--crop", type=at_least(1), default=224, help="side of the crop in pixels")
    parser.add_argument(
        "--resize", type=at_least(1), default=256, help="shorter side before the validation crop"
    )
    add_long_step(parser)


def run(args: argparse.Namespace) -> None:
    """Pretrain, or go on from the newest checkpoint; of a network that is not run, say so and no more."""
    if handed_on(args, [args.output / name for name in FILES], args.seed):
        return
    from pipeline_src.artifacts import sha256_of
    from pipeline_src.cli.long_step import checkpoints_of
    from pipeline_src.cli.progress import progress
    from pipeline_src.cli.record import recorded
    from pipeline_src.cli.sources import fits_in_memory, identity_of, training_source, write_log
    from pipeline_src.config.load import read_settings
    from pipeline_src.data.datasets import ClassificationDataset
    from pipeline_src.data.transforms import ClassEvalTransform, ClassTrainTransform
    from pipeline_src.training.checkpoint import save_weights
    from pipeline_src.training.distributed import session
    from pipeline_src.training.engine import Keeping
    from pipeline_src.training.pretrain import pretrain
    from pipeline_src.training.seeding import derived_seed, seed_everything

    config = read_settings(args.settings, BLOCKS, args.execution)
    cfg, runtime = config.pretrain, config.runtime
    design = design_of(args, config.space)
    manifest = args.prepared / "manifest.json"
    with (
        checkpoints_of(args.checkpoints, args.output) as checkpoints,
        recorded(args.output, args, [*genotype_files(args), manifest], args.seed, checkpoints),
        session(runtime.device) as world,
    ):
        train = ClassificationDataset(
            args.prepared, args.raw, ("train",), ClassTrainTransform(args.crop, cfg.area_range)
        )
        val = ClassificationDataset(
            args.prepared, args.raw, ("val",), ClassEvalTransform(resize_px=args.resize, crop_px=args.crop)
        )
        # As in finetuning: networks that share a seed share no weights, batches or crops.
        weights_seed, data_seed = (
            derived_seed(what, args.seed, train.manifest.name, network_identity(design))
            for what in ("pretrained weights", "pretraining data")
        )
        seed_everything(weights_seed, runtime.threads)
        for part in (train, val):
            sizes = [(item.width, item.height) for item in part.items]
            part.cache = fits_in_memory(sizes, runtime.cache_mib)
        source, steps = training_source(
            train, cfg.batch_size, seed=data_seed, workers=runtime.workers, world=world
        )
        identity = identity_of(
            network_identity(design), weights_seed, data_seed, args.crop, args.resize, sha256_of(manifest)
        )
        result = pretrain(
            build_classifier(design, train.num_classes),
            source,
            _top1(val, cfg.batch_size, world.device, runtime.precision),
            steps_per_epoch=steps,
            cfg=cfg,
            runtime=runtime,
            device=world.device,
            keeping=Keeping(checkpoints, identity, runtime.checkpoint_every_s),
            progress=progress,
        )
        if world.is_main:
            # What top-1 is to be held against: chance depends on both.
            judged = {"val_images": len(val), "classes": train.num_classes}
            write_log(args.output / "log.csv", [{**row, **judged} for row in result.rows])
            metadata = {**network_metadata(design), "dataset": train.manifest.name}
            save_weights(args.output / "weights.safetensors", result.last_state, metadata)


def _top1(
    dataset: ClassificationDataset, batch_size: int, device: torch.device, precision: Precision
) -> Callable[[nn.Module], float]:
    """A validation: share of the set whose likeliest class is the right one, in the precision trained in."""
    from pipeline_src.data.loading import batches
    from pipeline_src.training.engine import autocast

    def validate(network: nn.Module) -> float:
        right = seen = 0
        for images, classes in batches(dataset, batch_size, 0, 0, shuffle=False, drop_last=False):
            with autocast(device, precision):
                answers = network(images.to(device)).argmax(dim=1).cpu()
            right, seen = right + int((answers == classes).sum()), seen + len(classes)
        return right / seen

    return validate
