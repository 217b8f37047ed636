"""A finished training as a small network to hand on: half precision, record and card, checked on frames."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline_src.cli.arguments import add_data, at_least
from pipeline_src.errors import UserError

if TYPE_CHECKING:
    from pipeline_src.data.datasets import SegmentationDataset
    from pipeline_src.evaluation.packing import Judged
    from pipeline_src.evaluation.trained import Description

HELP = "a finished training as a small network to hand on, with its record and card"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "weights", type=Path, metavar="WEIGHTS", help="weights of `autortnet finetune-network`, in its folder"
    )
    add_data(parser)
    parser.add_argument("--split", required=True, help="whose frames it is judged on, such as test")
    parser.add_argument(
        "--notes",
        type=Path,
        required=True,
        help="Markdown with the sections Data, Not good for, and Licence, for the card",
    )
    parser.add_argument(
        "--record",
        type=Path,
        action="append",
        default=[],
        metavar="RUN.JSON",
        help="of an earlier step, such as pretraining or search; may be given several times",
    )
    parser.add_argument("--batch-size", type=at_least(1), default=4, help="frames at a time (4)")
    parser.add_argument("--output", type=Path, required=True, help="folder to write")


def run(args: argparse.Namespace) -> None:
    """Convert, compare with the full precision, measure, and write weights, record and card."""
    from pipeline_src.artifacts import RECORD, sha256_of, write_text
    from pipeline_src.cli.networks import build_network
    from pipeline_src.cli.record import recorded
    from pipeline_src.data.datasets import SegmentationDataset
    from pipeline_src.data.transforms import EvalTransform
    from pipeline_src.evaluation.bundled import CARD, WEIGHTS
    from pipeline_src.evaluation.card import card_text, read_notes
    from pipeline_src.evaluation.packing import half_precision, judge, without_folders
    from pipeline_src.evaluation.trained import describe, restore_network
    from pipeline_src.ownership import require_replaceable
    from pipeline_src.training.checkpoint import load_metadata, load_weights, save_weights

    notes = read_notes(args.notes)
    history = _history(args.weights, args.record)
    metadata = load_metadata(args.weights)
    description = describe(metadata, args.weights)
    data = SegmentationDataset(args.prepared, args.raw, (args.split,), EvalTransform(description.input_hw))
    _require_same_classes(description, data, args.weights)
    packed = args.output / WEIGHTS
    require_replaceable(packed)
    weights = load_weights(args.weights)
    halved = half_precision(weights, args.weights)
    full, half = (
        restore_network(build_network(description.design, len(description.class_names)), one, args.weights)
        for one in (weights, halved)
    )
    judged = judge(full, half, data, args.batch_size)
    _require_same_answers(judged, args.weights)
    inputs = [args.weights, args.prepared / "manifest.json", args.notes]
    # What is handed on names no folder of this machine; checksums say which files they were.
    args.command_line = without_folders(args.command_line)
    with recorded(args.output, args) as facts:
        save_weights(packed, halved, {**metadata, "precision": "float16"})
        _require_small(packed)
        facts |= _facts(description, metadata, judged, data, args.split, full)
        facts["bytes"], facts["sha256"] = packed.stat().st_size, sha256_of(packed)
        facts["inputs"] = {path.name: sha256_of(path) for path in inputs}
        facts["training"] = without_folders(history)
        write_text(args.output / CARD, card_text(facts, notes))
    scores = facts["scores"]
    print(f"{packed}: {facts['bytes'] / 1e6:.2f} MB, {facts['parameters'] / 1e6:.2f} M parameters")
    print(
        f"{100 * scores['miou']:.2f} % mIoU on {len(data)} {args.split} images "
        f"({100 * facts['scores_full_precision']['miou']:.2f} % in full precision); "
        f"{judged.equal_pixels:.4%} of the pixels have the same class"
    )
    print(f"record: {args.output / RECORD}, card: {args.output / CARD}")


def _history(weights: Path, earlier: Sequence[Path]) -> list[dict[str, Any]]:
    """The run records of the training and of what came before it.

    Raises:
        UserError: the training has none, or an earlier one made no file that the others read.
    """
    from pipeline_src.artifacts import RECORD, read_json, sha256_of

    own = weights.parent / RECORD
    if not own.is_file():
        raise UserError(own, "is missing: the record of the training.", "Give the weights in their folder.")
    found = [read_json(own)]
    if weights.name not in found[0].get("outputs", []):
        raise UserError(own, f"does not name {weights.name} among its outputs.", "Give that run's own file.")
    waiting = list(earlier)
    while waiting:
        read = {digest for record in found for digest in record["inputs"].values()}
        for path in waiting:
            record = read_json(path)
            files = [path.parent / name for name in record.get("outputs", [])]
            if any(sha256_of(file) in read for file in files if file.is_file()):
                found.append(record)
                waiting.remove(path)
                break
        else:
            problem = "is of a run whose files the training never read."
            raise UserError(waiting[0], problem, "Give the records of this network's own steps.")
    return found


def _require_same_classes(description: Description, data: SegmentationDataset, weights: Path) -> None:
    if description.class_names != data.manifest.class_names:
        raise UserError(
            weights,
            f"was trained for the {len(description.class_names)} classes of {description.dataset}, "
            f"and {data.prepared} has others.",
            "Give the prepared set that it was trained on.",
        )
    data.require_labels("judged on")


def _require_same_answers(judged: Judged, weights: Path) -> None:
    from pipeline_src.evaluation.forms import EQUAL_PIXELS_MIN

    if judged.equal_pixels < EQUAL_PIXELS_MIN:
        raise UserError(
            weights,
            f"gives {judged.equal_pixels:.2%} of the pixels the same class in half precision; "
            f"{EQUAL_PIXELS_MIN:.1%} is the least.",
            "Nothing was written. Hand it on in full precision, or train it longer.",
        )


def _require_small(packed: Path) -> None:
    from pipeline_src.evaluation.packing import LARGEST_BYTES

    size = packed.stat().st_size
    if size > LARGEST_BYTES:
        packed.unlink()
        raise UserError(
            packed,
            f"would have {size / 1e6:.1f} MB; {LARGEST_BYTES / 1e6:.0f} MB is the most.",
            "Nothing was kept. Give a smaller network.",
        )


def _facts(
    description: Description,
    metadata: dict[str, Any],
    judged: Judged,
    data: SegmentationDataset,
    split: str,
    network: Any,
) -> dict[str, Any]:
    from pipeline_src.evaluation.complexity import count_multiply_adds, count_parameters
    from pipeline_src.evaluation.forms import EQUAL_PIXELS_MIN

    names = description.class_names
    return {
        "dataset": description.dataset,
        "split": split,
        "images": len(data),
        "class_names": list(names),
        "input_height_px": description.input_height_px,
        "input_width_px": description.input_width_px,
        "epoch": metadata.get("epoch"),
        "chosen_on": metadata.get("chosen_on"),
        "pretrained": metadata.get("pretrained"),
        "parameters": count_parameters(network),
        "multiply_adds": count_multiply_adds(network, description.input_hw),
        "equal_pixels": judged.equal_pixels,
        "equal_pixels_min": EQUAL_PIXELS_MIN,
        "scores": judged.half.scores(names),
        "scores_full_precision": judged.full.scores(names),
    }
