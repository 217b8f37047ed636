"""The parts of `benchmarks.gpu` beside networks: each measures one thing on one device, as JSON-able rows."""

from __future__ import annotations

import functools
import gc
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from benchmarks import search_step as searching
from benchmarks import training_step as training
from benchmarks.measured import TINY_SPACE, a_shaped
from benchmarks.measuring import summary
from pipeline_src.config.models import LatencyConfig, Precision, SpaceConfig
from pipeline_src.latency.profile import measure_table
from pipeline_src.space.network import SegmentationNetwork
from pipeline_src.training.engine import autocast

CLASSES = 19
PAPER_SIZES = ((768, 1536), (720, 960), (1024, 2048))
PAPER_STEPS = 150 * (2975 // 16)
"""Steps of the paper's search: 150 epochs over Cityscapes' training set in batches of 16 (Sec. 4.1)."""
PAPER_HOURS = 256.0
"""What it took there: 16 hours on 16 TitanXP (Sec. 4.1)."""

Row = dict[str, Any]


def text_of(size: tuple[int, int]) -> str:
    """An input size (height, width) as pages write it."""
    return f"{size[0]}x{size[1]}"


@dataclass(frozen=True)
class Place:
    """Where and how large.

    Attributes:
        tiny: every path at sizes that mean nothing.
    """

    device: torch.device
    tiny: bool

    @property
    def sizes(self) -> tuple[tuple[int, int], ...]:
        """Input sizes (height, width)."""
        return ((32, 64), (64, 64)) if self.tiny else PAPER_SIZES

    @property
    def space(self) -> SpaceConfig:
        """Widths of our networks."""
        return TINY_SPACE if self.tiny else SpaceConfig()

    @property
    def latency(self) -> LatencyConfig:
        """Repeats of a measurement."""
        return LatencyConfig(warmup=1, repeats=3, lut_repeats=3) if self.tiny else LatencyConfig(warmup=10)

    def synchronise(self) -> None:
        """Wait for the device's work."""
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)

    def peak_mib(self) -> float | None:
        """Peak memory of the device since the last call of `forget_peak`; None on the CPU."""
        return torch.cuda.max_memory_allocated(self.device) / 2**20 if self.device.type == "cuda" else None

    def forget_peak(self) -> None:
        """Begin a new peak with empty caches."""
        if self.device.type == "cuda":
            gc.collect()  # graphs of a step that did not fit may refer to themselves
            torch.cuda.empty_cache()
            torch.cuda.reset_peak_memory_stats(self.device)


def lookup_table(place: Place) -> list[Row]:
    """The whole table at the deployed size: how long it takes, and what the dearest operations cost."""
    started = time.monotonic()
    latency = place.latency.model_copy(update={"lut_repeats": 3 if place.tiny else 100})
    table = measure_table(place.space, place.sizes[0], latency, place.device)
    took_s = time.monotonic() - started
    by_operation: dict[str, list[float]] = {}
    for key, entry in table.entries.items():
        by_operation.setdefault(key.split("|")[0], []).append(entry.median_us)
    rows = [{"operation": name, "mean_us": statistics.fmean(us)} for name, us in by_operation.items()]
    return [{"operation": "the whole table", "entries": len(table.entries), "took_s": took_s}, *rows]


@contextmanager
def _out_of_memory(row: Row) -> Iterator[None]:
    """Note where a step does not fit, and go on."""
    try:
        yield
    except torch.OutOfMemoryError:
        row["not_run"] = "does not fit the memory"


def _search_words(place: Place, batch: int, steps: int) -> list[str]:
    height, width, depths = ("32", "32", ["1", "1", "1"]) if place.tiny else ("384", "768", ["5", "10", "10"])
    words = ["--height", height, "--width", width, "--batch", str(batch), "--steps", str(steps)]
    words += ["--depths", *depths, "--device", place.device.type]
    return words + (["--channels", "4"] if place.tiny else [])


def search_step(place: Place, ends: float) -> list[Row]:
    """Search steps of each kind and precision at the paper's crop: seconds, peak memory, largest batch.

    Each has its share of the time; the batch that there was no time for is told.
    """
    precisions: tuple[Precision, ...] = ("float32", "bfloat16")
    asked = [(kind, precision) for kind in searching.KINDS for precision in precisions]
    rows: list[Row] = []
    for left, (kind, precision) in zip(range(len(asked), 0, -1), asked, strict=True):
        begun = time.monotonic()
        rows += _search_steps(place, kind, precision, begun + (ends - begun) / left)
    return rows


def _search_steps(place: Place, kind: str, precision: Precision, ends: float) -> Iterator[Row]:
    """A row for each batch, twice the one before, up to the first that does not fit or comes too late."""
    batch, limit = 2, 4 if place.tiny else 64
    while batch <= limit:
        row: Row = {"step": kind, "precision": precision, "batch": batch}
        if time.monotonic() > ends:
            row["not_run"] = "the time was over"
        else:
            with _out_of_memory(row):
                row |= _search_seconds(place, batch, kind, precision)
        yield row
        if "not_run" in row:
            return
        batch *= 2


def _search_seconds(place: Place, batch: int, kind: str, precision: Precision) -> Row:
    place.forget_peak()
    count = 2 if place.tiny else 5
    args = searching.parse_arguments(_search_words(place, batch, count))
    steps = searching.build(args, place.device, kind, precision).run()
    seconds = _seconds(functools.partial(next, steps), place, count, searching.WARMUP)
    rate = batch / statistics.median(seconds)
    return {**summary(seconds), "images_per_s": rate, "peak_mib": place.peak_mib()}


def _seconds(work: Callable[[], object], place: Place, count: int, warmup: int) -> list[float]:
    seconds = []
    for turn in range(warmup + count):
        place.synchronise()
        started = time.perf_counter()
        work()
        place.synchronise()
        if turn >= warmup:
            seconds.append(time.perf_counter() - started)
    return seconds


def projection(rows: list[Row]) -> list[Row]:
    """Hours of the paper's search on this device, by the fastest row of each kind of step."""
    found: list[Row] = []
    for kind in searching.KINDS:
        rates = [row["images_per_s"] for row in rows if row.get("step") == kind and "images_per_s" in row]
        if rates:
            hours = PAPER_STEPS * 16 / max(rates) / 3600
            found.append({"step": kind, "hours": hours, "paper_hours": PAPER_HOURS})
    return found


def training_step(place: Place) -> list[Row]:
    """Finetuning steps in either memory format, in float32 and bfloat16, of batches that lie ready."""
    rows: list[Row] = []
    size = ["32", "32"] if place.tiny else ["768", "1536"]
    for precision in ("float32", "bfloat16"):
        words = ["--height", size[0], "--width", size[1], "--batch", "2" if place.tiny else "8"]
        words += ["--steps", "2" if place.tiny else "10", "--device", place.device.type, "--threads", "1"]
        words += ["--precision", precision, "--ready"] + (["--depths", "1", "1", "1"] if place.tiny else [])
        row: Row = {"precision": precision}
        place.forget_peak()
        with _out_of_memory(row):
            for name, seconds in training.samples(training.parse_arguments(words)).items():
                rows.append({**row, "what": name, **summary(seconds)})
        rows += [row] if "not_run" in row else []
    return rows


def distributed_step(place: Place) -> list[Row]:
    """Forward and backward alone, and wrapped for several processes of which there is one: what NCCL adds."""
    size, count = ((32, 32), 2) if place.tiny else ((768, 1536), 10)
    torch.manual_seed(0)
    network = SegmentationNetwork(a_shaped(place.space), CLASSES).to(place.device).train()
    images = torch.randn(2, 3, *size, device=place.device)
    backend = "nccl" if place.device.type == "cuda" else "gloo"
    with tempfile.TemporaryDirectory() as folder:
        torch.distributed.init_process_group(
            backend, init_method=f"file://{Path(folder) / 'rendezvous'}", world_size=1, rank=0
        )
        try:
            devices = [place.device] if place.device.type == "cuda" else None
            wrapped = DistributedDataParallel(network, device_ids=devices)

            def step(model: nn.Module) -> None:
                network.zero_grad(set_to_none=True)
                with autocast(place.device, "float32"):
                    model(images).square().mean().backward()

            return [
                {"what": what, **summary(_seconds(functools.partial(step, model), place, count, 2))}
                for what, model in (("alone", network), (f"{backend}, one process", wrapped))
            ]
        finally:
            torch.distributed.destroy_process_group()
