"""Measure the latency of every candidate operation on this device: the lookup table (Sec. 3.1)."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline_src.cli.arguments import add_input_size, add_settings, at_least
from pipeline_src.latency.settings import TABLE_KEYS

if TYPE_CHECKING:
    import torch

    from pipeline_src.config.models import Config
    from pipeline_src.latency.table import LookupTable
    from pipeline_src.training.checkpoint import Checkpoints
    from pipeline_src.training.interruption import StopRequest

HELP = "measure the latency lookup table on this device"
BLOCKS = ("space", *TABLE_KEYS, "runtime.device", "runtime.checkpoint_every_s")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add_settings(parser, BLOCKS)
    add_input_size(parser)
    parser.add_argument(
        "--num-classes",
        type=at_least(1),
        help="also time the network's fixed part, for search.latency_offset_us: measured (A21)",
    )
    parser.add_argument(
        "--checkpoints", type=Path, help="folder for what is measured so far; none: no keeping"
    )
    parser.add_argument("--output", type=Path, required=True, help="the JSON table to write")


def run(args: argparse.Namespace) -> None:
    """Measure the table, or what an earlier attempt has left to measure, and write it."""
    from pipeline_src.artifacts import require_writable
    from pipeline_src.cli.long_step import checkpoints_of
    from pipeline_src.cli.progress import progress
    from pipeline_src.cli.record import recorded
    from pipeline_src.config.load import read_settings
    from pipeline_src.latency.profile import groups_left, measure_table
    from pipeline_src.training.distributed import resolve_device
    from pipeline_src.training.interruption import watch_signals

    config = read_settings(args.settings, BLOCKS, args.execution)
    device = resolve_device(config.runtime.device)
    require_writable(args.output.parent)
    kept = checkpoints_of(args.checkpoints) if args.checkpoints else nullcontext()
    with kept as checkpoints, recorded(args.output, args, checkpoints=checkpoints):
        begun = _begun(checkpoints, args.input_size, config, device) if checkpoints else None
        left = len(groups_left(config.space, args.input_size, begun))
        with watch_signals() as stop:
            table = measure_table(
                config.space,
                args.input_size,
                config.latency,
                device,
                lambda groups: progress(groups, left, "groups of operations"),
                num_classes=args.num_classes,
                begun=begun,
                on_round=_keeper(checkpoints, config.runtime.checkpoint_every_s, stop),
            )
        table.save(args.output)


def _begun(
    checkpoints: Checkpoints, input_hw: tuple[int, int], config: Config, device: torch.device
) -> LookupTable | None:
    """What an earlier attempt measured; None where nothing was, or not here and now under these settings."""
    import logging

    from pydantic import ValidationError

    from pipeline_src.errors import LookupTableError
    from pipeline_src.latency.fingerprint import current_for_table
    from pipeline_src.latency.table import LookupTable

    log = logging.getLogger(__name__)
    found = checkpoints.load_newest()
    if found is None:
        return None
    try:
        begun = LookupTable.model_validate(found[1])
        begun.require(current_for_table(config.latency, device))
        begun.require_made_for(config.space, input_hw)
    except (ValidationError, LookupTableError) as error:
        problem = error.problem if isinstance(error, LookupTableError) else "is of another version."
        log.warning("What was measured before %s All of it is measured again.", problem)
        checkpoints.start_over()
        return None
    log.info("Going on after %d operations, measured %s.", len(begun.entries), begun.fingerprint.date)
    return begun


def _keeper(
    checkpoints: Checkpoints | None, every_s: float, stop: StopRequest
) -> Callable[[LookupTable | None], None]:
    """Saves the table so far, where it has grown, when it is time or a signal came, and then goes."""
    from pipeline_src.training.interruption import Interrupted

    saved, held = time.monotonic(), 0

    def keep(table: LookupTable | None) -> None:
        nonlocal saved, held
        measured = 0 if table is None else len(table.entries)
        due = stop.requested or time.monotonic() - saved >= every_s
        if checkpoints is not None and table is not None and due and measured > held:
            checkpoints.save(measured, table.model_dump(mode="json"))
            saved, held = time.monotonic(), measured
        if stop.requested:
            raise Interrupted(f"told to stop after {measured} operations; start again to go on")

    return keep
