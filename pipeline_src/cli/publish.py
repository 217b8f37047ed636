"""Put what a report needs of a scale's results into one folder for git: no weights, no photographs."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline_src.cli.arguments import add_configuration, configuration

if TYPE_CHECKING:
    from pipeline_src.config.models import Config

HELP = "copy genotypes, logs, metrics, timings and tables to results/published/SCALE, for git"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add_configuration(parser)
    parser.add_argument("--root", type=Path, default=Path(), help="folder of results/ and reports/ (.)")
    parser.add_argument("--output", type=Path, help="folder to write (results/published/SCALE)")


def run(args: argparse.Namespace) -> None:
    """Copy, and say how much it was."""
    from pipeline_src.places import REPORTS, RESULTS, of_scale
    from pipeline_src.reporting.published.folder import PUBLISHED, publish

    config = configuration(args)
    results, reports = (args.root / of_scale(name, config.scale) for name in (RESULTS, REPORTS))
    folder = args.output or args.root / RESULTS / PUBLISHED / config.scale
    done = publish(config, results, reports, folder)
    size = sum((folder / name).stat().st_size for name in done.files)
    print(f"{folder}: {len(done.files)} files, {size / 2**20:.1f} MiB")
    for key, path in _outside(config):
        print(
            f"{key} is {path}, a folder of this machine, which run records name, too. "
            f"Link it to data/external/ and give that path before a run that you publish.",
            file=sys.stderr,
        )


def _outside(config: Config) -> list[tuple[str, str]]:
    """The paths of data sets that mean nothing on another machine."""
    blocks = {name: getattr(config.data, name) for name in ("cityscapes", "camvid", "own", "imagenet")}
    given = {f"data.{name}.path": block.path for name, block in blocks.items() if block and block.path}
    return [(key, str(path)) for key, path in given.items() if Path(path).expanduser().is_absolute()]
