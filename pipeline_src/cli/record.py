"""The run record beside every output: who made it, from what, with what, and at what cost."""

from __future__ import annotations

import argparse
import importlib.metadata
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline_src.artifacts import RECORD, sha256_of, write_json
from pipeline_src.errors import UserError
from pipeline_src.ownership import claimed

if TYPE_CHECKING:
    from pipeline_src.training.checkpoint import Checkpoints

PACKAGES = (
    "torch",
    "numpy",
    "pandas",
    "pillow",
    "pydantic",
    "safetensors",
    "scikit-learn",
    "snakemake",
    "dvc",
)
CODE_PLACES = ("pipeline_src", "workflow", "Snakefile")


@contextmanager
def recorded(
    output: Path,
    args: argparse.Namespace,
    inputs: Sequence[Path] = (),
    seed: int | None = None,
    checkpoints: Checkpoints | None = None,
) -> Iterator[dict[str, Any]]:
    """Write a run record when the body has ended well.

    Args:
        output: the folder made (the record is its `run.json`) or the file (`NAME.run.json` beside it).
        args: the parsed command line.
        inputs: files read; their SHA-256 are recorded.
        seed: the run's seed, where it has one.
        checkpoints: of a step that can be interrupted: they carry what each process was and spent, so that
            the record tells the whole of a run and not its last process alone.

    Raises:
        UserError: the output is one of the inputs, or something that is not ours stands where it is to go.

    Yields:
        A mapping to which the body may add facts of its own.
    """
    # Taken before the work: code and inputs may change on disk while a long step runs.
    part = _part_of_this_process()
    checksums = {str(path): sha256_of(path) for path in inputs if path.is_file()}
    extra: dict[str, Any] = {}
    _refuse_inputs_as_output(output, inputs)
    if int(os.environ.get("RANK", "0")) != 0:
        yield extra
        return
    if checkpoints is not None:
        checkpoints.part = part
    with claimed(output) as claim:
        yield extra
        place = record_path(output)
        written = [Path(os.path.normpath(claim.folder / name)) for name in claim.names]
        if checkpoints is not None:  # they go when the record stands
            written = [one for one in written if not one.is_relative_to(checkpoints.folder.absolute())]
        outputs = sorted(os.path.relpath(one, place.absolute().parent) for one in written)
        earlier = checkpoints.earlier if checkpoints is not None else []
        record = _record(args, seed, part(), earlier, checksums)
        write_json(place, {**record, "outputs": outputs, **extra})


def _part_of_this_process() -> Callable[[], dict[str, Any]]:
    """A function that says what this process is and what it has spent since this call."""
    started, clock, processor = datetime.now(UTC), time.monotonic(), _processor_s()
    git = _git_state()

    def part() -> dict[str, Any]:
        return {
            "started": started.isoformat(timespec="seconds"),
            "wall_s": round(time.monotonic() - clock, 3),
            # Of the step's own work: the start of the process and its imports came before.
            "processor_s": round(_processor_s() - processor, 3),
            "device": device_name(),
            "git": git,
        }

    return part


def _refuse_inputs_as_output(output: Path, inputs: Sequence[Path]) -> None:
    for path in inputs:
        if path.exists() and output.exists() and path.samefile(output):
            raise UserError(output, "is an input of this step, too.", "Give another path for the output.")


def _record(
    args: argparse.Namespace,
    seed: int | None,
    part: dict[str, Any],
    earlier: Sequence[dict[str, Any]],
    checksums: dict[str, str],
) -> dict[str, Any]:
    """Times are of all parts of the run, code and device of the one that ended it."""
    parts = [*earlier, part]
    record = {
        "command": list(getattr(args, "command_line", sys.argv)),
        "settings": getattr(args, "settings", None),
        "execution": getattr(args, "execution", None),
        "seed": seed,
        "started": parts[0]["started"],
        "wall_s": round(sum(one["wall_s"] for one in parts), 3),
        "processor_s": round(sum(one["processor_s"] for one in parts), 3),
        "peak_memory_mib": peak_memory_mib(),
        "device": part["device"],
        "processes": int(os.environ.get("WORLD_SIZE", "1")),
        "host": {"system": platform.platform(), "cpus": os.cpu_count()},
        "versions": _versions(),
        "git": part["git"],
        "inputs": checksums,
    }
    return record | {"earlier": list(earlier)} if earlier else record


def record_path(output: Path) -> Path:
    """Where the record of an output stands."""
    return output / RECORD if output.is_dir() else output.with_name(f"{output.name}.{RECORD}")


def _processor_s() -> float:
    """Processor time of this process and of its children that have ended, in seconds."""
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


def peak_memory_mib() -> dict[str, float]:
    """Of this process and its children; empty on a system that does not count it.

    Linux hands `ru_maxrss` on through `exec`: what a large process starts would seem as large.
    """
    try:
        import resource
    except ModuleNotFoundError:
        return {}
    scale = 1024.0 if sys.platform != "darwin" else 1024.0**2
    peaks = {
        "process": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
        "largest_child": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss,
    }
    own_kib = _high_water_kib()
    if own_kib is not None:
        peaks["process"] = own_kib
    return {name: round(value / scale, 1) for name, value in peaks.items()}


def _high_water_kib() -> int | None:
    """Linux's own count for what runs now, since its `exec`; None elsewhere."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM:")), None)


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found


def device_name() -> str:
    """The GPU in use, or the processor's model; torch is asked only if the command loaded it."""
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_initialized():
        return str(torch.cuda.get_device_name())
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def _git_state() -> dict[str, Any]:
    """Commit of the project's own code and whether it was changed since; both None outside of its checkout.

    A tree that lies inside of another repository has no commit, and the environment (GIT_DIR) names no other.
    """
    root = Path(__file__).resolve().parents[2]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}

    def git(*words: str) -> str | None:
        try:
            done = subprocess.run(
                ["git", *words],
                cwd=root,
                env=environment,
                capture_output=True,
                text=True,
                timeout=20,
                check=True,
            )
        except (OSError, subprocess.SubprocessError):
            return None
        return done.stdout.strip()

    top = git("rev-parse", "--show-toplevel")
    here = str(Path(__file__).resolve().relative_to(root))
    if top is None or Path(top).resolve() != root or git("ls-files", "--error-unmatch", "--", here) is None:
        return {"commit": None, "changed": None}
    status = git("status", "--porcelain", "--untracked-files=normal", "--", *CODE_PLACES)
    return {"commit": git("rev-parse", "HEAD"), "changed": None if status is None else bool(status)}
