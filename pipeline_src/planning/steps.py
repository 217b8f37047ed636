"""A few steps of each kind of work on this device, on noise: seconds a unit, and memory."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from pipeline_src.config.grid import Grid
from pipeline_src.config.models import Config
from pipeline_src.data.transforms import ClassTrainTransform, TrainTransform
from pipeline_src.latency.profile import measure_entries
from pipeline_src.search.objective import LatencyModel
from pipeline_src.search.searcher import Searcher, SearchPlan
from pipeline_src.space.genotype import Genotype
from pipeline_src.space.reach import reachable_keys
from pipeline_src.space.sampling import random_genotype
from pipeline_src.space.supernet import ArchitectureParameters, Supernet
from pipeline_src.training.engine import autocast
from pipeline_src.training.losses import BootstrappedCrossEntropy, CrossEntropy
from pipeline_src.training.optimizers import SGD

Build = Callable[[Genotype | str, int], nn.Module]
Step = Callable[[int, int], None]
"""One step with a batch of so many images, whose sides are divided by the second number."""
SHRUNK = (4, 2, 1)
"""Sides are first divided by so much: what a whole image will take is known before it is tried."""
SMALLEST_PX = 32
FIRST_BATCH = 2
"""Batch norm makes nothing of a single value a channel."""
STEPS = 8
"""Timed at most."""
ENTRIES = 8
"""Operations of the lookup table that are timed."""
DRAWS = 16
"""Random networks of which the smallest and the largest are measured: those of a run lie between."""


class Measured(NamedTuple):
    """What a few steps of one kind of work took.

    Attributes:
        seconds: least, likeliest and most for one unit (`planning.work`).
        memory_mib: peak, at the whole batch.
        weights_bytes: of one network, 0 where none was built.
        images: of the batch that was timed; whole: of the batch that a job takes on one device.
        shrunk: what the sides of the images that were timed are divided by.
    """

    seconds: tuple[float, float, float]
    memory_mib: float
    weights_bytes: int
    images: int
    whole: int
    shrunk: int


@dataclass(frozen=True)
class Bench:
    """Where steps are measured.

    Attributes:
        peak_mib: -> memory of this process at its highest so far, on the CPU.
        available_mib: what the machine can still give.
        build, classifier: a network, or a backbone under a classifier, from a genotype or a peer's name.
        budget_s: seconds that one kind of work may take.
    """

    config: Config
    device: torch.device
    peak_mib: Callable[[], float]
    available_mib: float
    build: Build
    classifier: Build
    budget_s: float

    @property
    def grid(self) -> Grid:
        """The runs, for sizes."""
        return Grid(self.config)

    def synchronise(self) -> None:
        """Wait for the device's work."""
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)

    def memory_mib(self) -> float:
        """The peak so far: of the device where there is one."""
        if self.device.type == "cuda":
            return torch.cuda.max_memory_allocated(self.device) / 2**20
        return self.peak_mib()


def measure(kind: str, peer: str, bench: Bench) -> Measured:
    """Time one kind of work.

    Args:
        kind: as in `planning.work.Work`.
        peer: whose network; empty for two random ones of the search space.
    """
    if kind == "entry":
        return _entries(bench)
    if kind == "search":
        step, size, cells = _search(bench)
        return _timed(step, size, cells, _whole(bench, "search"), bench, 0)
    networks: list[Genotype | str] = [peer] if peer else list(_extremes(bench.config))
    found = [_of_network(kind, design, bench, len(networks)) for design in networks]
    low, high = found[0].seconds[0], found[-1].seconds[2]
    middle = (found[0].seconds[1] * found[-1].seconds[1]) ** 0.5
    return found[-1]._replace(
        seconds=(min(low, middle), middle, max(middle, high)),
        memory_mib=max(one.memory_mib for one in found),
        weights_bytes=max(one.weights_bytes for one in found),
    )


def _extremes(config: Config) -> tuple[Genotype, Genotype]:
    """The random networks with the fewest and with the most cells among some."""
    rng = np.random.default_rng(0)
    drawn = [random_genotype(config.space, config.experiments.depths, rng) for _ in range(DRAWS)]
    drawn.sort(key=lambda one: sum(one.depths))
    return drawn[0], drawn[-1]


def _whole(bench: Bench, step: str) -> int:
    """Images of a step on one device."""
    config = bench.config
    if step == "forward":
        return config.evaluate.batch_size
    asked = getattr(config.runtime.processes, step)
    size: int = getattr(config, step).batch_size
    return max(1, -(-size // (asked.nodes * asked.per_node)))


def _of_network(kind: str, design: Genotype | str, bench: Bench, parts: int) -> Measured:
    config = bench.config
    if kind == "pretrain":
        side = config.data.imagenet.crop_px
        network = bench.classifier(design, 1000 if config.scale == "paper" else 10)
        size, step = (side, side), _classifying(network, side, bench)
    else:
        block = bench.grid.dataset_config(config.data.main)
        cropped = kind == "finetune"
        size = (
            block.crop_height_px if cropped else block.input_height_px,
            block.crop_width_px if cropped else block.input_width_px,
        )
        network = bench.build(design, 19)
        step = (_finetuning if cropped else _forward)(network, size, bench)
    weights = sum(4 * value.numel() for value in network.state_dict().values())
    share = Bench(**{**vars(bench), "budget_s": bench.budget_s / parts})
    return _timed(step, size, 1, _whole(bench, kind), share, weights)


def _timed(step: Step, size: tuple[int, int], cells: int, whole: int, bench: Bench, weights: int) -> Measured:
    """Steps of a small batch of small images, then of larger ones where time and memory allow."""
    started, before = time.monotonic(), bench.memory_mib()
    images, pixels = min(whole, FIRST_BATCH), _pixels(_shrunk(size, SHRUNK[0]))
    tries = [(images, shrunk) for shrunk in SHRUNK] + ([(whole, 1)] if whole > images else [])
    done, used = tries[0], 0.0
    points: list[tuple[int, float]] = []
    for count, shrunk in tries:
        load = count * _pixels(_shrunk(size, shrunk))
        larger = load / (images * pixels)
        left = bench.budget_s - (time.monotonic() - started)
        fits = before + used * larger < 0.6 * bench.available_mib
        if points and (2 * points[-1][1] * larger > left or not fits):
            break
        step(count, shrunk)  # warms up
        points.append((load, _seconds(step, count, shrunk, bench)))
        used = max(0.0, bench.memory_mib() - before)
        done, images, pixels = (count, shrunk), count, _pixels(_shrunk(size, shrunk))
    times = [points[-1][1]]
    while len(times) < STEPS and time.monotonic() - started + times[-1] < bench.budget_s:
        times.append(_seconds(step, *done, bench))
    load, target = images * pixels, whole * _pixels(size)
    points[-1] = (load, float(np.median(times)))
    memory = before + used * max(1.0, target / load)
    low, middle, high = (one * target / load for one in np.percentile(times, (10, 50, 90)))
    if target > load:  # in proportion is the most: part of a step does not grow with its images
        low = middle = grown_s(points, target)
    unit = target * cells
    seconds = (float(low / unit), float(middle / unit), float(high / unit))
    return Measured(seconds, memory, weights, images, whole, done[1])


def grown_s(points: list[tuple[int, float]], target: int) -> float:
    """Seconds of a step with `target` pixels, along the line through the two largest that were timed.

    Args:
        points: (pixels, seconds), the largest last; one alone is taken in proportion.
    """
    load, seconds = points[-1]
    in_proportion = seconds * target / load
    smaller = [one for one in points if one[0] < load]
    if not smaller:
        return in_proportion
    slope = max(0.0, (seconds - smaller[-1][1]) / (load - smaller[-1][0]))
    return min(in_proportion, seconds + slope * (target - load))


def _shrunk(size: tuple[int, int], by: int) -> tuple[int, int]:
    """Sides divided, none under what a network of 32 strides takes."""
    return max(SMALLEST_PX, size[0] // by), max(SMALLEST_PX, size[1] // by)


def _pixels(size: tuple[int, int]) -> int:
    return size[0] * size[1]


def _seconds(step: Step, images: int, shrunk: int, bench: Bench) -> float:
    bench.synchronise()
    started = time.monotonic()
    step(images, shrunk)
    bench.synchronise()
    return time.monotonic() - started


def _optimised(
    network: nn.Module, loss: nn.Module, batch: Callable[[int, int], tuple[Tensor, Tensor]], bench: Bench
) -> Step:
    network.to(bench.device).train()
    optimizer = SGD(network.parameters(), lr=1e-4, momentum=0.9, weight_decay=1e-4)

    def step(images: int, shrunk: int) -> None:
        inputs, targets = batch(images, shrunk)
        optimizer.zero_grad(set_to_none=True)
        with autocast(bench.device, bench.config.runtime.precision):
            logits = network(inputs.to(bench.device))
        loss(logits.float(), targets.to(bench.device)).backward()
        optimizer.step()

    return step


def _noise(height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    frame = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
    return frame, rng.integers(0, 11, (height, width), dtype=np.uint8)


def _augmented(
    size: tuple[int, int], scale_range: tuple[float, float]
) -> Callable[[int, int], tuple[Tensor, Tensor]]:
    """Batches of a decoded frame, each image cut and flipped as in training."""
    rng = np.random.default_rng(0)

    def batch(images: int, shrunk: int) -> tuple[Tensor, Tensor]:
        cut = _shrunk(size, shrunk)
        frame, label = _noise(*cut)
        transform = TrainTransform(crop_hw=cut, base_hw=cut, scale_range=scale_range)
        parts = [transform(frame, label, rng) for _ in range(images)]
        return torch.stack([one[0] for one in parts]), torch.stack([one[1] for one in parts])

    return batch


def _finetuning(network: nn.Module, size: tuple[int, int], bench: Bench) -> Step:
    cfg = bench.config.finetune
    loss = BootstrappedCrossEntropy(cfg.bootstrap_threshold, cfg.bootstrap_min_kept)
    return _optimised(network, loss, _augmented(size, cfg.scale_range), bench)


def _classifying(network: nn.Module, side: int, bench: Bench) -> Step:
    frame, rng = _noise(side, side)[0], np.random.default_rng(0)

    def batch(images: int, shrunk: int) -> tuple[Tensor, Tensor]:
        transform = ClassTrainTransform(max(SMALLEST_PX, side // shrunk), bench.config.pretrain.area_range)
        inputs = torch.stack([transform(frame, rng) for _ in range(images)])
        return inputs, torch.zeros(images, dtype=torch.int64)

    return _optimised(network, CrossEntropy(bench.config.pretrain.label_smoothing), batch, bench)


def _forward(network: nn.Module, size: tuple[int, int], bench: Bench) -> Step:
    network.to(bench.device).eval()

    def step(images: int, shrunk: int) -> None:
        with torch.inference_mode(), autocast(bench.device, bench.config.runtime.precision):
            network(torch.randn(images, 3, *_shrunk(size, shrunk)).to(bench.device)).argmax(dim=1).cpu()

    return step


def _search(bench: Bench) -> tuple[Step, tuple[int, int], int]:
    """A step of the search itself; the batch is what its source yields next."""
    config, depths, device = bench.config, bench.config.experiments.depths, bench.device
    block = bench.grid.dataset_config(config.data.main)
    size = (block.search_crop_height_px, block.search_crop_width_px)
    batch, asked = _augmented(size, config.finetune.scale_range), [FIRST_BATCH, 1]

    def source(_epoch: int, _start: int) -> Iterator[tuple[Tensor, Tensor]]:
        while True:
            yield batch(*asked)

    noise = torch.Generator().manual_seed(0)
    given = {"epochs": 1, "warmup_epochs": 0, "latency_offset_us": 0.0, "level": "single"}
    searcher = Searcher(
        Supernet(config.space, depths, 19, batched=config.search.batched).to(device),
        ArchitectureParameters(depths, noise).to(device),
        train_batches=source,
        architecture_batches=None,
        validate=None,
        latency=LatencyModel.build(config.space, size, lambda _: 1.0, device),
        config=config.search.model_copy(update=given),
        plan=SearchPlan(
            gamma=0.01,
            steps_per_epoch=10_000,
            precision=config.search.precision or config.runtime.precision,
        ),
        device=device,
        generator=noise,
    )
    steps = searcher.run()

    def step(images: int, shrunk: int) -> None:
        asked[:] = images, shrunk
        next(steps)

    return step, size, sum(depths)


def _entries(bench: Bench) -> Measured:
    """Some operations of the lookup table, with few repeats."""
    config = bench.config
    keys = reachable_keys(config.space, bench.grid.input_size(config.data.main))
    chosen = [keys[index] for index in np.linspace(0, len(keys) - 1, ENTRIES).astype(int)]
    latency = config.latency.model_copy(update={"warmup": 1, "lut_repeats": 3})
    rates = []
    for key in chosen:
        started = time.monotonic()
        measure_entries([key], latency, bench.device)
        pixels = key.height_px * key.width_px * key.channels_in
        rates.append((time.monotonic() - started) / (4 * pixels))
    low, middle, high = np.percentile(rates, (25, 50, 75))
    return Measured((float(low), float(middle), float(high)), bench.memory_mib(), 0, 1, 1, 1)
