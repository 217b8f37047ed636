"""Check ImageNet's class folders once and write their list and manifest."""

from __future__ import annotations

import argparse
from pathlib import Path

from pipeline_src.cli.arguments import at_least

HELP = "check the class folders of ImageNet"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--root", type=Path, required=True, help="folder with train/CLASS/* and val/CLASS/*")
    parser.add_argument(
        "--output", type=Path, required=True, help="prepared folder: manifest.json, items.csv"
    )
    parser.add_argument("--workers", type=at_least(1), default=1, help="processes")


def run(args: argparse.Namespace) -> None:
    """Check and write."""
    from pipeline_src.cli.progress import progress
    from pipeline_src.cli.record import recorded
    from pipeline_src.data.imagenet import prepare_imagenet

    with recorded(args.output, args) as record:
        manifest = prepare_imagenet(args.root, args.output, args.workers, progress)
        record["source_sha256"] = manifest.source_sha256
