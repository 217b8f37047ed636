"""Try a trained network on photographs or a video: coloured masks at their own size, and the class shares."""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline_src.cli.arguments import height_by_width
from pipeline_src.cli.photographs import STANDARD_INPUT, Job, jobs_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from pipeline_src.evaluation.predictor import Predictor

HELP = "colour photographs or a video by a trained network's classes"
ONNX = ".onnx"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "image",
        metavar="IMAGE",
        help=f"a photograph, a folder of photographs, a video, or {STANDARD_INPUT} for a photograph "
        "on standard input",
    )
    parser.add_argument(
        "--weights",
        type=Path,
        help=f"weights of `autortnet finetune-network`, or an {ONNX} file of `autortnet export` "
        "(the network that comes with the package, and it says so)",
    )
    parser.add_argument(
        "--output",
        type=Path,
        help="PNG to write; for a folder a folder, for a video an MP4 (NAME_mask in the current folder)",
    )
    parser.add_argument("--overlay", action="store_true", help="blend the mask into the photograph")
    parser.add_argument("--genotype", type=Path, help="in place of the one that the weights file names")
    parser.add_argument(
        "--dataset",
        metavar="NAME|FILE",
        help="a described data set, whose classes and colours stand in place of the weights file's",
    )
    parser.add_argument(
        "--input-size", type=height_by_width, help="HEIGHTxWIDTH in place of the weights file's"
    )
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")


def run(args: argparse.Namespace) -> None:
    """Predict, write the pictures, and print the share of every class."""
    # Before torch is loaded: a wrong path is told at once.
    if args.weights is None:
        args.weights = _bundled(args)
    jobs = jobs_of(args.image, args.output, [args.weights, *filter(None, [args.genotype])])
    if jobs.video:
        from pipeline_src.evaluation.video import require_video

        require_video(jobs.video.source)
    first = None if jobs.video else jobs.pictures[0].read()  # an unreadable one is told at once, too
    predictor = _predictor(args)
    if jobs.video:
        _predict_video(jobs.video, predictor, overlaid=args.overlay)
    elif len(jobs.pictures) == 1 and not jobs.is_folder:
        assert first is not None
        _predict_one(jobs.pictures[0], first, predictor, overlaid=args.overlay)
    else:
        _predict_folder(jobs.pictures, predictor, overlaid=args.overlay)


def _bundled(args: argparse.Namespace) -> Path:
    """The weights of the package, which are told; they know their own network and classes.

    Raises:
        UserError: another network or other classes are asked for.
    """
    from pipeline_src.errors import UserError
    from pipeline_src.evaluation.bundled import bundled_weights, told

    if args.genotype or args.dataset:
        key = "--genotype" if args.genotype else "--dataset"
        raise UserError(key, "says something of weights, and none are given.", "Give --weights, too.")
    weights = bundled_weights()
    print(told())
    return weights


def _predictor(args: argparse.Namespace) -> Predictor:
    """The network of `--weights`, ready for photographs."""
    from pipeline_src.cli.networks import build_network
    from pipeline_src.evaluation.predictor import predictor_of
    from pipeline_src.evaluation.trained import describe, restore_network
    from pipeline_src.training.checkpoint import load_metadata, load_weights
    from pipeline_src.training.distributed import resolve_device

    if args.weights.suffix.lower() == ONNX:
        return _exported(args)
    description = describe({**load_metadata(args.weights), **_overrides(args)}, args.weights)
    fresh = build_network(description.design, len(description.class_names))
    network = restore_network(fresh, load_weights(args.weights), args.weights)
    return predictor_of(network, description, resolve_device(args.device))


def _exported(args: argparse.Namespace) -> Predictor:
    """An exported network; it takes no other design, and no other size unless it was exported for any.

    Raises:
        UserError: such was asked for.
    """
    import torch

    from pipeline_src.errors import UserError
    from pipeline_src.evaluation.onnx_file import load_onnx
    from pipeline_src.evaluation.predictor import predictor_of

    network = load_onnx(args.weights, torch.get_num_threads())
    description = network.description
    if args.genotype or args.dataset:
        key = "--genotype" if args.genotype else "--dataset"
        raise UserError(key, "is for weights; an exported network says what it is.", "Leave it out.")
    if args.input_size and args.input_size != description.input_hw:
        if not network.dynamic:
            height, width = description.input_hw
            raise UserError(
                "--input-size",
                f"{args.weights} was exported for {height}x{width} only.",
                "Leave it out, or export with --dynamic-size.",
            )
        height, width = args.input_size
        description = description.model_copy(update={"input_height_px": height, "input_width_px": width})
    return predictor_of(network, description, torch.device("cpu"))


def _predict_one(job: Job, image: NDArray[np.uint8], predictor: Predictor, *, overlaid: bool) -> None:
    """Write one mask and print its class shares."""
    from pipeline_src.data.images import write_png
    from pipeline_src.evaluation.colour import class_shares

    prediction = predictor(image)
    write_png(job.output, _picture(image, prediction, predictor, overlaid=overlaid))
    print(f"{job.output}: {image.shape[1]}x{image.shape[0]}, classes of {predictor.description.dataset}")
    for name, share in class_shares(prediction, predictor.description.class_names):
        print(f"{share:7.2%}  {name}")


def _predict_folder(jobs: list[Job], predictor: Predictor, *, overlaid: bool) -> None:
    """Write a mask for each photograph, in the order of their names."""
    from pipeline_src.cli.progress import progress
    from pipeline_src.data.images import write_png

    for job in progress(jobs, len(jobs), "photographs"):
        image = job.read()
        write_png(job.output, _picture(image, predictor(image), predictor, overlaid=overlaid))
    print(f"{jobs[0].output.parent}: {len(jobs)} masks, classes of {predictor.description.dataset}")


def _predict_video(job: Job, predictor: Predictor, *, overlaid: bool) -> None:
    """Write a video of masks and print how fast it went."""
    from pipeline_src.cli.progress import progress
    from pipeline_src.evaluation.video import opened, write_video

    started, done = time.monotonic(), 0
    with opened(job.source) as video:

        def masks() -> Iterator[NDArray[np.uint8]]:
            nonlocal done
            for frame in progress(video.frames, video.count, "frames"):
                done += 1
                yield _picture(frame, predictor(frame), predictor, overlaid=overlaid)

        write_video(job.output, masks(), video.rate, video.size)
    seconds = time.monotonic() - started
    print(
        f"{job.output}: {done} frames in {seconds:.1f} s, {done / seconds:.1f} frames a second with decoding "
        f"and encoding (the video has {float(video.rate):.3g}), classes of {predictor.description.dataset}"
    )


def _picture(
    image: NDArray[np.uint8], prediction: NDArray[np.uint8], predictor: Predictor, *, overlaid: bool
) -> NDArray[np.uint8]:
    from pipeline_src.evaluation.colour import colourise, overlay

    mask: NDArray[np.uint8] = colourise(prediction, predictor.description.palette)
    return overlay(image, mask) if overlaid else mask


def _overrides(args: argparse.Namespace) -> dict[str, Any]:
    """What the command line says of the network, over what its weights file says."""
    from pipeline_src.config.datasets import described, name_of
    from pipeline_src.space.genotype import Genotype

    given: dict[str, Any] = {}
    if args.genotype:
        given |= {"genotype": Genotype.load(args.genotype), "peer": None}
    if args.dataset:
        found = described(args.dataset)
        given |= {
            "dataset": name_of(args.dataset),
            "class_names": found.class_names,
            "palette": found.palette,
        }
    if args.input_size:
        given |= {"input_height_px": args.input_size[0], "input_width_px": args.input_size[1]}
    return given
