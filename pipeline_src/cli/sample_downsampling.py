"""Move the reduction cells of a searched network elsewhere (Table 5)."""

from __future__ import annotations

import argparse
from pathlib import Path

from pipeline_src.cli.arguments import add_genotype_output, three_integers

HELP = "move a network's downsampling positions (Table 5)"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--reference", type=Path, required=True, help="genotype whose cells are kept")
    parser.add_argument(
        "--positions", type=three_integers, required=True, help="positions among 12 cells, such as 1,5,10"
    )
    add_genotype_output(parser)


def run(args: argparse.Namespace) -> None:
    """Scale the positions to the reference's number of cells, and write."""
    from pipeline_src.cli.record import recorded
    from pipeline_src.space.genotype import Genotype
    from pipeline_src.space.sampling import scaled_positions

    reference = Genotype.load(args.reference)
    with recorded(args.output, args, [args.reference]) as facts:
        positions = scaled_positions(args.positions, reference.total_cells)
        facts["positions"] = positions
        reference.with_positions(positions).save(args.output)
