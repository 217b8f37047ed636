"""`autortnet plot-figure`: one picture of the report from result files, as SVG, PDF and PNG."""

from __future__ import annotations

import argparse
import importlib
from pathlib import Path

from pipeline_src.cli.arguments import add_results, add_settings, require_results

HELP = "draw one picture of the report from result files"
BLOCKS = ("scale", "seed", "data", "space", "latency", "search", "finetune", "experiments")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("figure", metavar="FIGURE", help="figure_1 to figure_9, or one beyond the paper")
    add_settings(parser, BLOCKS)
    add_results(parser)
    parser.add_argument(
        "--output", type=Path, required=True, help="folder for FIGURE.svg, .pdf, .png and its words, .json"
    )


def run(args: argparse.Namespace) -> None:
    """Draw the picture."""
    from pipeline_src.cli.record import recorded
    from pipeline_src.config.grid import Grid
    from pipeline_src.config.load import read_settings
    from pipeline_src.reporting.read.pictures import entry_of

    entry = entry_of(args.figure)
    grid = Grid(read_settings(args.settings, BLOCKS, args.execution))
    inputs = [args.results / path for path in entry.sources(grid)]
    # A picture of the code alone may be drawn before there is any result.
    if inputs:
        require_results(args.results)
    from pipeline_src.reporting.drawing.picture import save_picture

    module = importlib.import_module(entry.full_name)
    with recorded(args.output / f"{args.figure}.json", args, [path for path in inputs if path.exists()]):
        save_picture(module.draw(args.figure, grid, args.results), args.output)
