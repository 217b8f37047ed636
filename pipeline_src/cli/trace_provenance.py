"""`autortnet trace-provenance`: where every number of the report is from, as CSV."""

from __future__ import annotations

import argparse
from pathlib import Path

from pipeline_src.cli.arguments import add_results, add_settings, require_results

HELP = "write where every number of the report is from: a line for each cell and run"
BLOCKS = ("scale", "seed", "data", "space", "latency", "search", "finetune", "experiments")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_settings(parser, BLOCKS)
    add_results(parser)
    parser.add_argument("--output", type=Path, required=True, help="the CSV to write")


def run(args: argparse.Namespace) -> None:
    """Write the file."""
    require_results(args.results)
    from pipeline_src.cli.record import recorded
    from pipeline_src.config.grid import Grid
    from pipeline_src.config.load import read_settings
    from pipeline_src.reporting.provenance.lines import provenance
    from pipeline_src.reporting.provenance.trace import provenance_sources
    from pipeline_src.reporting.read.provenance import write_provenance

    grid = Grid(read_settings(args.settings, BLOCKS, args.execution))
    inputs = [args.results / path for path in provenance_sources(grid)]
    with recorded(args.output, args, [path for path in inputs if path.exists()]):
        write_provenance(provenance(grid, args.results), args.output)
