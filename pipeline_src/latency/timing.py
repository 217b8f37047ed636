"""The only stopwatch of the project: warm, synchronised, repeated forward passes (Sec. 3.1, 4.3)."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import torch
from torch import nn

from pipeline_src.config.models import Precision, Runtime
from pipeline_src.latency.runtimes import runnable

Key = TypeVar("Key", bound=Hashable)
Progress = Callable[[Iterable[int]], Iterable[int]]


@dataclass(frozen=True)
class Timing:
    """Statistics of one module's repeated forward passes, in microseconds."""

    median_us: float
    q1_us: float
    q3_us: float
    mean_us: float
    repeats: int

    @classmethod
    def of(cls, samples_us: Sequence[float]) -> Timing:
        """Of single measurements."""
        q1, median, q3 = np.percentile(samples_us, (25, 50, 75))
        return cls(float(median), float(q1), float(q3), float(np.mean(samples_us)), len(samples_us))

    @property
    def spread(self) -> float:
        """Between the quartiles, as a share of the median: how restless the machine was."""
        return (self.q3_us - self.q1_us) / self.median_us


def time_forward(
    module: nn.Module,
    input_shape: tuple[int, int, int, int],
    *,
    device: torch.device,
    precision: Precision,
    runtime: Runtime,
    threads: int,
    warmup: int,
    repeats: int,
    progress: Progress = iter,
) -> Timing:
    """Time a module's forward pass in evaluation mode; the module itself stays as it is.

    Args:
        module: takes one tensor.
        input_shape: (B, C, H, W) of the input, which is drawn once with a fixed seed.
        runtime: what runs it.
        threads: CPU threads during the measurement.
        warmup: forward passes that are run and not counted.
        repeats: forward passes that are counted, each timed on its own.
        progress: wraps the iteration over all passes, to show how far it is.
    """
    sample = torch.randn(input_shape, generator=torch.Generator().manual_seed(0))
    ready = runnable(module, sample, runtime=runtime, device=device, precision=precision, threads=threads)
    samples_us = time_in_turns(
        {"forward": ready.on(sample)},
        device=device,
        threads=threads,
        warmup=warmup,
        rounds=repeats,
        progress=progress,
    )
    return Timing.of(samples_us["forward"])


def time_in_turns(
    works: Mapping[Key, Callable[[], object]],
    *,
    device: torch.device,
    threads: int,
    warmup: int,
    rounds: int,
    progress: Progress = iter,
) -> dict[Key, list[float]]:
    """Time several pieces of work in turns, A B C A B C ..., so that all see the same moments of the machine.

    Args:
        works: forward passes, ready to be called.
        threads: CPU threads during the measurement.
        warmup: rounds that are run and not counted.
        rounds: rounds that are counted.
        progress: wraps the iteration over all rounds, to show how far it is.

    Returns:
        Microseconds of each, round by round.
    """
    stopwatch = _time_cuda if device.type == "cuda" else _time_cpu
    samples_us: dict[Key, list[float]] = {key: [] for key in works}
    with torch.inference_mode(), _fixed_threads(threads), fastest_kernels():
        for turn in progress(range(warmup + rounds)):
            for key, work in works.items():
                taken_us = stopwatch(work)
                if turn >= warmup:
                    samples_us[key].append(taken_us)
    return samples_us


def _time_cpu(forward: Callable[[], object]) -> float:
    start = time.perf_counter_ns()
    forward()
    return (time.perf_counter_ns() - start) / 1e3


def _time_cuda(forward: Callable[[], object]) -> float:
    """Events on an idle stream: launch gaps count, the host's waiting for the end does not."""
    start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))  # type: ignore[no-untyped-call]
    torch.cuda.synchronize()
    start.record()
    forward()
    end.record()
    end.synchronize()
    return float(start.elapsed_time(end)) * 1e3


@contextmanager
def _fixed_threads(threads: int) -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def fastest_kernels() -> Iterator[None]:
    """Let cuDNN choose by trial, as deployment would, whatever a training run had set before."""
    cudnn = torch.backends.cudnn
    before = cudnn.benchmark, cudnn.deterministic
    mode = torch.get_deterministic_debug_mode()
    cudnn.benchmark, cudnn.deterministic = True, False
    torch.set_deterministic_debug_mode("default")  # use_deterministic_algorithms loads the compiler
    try:
        yield
    finally:
        cudnn.benchmark, cudnn.deterministic = before
        torch.set_deterministic_debug_mode(mode)
