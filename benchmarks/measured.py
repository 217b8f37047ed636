"""What the suite measures: each function gives the values of one group of keys (`benchmarks.suite`)."""

from __future__ import annotations

import importlib.util
import json
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, get_args

import numpy as np
import torch
from scipy import stats
from torch import Tensor

from benchmarks import data_pipeline as pipeline
from benchmarks import evaluation as evaluating
from benchmarks import search_step as searching
from benchmarks import training_step as training
from benchmarks.measuring import SPREAD_MAX, Samples, calmest, clock_of, in_turns
from pipeline_src.config.models import LatencyConfig, Runtime, SpaceConfig
from pipeline_src.data.images import read_rgb
from pipeline_src.data.transforms import EvalTransform
from pipeline_src.errors import UserError
from pipeline_src.evaluation.forms import EQUAL_PIXELS_MIN, classes_of, equal_pixels, prepare
from pipeline_src.latency.check import TableCheck, check_table
from pipeline_src.latency.load import load_average
from pipeline_src.latency.profile import measure_table
from pipeline_src.latency.runtimes import require_runtime, runnable
from pipeline_src.space.catalogue import CELL_EDGES, CELL_OPERATIONS
from pipeline_src.space.genotype import Genotype, HyperCellGenotype
from pipeline_src.space.network import SegmentationNetwork
from pipeline_src.space.operations import build_operation
from pipeline_src.space.sampling import random_aggregation, random_genotype

CPU = torch.device("cpu")
CLASSES = 11
LUT_ROUNDS = 10
REPOSITORY = Path(__file__).resolve().parents[1]
TINY_SPACE = SpaceConfig(initial_channels=4, channel_multiplier=2, aggregation_channels=8, head_channels=8)

_TINY_SEARCH = shlex.split("--height 32 --width 32 --batch 2 --depths 1 1 1 --channels 4")
_TINY_TRAINING = shlex.split("--height 64 --width 64 --batch 2 --steps 2 --depths 1 1 1")
_TRAINING = shlex.split("--height 192 --width 256 --batch 4 --steps 10")

Found = dict[str, dict[str, Any]]
"""By key: the numbers, or why there are none (`withheld`, `not_run`)."""


@dataclass(frozen=True)
class Request:
    """How long and how large.

    Attributes:
        budget_s: the group's share: no further attempt is started behind it.
        left_s: until the suite must end.
        tiny: every path at sizes that mean nothing.
        images: a folder of photographs to compare classes on.
    """

    budget_s: float
    left_s: float
    tiny: bool = False
    images: Path | None = None

    @property
    def spread_max(self) -> float:
        """A tiny run tells nothing, so that no spread is too wide for it."""
        return 1e9 if self.tiny else SPREAD_MAX


def search_step(request: Request) -> Found:
    """Soft steps against those in wide kernels, of drawn operations, and forward and backward alone."""
    words = ["--steps", "6"]
    if request.tiny:
        words = [
            "--height",
            "32",
            "--width",
            "32",
            "--batch",
            "2",
            "--steps",
            "2",
            "--depths",
            "1",
            "1",
            "1",
            "--channels",
            "4",
        ]
    pairs = {
        "search_step_single": ("soft", "single"),
        "search_step_batched": ("soft", "batched"),
        "search_step_pair": ("soft", "pair"),
        "search_step_overhead": ("soft", "floor"),
    }
    args = searching.parse_arguments(words)
    attempt = partial(searching.samples, args)
    found = calmest(attempt, pairs, budget_s=request.budget_s, spread_max=request.spread_max)
    calls = {kind: searching.calls(args, kind) for kind in ("soft", "batched")}
    ratio = calls["soft"] / calls["batched"]
    return found | {"search_calls_batched": {"n": 1, "median": ratio, "calls": calls, "load": load_average()}}


def training_step(request: Request) -> Found:
    """A finetuning step in either memory format."""
    words = ["--threads", "1", "--height", "192", "--width", "256", "--batch", "4", "--steps", "10"]
    if request.tiny:
        words = [
            "--threads",
            "1",
            "--height",
            "64",
            "--width",
            "64",
            "--batch",
            "2",
            "--steps",
            "2",
            "--depths",
            "1",
            "1",
            "1",
        ]
    pairs = {"training_step": ("contiguous", "channels_last")}
    attempt = partial(training.samples, training.parse_arguments(words))
    return calmest(attempt, pairs, budget_s=request.budget_s, spread_max=request.spread_max)


def evaluation(request: Request) -> Found:
    """What evaluation adds to forward passes."""
    words = ["--images", "4"]
    if request.tiny:
        words = ["--images", "4", "--input-size", "64x64", "--label-size", "64x64", "--repeats", "2"]
    pairs = {"evaluation_overhead": ("evaluation", "floor")}
    attempt = partial(evaluating.samples, evaluating.parse_arguments(words))
    return calmest(attempt, pairs, budget_s=request.budget_s, spread_max=request.spread_max)


def data_pipeline(request: Request) -> Found:
    """Samples from a mapped file, from memory and decoded each time, against decoding alone."""
    words = ["--workers", "0", "--images", "200", "--processes", "1"]
    if request.tiny:
        words = ["--workers", "0", "--images", "4", "--batch-size", "2", "--rounds", "2", "--processes", "1"]
    args = pipeline.parse_arguments(words)
    pairs = {
        "data_pipeline_ratio": (pipeline.FLOOR, pipeline.MAPPED),
        "data_pipeline_cached": (pipeline.FLOOR, pipeline.CACHED),
        "data_pipeline_decoding": (pipeline.FLOOR, "pipeline, 0 workers"),
    }
    with tempfile.TemporaryDirectory() as scratch:
        prepared, raw, _ = pipeline.rendered(Path(scratch), args)
        return calmest(
            lambda: pipeline.samples(prepared, raw, args)[0],
            pairs,
            budget_s=request.budget_s,
            spread_max=request.spread_max,
        )


# Inference


def a_shaped(space: SpaceConfig) -> Genotype:
    """A network of the depths that the paper prints of A, with operations drawn once."""
    rng = np.random.default_rng(0)

    def drawn() -> tuple[str, ...]:
        return tuple(str(name) for name in rng.choice(CELL_OPERATIONS[1:], len(CELL_EDGES)))

    cells = [HyperCellGenotype(depth=depth, reduction=drawn(), normal=drawn()) for depth in (2, 4, 6)]
    return Genotype(
        space=space, hyper_cells=(cells[0], cells[1], cells[2]), aggregation=random_aggregation(rng)
    )


def inference(request: Request) -> Found:
    """Eager mode against the fastest form that sees the same classes, at two sizes."""
    sizes = {"inference_best_vs_eager": (360, 480), "inference_best_vs_eager_768x1536": (768, 1536)}
    if request.tiny:
        sizes = dict(zip(sizes, ((32, 64), (64, 96)), strict=True))
    found: Found = {}
    started = time.monotonic()
    for index, (key, size) in enumerate(sizes.items(), start=1):
        left_s = request.budget_s * index / len(sizes) - (time.monotonic() - started)
        found[key] = _inference(request, size, left_s)
    return found


def _inference(request: Request, size: tuple[int, int], budget_s: float) -> dict[str, Any]:
    torch.manual_seed(0)
    torch.set_num_threads(1)
    network = SegmentationNetwork(a_shaped(TINY_SPACE if request.tiny else SpaceConfig()), CLASSES)
    images, source = _images(request, size)
    forms = ["eager", "folded", "channels_last"]
    if all(importlib.util.find_spec(name) for name in ("onnx", "onnxruntime", "onnxscript")):
        forms.append("onnxruntime")
    latency = LatencyConfig(threads=1)
    ready = {form: prepare(network, form, images[0], device=CPU, latency=latency) for form in forms}
    expected = classes_of(ready["eager"], images)
    equal = {form: equal_pixels(expected, one, images) for form, one in ready.items()}
    works = {form: one.on(images[0]) for form, one in ready.items() if equal[form] >= EQUAL_PIXELS_MIN}
    rounds = 3 if request.tiny else 12 if size[0] < 700 else 5

    def attempt() -> dict[str, list[float]]:
        with torch.inference_mode():
            return in_turns(works, clock_of(CPU), rounds=rounds, warmup=1 if request.tiny else 2)

    pairs = {form: ("eager", form) for form in works if form != "eager"}
    told = calmest(attempt, pairs, budget_s=budget_s, spread_max=request.spread_max)
    best = max(told, key=lambda form: told[form].get("median", 0.0))
    return {
        **told[best],
        "form": best,
        "compared_on": source,
        "forms": {
            form: {"equal_pixels": share, "times_faster": told.get(form, {}).get("median")}
            for form, share in equal.items()
        },
    }


def pooling(request: Request) -> Found:
    """Max pooling against a 3x3 convolution of the same shape in each runtime: what a search would see."""
    channels, size = (4, (8, 8)) if request.tiny else (24, (90, 120))
    image = torch.randn(1, channels, *size, generator=torch.Generator().manual_seed(0))
    torch.set_num_threads(1)
    found: Found = {}
    for runtime in get_args(Runtime):
        key = f"maxpool_to_conv_{runtime}"
        try:
            require_runtime(runtime, CPU, "float32", key)
        except UserError as error:
            found[key] = {"not_run": str(error)}
            continue
        works = {}
        for name in ("maxpool3x3", "conv3x3"):
            operation = build_operation(name, channels, channels, 1)
            ready = runnable(operation, image, runtime=runtime, device=CPU, threads=1)
            works[name] = _many(ready.on(image), 2 if request.tiny else 20)

        def attempt(works: dict[str, Callable[[], None]] = works) -> Samples:
            with torch.inference_mode():
                return in_turns(works, clock_of(CPU), rounds=3 if request.tiny else 20)

        pairs = {key: ("maxpool3x3", "conv3x3")}
        found |= calmest(attempt, pairs, budget_s=request.budget_s / 3, spread_max=request.spread_max)
    return found


def _many(work: Callable[[], object], times: int) -> Callable[[], None]:
    """Work that is too short for the clock, several times."""

    def repeat() -> None:
        for _ in range(times):
            work()

    return repeat


def _images(request: Request, size: tuple[int, int]) -> tuple[list[Tensor], str]:
    """Normalised images (1, 3, H, W) to compare the classes on, and what they are."""
    with tempfile.TemporaryDirectory() as scratch:
        folder, source = request.images, f"photographs of {request.images}"
        if folder is None:
            folder, source = Path(scratch), "rendered streets"
            pipeline.render(folder, 1 if request.tiny else 4, 1)
        paths = sorted(path for path in folder.rglob("*") if _is_photograph(path))
        if not paths:
            raise SystemExit(f"error: --images {folder} holds no .png or .jpg images.")
        chosen = paths[:: max(1, len(paths) // 4)][:4]
        transform = EvalTransform(size)
        return [transform.image(read_rgb(path))[None] for path in chosen], f"{len(chosen)} {source}"


def _is_photograph(path: Path) -> bool:
    return path.suffix.lower() in (".png", ".jpg", ".jpeg") and "gtFine" not in path.parts


# Lookup table


def lookup_table(request: Request) -> Found:
    """A table against random networks that are drawn after it, measured in alternation.

    The machine's speed drifts by a tenth within a minute; a table measured before the networks would hold
    that for its own error. So rounds of both are run in turns: the slope is the median over the rounds,
    the rank correlation that of each network's medians.
    """
    space, size, networks = SpaceConfig(), (360, 480), 30
    latency = LatencyConfig(warmup=1, repeats=3, lut_repeats=5)
    if request.tiny:
        space, size, networks = TINY_SPACE, (32, 64), 4
        latency = LatencyConfig(warmup=1, repeats=3, lut_repeats=3)
    started, load = time.monotonic(), load_average()
    checks: list[TableCheck] = []
    while len(checks) < LUT_ROUNDS and (len(checks) < 3 or time.monotonic() - started < request.budget_s):
        table = measure_table(space, size, latency, CPU)
        rng = np.random.default_rng(1)
        drawn = [random_genotype(space, (5, 10, 10), rng) for _ in range(networks)]
        checks.append(check_table(table, drawn, latency, CPU))
    spreads = [(row.q3_us - row.q1_us) / row.measured_us for check in checks for row in check.rows]
    told: dict[str, Any] = {"networks": networks, "spread": statistics.median(spreads), "load": load}
    told["withheld"] = None
    if told["spread"] > request.spread_max:
        told["withheld"] = (
            f"{100 * told['spread']:.0f} % between the quartiles of a network's latency: busy machine"
        )
        return {"lut_spearman": told, "lut_slope": told}
    predicted, measured = (
        np.median([[getattr(row, name) for row in check.rows] for check in checks], axis=0)
        for name in ("predicted_us", "measured_us")
    )
    slopes = [check.slope for check in checks if check.slope is not None]
    if not slopes or np.ptp(measured) == 0:
        return {name: told | {"not_run": "all networks agree"} for name in ("lut_spearman", "lut_slope")}
    q1, slope, q3 = (float(one) for one in np.percentile(slopes, (25, 50, 75)))
    spearman = float(stats.spearmanr(predicted, measured).statistic)
    return {
        "lut_spearman": told | {"n": networks, "rounds": len(checks), "median": spearman},
        "lut_slope": told | {"n": len(slopes), "median": slope, "q1": q1, "q3": q3},
    }


# Memory


def peak_memory(request: Request) -> Found:
    """What two steps of each kind add to a process's memory."""
    words = (
        ["--height", "32", "--width", "32", "--batch", "2", "--depths", "1", "1", "1", "--channels", "4"]
        if request.tiny
        else []
    )
    found: Found = {}
    for name in searching.KINDS:
        command = [sys.executable, "-m", "benchmarks.search_memory", "--step", name, *words]
        done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True)
        told = json.loads(done.stdout)
        found[f"peak_memory_mib_{name}"] = {
            "n": 1,
            "median": told["growth_mib"],
            "peak_mib": told["peak_mib"],
        }
    return found
