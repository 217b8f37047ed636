"""One more figure for the page: parameters against latency of every timed network.

    python workflow/examples/size_and_speed.py --results results/tiny --output reports/tiny/figures

An example to copy: it reads results, draws in the report's style, and says of its picture what the page and
screen readers need.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import matplotlib.pyplot as plt

from pipeline_src.artifacts import read_json
from pipeline_src.cli.record import recorded
from pipeline_src.places import SPEEDS
from pipeline_src.reporting.drawing.picture import Picture, Words, house_style, save_picture

NAME = "size_and_speed"


def timings(path: Path) -> list[tuple[float, float]]:
    """Parameters (million) and latency (ms, batch norm folded) of every network at every size."""
    found = read_json(path)["timings"] if path.exists() else []
    return [
        (one["parameters"] / 1e6, folded["latency_ms"]["median"])
        for one in found
        if "latency_ms" in (folded := one["forms"].get("folded", {}))
    ]


def draw(points: list[tuple[float, float]]) -> Picture:
    """The picture and its words."""
    with house_style():
        figure, axes = plt.subplots(figsize=(5, 3.5))
        axes.scatter(*zip(*points, strict=True) if points else ([], []), s=16)
        axes.set(xlabel="parameters (million)", ylabel="latency (ms)", xscale="log", yscale="log")
        figure.tight_layout()
    told = f"{len(points)} timings" + (
        f", {min(x for x, _ in points):.2f} to {max(x for x, _ in points):.2f} million parameters,"
        f" {min(y for _, y in points):.1f} to {max(y for _, y in points):.1f} ms" if points else ""
    )  # fmt: skip
    words = Words(
        name=NAME,
        title="Size and speed",
        caption="Parameters and latency (batch 1, folded) of every timed network, one dot a timing.",
        alt=told,
        status="measured" if points else "not_run",
        reason="" if points else "no network is timed",
        sources=(SPEEDS,) if points else (),
    )
    return Picture(figure, words)


def main() -> None:
    """Draw."""
    parser = argparse.ArgumentParser(description="parameters against latency of every timed network")
    parser.add_argument("--results", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    args = parser.parse_args()
    args.command_line = [Path(sys.argv[0]).name, *sys.argv[1:]]
    path = args.results / SPEEDS
    with recorded(args.output / f"{NAME}.json", args, [path]):
        save_picture(draw(timings(path)), args.output)


if __name__ == "__main__":
    main()
