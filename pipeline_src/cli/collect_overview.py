"""`autortnet collect-overview`: what `dvc metrics` and `dvc plots` show, and all networks in one table."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipeline_src import places
from pipeline_src.cli.arguments import add_results, add_settings, require_results

HELP = "write all networks as one table, and for DVC metrics.json and the curves of all runs"
BLOCKS = ("scale", "seed", "data", "finetune.pretrained", "experiments")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_settings(parser, BLOCKS)
    add_results(parser)
    parser.add_argument(
        "--output",
        type=Path,
        required=True,
        help="folder for tables/networks.csv, metrics.json and curves",
    )


def run(args: argparse.Namespace) -> None:
    """Write the numbers and the curves."""
    require_results(args.results)
    from pipeline_src.artifacts import write_json, write_text
    from pipeline_src.cli.record import recorded
    from pipeline_src.config.grid import Grid
    from pipeline_src.config.load import read_settings
    from pipeline_src.reporting.tables.networks import network_table
    from pipeline_src.reporting.tables.overview import CURVES, curves, network_metrics, overview_sources

    grid = Grid(read_settings(args.settings, BLOCKS, args.execution))
    metrics = args.output / places.METRICS
    inputs = [args.results / path for path in overview_sources(grid)]
    with recorded(metrics, args, [path for path in inputs if path.exists()]):
        for kind in CURVES:
            text = _csv(*curves(grid, kind, args.results))
            write_text(args.output / places.CURVES.format(kind=kind), text)
        write_text(args.output / places.NETWORKS, _csv(*network_table(grid, args.results)))
        write_json(metrics, network_metrics(grid, args.results))


def _csv(columns: Sequence[str], lines: list[dict[str, Any]]) -> str:
    """Text of a table whose texts no spreadsheet takes for formulas."""
    import csv
    import io

    from pipeline_src.spreadsheets import guarded_line

    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(guarded_line(line) for line in lines)
    return text.getvalue()
