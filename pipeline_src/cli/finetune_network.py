"""Finetune a network on a segmentation set (Sec. 4.1): last and best weights, log.csv, run.json."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline_src.cli.arguments import (
    RUNTIME_KEYS,
    add_crop_size,
    add_data,
    add_input_size,
    add_long_step,
    add_settings,
    split_names,
)
from pipeline_src.cli.networks import (
    add_network,
    build_network,
    design_of,
    genotype_files,
    network_identity,
    network_metadata,
    require_backbone,
)
from pipeline_src.cli.not_run import handed_on

if TYPE_CHECKING:
    from pipeline_src.config.models import Config, FinetuneConfig
    from pipeline_src.evaluation.trained import Design
    from pipeline_src.training.distributed import World
    from pipeline_src.training.loop import TrainingResult, Validation

HELP = "finetune a network on Cityscapes or CamVid"
FROM_SCRATCH = "no pretrained backbone: trained from scratch on these splits alone (A19, A30)"
FILES = ("weights_last.safetensors", "weights_best.safetensors", "log.csv")
BLOCKS = ("finetune", "evaluate.batch_size", "space", *RUNTIME_KEYS)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add_data(parser)
    add_settings(parser, BLOCKS)
    add_network(parser)
    parser.add_argument("--backbone", type=Path, help="pretrained weights; without them, from scratch")
    parser.add_argument("--splits", type=split_names, required=True, help="such as train or train,val,coarse")
    parser.add_argument("--validation-split", help="split for the best epoch; none: only the last is kept")
    add_input_size(parser)
    add_crop_size(parser)
    add_long_step(parser)


def run(args: argparse.Namespace) -> None:
    """Finetune, or go on from the newest checkpoint; of a network that is not run, say so and no more."""
    if handed_on(args, [args.output / name for name in FILES], args.seed):
        return
    from pipeline_src.cli.long_step import checkpoints_of
    from pipeline_src.cli.progress import progress
    from pipeline_src.cli.record import recorded
    from pipeline_src.cli.sources import identity_of, keep_frames, training_source, write_log
    from pipeline_src.config.load import read_settings
    from pipeline_src.data.datasets import SegmentationDataset
    from pipeline_src.data.transforms import TrainTransform
    from pipeline_src.training.checkpoint import load_weights
    from pipeline_src.training.distributed import session
    from pipeline_src.training.engine import Keeping
    from pipeline_src.training.finetune import finetune, transfer_backbone
    from pipeline_src.training.seeding import derived_seed, seed_everything

    config = read_settings(args.settings, BLOCKS, args.execution)
    cfg, runtime = config.finetune, config.runtime
    design = design_of(args, config.space)
    if args.backbone:
        require_backbone(design)
        _require_pretrained(cfg, args.backbone)
    inputs = [*genotype_files(args), args.prepared / "manifest.json"]
    inputs += [args.backbone] if args.backbone else []
    with (
        checkpoints_of(args.checkpoints, args.output) as checkpoints,
        recorded(args.output, args, inputs, args.seed, checkpoints) as facts,
        session(runtime.device) as world,
    ):
        transform = TrainTransform(args.crop_size, args.input_size, cfg.scale_range, cfg.flip_probability)
        train = SegmentationDataset(args.prepared, args.raw, args.splits, transform)
        # Networks that share a seed share no weights, batches or crops: their scores are independent.
        weights_seed, data_seed = (
            derived_seed(what, args.seed, train.manifest.name, network_identity(design), args.splits)
            for what in ("finetuned weights", "finetuning data")
        )
        seed_everything(weights_seed, runtime.threads)
        keep_frames(runtime, train)
        validate = _validation(args, config, world)
        source, steps = training_source(
            train, cfg.batch_size, seed=data_seed, workers=runtime.workers, world=world
        )
        network = build_network(design, train.num_classes)
        if args.backbone:
            transfer_backbone(network, load_weights(args.backbone), args.backbone)
        identity = identity_of(
            *(_digest(path) for path in inputs), *filter(None, [args.peer]), args.splits,
            args.validation_split, weights_seed, data_seed, args.crop_size, args.input_size,
        )  # fmt: skip
        result = finetune(
            network,
            source,
            validate,
            steps_per_epoch=steps,
            cfg=cfg,
            runtime=runtime,
            device=world.device,
            class_pixels=train.manifest.class_pixels(args.splits),
            keeping=Keeping(checkpoints, identity, runtime.checkpoint_every_s),
            progress=progress,
            on_epoch=_say,
        )
        if world.is_main:
            write_log(args.output / "log.csv", result.rows)
            _save(args, result, design, train.manifest)
            facts |= {"best_epoch": result.best_epoch, "pretrained": args.backbone is not None}
            facts |= {} if args.backbone else {"limitation": FROM_SCRATCH}


def _require_pretrained(cfg: FinetuneConfig, backbone: Path) -> None:
    from pipeline_src.errors import UserError

    if not cfg.pretrained:
        raise UserError(
            f"--backbone {backbone}",
            "is given, but finetune.pretrained is false: all networks are trained from scratch.",
            "Leave --backbone out, or set finetune.pretrained: true.",
        )


def _validation(args: argparse.Namespace, config: Config, world: World) -> Validation | None:
    from pipeline_src.cli.sources import miou_of
    from pipeline_src.data.datasets import SegmentationDataset
    from pipeline_src.data.transforms import EvalTransform

    if not args.validation_split:
        return None
    val = SegmentationDataset(
        args.prepared, args.raw, (args.validation_split,), EvalTransform(args.input_size)
    )
    images, precision = config.finetune.validation_images, config.runtime.precision
    return miou_of(val, config.evaluate.batch_size, world, images, precision)


def _digest(path: Path) -> str:
    from pipeline_src.artifacts import sha256_of

    return sha256_of(path)


def _save(args: argparse.Namespace, result: TrainingResult, design: Design, manifest: Any) -> None:
    """Both weight files; `chosen_on` is the split that chose the epoch, None for the last epoch.

    Without a validation split the best epoch is unknown: its file holds the last one and says so.
    """
    from pipeline_src.training.checkpoint import save_weights

    metadata = {
        **network_metadata(design),
        "pretrained": args.backbone is not None,
        "dataset": manifest.name,
        "class_names": manifest.class_names,
        "palette": manifest.palette,
        "input_height_px": args.input_size[0],
        "input_width_px": args.input_size[1],
    }
    last = {**metadata, "epoch": len(result.rows), "chosen_on": None}
    save_weights(args.output / "weights_last.safetensors", result.last_state, last)
    if result.best_state is None:
        best_state, best = result.last_state, last
    else:
        best_state = result.best_state
        best = {**metadata, "epoch": result.best_epoch, "chosen_on": args.validation_split}
    save_weights(args.output / "weights_best.safetensors", best_state, best)


def _say(row: Any) -> None:
    import logging

    score = "" if row["val_miou"] is None else f", mIoU {row['val_miou']:.4f}"
    logging.getLogger(__name__).info("epoch %d: loss %.4f%s", row["epoch"], row["loss"], score)
