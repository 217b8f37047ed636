"""Arguments that several commands share, and their parsing."""

from __future__ import annotations

import argparse
import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline_src import places
from pipeline_src.errors import UserError

if TYPE_CHECKING:
    from pipeline_src.config.models import Config

RUNTIME_KEYS = tuple(
    f"runtime.{key}"
    for key in (
        "device", "threads", "precision", "workers", "cache_mib", "frames_file_mib", "checkpoint_every_s",
    )
)  # fmt: skip
"""What a step that trains reads of the block `runtime`."""


def height_by_width(text: str) -> tuple[int, int]:
    """`768x1536` -> (768, 1536)."""
    try:
        height, width = (int(part) for part in text.lower().split("x"))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not HEIGHTxWIDTH, such as 768x1536") from None
    if height < 1 or width < 1:
        raise argparse.ArgumentTypeError(f"{text!r} has a side under 1")
    return height, width


def three_integers(text: str) -> tuple[int, int, int]:
    """`5,10,10` or `5.10.10` -> (5, 10, 10)."""
    try:
        first, second, third = (int(part) for part in text.replace(".", ",").split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not three integers, such as 5,10,10") from None
    if min(first, second, third) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} has a number under 1")
    return first, second, third


def at_least(smallest: int) -> Callable[[str], int]:
    """A parser of whole numbers that refuses those under `smallest`."""

    def parse(text: str) -> int:
        try:
            number = int(text)
        except ValueError:  # a number of thousands of digits, too
            raise argparse.ArgumentTypeError(f"{text[:40]!r} is not a whole number") from None
        if number < smallest:
            raise argparse.ArgumentTypeError(f"{number} is under {smallest}")
        return number

    return parse


def seed(text: str) -> int:
    """A seed, as every generator of random numbers takes it: 0 or more, and less than 2^32."""
    number = at_least(0)(text)
    if number >= 2**32:
        raise argparse.ArgumentTypeError(f"{text[:20]} is 2^32 or more")
    return number


def add_configuration(parser: argparse.ArgumentParser) -> None:
    """`--params`, `--scale` and `--scales`, for commands that a user starts and the workflow does not."""
    parser.add_argument("--params", type=Path, default=Path("params.yaml"))
    parser.add_argument("--scale", help="tiny, camvid or paper; default: what params.yaml says")
    parser.add_argument("--scales", type=Path, default=Path("workflow/scales"), help="folder of SCALE.yaml")


def configuration(args: argparse.Namespace) -> Config:
    """What the arguments of `add_configuration` ask for.

    Raises:
        ConfigError: see `resolve`.
    """
    from pipeline_src.config.load import read_yaml, resolve

    params = read_yaml(args.params)
    if args.scale:
        params["scale"] = args.scale
    return resolve(params, args.scales, str(args.params))


def add_settings(parser: argparse.ArgumentParser, blocks: Sequence[str]) -> None:
    """`--settings`: what the command depends on; `--execution`: of these, what changes no result.

    Args:
        blocks: the command's `BLOCKS`, names of blocks of the configuration or of single keys (`block.key`).
    """
    names = ", ".join(dict.fromkeys(path.split(".")[0] for path in blocks))
    parser.add_argument(
        "--settings",
        required=True,
        metavar="JSON|FILE",
        help=f"the blocks {names}, as inline JSON or a YAML file (see `autortnet config`)",
    )
    parser.add_argument(
        "--execution",
        metavar="JSON",
        help="keys of the same blocks that say how to run, over those of --settings",
    )


def add_long_step(parser: argparse.ArgumentParser) -> None:
    """`--seed`, `--checkpoints` and `--output` of a step of hours."""
    parser.add_argument("--seed", type=seed, required=True)
    parser.add_argument("--checkpoints", type=Path, required=True, help="folder outside of --output")
    parser.add_argument("--output", type=Path, required=True, help="folder to write")


def add_draw(parser: argparse.ArgumentParser) -> None:
    """`--seed` and `--index` of a random network, and the genotype's `--output`."""
    parser.add_argument("--seed", type=seed, required=True)
    parser.add_argument("--index", type=at_least(0), required=True, help="number of the draw")
    add_genotype_output(parser)


def add_genotype_output(parser: argparse.ArgumentParser) -> None:
    """`--output` of a command that writes a genotype."""
    parser.add_argument("--output", type=Path, required=True, help="genotype file to write")


def add_input_size(parser: argparse.ArgumentParser, *, required: bool = True) -> None:
    """`--input-size`: the deployed size."""
    parser.add_argument(
        "--input-size", type=height_by_width, required=required, help="deployed size, HEIGHTxWIDTH"
    )


def add_crop_size(parser: argparse.ArgumentParser) -> None:
    """`--crop-size`: what is trained or searched on."""
    parser.add_argument(
        "--crop-size", type=height_by_width, required=True, help="of a training frame, HEIGHTxWIDTH"
    )


def add_num_classes(parser: argparse.ArgumentParser, *, required: bool = True) -> None:
    """`--num-classes` of a network that is timed."""
    parser.add_argument(
        "--num-classes", type=at_least(1), required=required, help="that the network tells apart"
    )


def add_rendering(parser: argparse.ArgumentParser) -> None:
    """`--output` and `--workers` of a command that draws a raw set."""
    parser.add_argument("--output", type=Path, required=True, help="folder to fill; becomes the raw root")
    parser.add_argument(
        "--workers", type=at_least(1), default=1, help="processes; the files are the same for any number"
    )


def add_results(parser: argparse.ArgumentParser) -> None:
    """`--results`: the folder of all results of a scale."""
    parser.add_argument("--results", type=Path, required=True, help="the folder results/SCALE")


def require_results(results: Path) -> None:
    """Refuse a `--results` that is no folder, or one of something else.

    Raises:
        UserError: it is none, or holds files but no folder of any kind of result.
    """
    remedy = "Give the folder results/SCALE with --results."
    if not results.is_dir():
        raise UserError(results, "is not a folder.", remedy)
    names = {path.name for path in results.iterdir()}
    if not names:
        logging.getLogger(__name__).warning("%s is empty: nothing in it is run.", results)
    elif not names & places.KINDS:
        raise UserError(results, f"holds no results ({', '.join(sorted(places.KINDS))}).", remedy)


def add_data(parser: argparse.ArgumentParser) -> None:
    """`--prepared` and `--raw`: a prepared data set and the raw images it points to."""
    parser.add_argument("--prepared", type=Path, required=True, help="folder with manifest.json")
    parser.add_argument("--raw", type=Path, required=True, help="root of the raw data set")


def split_names(text: str) -> tuple[str, ...]:
    """`train,val` -> ("train", "val")."""
    return tuple(part for part in text.split(",") if part)
