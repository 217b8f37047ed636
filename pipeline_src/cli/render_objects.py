"""Render a small class-folder set of things of the street, for pretraining without ImageNet."""

from __future__ import annotations

import argparse

from pipeline_src.cli.arguments import add_rendering

HELP = "render a small class-folder set for pretraining"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "--render",
        default="{}",
        metavar="JSON",
        help="the block data.imagenet.render: seed, classes, train_per_class, val_per_class, size_px",
    )
    add_rendering(parser)


def run(args: argparse.Namespace) -> None:
    """Render, then write rendered.json: what was rendered."""
    from pipeline_src.artifacts import write_json
    from pipeline_src.cli.progress import progress
    from pipeline_src.cli.record import recorded
    from pipeline_src.cli.render_settings import read_render
    from pipeline_src.data.rendering.layouts import render_classes

    settings = read_render("imagenet", args.render).imagenet.render
    assert settings is not None
    counts = {"train": settings.train_per_class, "val": settings.val_per_class}
    with recorded(args.output, args, seed=settings.seed):
        images = render_classes(
            args.output, settings.classes, counts, settings.seed, settings.size_px, args.workers, progress
        )
        marker = {"dataset": "imagenet", "images": images, "render": settings.model_dump(mode="json")}
        write_json(args.output / "rendered.json", marker)
