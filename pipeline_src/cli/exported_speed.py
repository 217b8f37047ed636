"""`measure-speed --weights --exported`: a trained network and its ONNX files in one interleaved run."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from pipeline_src.errors import UserError

if TYPE_CHECKING:
    from pipeline_src.config.models import Config


def measure_exported(args: argparse.Namespace, config: Config) -> None:
    """Time them on the CPU, write the JSON and print a line for each form.

    Raises:
        UserError: a GPU is asked for, a file stands twice, or `time_exported` refuses one.
    """
    import torch

    from pipeline_src.artifacts import sha256_of, write_json
    from pipeline_src.cli.networks import build_network
    from pipeline_src.cli.progress import progress
    from pipeline_src.cli.record import recorded
    from pipeline_src.evaluation.complexity import count_multiply_adds, count_parameters
    from pipeline_src.evaluation.exported_speed import time_exported
    from pipeline_src.evaluation.onnx_file import load_onnx
    from pipeline_src.evaluation.trained import describe, restore_network
    from pipeline_src.latency.fingerprint import current
    from pipeline_src.training.checkpoint import load_metadata, load_weights

    if config.runtime.device == "cuda":
        raise UserError("runtime.device", "is cuda: exported files are timed on the CPU.", "Set it to cpu.")
    names = [str(path) for path in args.exported]
    if len(set(names)) < len(names):
        raise UserError("--exported", "names a file twice.", "Give each file once.")
    description = describe(load_metadata(args.weights), args.weights)
    size = args.input_size or description.input_hw
    fresh = build_network(description.design, len(description.class_names))
    network = restore_network(fresh, load_weights(args.weights), args.weights)
    threads = config.latency.threads
    exported = {name: load_onnx(path, threads) for name, path in zip(names, args.exported, strict=True)}
    with recorded(args.output, args, [args.weights, *args.exported]):
        rounds = config.latency.warmup + config.latency.repeats
        measured = time_exported(
            network, exported, size, config.latency, lambda turns: progress(turns, rounds, "rounds")
        )
        result = {
            "weights": str(args.weights),
            "files": {name: sha256_of(path) for name, path in zip(names, args.exported, strict=True)},
            "dataset": description.dataset,
            "input_height_px": size[0],
            "input_width_px": size[1],
            "fingerprint": current(config.latency, torch.device("cpu")).model_dump(mode="json"),
            "spread_max": config.latency.spread_max,
            "parameters": count_parameters(network),
            "multiply_adds": count_multiply_adds(network, size, torch.device("cpu")),
            **measured,
        }
        write_json(args.output, result)
    for form, found in measured["forms"].items():
        times = found["times_faster_than_eager"]
        print(
            f"{form}: {found['latency_ms']['median']:.2f} ms, {times['median']:.2f} times as fast as eager "
            f"({times['q1']:.2f} to {times['q3']:.2f})"
        )
    if measured["spread"] > config.latency.spread_max:
        print(
            f"The machine was busy: quartiles {measured['spread']:.0%} apart after "
            f"{measured['attempts']} attempts."
        )
