"""Measure the latency of every candidate operation on this device: the lookup table (Sec. 3.1)."""

from __future__ import annotations

import argparse
from pathlib import Path

from pipeline_src.cli.arguments import add_settings, height_by_width

HELP = "measure the latency lookup table on this device"
BLOCKS = ("space", "latency", "runtime")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add_settings(parser, ", ".join(BLOCKS))
    parser.add_argument(
        "--input-size", type=height_by_width, required=True, help="deployed size, HEIGHTxWIDTH"
    )
    parser.add_argument("--output", type=Path, required=True, help="the JSON table to write")


def run(args: argparse.Namespace) -> None:
    """Measure the table and write it."""
    from pipeline_src.cli.progress import progress
    from pipeline_src.cli.record import recorded
    from pipeline_src.config.load import read_settings
    from pipeline_src.latency.profile import measure_table
    from pipeline_src.space.reach import reachable_keys
    from pipeline_src.training.distributed import resolve_device

    config = read_settings(args.settings, BLOCKS)
    device = resolve_device(config.runtime.device)
    total = len(reachable_keys(config.space, args.input_size))
    with recorded(args.output, args):
        table = measure_table(
            config.space,
            args.input_size,
            config.latency,
            device,
            lambda keys: progress(keys, total, "operations"),
        )
        table.save(args.output)
