"""Try a trained network on a picture: a coloured mask at the picture's own size, and the class shares."""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import Any

from pipeline_src.cli.arguments import height_by_width
from pipeline_src.errors import UserError
from pipeline_src.ownership import require_replaceable

HELP = "colour a photograph by a trained network's classes"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("image", type=Path, metavar="IMAGE", help="a PNG or JPEG photograph")
    parser.add_argument("--weights", type=Path, required=True, help="weights of `autortnet finetune-network`")
    parser.add_argument("--output", type=Path, help="PNG to write (IMAGE_mask.png in the current folder)")
    parser.add_argument("--overlay", action="store_true", help="blend the mask into the photograph")
    parser.add_argument("--genotype", type=Path, help="in place of the one that the weights file names")
    parser.add_argument("--dataset", choices=("cityscapes", "camvid"), help="in place of the weights file's")
    parser.add_argument(
        "--input-size", type=height_by_width, help="HEIGHTxWIDTH in place of the weights file's"
    )
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")


def run(args: argparse.Namespace) -> None:
    """Predict, write the picture, and print the share of every class."""
    from pipeline_src.data.images import read_rgb, write_png

    # Before torch is loaded: a wrong path is told at once.
    _refuse_what_is_no_photograph(args.image)
    output = args.output or Path(f"{args.image.stem}_mask.png")
    _refuse_as_output(output, args)
    image = read_rgb(args.image)

    from pipeline_src.cli.networks import build_network
    from pipeline_src.data.transforms import EvalTransform
    from pipeline_src.evaluation.colour import class_shares, colourise, overlay
    from pipeline_src.evaluation.metrics import predict_classes
    from pipeline_src.evaluation.trained import describe, restore_network
    from pipeline_src.training.checkpoint import load_metadata, load_weights
    from pipeline_src.training.distributed import resolve_device

    description = describe({**load_metadata(args.weights), **_overrides(args)}, args.weights)
    names, palette = description.class_names, description.palette
    fresh = build_network(description.design, len(names))
    network = restore_network(fresh, load_weights(args.weights), args.weights)
    device = resolve_device(args.device)
    pixels = EvalTransform(description.input_hw).image(image)
    (prediction,) = predict_classes(network.to(device), pixels[None], [image.shape[:2]], device)
    mask = colourise(prediction, palette)
    write_png(output, overlay(image, mask) if args.overlay else mask)
    print(f"{output}: {image.shape[1]}x{image.shape[0]}, classes of {description.dataset}")
    for name, share in class_shares(prediction, names):
        print(f"{share:7.2%}  {name}")


def _refuse_what_is_no_photograph(image: Path) -> None:
    """Raise UserError for an address or a folder."""
    if re.match(r"[a-z][a-z0-9+.-]*:/", str(image), flags=re.IGNORECASE):
        raise UserError(image, "is an address, not a file.", "Download the photograph and give its path.")
    if image.is_dir():
        raise UserError(image, "is a folder.", "Give one photograph in it, a PNG or JPEG file.")


def _refuse_as_output(output: Path, args: argparse.Namespace) -> None:
    """Raise UserError for an output that is no PNG's name, is an input, or is not ours to replace."""
    if output.suffix.lower() != ".png":
        raise UserError(output, "has no name of a PNG, which the mask is.", f"Give {output.stem}.png, say.")
    for path in filter(None, (args.image, args.weights, args.genotype)):
        if output.exists() and path.exists() and output.samefile(path):
            raise UserError(output, "is an input, too.", "Give another name with --output.")
    require_replaceable(output)


def _overrides(args: argparse.Namespace) -> dict[str, Any]:
    """What the command line says of the network, over what its weights file says."""
    from pipeline_src.data import classes
    from pipeline_src.space.genotype import Genotype

    given: dict[str, Any] = {}
    if args.genotype:
        given |= {"genotype": Genotype.load(args.genotype), "peer": None}
    if args.dataset == "cityscapes":
        given |= {"class_names": classes.CITYSCAPES_CLASSES, "palette": classes.CITYSCAPES_PALETTE}
    elif args.dataset == "camvid":
        given |= {"class_names": classes.CAMVID_CLASSES, "palette": classes.CAMVID_PALETTE}
    if args.dataset:
        given["dataset"] = args.dataset
    if args.input_size:
        given |= {"input_height_px": args.input_size[0], "input_width_px": args.input_size[1]}
    return given
