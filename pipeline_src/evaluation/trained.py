"""From a weights file's contents to a network that can be used, with what it was trained for.

A network is of a genotype, or another system's (a peer, A19). Who calls says how either is built.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

from pydantic import ValidationError, model_validator
from torch import Tensor, nn

from pipeline_src.config.models import Block, Positive
from pipeline_src.config.peers import Peer
from pipeline_src.data.classes import Colour
from pipeline_src.errors import CheckpointError, GenotypeError, first_fault
from pipeline_src.space.genotype import Genotype
from pipeline_src.training.checkpoint import load_metadata, load_weights

Design: TypeAlias = Genotype | str
"""What a network is built from: a genotype, or a peer's name."""
Build: TypeAlias = Callable[[Design, int], nn.Module]
"""From a design and a number of classes to a network with fresh weights."""


class Description(Block):
    """What a finetuned network is and what its outputs mean; stored in its weights file.

    It has a genotype or is a peer, never both.
    """

    genotype: Genotype | None = None
    peer: Peer | None = None
    dataset: str
    class_names: tuple[str, ...]
    palette: tuple[Colour, ...]
    input_height_px: Positive
    input_width_px: Positive

    @model_validator(mode="after")
    def _a_colour_for_each_class(self) -> Description:
        if not self.class_names or len(self.class_names) != len(self.palette):
            raise ValueError(
                f"{len(self.class_names)} class names and {len(self.palette)} colours do not match"
            )
        return self

    @model_validator(mode="after")
    def _is_one_network(self) -> Description:
        if (self.genotype is None) == (self.peer is None):
            raise ValueError("it must have a genotype or name a peer, and not both")
        return self

    @property
    def design(self) -> Design:
        """The genotype, or the peer's name."""
        return self.genotype or self.peer or ""

    @property
    def input_hw(self) -> tuple[int, int]:
        """The network's input (height, width)."""
        return self.input_height_px, self.input_width_px


def describe(metadata: Mapping[str, Any], source: object) -> Description:
    """Read a weights file's metadata.

    Args:
        metadata: as stored; keys beyond those of `Description` are passed over.
        source: the file that errors are blamed on.

    Raises:
        CheckpointError: keys are missing or malformed.
    """
    remedy = "Use weights of `autortnet finetune-network`, or give --genotype, --dataset and --input-size."
    missing = [name for name, field in Description.model_fields.items() if field.is_required()]
    missing = [name for name in missing if name not in metadata]
    if not metadata.keys() & {"genotype", "peer"}:
        missing.insert(0, "genotype")
    if missing:
        raise CheckpointError(source, f"does not say its {', '.join(missing)}.", remedy)
    try:
        known = {name: metadata[name] for name in Description.model_fields if name in metadata}
        return Description.model_validate(known)
    except ValidationError as error:
        raise CheckpointError(source, f"has malformed metadata ({first_fault(error)}).", remedy) from error


def require_same(
    description: Description, design: Design, class_names: tuple[str, ...], source: object
) -> None:
    """Refuse weights of another architecture or of other classes.

    Raises:
        GenotypeError: the weights belong to another genotype, or to another system.
        CheckpointError: they were trained for other classes.
    """
    if description.design != design:
        held = "another genotype" if description.peer is None else f"the system {description.peer!r}"
        wanted = "genotype" if isinstance(design, Genotype) else "system"
        raise GenotypeError(source, f"holds weights of {held}.", f"Give the {wanted} it was trained with.")
    if description.class_names != class_names:
        raise CheckpointError(
            source,
            f"was trained for the {len(description.class_names)} classes of {description.dataset}, "
            f"not for these {len(class_names)}.",
            "Give the data set it was trained on.",
        )


def restore_network(network: nn.Module, weights: Mapping[str, Tensor], source: object) -> nn.Module:
    """Give a network trained weights and set it to evaluation; returns it.

    Raises:
        CheckpointError: the weights do not fit the network.
    """
    try:
        network.load_state_dict(weights)
    except RuntimeError as error:
        reason = str(error).splitlines()[1].strip() if "\n" in str(error) else str(error)
        raise CheckpointError(
            source, f"does not fit the network ({reason})", "Give the genotype it was trained with."
        ) from error
    return network.eval()


def load_network(path: Path, design: Design, class_names: tuple[str, ...], build: Build) -> nn.Module:
    """The network of a weights file that must be of this design and these classes.

    Raises:
        CheckpointError: the file is damaged, says nothing of itself, or is of other classes.
        GenotypeError: it is of another design.
    """
    require_same(describe(load_metadata(path), path), design, class_names, path)
    return restore_network(build(design, len(class_names)), load_weights(path), path)
