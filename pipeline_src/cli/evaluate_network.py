"""Score a finetuned network on a split: the last and the best epoch, side by side (Sec. 4.3)."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline_src.cli.arguments import add_data, add_input_size, add_settings
from pipeline_src.cli.networks import add_network, build_network, design_of, genotype_files
from pipeline_src.cli.not_run import handed_on

if TYPE_CHECKING:
    from pipeline_src.config.models import Config
    from pipeline_src.data.datasets import SegmentationDataset
    from pipeline_src.evaluation.confusion import ConfusionMatrix

HELP = "score a finetuned network: mIoU and per-class IoU"
BLOCKS = ("evaluate.batch_size", "runtime.device", "runtime.threads", "runtime.precision", "runtime.workers")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add_data(parser)
    add_settings(parser, BLOCKS)
    add_network(parser)
    parser.add_argument("--weights-last", type=Path, required=True, help="weights of the last epoch")
    parser.add_argument("--weights-best", type=Path, required=True, help="weights of the best epoch")
    parser.add_argument("--split", required=True)
    add_input_size(parser)
    parser.add_argument(
        "--architecture", help="name in the result; as a default, the output's folder's folder"
    )
    parser.add_argument("--training", help="name in the result; as a default, the output's folder")
    parser.add_argument("--output", type=Path, required=True, help="the JSON to write")


def run(args: argparse.Namespace) -> None:
    """Evaluate both weight files in one pass over the split and write the scores."""
    if handed_on(args, [args.output]):
        return
    from pipeline_src.artifacts import write_json
    from pipeline_src.cli.record import recorded
    from pipeline_src.config.load import read_settings
    from pipeline_src.data.datasets import SegmentationDataset
    from pipeline_src.data.transforms import EvalTransform
    from pipeline_src.training.checkpoint import load_metadata

    config = read_settings(args.settings, BLOCKS, args.execution)
    data = SegmentationDataset(args.prepared, args.raw, (args.split,), EvalTransform(args.input_size))
    inputs = [*genotype_files(args), args.weights_last, args.weights_best, args.prepared / "manifest.json"]
    with recorded(args.output, args, inputs):
        last, best = _matrices(args, config, data)
        folder = args.output.absolute().parent
        names = data.manifest.class_names
        trained, chosen = load_metadata(args.weights_last), load_metadata(args.weights_best)
        # Trained on its own validation split, a network has no best epoch, only a last one.
        best_scores = {**best.scores(names), "epoch": chosen["epoch"]} if chosen.get("chosen_on") else None
        result = {
            "architecture": args.architecture or folder.parent.name,
            "training": args.training or folder.name,
            "dataset": data.manifest.name,
            "split": args.split,
            "input_height_px": args.input_size[0],
            "input_width_px": args.input_size[1],
            "epochs": trained.get("epoch"),
            "pretrained": trained.get("pretrained"),
            "images": len(data),
            "labelled": data.manifest.labelled[args.split],
            "class_names": list(names),
            "last": last.scores(names),
            "best": best_scores,
            "confusion": last.counts.tolist(),
        }
        write_json(args.output, result)


def _matrices(
    args: argparse.Namespace, config: Config, data: SegmentationDataset
) -> tuple[ConfusionMatrix, ConfusionMatrix]:
    """Confusion matrices of the last and the best weights; empty where the split has no labels."""
    import torch

    from pipeline_src.cli.progress import progress
    from pipeline_src.evaluation.confusion import ConfusionMatrix
    from pipeline_src.evaluation.metrics import evaluate_set
    from pipeline_src.evaluation.trained import load_network
    from pipeline_src.training.distributed import resolve_device

    design, names = design_of(args), data.manifest.class_names
    last, best = (
        load_network(path, design, names, build_network) for path in (args.weights_last, args.weights_best)
    )
    if not data.manifest.labelled[args.split]:
        return ConfusionMatrix(data.num_classes), ConfusionMatrix(data.num_classes)
    torch.set_num_threads(config.runtime.threads)
    # With the last epoch the best, both files hold the same network: once is enough.
    weights = best.state_dict()
    same = all(torch.equal(value, weights[name]) for name, value in last.state_dict().items())
    matrices = evaluate_set(
        [last] if same else [last, best],
        data,
        config.evaluate.batch_size,
        resolve_device(config.runtime.device),
        config.runtime.precision,
        workers=config.runtime.workers,
        progress=progress,
    )
    return matrices[0], matrices[-1]
