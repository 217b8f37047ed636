"""Render street scenes, with exact labels, in the official layout of Cityscapes or CamVid."""

from __future__ import annotations

import argparse

from pipeline_src.cli.arguments import add_rendering

HELP = "render street scenes in the layout of Cityscapes or CamVid"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--dataset", choices=("cityscapes", "camvid"), required=True)
    parser.add_argument(
        "--render",
        default="{}",
        metavar="JSON",
        help="the block data.SET.render: seed, train, val, test, coarse, height_px, width_px",
    )
    parser.add_argument("--layout", choices=("indexed", "original"), default="indexed", help="of CamVid")
    add_rendering(parser)


def run(args: argparse.Namespace) -> None:
    """Render, then write rendered.json: what was rendered."""
    from pipeline_src.artifacts import write_json
    from pipeline_src.cli.progress import progress
    from pipeline_src.cli.record import recorded
    from pipeline_src.cli.render_settings import read_render
    from pipeline_src.data.rendering.layouts import render_camvid, render_cityscapes

    data = read_render(args.dataset, args.render)
    block = data.camvid if args.dataset == "camvid" else data.cityscapes
    assert block is not None and block.render is not None
    settings = block.render
    counts = {"train": settings.train, "val": settings.val, "test": settings.test}
    size = settings.height_px, settings.width_px
    with recorded(args.output, args, seed=settings.seed):
        if args.dataset == "cityscapes":
            counts["train_extra"] = settings.coarse
            frames = render_cityscapes(args.output, counts, settings.seed, *size, args.workers, progress)
        else:
            frames = render_camvid(
                args.output, counts, settings.seed, *size, args.layout, args.workers, progress
            )
        marker = {"dataset": args.dataset, "frames": frames, "render": settings.model_dump(mode="json")}
        write_json(args.output / "rendered.json", marker)
