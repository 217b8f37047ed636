"""`autortnet collect-figure`: the data behind figure 1, 5 or 6 from result files, as CSV."""

from __future__ import annotations

import argparse
from pathlib import Path

from pipeline_src.cli.arguments import add_results, add_settings, require_results

HELP = "write the data behind figure 1, 5 or 6 from result files"
BLOCKS = ("scale", "seed", "data", "finetune.pretrained", "experiments")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    figures = ["figure_1", "figure_5", "figure_6"]
    parser.add_argument("figure", choices=figures, metavar="FIGURE", help="figure_1, figure_5 or figure_6")
    add_settings(parser, BLOCKS)
    add_results(parser)
    parser.add_argument("--output", type=Path, required=True, help="the CSV to write")


def run(args: argparse.Namespace) -> None:
    """Write the figure's data."""
    require_results(args.results)
    from pipeline_src.cli.record import recorded
    from pipeline_src.config.grid import Grid
    from pipeline_src.config.load import read_settings
    from pipeline_src.reporting.read.sources import artifacts_of
    from pipeline_src.reporting.tables.cells import write_csv
    from pipeline_src.reporting.tables.figures import figure_data

    grid = Grid(read_settings(args.settings, BLOCKS, args.execution))
    inputs = [args.results / path for path in artifacts_of(grid, args.figure)]
    with recorded(args.output, args, [path for path in inputs if path.exists()]):
        write_csv(figure_data(args.figure, grid, args.results), args.output)
