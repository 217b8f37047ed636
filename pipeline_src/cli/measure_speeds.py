"""Time several networks, ours and other systems, in one interleaved run and in several forms (Sec. 4.5)."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline_src.cli.arguments import add_input_size, add_num_classes, add_settings, at_least
from pipeline_src.cli.networks import build_network
from pipeline_src.errors import UserError

if TYPE_CHECKING:
    from torch import Tensor

    from pipeline_src.evaluation.trained import Design

HELP = "time several networks in one interleaved run, eager and deployed"
BLOCKS = ("latency", "runtime")
TOO_RESTLESS = "Nothing is published. Try again when the machine is idle, or give --minutes or --spread-max."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add_settings(parser, ", ".join(BLOCKS))
    parser.add_argument(
        "--network",
        nargs=2,
        action="append",
        required=True,
        metavar=("LABEL", "GENOTYPE|PEER"),
        help="a genotype's file or another system's name; ratios are to the first",
    )
    add_num_classes(parser)
    add_input_size(parser)
    parser.add_argument("--forms", default="eager,folded,channels_last", help="such as eager,onnxruntime")
    parser.add_argument("--spread-max", type=_share, help="of quartiles (default: latency.spread_max)")
    parser.add_argument("--minutes", type=_minutes, default=5.0, help="for further attempts (default 5)")
    parser.add_argument("--withhold", action="store_true", help="if too restless, write all but the timings")
    parser.add_argument("--prepared", type=Path, help="prepared set whose frames the forms must agree on")
    parser.add_argument("--raw", type=Path, help="its raw folder")
    parser.add_argument("--split", help="its split")
    parser.add_argument("--frames", type=at_least(1), default=4, help="how many of its frames (default 4)")
    parser.add_argument("--output", type=Path, required=True, help="the JSON to write")


def _share(text: str) -> float:
    value = float(text)
    if not 0 < value <= 1:
        raise argparse.ArgumentTypeError(f"{text} is not over 0 and at most 1")
    return value


def _minutes(text: str) -> float:
    value = float(text)
    if value < 0:
        raise argparse.ArgumentTypeError(f"{text} is under 0")
    return value


def run(args: argparse.Namespace) -> None:
    """Measure; a restless machine gives an error, or with --withhold a result without timings."""
    import torch

    from pipeline_src.artifacts import write_json
    from pipeline_src.cli.progress import progress
    from pipeline_src.cli.record import recorded
    from pipeline_src.config.load import read_settings
    from pipeline_src.evaluation.forms import require_forms
    from pipeline_src.evaluation.together import compare_speeds, described
    from pipeline_src.latency.fingerprint import current
    from pipeline_src.training.distributed import resolve_device

    config = read_settings(args.settings, BLOCKS)
    device = resolve_device(config.runtime.device)
    spread_max = config.latency.spread_max if args.spread_max is None else args.spread_max
    forms = tuple(dict.fromkeys(filter(None, args.forms.split(","))))
    require_forms(forms, device)
    designs = _designs(args)
    images = _frames(args)
    files = [Path(text) for label, text in args.network if not isinstance(designs[label], str)]
    files += [args.prepared / "manifest.json"] if args.prepared else []
    with recorded(args.output, args, files) as facts:
        torch.manual_seed(0)
        turns = config.latency.warmup + config.latency.repeats
        networks = {label: build_network(design, args.num_classes) for label, design in designs.items()}
        comparison = compare_speeds(
            networks,
            forms,
            args.input_size,
            config.latency,
            device,
            spread_max=spread_max,
            budget_s=60 * args.minutes,
            images=images,
            progress=lambda rounds: progress(rounds, turns, "rounds"),
        )
        if not comparison.attempt.samples_us and not args.withhold:
            (label, form), reason = next(iter(comparison.refused.items()))
            told = f"is not written. Nothing could be timed: {label}, {form}: {reason}."
            raise UserError(args.output, told, "Give a smaller --input-size, or other networks or forms.")
        steady = comparison.is_steady(spread_max)
        told = (
            f"{100 * comparison.attempt.spread:.0f} % between the quartiles after"
            f" {comparison.attempts} attempts, over {100 * spread_max:.0f} %:"
            " the machine is busy with something else"
        )
        if not steady and not args.withhold:
            raise UserError(args.output, f"is not written. The timings spread {told}.", TOO_RESTLESS)
        facts |= {} if steady else {"limitation": f"timings withheld: {told}"}
        result = {
            "input_height_px": args.input_size[0],
            "input_width_px": args.input_size[1],
            "num_classes": args.num_classes,
            "fingerprint": current(config.latency, device).model_dump(mode="json"),
            "load": comparison.attempt.load,
            "attempts": comparison.attempts or None,
            "spread": comparison.attempt.spread,
            "spread_max": spread_max,
            "withheld": None if steady else told,
            "compared_on": f"{len(images)} frames of {args.split}" if images else "noise",
            "networks": described(comparison, networks, args.input_size, publish=steady),
        }
        write_json(args.output, result)


def _frames(args: argparse.Namespace) -> list[Tensor]:
    """Frames of the set that was named, evenly spaced, at the input size: each (1, 3, H, W).

    Raises:
        UserError: only part of a set is named; or as `SegmentationDataset`.
    """
    named = {"--prepared": args.prepared, "--raw": args.raw, "--split": args.split}
    missing = [name for name, value in named.items() if value is None]
    if len(missing) == len(named):
        return []
    if missing:
        problem = f"is missing: {', '.join(named)} go together."
        raise UserError(missing[0], problem, "Give all of them, or none.")
    from pipeline_src.data.datasets import SegmentationDataset
    from pipeline_src.data.transforms import EvalTransform
    from pipeline_src.evaluation.predictions import evenly_spaced

    transform = EvalTransform(args.input_size)
    data = SegmentationDataset(args.prepared, args.raw, (args.split,), transform)
    chosen = evenly_spaced(len(data), args.frames)
    return [transform.image(data.arrays(index)[0])[None] for index in chosen]


def _designs(args: argparse.Namespace) -> dict[str, Design]:
    """What to build, by label.

    Raises:
        UserError: a label stands twice, or what is named is neither a file nor a known system.
    """
    from pipeline_src.config.peers import known_peer
    from pipeline_src.space.genotype import Genotype

    designs: dict[str, Design] = {}
    for label, text in args.network:
        if label in designs:
            raise UserError("--network", f"names {label!r} twice.", "Give each network a label of its own.")
        if Path(text).suffix == ".json":
            designs[label] = Genotype.load(Path(text))
            continue
        try:
            designs[label] = known_peer(text)
        except ValueError as error:
            raise UserError("--network", f"{label}: {error}", "Or give a genotype's .json file.") from None
    return designs
