"""Replace a searched network's aggregation cell by a random one, or by none (Table 6)."""

from __future__ import annotations

import argparse
from pathlib import Path

from pipeline_src.cli.arguments import add_genotype_output, at_least, seed

HELP = "give a network a random aggregation cell, or none (Table 6)"
AGGREGATION_STREAM = 2  # keeps these draws apart from those of the other samplers


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--reference", type=Path, required=True, help="genotype whose hyper-cells are kept")
    choice = parser.add_mutually_exclusive_group(required=True)
    choice.add_argument("--without", action="store_true", help="no aggregation cell")
    choice.add_argument("--index", type=at_least(0), help="number of the draw")
    parser.add_argument("--seed", type=seed, default=0)
    add_genotype_output(parser)


def run(args: argparse.Namespace) -> None:
    """Draw and write."""
    import numpy as np

    from pipeline_src.cli.record import recorded
    from pipeline_src.space.genotype import Genotype
    from pipeline_src.space.sampling import random_aggregation

    reference = Genotype.load(args.reference)
    with recorded(args.output, args, [args.reference], args.seed):
        drawn = None
        if not args.without:
            drawn = random_aggregation(np.random.default_rng([args.seed, args.index, AGGREGATION_STREAM]))
        reference.with_(aggregation=drawn).save(args.output)
