"""`autortnet explain`: where one number of the report is from, in the terminal."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline_src import places
from pipeline_src.errors import ConfigError

if TYPE_CHECKING:
    from pipeline_src.reporting.provenance.explain import Screen

HELP = "print where a number of the report is from: runs, commands, seeds, checksums"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("artefact", metavar="ARTEFACT", help="table_1 to table_10, figure_6 and so on")
    parser.add_argument("row", nargs="?", metavar="ROW", help="its id or title (default: list them)")
    parser.add_argument(
        "column", nargs="?", metavar="COLUMN", help="its id or title (default: all, without their runs)"
    )
    parser.add_argument("--scale", help="of the report (default: the scale in ./params.yaml)")
    parser.add_argument("--reports", type=Path, metavar="DIR", help="the folder (default: reports/SCALE)")
    parser.add_argument(
        "--check",
        action="store_true",
        help="compare the result files with their recorded SHA-256; exit status 1 if one differs",
    )


def run(args: argparse.Namespace) -> None:
    """Print what is asked for."""
    from pipeline_src.reporting.provenance.explain import (
        check,
        choose,
        contents,
        describe,
        printable,
        row_values,
    )
    from pipeline_src.reporting.read.provenance import read_provenance

    folder = args.reports or Path(places.REPORTS) / (args.scale or _scale_of_params(Path("params.yaml")))
    lines = read_provenance(folder / places.PROVENANCE)
    artefact = choose("table or figure", args.artefact, ((line.artefact, line.artefact) for line in lines))
    lines = tuple(line for line in lines if line.artefact == artefact)
    screen = _screen()
    if args.row is None:
        print("\n".join(contents(lines, screen)))
    else:
        row = choose("row", args.row, ((line.row_id, line.row) for line in lines))
        lines = tuple(line for line in lines if line.row_id == row)
        if args.column is not None:
            column = choose("column", args.column, ((line.column_id, line.column) for line in lines))
            lines = tuple(line for line in lines if line.column_id == column)
        print("\n".join((row_values if args.column is None else describe)(lines, screen)))
    if args.check:
        done = check(lines, folder.resolve().parents[1])
        print(f"\nchecked: {done.same} of {done.same + len(done.faults)} files are as recorded")
        for fault in done.faults:
            print(f"  {printable(fault)}")
        if done.faults:
            raise SystemExit(1)


def _scale_of_params(path: Path) -> str:
    from pipeline_src.config.load import read_yaml, scale_named_by

    if not path.exists():
        remedy = "Give --scale or --reports, or go to the repository's folder."
        raise ConfigError(path, "does not exist, so the scale is not known.", remedy)
    return scale_named_by(read_yaml(path), path)


def _screen() -> Screen:
    from pipeline_src.reporting.provenance.explain import Screen

    if not sys.stdout.isatty():
        return Screen()
    return Screen(shutil.get_terminal_size().columns, bold="NO_COLOR" not in os.environ)
