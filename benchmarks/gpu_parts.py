"""The parts of `benchmarks.gpu`: each measures one thing on one device and gives JSON-able rows."""

from __future__ import annotations

import functools
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from benchmarks import search_step as searching
from benchmarks import training_step as training
from benchmarks.measured import TINY_SPACE, a_shaped
from benchmarks.measuring import summary
from pipeline_src.config.models import LatencyConfig, Precision, SpaceConfig
from pipeline_src.evaluation.forms import EQUAL_PIXELS_MIN, captured
from pipeline_src.evaluation.speed import fold_batch_norm
from pipeline_src.latency.profile import measure_table
from pipeline_src.latency.runtimes import Runnable
from pipeline_src.latency.timing import Timing, fastest_kernels, time_in_turns
from pipeline_src.peers import build_peer
from pipeline_src.space.network import SegmentationNetwork
from pipeline_src.training.engine import autocast

CLASSES = 19
PAPER_SIZES = ((768, 1536), (720, 960), (1024, 2048))
PEERS = ("enet", "erfnet", "espnet", "icnet", "bisenet_resnet18", "swiftnet", "dfanet", "df1seg")
PAPER_STEPS = 150 * (2975 // 16)
"""Steps of the paper's search: 150 epochs over Cityscapes' training set in batches of 16 (Sec. 4.1)."""
PAPER_HOURS = 256.0
"""What it took there: 16 hours on 16 TitanXP (Sec. 4.1)."""

Row = dict[str, Any]


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


# Inference


def _forms(network: nn.Module, image: Tensor, place: Place) -> Iterator[tuple[str, Callable[[], Tensor]]]:
    """The forms of a network, one after another: name and forward pass."""
    folded = fold_batch_norm(network).requires_grad_(False).to(place.device)
    plain = network.eval().requires_grad_(False).to(place.device)
    given = image.to(place.device)
    yield "fp32", functools.partial(plain, given)
    last = given.to(memory_format=torch.channels_last)
    wide = fold_batch_norm(network).requires_grad_(False).to(place.device, memory_format=torch.channels_last)
    yield "fp32 folded, channels last", functools.partial(wide, last)
    half_type = torch.float16 if place.device.type == "cuda" else torch.bfloat16
    half = fold_batch_norm(network).requires_grad_(False)
    half = half.to(place.device, half_type, memory_format=torch.channels_last)
    half_image = last.to(half_type)
    yield "fp16 folded, channels last", functools.partial(half, half_image)
    if place.device.type == "cuda":
        yield "fp16, CUDA graph", captured(Runnable(lambda given: given, half), half_image).on(half_image)
    backend = "inductor" if place.device.type == "cuda" else "eager"
    yield "fp32, torch.compile", functools.partial(torch.compile(folded, backend=backend), given)


def inference(place: Place, ends: float) -> list[Row]:
    """Our A-shaped network and other systems, every form in turns at every size."""
    rows: list[Row] = []
    for size in place.sizes:
        for name in ("AutoRTNet-A's shape", *(PEERS[:2] if place.tiny else PEERS)):
            if time.monotonic() > ends:
                rows.append({"network": name, "size": _text(size), "not_run": "the time was over"})
                continue
            torch.manual_seed(0)
            network = (
                SegmentationNetwork(a_shaped(place.space), CLASSES)
                if name.startswith("AutoRTNet")
                else build_peer(name, CLASSES)
            )
            with fastest_kernels():  # whatever was set before: some peers have no deterministic form
                rows += _timed(network.eval(), name, size, place)
    return rows


def _timed(network: nn.Module, name: str, size: tuple[int, int], place: Place) -> list[Row]:
    image = torch.randn(1, 3, *size, generator=torch.Generator().manual_seed(0))
    works: dict[str, Callable[[], Tensor]] = {}
    rows: list[Row] = []
    expected: Tensor | None = None
    for form, work in _forms(network, image, place):
        row: Row = {"network": name, "size": _text(size), "form": form}
        rows.append(row)
        try:
            with torch.inference_mode():
                classes = work().float().argmax(dim=1)
        except Exception as error:  # a form that this card or version cannot run is a finding, not an end
            row["not_run"] = f"{type(error).__name__}: {str(error).splitlines()[0][:100]}"
            continue
        expected = classes if expected is None else expected
        row["equal_pixels"] = float((classes == expected).float().mean())
        if row["equal_pixels"] < EQUAL_PIXELS_MIN:
            row["not_run"] = "changes classes beyond the bound"
            continue
        works[form] = work
    rounds = 3 if place.tiny else 50
    warmup = 1 if place.tiny else 10
    taken = time_in_turns(works, device=place.device, threads=1, warmup=warmup, rounds=rounds)
    for row in rows:
        if row["form"] in taken:
            timing = Timing.of(taken[row["form"]])
            row |= {"n": rounds, "median_ms": timing.median_us / 1e3}
            row |= {"q1_ms": timing.q1_us / 1e3, "q3_ms": timing.q3_us / 1e3, "fps": 1e6 / timing.mean_us}
    return rows


def _text(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"


# Steps


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
    """Search steps of each kind and precision at the paper's crop: seconds, peak memory, largest batch."""
    rows: list[Row] = []
    precisions: tuple[Precision, ...] = ("float32", "bfloat16")
    for kind in searching.KINDS:
        for precision in precisions:
            batch, limit = 2, 4 if place.tiny else 64
            while batch <= limit and time.monotonic() < ends:
                row: Row = {"step": kind, "precision": precision, "batch": batch}
                rows.append(row)
                with _out_of_memory(row):
                    row |= _search_seconds(place, batch, kind, precision)
                if "not_run" in row:
                    break
                batch *= 2
    return rows


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
        rates = [row["images_per_s"] for row in rows if row["step"] == kind and "images_per_s" in row]
        if rates:
            hours = PAPER_STEPS * 16 / max(rates) / 3600
            found.append({"step": kind, "hours": hours, "paper_hours": PAPER_HOURS})
    return found


def training_step(place: Place) -> list[Row]:
    """Finetuning steps in either memory format, in float32 and bfloat16."""
    rows: list[Row] = []
    size = ["32", "32"] if place.tiny else ["768", "1536"]
    for precision in ("float32", "bfloat16"):
        words = ["--height", size[0], "--width", size[1], "--batch", "2" if place.tiny else "8"]
        words += ["--steps", "2" if place.tiny else "10", "--device", place.device.type, "--threads", "1"]
        words += ["--precision", precision] + (["--depths", "1", "1", "1"] if place.tiny else [])
        row: Row = {"precision": precision}
        with _out_of_memory(row):
            place.forget_peak()
            for name, seconds in training.samples(training.parse_arguments(words)).items():
                rows.append({**row, "what": name, **summary(seconds), "peak_mib": place.peak_mib()})
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
