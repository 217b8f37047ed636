"""`autortnet tabulate-table`: one of the paper's tables from result files, as CSV, Markdown and LaTeX."""

from __future__ import annotations

import argparse
from pathlib import Path

from pipeline_src.cli.arguments import add_results, add_settings, require_results

HELP = "write one of the paper's tables, quoted and measured values apart, from result files"
BLOCKS = ("scale", "seed", "data", "finetune.pretrained", "experiments")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    tables = [f"table_{number}" for number in range(1, 11)]
    parser.add_argument("table", choices=tables, metavar="TABLE", help="table_1 to table_10")
    add_settings(parser, BLOCKS)
    add_results(parser)
    parser.add_argument(
        "--output",
        type=Path,
        required=True,
        help="the CSV to write; beside it go NAME.cells.csv, a line a cell, NAME.md and NAME.tex",
    )


def run(args: argparse.Namespace) -> None:
    """Write the table and its cells."""
    require_results(args.results)
    from pipeline_src.cli.record import recorded
    from pipeline_src.config.grid import Grid
    from pipeline_src.config.load import read_settings
    from pipeline_src.reporting.read.sources import artifacts_of
    from pipeline_src.reporting.tables.cells import tabulate, write_table
    from pipeline_src.reporting.tables.formats import write_formats

    grid = Grid(read_settings(args.settings, BLOCKS, args.execution))
    inputs = [args.results / path for path in artifacts_of(grid, args.table)]
    with recorded(args.output, args, [path for path in inputs if path.exists()]):
        table = tabulate(args.table, grid, args.results)
        write_table(table, args.output)
        write_formats(table, args.output)
