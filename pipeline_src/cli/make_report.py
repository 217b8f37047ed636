"""`autortnet make-report`: the report of what there is, at any time of a run and without the workflow."""

from __future__ import annotations

import argparse
from pathlib import Path

from pipeline_src.cli.arguments import add_configuration, configuration
from pipeline_src.errors import UserError

HELP = "write tables, claims, pictures and page from the results so far; what is missing is told as not run"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add_configuration(parser)
    parser.add_argument("--root", type=Path, default=Path(), help="folder of results/ and docs/ (.)")
    parser.add_argument("--output", type=Path, help="folder to write (reports/SCALE)")


def run(args: argparse.Namespace) -> None:
    """Make the report, and say where it is."""
    from pipeline_src.cli.report_steps import make_report
    from pipeline_src.places import PAGE, REPORTS, RESULTS, of_scale

    config = configuration(args)
    results = args.root / of_scale(RESULTS, config.scale)
    if not results.is_dir():
        raise UserError(
            results, "is not there: nothing was made yet.", "Run `make reproduce`, or name the scale."
        )
    folder = str(args.output.absolute()) if args.output else of_scale(REPORTS, config.scale)
    make_report(config, args.root, drawn=True, reports=folder)
    print(args.root / folder / PAGE)
