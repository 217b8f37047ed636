"""Which network a command is about: one of the search space, by its genotype, or another system (A19)."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import nn

    from pipeline_src.evaluation.trained import Design


def add_network(parser: argparse.ArgumentParser) -> None:
    """`--genotype` or `--peer`, one of the two."""
    group = parser.add_mutually_exclusive_group(required=True)
    group.add_argument("--genotype", type=Path, help="a network of the search space")
    group.add_argument("--peer", type=_peer, metavar="NAME", help="another system, such as icnet")


def _peer(text: str) -> str:
    from pipeline_src.config.peers import known_peer

    try:
        return known_peer(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def design_of(args: argparse.Namespace) -> Design:
    """The genotype that `--genotype` names, or the name that `--peer` gives.

    Raises:
        GenotypeError: the file is no genotype.
    """
    if args.peer:
        return str(args.peer)
    from pipeline_src.space.genotype import Genotype

    return Genotype.load(args.genotype)


def genotype_files(args: argparse.Namespace) -> list[Path]:
    """The genotype's file, as an input of the run record; none for a peer."""
    return [args.genotype] if args.genotype else []


def build_network(design: Design, num_classes: int) -> nn.Module:
    """A network with fresh weights: (B, 3, H, W) normalised images -> logits (B, K, H, W)."""
    if isinstance(design, str):
        from pipeline_src.peers import build_peer

        return build_peer(design, num_classes)
    from pipeline_src.space.network import SegmentationNetwork

    return SegmentationNetwork(design, num_classes)
