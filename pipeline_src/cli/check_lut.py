"""Set the lookup table's predictions against the measured latency of random networks (Sec. 3.1)."""

from __future__ import annotations

import argparse
from pathlib import Path

from pipeline_src.cli.arguments import add_settings, seed, three_integers
from pipeline_src.latency.settings import TABLE_KEYS

HELP = "compare the lookup table with measured random networks"
BLOCKS = ("space", *TABLE_KEYS, "latency.check_networks", "latency.allow_other_device", "runtime.device")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add_settings(parser, BLOCKS)
    parser.add_argument("--lut", type=Path, required=True, help="table of `autortnet measure-lut`")
    parser.add_argument(
        "--depths", type=three_integers, default=(5, 10, 10), help="most cells of each hyper-cell (5,10,10)"
    )
    parser.add_argument("--seed", type=seed, required=True, help="of the networks that are drawn")
    parser.add_argument("--output", type=Path, required=True, help="the JSON to write")


def run(args: argparse.Namespace) -> None:
    """Measure `latency.check_networks` random backbones and write rows and agreement."""
    import logging

    import numpy as np

    from pipeline_src.artifacts import write_json
    from pipeline_src.cli.progress import progress
    from pipeline_src.cli.record import recorded
    from pipeline_src.config.load import read_settings
    from pipeline_src.latency.check import check_table
    from pipeline_src.latency.table import LookupTable
    from pipeline_src.space.reach import reachable_keys
    from pipeline_src.space.sampling import random_genotype
    from pipeline_src.training.distributed import resolve_device

    config = read_settings(args.settings, BLOCKS, args.execution)
    table = LookupTable.load(args.lut)
    table.require_keys(reachable_keys(config.space, table.input_hw))
    rng = np.random.default_rng(args.seed)
    count = config.latency.check_networks
    genotypes = [random_genotype(config.space, args.depths, rng) for _ in range(count)]
    with recorded(args.output, args, [args.lut], args.seed):
        result = check_table(
            table,
            genotypes,
            config.latency,
            resolve_device(config.runtime.device),
            lambda rounds: progress(rounds, config.latency.warmup + config.latency.lut_repeats, "rounds"),
        )
        write_json(args.output, result.model_dump(mode="json"))
    logging.getLogger(__name__).info(
        "Pearson %s, Spearman %s, slope %s, intercept %s us over %d networks",
        *(_short(value) for value in (result.pearson, result.spearman, result.slope, result.intercept_us)),
        count,
    )


def _short(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.3g}"
