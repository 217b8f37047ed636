"""Steps about a network that is not run hand its marker on in place of their results, without any work."""

from __future__ import annotations

import argparse
import logging
import os
from collections.abc import Sequence
from pathlib import Path

from pipeline_src.not_run import NotRun, read_marker

LOG = logging.getLogger(__name__)


def handed_on(args: argparse.Namespace, files: Sequence[Path], seed: int | None = None) -> bool:
    """Whether `--genotype` holds a marker; then it stands in these files of `--output`, with a run record.

    Args:
        args: of a command with `--genotype` and `--output`.
        files: what the command writes, its output itself or files in that folder.
        seed: of the run, for its record.

    Raises:
        UserError: the marker is not whole, or something that is not ours stands in a file's place.
    """
    from pipeline_src.cli.record import recorded

    marker = read_marker(args.genotype) if args.genotype else None
    if marker is None:
        return False
    with recorded(args.output, args, [args.genotype], seed) as facts:
        if os.environ.get("RANK", "0") == "0":
            for path in files:
                marker.save(path)
        facts["not_run"] = marker.reason
    tell(marker)
    return True


def tell(marker: NotRun) -> None:
    """Say in the step's log that nothing is run, and why."""
    LOG.warning("not run: %s", marker.reason)
