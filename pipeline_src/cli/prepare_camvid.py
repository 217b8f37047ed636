"""Check CamVid once, in either layout, map its labels to the 11 classes, write labels and manifest."""

from __future__ import annotations

import argparse

from pipeline_src.cli.preparing import add_preparation, preparing

HELP = "check CamVid and map its labels to the 11 classes"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add_preparation(parser, "of the raw images and labels", "manifest.json and labels")
    parser.add_argument("--layout", choices=("auto", "original", "indexed"), default="auto")


def run(args: argparse.Namespace) -> None:
    """Check and write."""
    from pipeline_src.cli.progress import progress
    from pipeline_src.data.camvid import prepare_camvid

    with preparing(args) as preparation:
        preparation.done(prepare_camvid(args.root, args.output, args.layout, args.workers, progress))
