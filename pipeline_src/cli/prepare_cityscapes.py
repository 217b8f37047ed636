"""Check Cityscapes once, map its label ids to the 19 train ids, write labels and manifest."""

from __future__ import annotations

import argparse

from pipeline_src.cli.arguments import split_names
from pipeline_src.cli.preparing import add_preparation, preparing

HELP = "check Cityscapes and map its labels to the 19 classes"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add_preparation(parser, "with leftImg8bit, gtFine, gtCoarse", "manifest.json and labels")
    parser.add_argument("--splits", type=split_names, default=("train", "val", "test"), help="fine splits")
    parser.add_argument("--without-coarse", action="store_true", help="leave gtCoarse out")


def run(args: argparse.Namespace) -> None:
    """Check and write."""
    from pipeline_src.cli.progress import progress
    from pipeline_src.data.cityscapes import prepare_cityscapes

    with preparing(args) as preparation:
        preparation.done(
            prepare_cityscapes(
                args.root, args.output, args.splits, not args.without_coarse, args.workers, progress
            )
        )
