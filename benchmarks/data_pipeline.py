"""Images a second of the training data pipeline, against decoding alone in the same run.

    python -m benchmarks.data_pipeline
    python -m benchmarks.data_pipeline --prepared data/camvid/camvid --raw FOLDER --crop 360x480

Without --prepared it renders a set of 128x256 frames first, and says how fast. The floor is what no loader
can beat: reading and decoding image and label, nothing else. `decoding, each file checked` adds the
comparison with the manifest's checksums, which a job makes once for each file. Rounds alternate, so that all
see the same machine.
"""

from __future__ import annotations

import argparse
import functools
import itertools
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import torch

from benchmarks.measuring import Samples, clock_of, in_turns, ratios, summary, surroundings
from pipeline_src.cli.arguments import height_by_width
from pipeline_src.data.datasets import SegmentationDataset
from pipeline_src.data.frames_file import FramesFile
from pipeline_src.data.loading import batches
from pipeline_src.data.prepare import prepare_data
from pipeline_src.data.transforms import TrainTransform

_REPOSITORY = Path(__file__).resolve().parents[1]
_RENDER = """
import os, sys, time
from pathlib import Path
from pipeline_src.data.rendering.layouts import render_cityscapes
started = time.perf_counter()
render_cityscapes(Path(sys.argv[1]), {"train": int(sys.argv[2])}, 0, 128, 256, int(sys.argv[3]))
print(time.perf_counter() - started, sum(os.times()[:4]))
"""
FLOOR = "decoding alone (floor)"
CACHED = "pipeline, cached, 0 workers"
MAPPED = "pipeline, decoded frames in a mapped file, 0 workers"
RENDER_FLOOR = 200.0  # images a second on two cores, what the project promises


def main() -> int:
    args = parse_arguments()
    report: dict[str, Any] = {
        "benchmark": "data_pipeline",
        "settings": {name: str(value) for name, value in vars(args).items()},
        **surroundings(torch.device("cpu")),
    }
    with tempfile.TemporaryDirectory() as scratch:
        prepared, raw = args.prepared, args.raw
        if prepared is None:
            prepared, raw, report["render"] = rendered(Path(scratch), args)
        report["rows"] = _measure(prepared, raw, args)
    print(json.dumps(report, indent=2))
    rate = report.get("render", {}).get("images_per_s", RENDER_FLOOR)
    if rate < RENDER_FLOOR and args.processes >= 2:
        print(f"FAILED: rendering at {rate:.0f} images/s is slower than {RENDER_FLOOR:.0f}", file=sys.stderr)
        return 1
    return 0


def parse_arguments(words: Sequence[str] | None = None) -> argparse.Namespace:
    """Sizes and settings."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--prepared", type=Path, help="prepared set; default: one rendered now")
    parser.add_argument("--raw", type=Path, help="raw root of the prepared set")
    parser.add_argument("--split", default="train")
    parser.add_argument("--base", type=height_by_width, help="deployed size, HEIGHTxWIDTH; default: the crop")
    parser.add_argument("--crop", type=height_by_width, default=(128, 256), help="crop, HEIGHTxWIDTH")
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--images", type=int, default=400, help="images a round (and to render)")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--workers", type=int, nargs="*", default=[0, 2], help="loader processes to try")
    parser.add_argument("--processes", type=int, default=2, help="for rendering")
    args = parser.parse_args(words)
    if (args.prepared is None) != (args.raw is None):
        parser.error("--prepared and --raw go together")
    return args


def rendered(folder: Path, args: argparse.Namespace) -> tuple[Path, Path, dict[str, Any]]:
    """A set of 128x256 frames made now: prepared folder, raw folder, and how fast it was rendered."""
    raw, prepared = folder / "raw", folder / "prepared"
    told = render(raw, args.images, args.processes)
    prepare_data("cityscapes", raw, prepared, splits=("train",), processes=args.processes)
    return prepared, raw, told


def render(raw: Path, images: int, processes: int) -> dict[str, Any]:
    """Draw frames of 128x256 in the layout of Cityscapes, and say how fast."""
    # A process of its own, as the command has: this one has loaded torch, and cannot fork safely.
    done = subprocess.run(
        [sys.executable, "-c", _RENDER, str(raw), str(images), str(processes)],
        cwd=_REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )
    seconds, cpu_seconds = (float(word) for word in done.stdout.split())
    return {
        "images": images,
        "processes": processes,
        "size": "128x256",
        "images_per_s": images / seconds,
        "images_per_cpu_s": images / cpu_seconds,
    }


def _measure(prepared: Path, raw: Path, args: argparse.Namespace) -> list[dict[str, Any]]:
    taken, count = samples(prepared, raw, args)
    floor = taken[FLOOR]
    return [
        {
            "what": name,
            "images_per_round": count,
            "images_per_s": summary([count / seconds for seconds in values]),
            "ratio_to_floor": ratios(floor, values),
        }
        for name, values in taken.items()
    ]


def samples(prepared: Path, raw: Path, args: argparse.Namespace) -> tuple[Samples, int]:
    """Seconds of a round of each way to come by samples, in turns, and the images of a round."""
    torch.set_num_threads(1)
    transform = TrainTransform(args.crop, args.base or args.crop)
    plain = SegmentationDataset(prepared, raw, (args.split,), transform)
    cached = SegmentationDataset(prepared, raw, (args.split,), transform, cache=True)
    mapped = SegmentationDataset(prepared, raw, (args.split,), transform)
    mapped.frames_file = FramesFile([(item.width, item.height) for item in mapped.items])
    count = min(len(plain), args.images) // args.batch_size * args.batch_size
    turns = itertools.count()

    def first_reading() -> Iterable[Any]:
        # A data set of its own has read nothing yet: it checks every file.
        fresh = SegmentationDataset(prepared, raw, (args.split,), transform)
        return (fresh.arrays(index) for index in range(count))

    def batches_of(data: SegmentationDataset, workers: int = 0) -> Callable[[], Iterable[Any]]:
        return lambda: _batches(data, args.batch_size, workers, count, next(turns))

    loads: dict[str, Callable[[], Iterable[Any]]] = {
        # In the first round, which does not count, this one checked its files.
        FLOOR: lambda: (plain.arrays(index) for index in range(count)),
        "decoding, each file checked": first_reading,
        **{f"pipeline, {workers} workers": batches_of(plain, workers) for workers in args.workers},
        CACHED: batches_of(cached),
        MAPPED: batches_of(mapped),
    }
    for data in (cached, mapped):
        for index in range(count):
            data.arrays(index)

    def exhaust(load: Callable[[], Iterable[Any]]) -> None:
        for _ in load():
            pass

    works = {name: functools.partial(exhaust, load) for name, load in loads.items()}
    # Loader processes have a processor time of their own: seconds on the wall where there are any.
    clock = clock_of(torch.device("cpu"), 2 if any(args.workers) else 1)
    return in_turns(works, clock, rounds=args.rounds), count


def _batches(
    data: SegmentationDataset, batch_size: int, workers: int, count: int, epoch: int
) -> Iterable[Any]:
    limit = count // batch_size
    return batches(data, batch_size, 0, epoch, shuffle=True, drop_last=True, workers=workers, limit=limit)


if __name__ == "__main__":
    sys.exit(main())
