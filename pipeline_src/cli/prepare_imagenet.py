"""Check ImageNet's class folders once and write their list and manifest."""

from __future__ import annotations

import argparse

from pipeline_src.cli.preparing import add_preparation, preparing

HELP = "check the class folders of ImageNet"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add_preparation(parser, "with train/CLASS/* and val/CLASS/*", "manifest.json, items.csv")


def run(args: argparse.Namespace) -> None:
    """Check and write."""
    from pipeline_src.cli.progress import progress
    from pipeline_src.data.imagenet import prepare_imagenet

    with preparing(args) as preparation:
        preparation.done(prepare_imagenet(args.root, args.output, args.workers, progress))
