"""Draw one random network of the space (Table 3)."""

from __future__ import annotations

import argparse

from pipeline_src.cli.arguments import add_draw, add_settings, three_integers

HELP = "draw a random network (Table 3)"
BLOCKS = ("space",)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add_settings(parser, BLOCKS)
    parser.add_argument(
        "--depths", type=three_integers, required=True, help="largest depths, such as 5,10,10"
    )
    add_draw(parser)


def run(args: argparse.Namespace) -> None:
    """Draw and write."""
    import numpy as np

    from pipeline_src.cli.record import recorded
    from pipeline_src.config.load import read_settings
    from pipeline_src.space.sampling import random_genotype

    config = read_settings(args.settings, BLOCKS, args.execution)
    with recorded(args.output, args, seed=args.seed):
        rng = np.random.default_rng([args.seed, args.index])
        random_genotype(config.space, args.depths, rng).save(args.output)
