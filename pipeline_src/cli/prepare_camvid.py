"""Check CamVid once, in either layout, map its labels to the 11 classes, write labels and manifest."""

from __future__ import annotations

import argparse
from pathlib import Path

from pipeline_src.cli.arguments import at_least

HELP = "check CamVid and map its labels to the 11 classes"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--root", type=Path, required=True, help="folder of the raw images and labels")
    parser.add_argument(
        "--output", type=Path, required=True, help="prepared folder: manifest.json and labels"
    )
    parser.add_argument("--layout", choices=("auto", "original", "indexed"), default="auto")
    parser.add_argument("--workers", type=at_least(1), default=1, help="processes")


def run(args: argparse.Namespace) -> None:
    """Check and write."""
    from pipeline_src.cli.progress import progress
    from pipeline_src.cli.record import recorded
    from pipeline_src.data.camvid import prepare_camvid

    with recorded(args.output, args) as record:
        manifest = prepare_camvid(args.root, args.output, args.layout, args.workers, progress)
        record["source_sha256"] = manifest.source_sha256
        record["unknown_pixels"] = manifest.unknown_pixels
