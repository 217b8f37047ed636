"""Check Cityscapes once, map its label ids to the 19 train ids, write labels and manifest."""

from __future__ import annotations

import argparse
from pathlib import Path

from pipeline_src.cli.arguments import at_least, split_names

HELP = "check Cityscapes and map its labels to the 19 classes"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--root", type=Path, required=True, help="folder with leftImg8bit, gtFine, gtCoarse")
    parser.add_argument(
        "--output", type=Path, required=True, help="prepared folder: manifest.json and labels"
    )
    parser.add_argument("--splits", type=split_names, default=("train", "val", "test"), help="fine splits")
    parser.add_argument("--without-coarse", action="store_true", help="leave gtCoarse out")
    parser.add_argument("--workers", type=at_least(1), default=1, help="processes")


def run(args: argparse.Namespace) -> None:
    """Check and write."""
    from pipeline_src.cli.progress import progress
    from pipeline_src.cli.record import recorded
    from pipeline_src.data.cityscapes import prepare_cityscapes

    with recorded(args.output, args) as record:
        manifest = prepare_cityscapes(
            args.root, args.output, args.splits, not args.without_coarse, args.workers, progress
        )
        record["source_sha256"] = manifest.source_sha256
