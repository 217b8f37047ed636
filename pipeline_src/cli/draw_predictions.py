"""Frames of a split with their labels and what networks predict, as pictures (Figures 8 and 9)."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from pipeline_src.cli.arguments import add_data, add_input_size, add_settings, at_least
from pipeline_src.errors import UserError

HELP = "draw frames, labels and predictions for figures 8 and 9"
BLOCKS = ("runtime.device", "runtime.threads", "runtime.precision")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add_data(parser)
    add_settings(parser, BLOCKS)
    parser.add_argument(
        "--network",
        nargs=2,
        action="append",
        required=True,
        metavar=("LABEL", "WEIGHTS"),
        help="a column: its heading, and weights of `autortnet finetune-network`; can be repeated",
    )
    parser.add_argument("--split", required=True)
    parser.add_argument("--frames", type=at_least(1), default=4, help="how many, evenly spaced (4)")
    add_input_size(parser)
    parser.add_argument("--output", type=Path, required=True, help="folder for PNGs and index.json")


def run(args: argparse.Namespace) -> None:
    """Predict the chosen frames with each network and write the pictures and their index."""
    names = [_plain(label) for label, _ in args.network]
    if len(set(names)) != len(names) or {"image", "truth", ""} & set(names):
        problem = f"gives the columns {', '.join(map(repr, names))}, which are not told apart."
        raise UserError("--network", problem, "Give each network a label of its own.")
    import torch

    from pipeline_src.artifacts import require_writable, write_json
    from pipeline_src.cli.networks import build_network
    from pipeline_src.cli.record import recorded
    from pipeline_src.config.load import read_settings
    from pipeline_src.data.datasets import SegmentationDataset
    from pipeline_src.data.transforms import EvalTransform
    from pipeline_src.evaluation.predictions import Column, draw_frames, evenly_spaced
    from pipeline_src.evaluation.trained import describe, load_network
    from pipeline_src.training.checkpoint import load_metadata
    from pipeline_src.training.distributed import resolve_device

    config = read_settings(args.settings, BLOCKS, args.execution)
    data = SegmentationDataset(args.prepared, args.raw, (args.split,), EvalTransform(args.input_size))
    device = resolve_device(config.runtime.device)
    torch.set_num_threads(config.runtime.threads)
    paths = [Path(weights) for _, weights in args.network]
    require_writable(args.output)
    with recorded(args.output, args, [*paths, args.prepared / "manifest.json"]):
        columns = []
        for (label, _), name, path in zip(args.network, names, paths, strict=True):
            metadata = load_metadata(path)
            design = describe(metadata, path).design
            network = load_network(path, design, data.manifest.class_names, build_network).to(device)
            columns.append(Column(name, label, network, metadata))
        indices = evenly_spaced(len(data), args.frames)
        index = draw_frames(data, indices, columns, args.output, device, config.runtime.precision)
        write_json(args.output / "index.json", index)


def _plain(label: str) -> str:
    """`AutoRTNet-A` -> `autortnet-a`: a column's name in files and keys."""
    return re.sub(r"[^a-z0-9]+", "-", label.casefold()).strip("-")
