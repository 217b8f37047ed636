"""`autortnet judge-claims`: assess the paper's claims C1 to C12 from the runs at hand, as JSON and CSV."""

from __future__ import annotations

import argparse
from pathlib import Path

from pipeline_src import places
from pipeline_src.cli.arguments import add_results, add_settings, require_results

HELP = "assess the paper's claims C1 to C12 from result files, each by a stated test"
BLOCKS = ("scale", "seed", "data", "space", "search", "finetune.pretrained", "experiments")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    add_settings(parser, BLOCKS)
    add_results(parser)
    parser.add_argument(
        "--output",
        type=Path,
        required=True,
        help="the JSON to write; claims.csv and agreement.csv go beside",
    )


def run(args: argparse.Namespace) -> None:
    """Assess the claims, and write them and how alike searches choose."""
    require_results(args.results)
    from pipeline_src.cli.record import recorded
    from pipeline_src.config.grid import Grid
    from pipeline_src.config.load import read_settings
    from pipeline_src.reporting.claims.chosen import write_agreements
    from pipeline_src.reporting.claims.evidence import Evidence
    from pipeline_src.reporting.claims.judge import judged
    from pipeline_src.reporting.claims.sources import claim_sources
    from pipeline_src.reporting.read.claims import write_claims, write_claims_csv

    grid = Grid(read_settings(args.settings, BLOCKS, args.execution))
    inputs = [args.results / path for path in claim_sources(grid)]
    with recorded(args.output, args, [path for path in inputs if path.exists()]):
        evidence = Evidence(grid, args.results)
        claims = judged(evidence)
        write_claims(claims, args.output)
        write_claims_csv(claims, args.output.with_suffix(".csv"))
        write_agreements(evidence, args.output.with_name(places.AGREEMENT))
