"""`autortnet explain`: where one number, claim or picture of the report is from, in the terminal."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline_src import places
from pipeline_src.errors import ConfigError

if TYPE_CHECKING:
    from pipeline_src.reporting.provenance.explain import Screen
    from pipeline_src.reporting.read.claims import Claim
    from pipeline_src.reporting.read.provenance import Line

HELP = "print where a number, a claim or a picture of the report is from: runs, commands, seeds, checksums"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        "artefact",
        nargs="?",
        metavar="ARTEFACT",
        help="table_1 to table_10, figure_6, C8 and so on (default: list them)",
    )
    parser.add_argument("row", nargs="?", metavar="ROW", help="its id, title or number (default: list them)")
    parser.add_argument(
        "column",
        nargs="?",
        metavar="COLUMN",
        help="its id, title or number (default: all, without their runs)",
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
    from pipeline_src.reporting.provenance.explain import check, choose, printable
    from pipeline_src.reporting.read.claims import read_claims
    from pipeline_src.reporting.read.provenance import read_provenance

    folder = args.reports or Path(places.REPORTS) / (args.scale or _scale_of_params(Path("params.yaml")))
    lines = read_provenance(folder / places.PROVENANCE)
    path = folder / places.CLAIMS
    claims = {one.id: one for one in read_claims(path)} if path.is_file() else {}
    if args.artefact is None:
        said = _all(lines, tuple(claims.values()))
    else:
        named = {line.artefact: line.artefact for line in lines} | {one: one for one in claims}
        artefact = choose("table, figure or claim", args.artefact, named.items(), numbers=False)
        if artefact in claims:
            lines, said = _claim(args, claims[artefact], lines, folder)
        else:
            lines, said = _cells(args, tuple(line for line in lines if line.artefact == artefact))
    print("\n".join(said))
    if args.check:
        done = check(lines, folder.resolve().parents[1])
        print(f"\nchecked: {done.same} of {done.same + len(done.faults)} files are as recorded")
        for fault in done.faults:
            print(f"  {printable(fault)}")
        if done.faults:
            raise SystemExit(1)


def _all(lines: Sequence[Line], claims: Sequence[Claim]) -> list[str]:
    """Everything that can be asked for, with a line on each."""
    from pipeline_src.reporting.provenance.explain import listed
    from pipeline_src.reporting.tables.captions import caption_of

    screen = _screen()
    named = {line.artefact: caption_of(line.artefact) for line in lines}
    said = [*screen.heading("tables and figures:"), *listed(named, screen, numbered=False)]
    if claims:
        said += screen.heading("claims:")
        sentences = {one.id: f"{one.verdict_words}: {one.sentence}" for one in claims}
        said += listed(sentences, screen, numbered=False)
    return said


def _claim(
    args: argparse.Namespace, claim: Claim, lines: Sequence[Line], folder: Path
) -> tuple[tuple[Line, ...], list[str]]:
    """The lines behind a claim, and what is said of it."""
    from pipeline_src.reporting.provenance.explain_claims import describe_claim, runs_of, tracing

    if args.row is not None:
        raise ConfigError(args.row, f"is no part of {claim.id}: a claim has no rows.", "Leave it out.")
    results = folder.resolve().parents[1] / places.of_scale(places.RESULTS, claim.scale)
    said = describe_claim(claim, lines, _screen(), tracing(results, claim.scale))
    return tuple(runs_of(claim, lines).values()), said


def _cells(args: argparse.Namespace, lines: tuple[Line, ...]) -> tuple[tuple[Line, ...], list[str]]:
    """The lines of a table or picture, of a row or of a cell, and what is said of them."""
    from pipeline_src.reporting.provenance.explain import choose, contents, describe, row_values

    screen = _screen()
    if args.row is None:
        return lines, contents(lines, screen)
    rows = {line.row_id: line.row for line in lines}
    row = choose("row", args.row, rows.items(), lambda: _heading(lines[0].artefact))
    lines = tuple(line for line in lines if line.row_id == row)
    if args.column is None:
        return lines, row_values(lines, screen)
    column = choose("column", args.column, ((line.column_id, line.column) for line in lines))
    lines = tuple(line for line in lines if line.column_id == column)
    return lines, describe(lines, screen)


def _heading(artefact: str) -> str:
    """What the rows of a table or figure are: `gamma`; empty where they have no heading."""
    from pipeline_src.reporting.tables.layout import layout_of

    try:
        return layout_of(artefact).columns[0].title
    except ConfigError:
        return ""


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
