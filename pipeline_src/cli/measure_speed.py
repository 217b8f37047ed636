"""Time a whole network at batch 1 and count its parameters and multiply-adds (Sec. 4.3)."""

from __future__ import annotations

import argparse
from pathlib import Path

from pipeline_src.cli.arguments import add_input_size, add_num_classes, add_settings
from pipeline_src.cli.networks import add_network, build_network, design_of, genotype_files
from pipeline_src.cli.not_run import handed_on
from pipeline_src.errors import UserError
from pipeline_src.latency.settings import NETWORK_KEYS
from pipeline_src.places import size_text

HELP = "measure a network's latency, parameters and multiply-adds"
BLOCKS = (*NETWORK_KEYS, "runtime.device")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add_settings(parser, BLOCKS)
    add_network(parser, or_weights=True)
    add_num_classes(parser, required=False)
    add_input_size(parser, required=False)
    parser.add_argument(
        "--exported",
        type=Path,
        nargs="+",
        default=(),
        metavar="FILE.onnx",
        help="files of `autortnet export` of --weights, timed beside them in one interleaved run",
    )
    parser.add_argument("--architecture", help="name in the result; as a default, the output's folder")
    parser.add_argument(
        "--dataset", help="name in the result; as a default, the output's name up to the size"
    )
    parser.add_argument("--output", type=Path, required=True, help="the JSON to write")


def run(args: argparse.Namespace) -> None:
    """Measure the network with batch norm unfolded and folded, or beside its exported files."""
    if handed_on(args, [args.output]):
        return
    _require_whole(args)
    if args.weights:
        from pipeline_src.cli.exported_speed import measure_exported
        from pipeline_src.config.load import read_settings

        measure_exported(args, read_settings(args.settings, BLOCKS, args.execution))
        return
    import torch

    from pipeline_src.artifacts import write_json
    from pipeline_src.cli.progress import progress
    from pipeline_src.cli.record import recorded
    from pipeline_src.config.load import read_settings
    from pipeline_src.evaluation.complexity import count_multiply_adds, count_parameters
    from pipeline_src.evaluation.forms import prepare
    from pipeline_src.evaluation.interleaved import milliseconds, time_interleaved
    from pipeline_src.latency.fingerprint import current
    from pipeline_src.training.distributed import resolve_device

    config = read_settings(args.settings, BLOCKS, args.execution)
    device = resolve_device(config.runtime.device)
    design = design_of(args)
    fingerprint = current(config.latency, device)
    with recorded(args.output, args, genotype_files(args)):
        torch.manual_seed(0)
        network = build_network(design, args.num_classes)
        rounds = config.latency.warmup + config.latency.repeats
        sample = torch.randn(1, 3, *args.input_size, generator=torch.Generator().manual_seed(0))
        run = time_interleaved(
            {
                form: prepare(network, form, sample, device=device, latency=config.latency).on(sample)
                for form in ("eager", "folded")
            },
            config.latency,
            device,
            progress=lambda turns: progress(turns, rounds, "rounds"),
        )
        if run.too_large:
            size = size_text(args.input_size)
            raise UserError("--input-size", f"{size} does not fit the memory.", "Give a smaller one.")
        unfolded, folded = (milliseconds(run.samples_us[form]) for form in ("eager", "folded"))
        result = {
            "architecture": args.architecture or args.output.absolute().parent.name,
            "dataset": args.dataset or args.output.stem.rpartition("-")[0] or None,
            "input_height_px": args.input_size[0],
            "input_width_px": args.input_size[1],
            "fingerprint": fingerprint.model_dump(mode="json"),
            "latency_ms": unfolded,
            "latency_folded_ms": folded,
            "attempts": run.attempts,
            "load": run.load,
            "spread": run.spread,
            "spread_max": config.latency.spread_max,
            "fps": 1e3 / unfolded["mean"],
            "fps_folded": 1e3 / folded["mean"],
            "parameters": count_parameters(network),
            "multiply_adds": count_multiply_adds(network, args.input_size, device),
        }
        write_json(args.output, result)


def _require_whole(args: argparse.Namespace) -> None:
    """Weights say their classes and size and come with exported files; another network is told both.

    Raises:
        UserError: something is missing, or has no meaning here.
    """
    if args.weights:
        if not args.exported:
            raise UserError("--weights", "is for --exported, which is missing.", "Give exported files, too.")
        if args.num_classes:
            raise UserError("--num-classes", "is what --weights says.", "Leave it out.")
        return
    if args.exported:
        raise UserError("--exported", "is timed beside the weights it is from.", "Give --weights, too.")
    for option, value in (("--num-classes", args.num_classes), ("--input-size", args.input_size)):
        if value is None:
            raise UserError(option, "is missing.", "Give it: a network without weights does not say it.")
