"""Checkpoints that survive a kill at any moment, and weights files that tell when they were altered."""

from __future__ import annotations

import hashlib
import io
import json
import logging
import os
import pickle
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from safetensors import SafetensorError, safe_open

from pipeline_src.artifacts import drop_leftovers, write_atomically
from pipeline_src.errors import CheckpointError
from pipeline_src.ownership import is_marked
from pipeline_src.parsing import Unreadable, parse_json

LOG = logging.getLogger(__name__)
MAGIC = b"autortnet checkpoint 1\n"
DIGEST_BYTES = 64  # a SHA-256 in hexadecimal
FILE_NAME = re.compile(r"step_(\d{10})\.ckpt")
PARTS = "parts"
"""The key of a checkpoint's state that says which processes have worked on the job so far."""


class Checkpoints:
    """The newest checkpoints of one job, in a folder that belongs to it alone.

    A file is a magic line, the SHA-256 of the payload, and the payload (torch.save); it appears
    under its name only when it is whole. The folder lies outside of the job's declared outputs.

    Args:
        folder: made on the first save.
        keep: how many to keep.

    Attributes:
        part: says, as plain values, what this process is and has spent so far; None where nobody asks.
        earlier: the parts of the processes before it, up to the checkpoint that was loaded.
    """

    def __init__(self, folder: Path, keep: int = 2) -> None:
        self.folder, self.keep = folder, keep
        self.part: Callable[[], dict[str, Any]] | None = None
        self.earlier: list[dict[str, Any]] = []

    def save(self, step: int, state: dict[str, Any]) -> None:
        """Write the state after `step`, then drop all but the newest `keep` checkpoints.

        Checkpoints of later steps are dropped too: they belong to a run that was given up.

        Args:
            step: 0 or more.
            state: tensors and plain values only, as `torch.load(weights_only=True)` demands.

        Raises:
            UserError: the folder cannot be written; the older checkpoints stand.
        """
        buffer = io.BytesIO()
        parts = [*self.earlier, *([self.part()] if self.part else [])]
        torch.save({**state, PARTS: parts}, buffer)
        payload = buffer.getbuffer()
        digest = hashlib.sha256(payload).hexdigest().encode()

        def write(path: Path) -> None:
            with path.open("wb") as stream:
                stream.write(MAGIC + digest)
                stream.write(payload)
                stream.flush()
                os.fsync(stream.fileno())  # a name that stands after a power cut has its bytes, too

        write_atomically(self.folder / f"step_{step:010d}.ckpt", write)
        self._prune(step)

    def load_newest(self) -> tuple[int, dict[str, Any]] | None:
        """The newest good checkpoint as (step, state on the CPU), or None where there is none.

        A bad one is passed over with a logged warning.

        Raises:
            CheckpointError: there are checkpoints, but none is good.
        """
        found = self._steps()
        for step in sorted(found, reverse=True):
            try:
                state = _read(found[step])
                self.earlier = state.pop(PARTS, [])
                return step, state
            except CheckpointError as error:
                LOG.warning("%s Trying the checkpoint before it.", error)
        if found:
            raise CheckpointError(
                self.folder,
                "holds checkpoints, but each is truncated or altered.",
                "Delete the folder to start the step from its beginning.",
            )
        return None

    def start_over(self) -> None:
        """What was loaded is of no use: the work starts from the beginning, with nothing spent so far."""
        self.earlier = []

    def clear(self) -> None:
        """Delete all checkpoints, what a killed save left behind, and the folder if nothing else is in it."""
        for path in self._steps().values():
            _delete(path)
        drop_leftovers(self.folder)
        if self.folder.is_dir() and not any(self.folder.iterdir()):
            self.folder.rmdir()

    def _steps(self) -> dict[int, Path]:
        if not self.folder.is_dir():
            return {}
        matches = ((FILE_NAME.fullmatch(path.name), path) for path in self.folder.iterdir())
        return {int(match.group(1)): path for match, path in matches if match}

    def _prune(self, newest: int) -> None:
        found = self._steps()
        kept = sorted((step for step in found if step <= newest), reverse=True)[: self.keep]
        for step in found.keys() - set(kept):
            _delete(found[step])
        drop_leftovers(self.folder)


def _delete(path: Path) -> None:
    """Delete a checkpoint; a file of a like name that is none stays."""
    if is_marked(path):
        path.unlink(missing_ok=True)


def _read(path: Path) -> dict[str, Any]:
    """The verified state in one checkpoint file."""
    remedy = "Delete the file; the step then goes on from an older checkpoint or its beginning."
    try:
        content = path.read_bytes()
    except OSError as error:
        raise CheckpointError(path, f"cannot be read ({error.strerror}).", remedy) from error
    start = len(MAGIC) + DIGEST_BYTES
    if not content.startswith(MAGIC) or len(content) < start:
        raise CheckpointError(path, "is not a whole checkpoint of this program.", remedy)
    payload = memoryview(content)[start:]
    if hashlib.sha256(payload).hexdigest().encode() != content[len(MAGIC) : start]:
        raise CheckpointError(path, "is truncated or altered (its checksum differs).", remedy)
    try:
        state = torch.load(io.BytesIO(payload), map_location="cpu", weights_only=True)
    except (RuntimeError, pickle.UnpicklingError) as error:
        raise CheckpointError(path, "is of another version of PyTorch or of this program.", remedy) from error
    if not isinstance(state, dict):
        raise CheckpointError(path, "does not hold a state.", remedy)
    return state


def save_weights(path: Path, state_dict: Mapping[str, torch.Tensor], metadata: Mapping[str, Any]) -> None:
    """Write weights as safetensors with JSON-able metadata and a SHA-256 of all tensors.

    The same weights and metadata give the same bytes. Raises UserError when the file cannot be written.
    """
    tensors = {name: value.detach().cpu().contiguous().clone() for name, value in state_dict.items()}
    # One key only: safetensors writes several in an order that changes from run to run.
    described = dict(metadata)
    checksums = {"sha256": _digest(tensors), "metadata_sha256": _digest_of_metadata(described)}
    header = json.dumps({**checksums, "metadata": described}, sort_keys=True)
    content = safetensors.torch.save(tensors, {"autortnet": header})

    def write(temporary: Path) -> None:
        temporary.write_bytes(content)

    write_atomically(path, write)


def load_weights(path: Path) -> dict[str, torch.Tensor]:
    """Weights on the CPU, by name.

    Raises:
        CheckpointError: the file is absent, truncated, altered, or not of this program.
    """
    header = _read_header(path)
    try:
        tensors = safetensors.torch.load_file(path, device="cpu")
    except (OSError, SafetensorError) as error:
        raise _bad_weights(path, f"cannot be read ({error}).") from error
    if _digest(tensors) != header["sha256"]:
        raise _bad_weights(path, "was altered (its checksum differs).")
    return tensors


def load_metadata(path: Path) -> dict[str, Any]:
    """The metadata that `save_weights` was given. Raises CheckpointError as `load_weights` does."""
    return dict(_read_header(path)["metadata"])


def _read_header(path: Path) -> dict[str, Any]:
    try:
        with safe_open(path, framework="pt") as opened:
            text = (opened.metadata() or {}).get("autortnet")
    except (OSError, SafetensorError) as error:
        problem = "does not exist." if not path.exists() else f"is truncated or not safetensors ({error})."
        raise _bad_weights(path, problem) from error
    try:
        header = parse_json(text or "")
    except Unreadable as error:
        raise _bad_weights(path, "was not written by this program.") from error
    if not isinstance(header, dict) or not {"sha256", "metadata"} <= header.keys():
        raise _bad_weights(path, "was not written by this program.")
    known = header.get("metadata_sha256")
    if known is None:
        LOG.warning("%s is of an earlier version: nothing tells whether its description was altered.", path)
    elif known != _digest_of_metadata(header["metadata"]):
        raise _bad_weights(path, "was altered: its description (classes, sizes) has another checksum.")
    return header


def _bad_weights(path: Path, problem: str) -> CheckpointError:
    return CheckpointError(path, problem, "Run the step that makes it again, or fetch it again.")


def _digest_of_metadata(metadata: Any) -> str:
    return hashlib.sha256(json.dumps(metadata, sort_keys=True).encode()).hexdigest()


def _digest(tensors: Mapping[str, torch.Tensor]) -> str:
    """SHA-256 over the names, types, shapes and bytes of all tensors."""
    digest = hashlib.sha256()
    for name in sorted(tensors):
        value = tensors[name].contiguous()
        digest.update(f"{name} {value.dtype} {tuple(value.shape)}\n".encode())
        digest.update(value.reshape(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()
