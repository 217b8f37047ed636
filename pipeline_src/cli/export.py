"""A trained network for other runtimes: an ONNX file, kept only if it gives the same classes."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline_src.cli.arguments import at_least, height_by_width
from pipeline_src.errors import UserError

if TYPE_CHECKING:
    from torch import Tensor

    from pipeline_src.evaluation.onnx_file import Output

HELP = "write a trained network as an ONNX file and check it"
RENDERED = 4
"""Rendered streets to check on where no photographs are given."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "weights", type=Path, metavar="WEIGHTS", help="weights of `autortnet finetune-network`"
    )
    parser.add_argument("--to", choices=("onnx",), default="onnx", help="the form to write (onnx)")
    parser.add_argument("--output", type=Path, help="file to write (NAME.onnx in the current folder)")
    parser.add_argument(
        "--input-size", type=height_by_width, help="HEIGHTxWIDTH in place of the weights file's"
    )
    parser.add_argument(
        "--dynamic-size", action="store_true", help="take any height and width, not only the input size"
    )
    parser.add_argument(
        "--argmax", action="store_true", help="give class indices uint8 (1, H, W) in place of logits"
    )
    parser.add_argument(
        "--images",
        type=Path,
        nargs="+",
        default=(),
        metavar="PATH",
        help="photographs, or folders of them, to check the file on (rendered streets)",
    )
    parser.add_argument("--limit", type=at_least(1), default=20, help="photographs to check on at most (20)")


def run(args: argparse.Namespace) -> None:
    """Export, compare with PyTorch, and write the file if the classes are the same."""
    output = args.output or Path(f"{args.weights.stem}.onnx")
    if output.suffix.lower() != ".onnx":
        raise UserError(output, "has no name of an ONNX file.", f"Give {output.stem}.onnx, say.")
    photographs = _photographs(args.images)[: args.limit]

    from pipeline_src.cli.networks import build_network
    from pipeline_src.cli.record import recorded
    from pipeline_src.data.images import write_bytes
    from pipeline_src.evaluation.exporting import agreement
    from pipeline_src.evaluation.forms import EQUAL_PIXELS_MIN
    from pipeline_src.evaluation.onnx_file import OnnxNetwork, onnx_bytes
    from pipeline_src.evaluation.trained import describe, restore_network
    from pipeline_src.latency.runtimes import require_onnx
    from pipeline_src.ownership import require_replaceable
    from pipeline_src.training.checkpoint import load_metadata, load_weights

    require_onnx("--to onnx")
    require_replaceable(output)
    description = describe(load_metadata(args.weights), args.weights)
    size = args.input_size or description.input_hw
    fresh = build_network(description.design, len(description.class_names))
    network = restore_network(fresh, load_weights(args.weights), args.weights)
    with recorded(output, args, [args.weights]) as extra:
        kind: Output = "classes" if args.argmax else "logits"
        content = onnx_bytes(network, description, size=size, dynamic=args.dynamic_size, output=kind)
        exported = OnnxNetwork(content, output)
        found = agreement(network, exported, _images(photographs, size, dynamic=args.dynamic_size))
        found.require(output)
        write_bytes(output, content)
        extra["equal_pixels"], extra["images"] = found.equal_pixels, found.images
        extra["largest_difference"] = found.largest_difference
    height, width = size
    print(f"{output}: {'any size' if args.dynamic_size else f'{height}x{width}'}, {kind}")
    checked = "photographs" if photographs else "rendered streets"
    differs = "" if found.largest_difference is None else f", logits within {found.largest_difference:.2g}"
    print(
        f"as PyTorch on {found.images} {checked}: {found.equal_pixels:.4%} of the pixels have the same class "
        f"({EQUAL_PIXELS_MIN:.1%} is the least){differs}"
    )


def _photographs(given: Sequence[Path]) -> list[Path]:
    """The photographs that paths name, those in folders by name.

    Raises:
        UserError: a path that is not there, or a folder without photographs.
    """
    from pipeline_src.data.folders import images_in

    found: list[Path] = []
    for path in given:
        if not path.exists():
            raise UserError(path, "is not there.", "Give a photograph or a folder of photographs.")
        inside = images_in(path) if path.is_dir() else [path]
        if not inside:
            raise UserError(path, "holds no photograph.", "Give a folder of PNG or JPEG files.")
        found += inside
    return found


def _images(photographs: Sequence[Path], size: tuple[int, int], *, dynamic: bool) -> Iterator[Tensor]:
    """Normalised images (1, 3, H, W) to compare on; where any size is taken, at five sizes in turn."""
    from pipeline_src.data.images import read_rgb
    from pipeline_src.data.rendering.street import render_street
    from pipeline_src.data.transforms import EvalTransform
    from pipeline_src.evaluation.exporting import sizes_to_try

    sizes = sizes_to_try(size) if dynamic else (size,)
    count = len(photographs) or max(RENDERED, len(sizes))
    for index in range(max(count, len(sizes))):
        wanted = sizes[index % len(sizes)]
        if photographs:
            pixels = read_rgb(photographs[index % len(photographs)])
        else:
            pixels = render_street(0, index, *wanted)[0]
        yield EvalTransform(wanted).image(pixels)[None]
