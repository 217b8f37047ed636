"""Draw one random network of the same predicted latency as a reference (beyond the paper, Table 3).

A reference that hardly any network is as fast as, such as a search that collapsed, leaves a marker: not run.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from pipeline_src.cli.arguments import add_draw, add_settings, three_integers

HELP = "draw a random network of a reference's latency (Table 3)"
BLOCKS = ("space",)
MATCHED_STREAM = 1  # keeps these draws apart from those of `sample-random`


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add_settings(parser, BLOCKS)
    parser.add_argument("--reference", type=Path, required=True, help="genotype whose latency is matched")
    parser.add_argument("--lut", type=Path, required=True, help="lookup table that predicts the latency")
    parser.add_argument("--tolerance", type=float, required=True, help="accepted relative difference, 0..1")
    parser.add_argument(
        "--depths", type=three_integers, required=True, help="largest depths, such as 5,10,10"
    )
    add_draw(parser)


def run(args: argparse.Namespace) -> None:
    """Draw until one matches, and write it; or that none does."""
    import numpy as np

    from pipeline_src.cli.not_run import tell
    from pipeline_src.cli.record import recorded
    from pipeline_src.config.load import read_settings
    from pipeline_src.latency.predict import predict_latency_us
    from pipeline_src.latency.table import LookupTable
    from pipeline_src.not_run import NotRun
    from pipeline_src.space.genotype import Genotype
    from pipeline_src.space.sampling import NoMatch, matched_genotype, random_genotype

    config = read_settings(args.settings, BLOCKS, args.execution)
    reference, table = Genotype.load(args.reference), LookupTable.load(args.lut)
    reference.require_space(config.space, args.reference)
    with recorded(args.output, args, [args.reference, args.lut], args.seed) as facts:
        rng = np.random.default_rng([args.seed, args.index, MATCHED_STREAM])
        target_us = predict_latency_us(reference, table)
        try:
            genotype = matched_genotype(
                draw=lambda: random_genotype(config.space, args.depths, rng),
                latency_us=lambda one: predict_latency_us(one, table),
                target_us=target_us,
                tolerance=args.tolerance,
            )
        except NoMatch as error:
            facts["predicted_us"] = {"reference": target_us, "nearest": error.nearest_us}
            marker = NotRun(error.fact)
            marker.save(args.output)
            tell(marker)
            return
        facts["predicted_us"] = {"reference": target_us, "drawn": predict_latency_us(genotype, table)}
        genotype.save(args.output)
