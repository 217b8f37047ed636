"""Everything that is timed against something, in one command and 12 minutes (`make bench`).

    python -m benchmarks.suite [--output reports/benchmarks.json] [--minutes 12] [--only KEY ...] [--tiny]

Each ratio is of one interleaved run, with n, median and quartiles. Where the machine is so busy that the
quartiles lie too far apart, it is measured again while its share of the time lasts, and then withheld: the
file says so in its place. What there is no time for is `not run`. `--tiny` takes every path at sizes that
mean nothing.
"""

from __future__ import annotations

import argparse
import logging
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from benchmarks import graphs, measured
from benchmarks.measured import Found, Request
from benchmarks.measuring import surroundings
from benchmarks.results import require_places, write_result

LOG = logging.getLogger("bench")
FORMAT = "autortnet-benchmarks/1"


@dataclass(frozen=True)
class Key:
    """One line of the result.

    Attributes:
        what: in words; a ratio says what is above and what is below the line.
        least, most: the bar; None where there is none on that side.
    """

    what: str
    unit: str = "ratio"
    least: float | None = None
    most: float | None = None

    def reached(self, value: float) -> bool | None:
        """Whether a value clears the bar; None where there is no bar."""
        if self.least is None and self.most is None:
            return None
        above = self.least is None or value >= self.least
        return above and (self.most is None or value <= self.most)


@dataclass(frozen=True)
class Group:
    """Keys that one run gives, and its share of the time."""

    keys: Mapping[str, Key]
    measure: Callable[[Request], Found]
    share: float


GROUPS: tuple[Group, ...] = (
    Group(
        {
            "search_step_single": Key("soft search step / step of one drawn operation an edge", least=5),
            "search_step_batched": Key("soft search step / the same in few wide kernels", least=1.25),
            "search_calls_batched": Key("operators of their passes that compute something", least=2),
            "search_step_pair": Key("soft search step / step of two drawn operations an edge"),
            "search_step_overhead": Key("soft search step / forward and backward alone"),
        },
        measured.search_step,
        0.16,
    ),
    Group(
        {"training_step": Key("finetuning step, contiguous / channels last", least=1.15)},
        measured.training_step,
        0.1,
    ),
    Group(
        {
            "inference_best_vs_eager": Key("eager / fastest form with the same classes, 360x480", least=2.2),
            "inference_best_vs_eager_768x1536": Key("the same at 768x1536", least=2.2),
        },
        measured.inference,
        0.2,
    ),
    Group(
        {
            f"maxpool_to_conv_{runtime}": Key(
                f"max pooling / 3x3 convolution, 24 channels at 90x120, {runtime}"
            )
            for runtime in ("eager", "channels_last", "onnxruntime")
        },
        measured.pooling,
        0.04,
    ),
    Group(
        {
            "data_pipeline_ratio": Key("decoding alone / samples from the mapped file, seconds", least=1.0),
            "data_pipeline_cached": Key("decoding alone / samples from memory, seconds"),
            "data_pipeline_decoding": Key("decoding alone / samples that are decoded anew, seconds"),
        },
        measured.data_pipeline,
        0.06,
    ),
    Group(
        {"evaluation_overhead": Key("evaluation / forward passes alone", most=1.10)},
        measured.evaluation,
        0.06,
    ),
    Group(
        {
            "lut_spearman": Key("rank correlation of the table's predictions with 30 networks", "1", 0.98),
            "lut_slope": Key("slope of measured on predicted latency", "1", 0.85, 1.15),
        },
        measured.lookup_table,
        0.16,
    ),
    Group(
        {
            "orchestration_share": Key("processor time beside the steps' own, at tiny", "share", most=0.20),
            "noop_s": Key("second make reproduce", "s", most=5),
            "graph_2000_s": Key("dry run of 2,000 jobs", "s", most=10),
            "graph_10000_s": Key("dry run of 10,000 jobs", "s", most=60),
        },
        graphs.workflow,
        0.16,
    ),
    Group(
        {
            f"peak_memory_mib_{name}": Key(f"growth of memory by a search step, {name}", "MiB")
            for name in ("soft", "batched", "single", "pair")
        },
        measured.peak_memory,
        0.06,
    ),
)


def parse_arguments(words: Sequence[str] | None = None) -> argparse.Namespace:
    """What to measure, for how long, and where to."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--output", type=Path, default=Path("reports/benchmarks.json"))
    parser.add_argument("--minutes", type=float, default=12.0, help="all of it; what is left over is not run")
    parser.add_argument("--only", nargs="+", metavar="KEY", help="keys, such as training_step")
    parser.add_argument("--images", type=Path, help="folder of photographs for the check of the classes")
    parser.add_argument("--tiny", action="store_true", help="every path, at sizes that mean nothing")
    args = parser.parse_args(words)
    known = [key for group in GROUPS for key in group.keys]
    for key in args.only or ():
        if key not in known:
            parser.error(f"--only: {key!r} is no key; choose among {', '.join(known)}")
    return args


def run(args: argparse.Namespace, groups: Sequence[Group] = GROUPS) -> dict[str, Any]:
    """Measure group by group within the time; the result as it is written."""
    ends = time.monotonic() + 60 * args.minutes
    wanted = [group for group in groups if not args.only or set(group.keys) & set(args.only)]
    shares = sum(group.share for group in wanted)
    found: dict[str, Any] = {}
    for group in wanted:
        left_s = ends - time.monotonic()
        started = time.monotonic()
        told: Found
        if left_s <= 0:
            told = {key: {"not_run": f"the {args.minutes:g} minutes were over"} for key in group.keys}
        else:
            own_s = min(left_s, 60 * args.minutes * group.share / shares)
            told = group.measure(Request(budget_s=own_s, left_s=left_s, tiny=args.tiny, images=args.images))
        for key, line in group.keys.items():
            found[key] = _line(line, told[key]) | {"group_s": round(time.monotonic() - started, 1)}
            LOG.info("%s: %s", key, _say(found[key]))
    return {"format": FORMAT, "tiny": args.tiny, "keys": found} | surroundings(torch.device("cpu"))


def _line(key: Key, value: Mapping[str, Any]) -> dict[str, Any]:
    bar = {name: bound for name in ("least", "most") if (bound := getattr(key, name)) is not None}
    reached = key.reached(value["median"]) if "median" in value else None
    return {"what": key.what, "unit": key.unit, "bar": bar, "reached": reached, **value}


def _say(line: Mapping[str, Any]) -> str:
    if line.get("not_run"):
        return f"not run: {line['not_run']}"
    if line.get("withheld"):
        return f"withheld: {line['withheld']}"
    quartiles = f" ({line['q1']:.3g} to {line['q3']:.3g}, n = {line['n']})" if "q1" in line else ""
    verdict = {None: "", True: ", reached", False: ", not reached"}[line["reached"]]
    return f"{line['median']:.4g}{quartiles}{verdict}"


def main() -> int:
    args = parse_arguments()
    require_places(args.output)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    write_result(args.output, run(args))
    print(f"written: {args.output}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
