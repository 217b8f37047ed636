"""Which network a command is about: one of the search space, by its genotype, or another system (A19)."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline_src.errors import UserError

if TYPE_CHECKING:
    from torch import nn

    from pipeline_src.config.models import SpaceConfig
    from pipeline_src.evaluation.trained import Design


def add_network(parser: argparse.ArgumentParser, *, or_weights: bool = False) -> None:
    """`--genotype` or `--peer`, one of the two; with `or_weights`, or `--weights`."""
    group = parser.add_mutually_exclusive_group(required=True)
    group.add_argument("--genotype", type=Path, help="a network of the search space")
    group.add_argument("--peer", type=_peer, metavar="NAME", help="another system, such as icnet")
    if or_weights:
        group.add_argument("--weights", type=Path, help="a trained network, to be timed beside --exported")


def _peer(text: str) -> str:
    from pipeline_src.config.peers import known_peer

    try:
        return known_peer(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def design_of(args: argparse.Namespace, space: SpaceConfig | None = None) -> Design:
    """The genotype that `--genotype` names, which must be of `space` if given, or the peer's name.

    Raises:
        GenotypeError: the file is no genotype, or one of another space.
    """
    if args.peer:
        return str(args.peer)
    from pipeline_src.space.genotype import Genotype

    genotype = Genotype.load(args.genotype)
    if space is not None:
        genotype.require_space(space, args.genotype)
    return genotype


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


def build_classifier(design: Design, num_classes: int) -> nn.Module:
    """The network's backbone under a classifier: (B, 3, H, W) normalised images -> logits (B, K).

    Raises:
        UserError: the system has no backbone that is pretrained.
    """
    if not isinstance(design, str):
        from pipeline_src.space.network import ClassificationNetwork

        return ClassificationNetwork(design, num_classes)
    from pipeline_src.peers import PeerClassifier

    require_backbone(design)
    return PeerClassifier(design, num_classes)


def require_backbone(design: Design) -> None:
    """Refuse a system whose backbone is not pretrained.

    Raises:
        UserError: it is trained from scratch, as its authors did.
    """
    from pipeline_src.config.peers import BY_NAME

    if isinstance(design, str) and not BY_NAME[design].pretrained:
        having = ", ".join(name for name, one in BY_NAME.items() if one.pretrained)
        raise UserError(
            f"--peer {design}",
            "is trained from scratch: it has no backbone to pretrain.",
            f"Such are {having}.",
        )


def network_metadata(design: Design) -> dict[str, object]:
    """What a weights file says of the network it is of."""
    return {"peer": design} if isinstance(design, str) else {"genotype": design.model_dump(mode="json")}


def network_identity(design: Design) -> str:
    """A text that tells designs apart, for checkpoints."""
    return design if isinstance(design, str) else design.model_dump_json()
