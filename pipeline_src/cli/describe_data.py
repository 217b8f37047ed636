"""Look at a folder of images and labels and write a description of it, to be corrected by its user."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline_src.errors import UserError

if TYPE_CHECKING:
    from pipeline_src.data.proposal import Proposal

HELP = "propose the description of a folder of images and labels"
SHOWN = 5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("folder", type=Path, help="with images and labels; it is only read")
    parser.add_argument(
        "--output",
        type=Path,
        help="description to write (default: workflow/datasets/FOLDER.yaml); none of that name may be there",
    )


def run(args: argparse.Namespace) -> None:
    """Look, write, and say what was found."""
    import re

    import yaml

    from pipeline_src.artifacts import write_text
    from pipeline_src.config.datasets import FOLDER, parse_description
    from pipeline_src.data.proposal import propose

    if not args.folder.is_dir():
        raise UserError(args.folder, "is no folder.", "Give the folder of the raw images and labels.")
    name = re.sub(r"\W+", "_", args.folder.resolve().name).strip("_")
    output = args.output or FOLDER / f"{name}.yaml"
    if output.exists():
        raise UserError(output, "is there already.", "Give another --output, or remove it.")
    found = propose(args.folder, name)
    told = [f"# {line}\n" for line in _said(found)]
    text = yaml.safe_dump(
        found.values, sort_keys=False, default_flow_style=None, allow_unicode=True, width=110
    )
    parse_description(text, str(output))
    write_text(output, "".join(told) + text)
    print("\n".join(_said(found)))
    print(f"Written: {output}. Name the classes, merge or ignore labels, check splits and sizes.")


def _said(found: Proposal) -> list[str]:
    sizes = ", ".join(
        f"{width}x{height} px: {count}" for (width, height), count in found.sizes.most_common(SHOWN)
    )
    lines = [
        f"Looked at {found.looked_at} labels; sizes: {sizes}",
        "Label values and their share of the pixels:",
    ]
    lines += [f"  {value}: {share:.2%}" for value, share in found.shares.items()]
    if found.unmatched:
        lines.append(f"Without a partner: {len(found.unmatched)}")
        lines += [f"  {one}" for one in found.unmatched[:SHOWN]]
    return lines
