"""Check a described data set once, map its labels to train ids, write labels and manifest."""

from __future__ import annotations

import argparse

from pipeline_src.cli.arguments import split_names
from pipeline_src.cli.preparing import add_preparation, preparing

HELP = "check a described data set and map its labels to its classes"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "--dataset",
        required=True,
        metavar="NAME|FILE",
        help="name of a description in workflow/datasets, or the path of one (.yaml)",
    )
    add_preparation(parser, "of the raw images and labels", "manifest.json and labels")
    parser.add_argument("--layout", default="auto", help="one of the description's; auto finds out")
    parser.add_argument("--splits", type=split_names, help="default: all that the description has")
    parser.add_argument("--without-coarse", action="store_true", help="leave the coarse split out")


def run(args: argparse.Namespace) -> None:
    """Check and write."""
    from pipeline_src.cli.progress import progress
    from pipeline_src.config.datasets import described
    from pipeline_src.data.prepare import prepare_data

    described(args.dataset)  # refused before the raw folder is looked at
    with preparing(args) as preparation:
        preparation.done(
            prepare_data(
                args.dataset,
                args.root,
                args.output,
                layout=args.layout,
                splits=args.splits,
                coarse=not args.without_coarse,
                processes=args.workers,
                progress=progress,
            )
        )
