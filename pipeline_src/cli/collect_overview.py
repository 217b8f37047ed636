"""`autortnet collect-overview`: what `dvc metrics` and `dvc plots` show."""

from __future__ import annotations

import argparse
from pathlib import Path

from pipeline_src import places
from pipeline_src.cli.arguments import add_results, add_settings, require_results

HELP = "write metrics.json and the curves of all runs, for DVC"
BLOCKS = ("scale", "seed", "data", "experiments")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_settings(parser, BLOCKS)
    add_results(parser)
    parser.add_argument(
        "--output", type=Path, required=True, help="folder for metrics.json and curves/KIND.csv"
    )


def run(args: argparse.Namespace) -> None:
    """Write the numbers and the curves."""
    require_results(args.results)
    import csv
    import io

    from pipeline_src.artifacts import write_json, write_text
    from pipeline_src.cli.record import recorded
    from pipeline_src.config.grid import Grid
    from pipeline_src.config.load import read_settings
    from pipeline_src.reporting.tables.overview import (
        CURVES,
        curve_sources,
        curves,
        metric_sources,
        network_metrics,
    )
    from pipeline_src.spreadsheets import guarded_line

    grid = Grid(read_settings(args.settings, BLOCKS, args.execution))
    metrics = args.output / places.METRICS
    sources = [
        *metric_sources(grid),
        *(path for kind in CURVES for path in curve_sources(grid, kind).values()),
    ]
    inputs = [args.results / path for path in sources]
    with recorded(metrics, args, [path for path in inputs if path.exists()]):
        for kind in CURVES:
            columns, lines = curves(grid, kind, args.results)
            text = io.StringIO()
            writer = csv.DictWriter(text, columns, lineterminator="\n")
            writer.writeheader()
            writer.writerows(guarded_line(line) for line in lines)
            write_text(args.output / places.CURVES.format(kind=kind), text.getvalue())
        write_json(metrics, network_metrics(grid, args.results))
