"""What a run of the graph will take: jobs, hours, wall time, memory and disk, before any of it is run."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline_src.cli.arguments import add_configuration, at_least, configuration

if TYPE_CHECKING:
    from pipeline_src.config.models import Config
    from pipeline_src.planning.costs import Costs, Records
    from pipeline_src.planning.graph import Graph
    from pipeline_src.planning.measuring import Taken

HELP = "print what the run will take: jobs, hours, wall time, memory, disk"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add_configuration(parser)
    parser.add_argument(
        "--gpus", type=at_least(1), help="GPUs that the run will have (those of this machine, if any)"
    )
    parser.add_argument(
        "--cores", type=at_least(1), help="cores of a machine without GPU (those of this machine)"
    )
    parser.add_argument(
        "--from",
        dest="measured",
        type=Path,
        metavar="RESULTS",
        help="results/SCALE or a published folder: as its finished jobs took; only the rest is measured",
    )
    parser.add_argument(
        "--root", type=Path, default=Path(), help="folder of data/, for numbers of images (.)"
    )


def run(args: argparse.Namespace) -> None:
    """Measure what is not known, simulate the graph and print the table."""
    from pipeline_src.config.grid import Grid
    from pipeline_src.errors import UserError
    from pipeline_src.planning.costs import Costs, Rates, Records
    from pipeline_src.planning.graph import Graph
    from pipeline_src.planning.measuring import measure_rates
    from pipeline_src.planning.schedule import Machine
    from pipeline_src.planning.table import lines_of, longest_of, plan_of
    from pipeline_src.planning.work import Workload, image_counts

    config = configuration(args)
    if args.gpus and args.cores:
        raise UserError("--cores", "is of a machine without GPU, and --gpus is given.", "Give one of them.")
    graph = Graph(Grid(config))
    workload = Workload(graph.grid, image_counts(config, args.root))
    records = Records(args.measured, graph) if args.measured else None
    needed = Costs(graph, workload, Rates(), records).needed()
    taken = measure_rates(_here(config), needed)
    costs = Costs(graph, workload, taken.rates, records)
    has_devices = bool(args.gpus) or (args.cores is None and config.runtime.device == "cuda")
    slots = args.gpus or args.cores or (_devices(config) if has_devices else os.cpu_count() or 1)
    machine = Machine.of(config.runtime, slots, has_devices=has_devices)
    plan = plan_of(graph, costs, machine)
    print(f"{config.scale}: {_origin(records, taken, costs, graph)}")
    print("\n".join(lines_of(plan, "GPU" if has_devices else "core")))
    print(_whole(plan.wall_s, slots, "GPU" if has_devices else "core"))
    if longest := longest_of(plan):
        print(longest)
    if has_devices and taken.rates.seconds and not taken.on_gpu:
        print(f"note: no GPU was measured: each is taken to be as slow as {taken.device} on this machine")
    for note in taken.scaled:
        print(f"note: {note}; the rest is scaled")
    print(
        "A projection: images are taken to load as fast as they are used, several GPUs to share work "
        "without loss, reports and data to take what they usually do."
    )


def _here(config: Config) -> Config:
    """The configuration on the device of this machine, whatever device the run will have."""
    runtime = config.runtime.model_copy(update={"device": "auto"})
    threads = min(runtime.threads, os.cpu_count() or 1)
    return config.model_copy(update={"runtime": runtime.model_copy(update={"threads": threads})})


def _devices(config: Config) -> int:
    """The most GPUs that one job asks for: with fewer, its processes are fewer."""
    asked = config.runtime.processes
    return max(one.nodes * one.per_node for one in (asked.search, asked.pretrain, asked.finetune))


def _origin(records: Records | None, taken: Taken, costs: Costs, graph: Graph) -> str:
    parts = []
    if records is not None:
        parts.append(f"{len(costs.finished)} of {len(graph.tasks)} jobs as recorded in {records.given}")
    if taken.rates.seconds:
        parts.append(f"steps measured on {taken.device} in {taken.seconds:.0f} s")
    return ", ".join(parts)


def _whole(wall_s: tuple[float, float, float], slots: int, kind: str) -> str:
    from pipeline_src.planning.table import duration

    low, middle, high = map(duration, wall_s)
    known = "" if low == high else f" ({low} to {high})"
    return f"wall time on {slots} {kind}{'s' if slots > 1 else ''}: {middle}{known}"
