"""What a step of hours needs around its work: folders that can be written, checkpoints until it is done."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline_src.artifacts import drop_leftovers, require_writable
from pipeline_src.cli.processes import ancestors

if TYPE_CHECKING:
    from pipeline_src.training.checkpoint import Checkpoints

LOG = logging.getLogger(__name__)
WORKFLOW = "snakemake"


@contextmanager
def checkpoints_of(folder: Path, output: Path | None = None) -> Iterator[Checkpoints]:
    """The checkpoints of a long step, cleared when the body has ended well: outputs and record stand.

    If the workflow that started the step has gone meanwhile, nobody notes that the outputs are whole and
    the next run makes them again: then the checkpoints stay, and it goes on from them.

    Args:
        folder: of the checkpoints.
        output: a folder that is this step's alone; half-written files of a killed attempt are deleted.

    Raises:
        UserError: a folder cannot be written.
    """
    from pipeline_src.training.checkpoint import Checkpoints

    is_main = os.environ.get("RANK", "0") == "0"
    for one in (folder, *([output] if output is not None else [])):
        require_writable(one)
        if is_main:
            drop_leftovers(one)
    workflow = next((one for one in ancestors(os.getpid()) if one.name == WORKFLOW), None)
    checkpoints = Checkpoints(folder)
    yield checkpoints
    if not is_main:
        return
    if workflow is not None and not workflow.is_there:
        LOG.warning(
            "Snakemake has gone: %s stays, so that its next run need not start from the beginning.", folder
        )
        return
    checkpoints.clear()
