"""Search one architecture (Sec. 3): writes genotype.json, log.csv and run.json."""

from __future__ import annotations

import argparse
import math
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
    three_integers,
)
from pipeline_src.latency.settings import TABLE_KEYS

if TYPE_CHECKING:
    from pipeline_src.config.models import Config
    from pipeline_src.search.searcher import Searcher
    from pipeline_src.training.checkpoint import Checkpoints
    from pipeline_src.training.distributed import World

HELP = "search an architecture under a latency term"
BLOCKS = ("space", *TABLE_KEYS, "latency.allow_other_device", "search", *RUNTIME_KEYS)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add_data(parser)
    add_settings(parser, BLOCKS)
    parser.add_argument("--splits", type=split_names, default=("train",), help="splits to search on")
    parser.add_argument("--validation-split", help="split for the mIoU columns of the log")
    parser.add_argument("--lut", type=Path, required=True, help="lookup table of the deployed input size")
    parser.add_argument("--gamma", type=float, required=True, help="weight of the latency term (Eq. 8)")
    parser.add_argument("--depths", type=three_integers, required=True, help="initial cells, such as 5,10,10")
    parser.add_argument(
        "--null",
        choices=("none", "signs"),
        default="none",
        help="signs: random signs on alpha's gradients, a search that can find nothing (A27)",
    )
    add_input_size(parser)
    add_crop_size(parser)
    add_long_step(parser)


def run(args: argparse.Namespace) -> None:
    """Search, or go on searching from the newest checkpoint."""
    from pipeline_src.cli.long_step import checkpoints_of
    from pipeline_src.cli.progress import progress
    from pipeline_src.cli.record import recorded
    from pipeline_src.cli.sources import write_log
    from pipeline_src.config.load import read_settings
    from pipeline_src.errors import ConfigError
    from pipeline_src.training.distributed import session

    if not 0 <= args.gamma < math.inf:
        raise ConfigError("--gamma", f"is {args.gamma}.", "Give a finite number, 0 or more.")
    config = read_settings(args.settings, BLOCKS, args.execution)
    inputs = [args.prepared / "manifest.json", args.lut]
    with (
        checkpoints_of(args.checkpoints, args.output) as checkpoints,
        recorded(args.output, args, inputs, args.seed, checkpoints) as facts,
        session(config.runtime.device) as world,
    ):
        searcher = _build(args, config, world, checkpoints)
        searcher.resume()
        left = searcher.epochs * searcher.steps_per_epoch - searcher.steps_done
        steps = searcher.run(on_epoch=_say)
        for _ in progress(steps, left, "search steps") if world.is_main else steps:
            pass
        if world.is_main:
            genotype = searcher.parameters.derive(config.space, config.search.derive_zero)
            write_log(args.output / "log.csv", searcher.rows)
            genotype.save(args.output / "genotype.json")
            facts |= {
                "depths": genotype.depths,
                "null": args.null,
                "latency_offset_us": searcher.latency_offset_us,
                "epochs": len(searcher.rows),
            }


def _build(args: argparse.Namespace, config: Config, world: World, checkpoints: Checkpoints) -> Searcher:
    """Everything a search needs, checked before its first step."""
    import torch

    from pipeline_src.artifacts import sha256_of
    from pipeline_src.cli.sources import identity_of, keep_frames, training_source
    from pipeline_src.data.datasets import SegmentationDataset
    from pipeline_src.data.transforms import TrainTransform
    from pipeline_src.latency.fingerprint import current_for_table
    from pipeline_src.latency.table import LookupTable
    from pipeline_src.search.objective import LatencyModel
    from pipeline_src.search.searcher import Searcher, SearchPlan
    from pipeline_src.space.supernet import ArchitectureParameters, Supernet
    from pipeline_src.training.seeding import derived_seed, seed_everything

    table = LookupTable.load(args.lut)
    table.require(current_for_table(config.latency, world.device), config.latency.allow_other_device)
    measured = config.search.latency_offset_us == "measured"
    latency = LatencyModel.build(config.space, args.input_size, table.latency_us, world.device)
    transform = TrainTransform(args.crop_size, args.input_size, config.search.scale_range)
    dataset = SegmentationDataset(args.prepared, args.raw, args.splits, transform)
    halves = _halves(dataset) if config.search.level == "bilevel" else [dataset]
    keep_frames(config.runtime, *halves)
    # Searches that differ in anything get other weights, noise and data: they can be counted as independent.
    weights_seed, noise_seed, data_seed, null_seed = (
        derived_seed(what, args.seed, dataset.manifest.name, args.gamma, args.depths, args.null)
        for what in ("weights", "noise", "data", "null")
    )
    seed_everything(weights_seed, config.runtime.threads)
    sources = [
        training_source(
            part,
            config.search.batch_size,
            seed=data_seed,
            workers=config.runtime.workers,
            world=world,
            limit=config.search.steps_per_epoch,
        )
        for part in halves
    ]
    supernet = Supernet(config.space, args.depths, dataset.num_classes, batched=config.search.batched)
    generator = torch.Generator().manual_seed(noise_seed)
    parameters = ArchitectureParameters(args.depths, generator).to(world.device)
    precision = config.search.precision or config.runtime.precision
    identity = identity_of(
        config.search, config.space, args.gamma, args.seed, args.null, args.depths, args.crop_size,
        args.input_size, args.splits, args.validation_split, sha256_of(args.lut),
        sha256_of(args.prepared / "manifest.json"), precision,
    )  # fmt: skip
    return Searcher(
        supernet.to(world.device),
        parameters,
        train_batches=sources[0][0],
        architecture_batches=sources[1][0] if len(sources) > 1 else None,
        validate=_validation(args, config, world),
        latency=latency,
        config=config.search,
        plan=SearchPlan(
            gamma=args.gamma,
            steps_per_epoch=min(steps for _, steps in sources),
            measured_offset_us=table.fixed_part_us(dataset.num_classes) if measured else None,
            precision=precision,
            identity=identity,
            checkpoint_every_s=config.runtime.checkpoint_every_s,
        ),
        device=world.device,
        generator=generator,
        null_signs=torch.Generator().manual_seed(null_seed) if args.null == "signs" else None,
        checkpoints=checkpoints,
    )


def _halves(dataset: Any) -> list[Any]:
    """The weights' frames, and those of alpha and beta (bilevel, A12)."""
    import copy

    from pipeline_src.data.halves import in_halves

    parts = []
    for places in in_halves(dataset.items):
        part = copy.copy(dataset)
        part.items, part._decoded = tuple(dataset.items[place] for place in places), {}
        parts.append(part)
    return parts


def _validation(args: argparse.Namespace, config: Config, world: World) -> Any:
    """mIoU over fixed crops at scale 1, or None where no split was named."""
    if not args.validation_split or config.search.validation_images == 0:
        return None
    from torch import nn

    from pipeline_src.cli.sources import keep_frames
    from pipeline_src.data.datasets import SegmentationDataset
    from pipeline_src.data.loading import batches
    from pipeline_src.data.transforms import TrainTransform
    from pipeline_src.evaluation.metrics import evaluate_network

    transform = TrainTransform(args.crop_size, args.input_size, (1.0, 1.0), flip_probability=0.0)
    dataset = SegmentationDataset(args.prepared, args.raw, (args.validation_split,), transform)
    dataset.items = dataset.items[: config.search.validation_images]
    keep_frames(config.runtime, dataset)
    size = min(config.search.batch_size, len(dataset))

    class Masked(nn.Module):
        def __init__(self, forward: Any) -> None:
            super().__init__()
            self.forward = forward

    def validate(forward: Any) -> float:
        # drop_last: the supernet normalises over the batch, and a batch of one has no spread to use.
        source = batches(dataset, size, 0, 0, shuffle=False, drop_last=True)
        named = ((images, labels, ()) for images, labels in source)
        matrix = evaluate_network(
            Masked(forward),
            named,
            dataset.num_classes,
            world.device,
            config.search.precision or config.runtime.precision,
            dataset.manifest.ignore,
        )
        return matrix.miou()

    return validate


def _say(row: dict[str, Any]) -> None:
    import logging

    depths = ", ".join(str(row[f"argmax_depth_{index}"]) for index in (1, 2, 3))
    logging.getLogger(__name__).info(
        "epoch %d: CE %.3f, latency %.0f us, depths {%s}", row["epoch"], row["ce"], row["latency_us"], depths
    )
