"""The tables of docs/results/search.md, from what planted_truth.py and search_signal.py wrote.

    python -m benchmarks.search_tables --planted planted.jsonl --camvid signal.jsonl \\
        --into docs/results/search.md

Everything behind the line `MARK` of that file is written anew; the words before it are a person's.
Every number has its n; a count has its exact interval (Clopper-Pearson, 95 %), a mean its range over seeds.
"""

from __future__ import annotations

import argparse
import itertools
import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from statistics import mean, median
from typing import Any

import numpy as np
import torch
from scipy.stats import binomtest

from benchmarks.planted_tasks import Task, names_of, tasks
from pipeline_src.search.signal import agreement, agreement_by_chance
from pipeline_src.space.catalogue import AGGREGATION_EDGES, AGGREGATION_OPERATIONS, CELL_OPERATIONS

Row = dict[str, Any]
DRAWS = 20_000
USUAL = "small"
MARK = "<!-- Below this line: written by benchmarks/search_tables.py. -->"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def grouped(rows: Iterable[Row], key: Callable[[Row], Any]) -> dict[Any, list[Row]]:
    """Rows by key, in the order in which the keys first come."""
    groups: dict[Any, list[Row]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return groups


def number(value: float, digits: int = 2) -> str:
    return f"{value:.{digits}f}"


def ranged(values: Sequence[float], digits: int = 2) -> str:
    """mean (smallest to largest)."""
    return f"{number(mean(values), digits)} ({number(min(values), digits)} to {number(max(values), digits)})"


def counted(settled: Sequence[int | None]) -> list[str]:
    """n of N, its exact interval, and the steps of those that found it."""
    steps = [step for step in settled if step is not None]
    found, n = len(steps), len(settled)
    bounds = binomtest(found, n).proportion_ci(confidence_level=0.95, method="exact")
    took = f"{median(steps):.0f} ({min(steps)} to {max(steps)})" if steps else "-"
    return [f"{found} of {n}", f"{bounds.low:.2f} to {bounds.high:.2f}", took]


def found_table(rows: Sequence[Row]) -> str:
    """Each task and option: how many seeds found the truth, and after how many steps."""
    head = ("task", "option", "zero", "found", "exact interval", "steps, median (range)", "of", "chance")
    lines = []
    for (key, option), group in grouped(rows, lambda row: (row["task"], row["what"])).items():
        task = tasks(0)[key]
        if task.chance is None or option.startswith("fixed"):
            continue
        free_zero = any("zero" in names_of(edge) for edge in task.free)
        for zero in ("keep", "guard", "exclude") if free_zero and key == "finest" else ("keep",):
            settled = [row["settled"][zero] for row in group]
            steps = str(max(row["steps"] for row in group))
            lines.append([task.name, option, zero, *counted(settled), steps, f"{task.chance:.2g}"])
    return table(head, lines)


def truth_table(rows: Sequence[Row]) -> str:
    """The fixed alternatives: their cross entropy without a search."""
    fixed = [row for row in rows if row["what"].startswith("fixed")]
    lines = []
    for key, group in grouped(fixed, lambda row: row["task"]).items():
        for what, seeds in grouped(group, lambda row: row["what"]).items():
            values = [row["cross_entropy"] for row in seeds]
            lines.append(
                [tasks(0)[key].name, f"`{what.removeprefix('fixed: ')}`", ranged(values), str(len(values))]
            )
    return table(("task", "fixed choice", "cross entropy, mean (range)", "n"), lines)


def agreement_line(seeds: Sequence[Sequence[str]], candidates: Sequence[int]) -> list[str]:
    """n, agreement, that of chance, and the probability of as much by chance."""
    expected, draws = agreement_by_chance(candidates, len(seeds), DRAWS, torch.Generator().manual_seed(0))
    reached = agreement(seeds)
    p = (1 + sum(draw >= reached - 1e-9 for draw in draws)) / (1 + DRAWS)
    return [str(len(seeds)), number(reached, 3), number(expected, 3), f"{p:.2g}"]


AGREEMENT = ("searches", "option", "n", "agreement of pairs", "by chance", "p")
SHUFFLED = ("with edges shuffled", "p")


def shuffled_line(seeds: Sequence[Sequence[str]]) -> list[str]:
    """Agreement of the same choices on other edges: what a liking for some operation alone would give."""
    rng = np.random.default_rng(0)
    codes = {name: code for code, name in enumerate(sorted({one for choices in seeds for one in choices}))}
    coded = [np.array([codes[one] for one in choices]) for choices in seeds]
    drawn = [rng.permuted(np.tile(one, (DRAWS, 1)), axis=1) for one in coded]
    pairs = [(one == other).mean(axis=1) for one, other in itertools.combinations(drawn, 2)]
    draws = np.mean(pairs, axis=0)
    p = (1 + int((draws >= agreement(seeds) - 1e-9).sum())) / (1 + DRAWS)
    return [number(float(draws.mean()), 3), f"{p:.2g}"]


def variant_of(row: Row) -> str:
    """The variant, with the settings' label where these are not the usual ones."""
    return row["variant"] if row["label"] in ("", USUAL) else f"{row['variant']}, {row['label']}"


def nothing_table(rows: Sequence[Row]) -> str:
    """Whether seeds agree on the task without a truth; and, beside it, on the one with all edges free."""
    lines = []
    for key in ("nothing", "finest"):
        task: Task = tasks(0)[key]
        candidates = [len(names_of(edge)) for edge in task.free]
        group = [row for row in rows if row["task"] == key and not row["what"].startswith("fixed")]
        for option, seeds in grouped(group, lambda row: row["what"]).items():
            if len(seeds) > 1:
                line = agreement_line([row["choices"] for row in seeds], candidates)
                lines.append([task.name, option, *line])
    return table(AGREEMENT, lines)


def camvid_agreement(rows: Sequence[Row]) -> str:
    """Whether searches of different seeds on CamVid agree."""
    lines = []
    for name, seeds in grouped(rows, variant_of).items():
        if len(seeds) > 1:
            cells = [row["choices"] for row in seeds]
            fused = [row["aggregation"] for row in seeds]
            sizes = [len(CELL_OPERATIONS)] * len(cells[0])
            lines.append(["cells, 30 edges", name, *agreement_line(cells, sizes), *shuffled_line(cells)])
            sizes = [len(AGGREGATION_OPERATIONS)] * len(AGGREGATION_EDGES)
            lines.append(["aggregation, 7 edges", name, *agreement_line(fused, sizes), *shuffled_line(fused)])
    return table(AGREEMENT + SHUFFLED, lines)


def camvid_signal(rows: Sequence[Row]) -> str:
    """The signal of alpha's cross-entropy gradient behind the warm-up, against shuffled signs."""
    head = (
        "search",
        "seed",
        "steps",
        "mean over sd",
        "with shuffled signs",
        "z",
        "signal of a step",
        "steps to 3 sd",
    )
    lines = []
    for row in rows:
        if "signal" not in row:
            continue
        one = row["signal"]
        null = f"{number(one['null_ratio'], 3)} +- {number(one['null_sd'], 3)}"
        needed = "none seen" if one["steps_to_resolve"] is None else f"{one['steps_to_resolve']:,.0f}"
        measured = [number(one["ratio"], 3), null, number(one["z"], 1), number(one["snr"], 3), needed]
        lines.append([variant_of(row), str(row["seed"]), str(one["steps"]), *measured])
    return table(head, lines)


def camvid_collapse(rows: Sequence[Row]) -> str:
    """What is derived, for each way to treat zero: share of zero edges, live hyper-cells, depths, latency."""
    head = (
        "search",
        "zero",
        "n",
        "zero edges",
        "live hyper-cells",
        "depths",
        "latency in ms",
        "CE at the end",
    )
    lines = []
    pressed = [row for row in rows if row["gamma"] > 0]
    for name, seeds in grouped(pressed, variant_of).items():
        for zero in ("keep", "guard", "exclude"):
            facts = [row["derived"][zero] for row in seeds]
            depths = ", ".join("{" + ",".join(map(str, one["depths"])) + "}" for one in facts)
            lines.append(
                [
                    name,
                    zero,
                    str(len(facts)),
                    ranged([one["zero_share"] for one in facts]),
                    ", ".join(str(one["live_hyper_cells"]) for one in facts),
                    depths,
                    ranged([one["latency_us"] / 1000 for one in facts], 1),
                    ranged([row["ce"] for row in seeds]),
                ]
            )
    return table(head, lines)


def camvid_speed(rows: Sequence[Row]) -> str:
    """Steps a second of the processor."""
    lines = []
    for sampling, group in grouped(rows, lambda row: row["sampling"]).items():
        values = [row["steps"] / row["cpu_s"] for row in group]
        lines.append([sampling, str(len(values)), ranged(values)])
    return table(("sampling", "n searches", "steps a CPU second, mean (range)"), lines)


def load(path: Path | None) -> list[Row]:
    return (
        [] if path is None else [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    )


def conditions(rows: Sequence[Row]) -> str:
    """Machine, versions, load and dates of a file's runs."""
    first, last = rows[0], rows[-1]
    loads = [row["machine"]["load"] for row in rows]
    versions = ", ".join(f"{name} {value}" for name, value in first["versions"].items())
    return (
        f"{first['machine']['device']}, {first['machine']['cores']} cores, one thread a run; "
        f"load {ranged(loads, 1)}; {versions}; {first['date']} to {last['date']}; n = {len(rows)} runs."
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="Tables of the search's record, as Markdown.")
    parser.add_argument("--planted", type=Path, help="lines of planted_truth")
    parser.add_argument("--camvid", type=Path, nargs="+", default=[], help="lines of search_signal")
    parser.add_argument("--into", type=Path, required=True, help="the Markdown file")
    args = parser.parse_args()
    planted, camvid = load(args.planted), [row for path in args.camvid for row in load(path)]
    parts: list[tuple[str, Sequence[Row], Callable[[Sequence[Row]], str]]] = [
        ("Found", planted, found_table),
        ("The alternatives, trained one by one", planted, truth_table),
        ("Agreement without a truth", planted, nothing_table),
        ("CamVid: signal of alpha's gradient", camvid, camvid_signal),
        ("CamVid: agreement between seeds", camvid, camvid_agreement),
        ("CamVid: what was derived", camvid, camvid_collapse),
        ("CamVid: speed", camvid, camvid_speed),
    ]
    tables = [(title, made(rows)) for title, rows, made in parts if rows]
    # A table without a line is of what was not run.
    written = [f"\n### {title}\n\n{text}\n" for title, text in tables if text.count("\n") > 1]
    for title, rows in (("Planted", planted), ("CamVid", camvid)):
        if rows:
            written.append(f"\n{title}: {conditions(rows)}\n")
    before, mark, _ = args.into.read_text(encoding="utf-8").partition(MARK)
    if not mark:
        raise SystemExit(f"{args.into} has no line '{MARK}': nothing was written.")
    part = args.into.with_name(f".{args.into.name}.part")
    part.write_text(f"{before}{MARK}\n{''.join(written)}", encoding="utf-8")
    part.replace(args.into)


if __name__ == "__main__":
    main()
