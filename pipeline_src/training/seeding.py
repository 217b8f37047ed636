"""Seeds, deterministic settings, and the state of every random generator as one plain value."""

from __future__ import annotations

import hashlib
import json
import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch

RngState = dict[str, Any]


def seed_everything(seed: int, threads: int | None = None) -> None:
    """Seed Python, NumPy and PyTorch, and choose deterministic algorithms.

    Call it once, before the network is built, alike in every process.

    Args:
        seed: 0 or more.
        threads: threads of PyTorch on the CPU; None leaves the number as it is. Sums are split by
            thread, so byte-identical results need the same number each time.

    On CUDA a few operations have no deterministic form (PyTorch warns of each): there the same seed
    gives the same result but for rounding.
    """
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    random.seed(seed)
    np.random.seed(seed % 2**32)
    torch.manual_seed(seed)
    # Not torch.use_deterministic_algorithms: it loads the compiler, to set an option of it as well.
    torch.set_deterministic_debug_mode("warn" if torch.cuda.is_available() else "error")
    # Filling each new tensor with NaN only serves to find reads of uninitialised memory.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    torch.backends.cudnn.benchmark = False
    torch.backends.cudnn.deterministic = True
    if threads is not None:
        torch.set_num_threads(threads)


def derived_seed(*parts: object) -> int:
    """A seed in 0..2^63-1 that depends on all parts, the same on every machine and in every version.

    Runs that share a number as their seed and differ in anything else get other weights, noise and data:
    they can be counted as independent.

    Args:
        parts: numbers, strings, None, and tuples of these; what the seed is for, first.
    """
    text = json.dumps(parts, separators=(",", ":"))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1


def rng_state() -> RngState:
    """State of all global generators, of plain types and tensors that `weights_only` can load."""
    name, keys, position, has_gauss, cached = np.random.get_state()
    return {
        "python": random.getstate(),
        "numpy": (name, torch.from_numpy(np.array(keys, dtype=np.int64)), position, has_gauss, cached),
        "torch": torch.get_rng_state(),
        "cuda": torch.cuda.get_rng_state() if torch.cuda.is_available() else None,
    }


def restore_rng_state(state: RngState) -> None:
    """Set all global generators to what `rng_state` returned."""
    random.setstate(state["python"])
    name, keys, position, has_gauss, cached = state["numpy"]
    np.random.set_state((name, keys.numpy().astype(np.uint32), position, has_gauss, cached))
    torch.set_rng_state(state["torch"])
    if state["cuda"] is not None and torch.cuda.is_available():
        torch.cuda.set_rng_state(state["cuda"])


@contextmanager
def preserved_rng() -> Iterator[None]:
    """Leave the global generators as they were found, whatever the body draws from them."""
    state = rng_state()
    try:
        yield
    finally:
        restore_rng_state(state)
