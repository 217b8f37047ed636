"""What a run of the workflow asks for, compared with what there is: targets, a GPU, a limit of job starts."""

from __future__ import annotations

import difflib
import io
import shutil
from collections.abc import Iterable, Sequence
from contextlib import redirect_stderr
from pathlib import Path
from typing import Any

from pipeline_src.errors import UserError

GPU_FILES = ("/dev/nvidia0", "/dev/dxg", "/dev/kfd", "/dev/nvhost-gpu")
"""Of NVIDIA's driver, of Windows' in WSL, of AMD's, of a Jetson."""


def targets_of(words: Sequence[str]) -> list[str]:
    """The targets on Snakemake's command line; none where it is not what runs, or cannot read its words."""
    from snakemake.cli import get_argument_parser

    if Path(words[0]).name != "snakemake":
        return []
    try:
        with redirect_stderr(io.StringIO()):
            known, _ = get_argument_parser().parse_known_args(words[1:])
    except SystemExit:
        return []
    return [str(target) for target in known.targets or ()]


def require_targets(targets: Iterable[str], rules: Iterable[Any]) -> None:
    """Refuse a target that is no rule, no file that one makes, and no file that is there.

    Args:
        targets: as on Snakemake's command line.
        rules: Snakemake's.

    Raises:
        UserError: with the nearest rule.
    """
    known = list(rules)
    names = [rule.name for rule in known]
    for target in map(str, targets):
        if target in names or Path(target).exists() or any(rule.is_producer(target) for rule in known):
            continue
        near = difflib.get_close_matches(target, names, n=1, cutoff=0.6)
        remedy = f"Did you mean {near[0]}?" if near else "`snakemake --list` names the rules."
        raise UserError(target, "is no rule, and no file that a rule makes at this scale.", remedy)


def require_device(device: str, *, here: bool) -> None:
    """Refuse to start jobs for a GPU on a machine that has none.

    Args:
        device: `runtime.device`. here: whether the jobs run on this machine.

    Raises:
        UserError: the device is cuda, and nothing here looks like a GPU.
    """
    if device != "cuda" or not here or shutil.which("nvidia-smi") or any(map(_exists, GPU_FILES)):
        return
    raise UserError(
        "runtime.device",
        "is cuda, but this machine shows no GPU.",
        "Set auto or cpu; or start the jobs on a cluster that has some (docs/cluster.md).",
    )


def remove_default_rate_limit(scheduler: Any) -> None:
    """Remove Snakemake's default limit of 100 job starts per second from its scheduler; keep any other.

    With a limit, Snakemake 9 starts an endless chain of timers for each finished job: see
    docs/results/scheduler.md. The default restricts nothing, as no cluster starts 100 jobs in a second.

    Args:
        scheduler: Snakemake's, whose jobs have not started.
    """
    limit = scheduler.job_rate_limiter
    if limit is not None and (limit.max_jobs, limit.timespan) == (100, 1):
        scheduler.job_rate_limiter = None


def _exists(path: str) -> bool:
    return Path(path).exists()
