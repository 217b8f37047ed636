"""The Cityscapes test submission: label-id PNGs at full resolution, and the zip to upload (Sec. 4.3)."""

from __future__ import annotations

import argparse
from pathlib import Path

from pipeline_src.cli.arguments import add_data, add_input_size, add_settings
from pipeline_src.cli.networks import add_network, build_network, design_of, genotype_files
from pipeline_src.errors import DataError

HELP = "write predictions in the form the Cityscapes server takes"
BLOCKS = ("evaluate.batch_size", "runtime.device", "runtime.threads", "runtime.precision", "runtime.workers")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add_data(parser)
    add_settings(parser, BLOCKS)
    add_network(parser)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--split", default="test", help="split to predict (test)")
    add_input_size(parser)
    parser.add_argument(
        "--output", type=Path, required=True, help="folder for predictions/ and submission.zip"
    )


def run(args: argparse.Namespace) -> None:
    """Predict every frame of the split at its own size and pack the predictions."""
    import torch

    from pipeline_src.cli.progress import progress
    from pipeline_src.cli.record import recorded
    from pipeline_src.config.datasets import described
    from pipeline_src.config.load import read_settings
    from pipeline_src.data.classes import train_id_of_raw
    from pipeline_src.data.datasets import SegmentationDataset
    from pipeline_src.data.loading import batches
    from pipeline_src.data.transforms import EvalTransform
    from pipeline_src.evaluation.metrics import predict_all
    from pipeline_src.evaluation.submission import pack_submission, write_prediction
    from pipeline_src.evaluation.trained import load_network
    from pipeline_src.training.distributed import resolve_device

    config = read_settings(args.settings, BLOCKS, args.execution)
    cityscapes = described("cityscapes")
    data = SegmentationDataset(args.prepared, args.raw, (args.split,), EvalTransform(args.input_size))
    if data.manifest.class_names != cityscapes.class_names:
        raise DataError(
            args.prepared, "is not a Cityscapes set.", "Only the Cityscapes test set has such a server."
        )
    network = load_network(args.weights, design_of(args), cityscapes.class_names, build_network)
    torch.set_num_threads(config.runtime.threads)
    inputs = [*genotype_files(args), args.weights, args.prepared / "manifest.json"]
    folder = args.output / "predictions"
    with recorded(args.output, args, inputs):
        source = batches(
            data, config.evaluate.batch_size, 0, 0,
            shuffle=False, drop_last=False, workers=config.runtime.workers,
        )  # fmt: skip
        device = resolve_device(config.runtime.device)
        predictions = predict_all(network, source, device, config.runtime.precision)
        paths = [
            write_prediction(folder, name, prediction, train_id_of_raw(cityscapes))
            for name, prediction in progress(predictions, len(data), "frames")
        ]
        pack_submission(paths, args.output / "submission.zip")
