"""From a weights file's contents to a network that can be used, with what it was trained for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError, model_validator
from torch import Tensor

from pipeline_src.config.models import Block, Positive
from pipeline_src.data.classes import Colour
from pipeline_src.errors import CheckpointError, GenotypeError
from pipeline_src.space.genotype import Genotype
from pipeline_src.space.network import SegmentationNetwork
from pipeline_src.training.checkpoint import load_metadata, load_weights


class Description(Block):
    """What a finetuned network is and what its outputs mean; stored in its weights file."""

    genotype: Genotype
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
    missing = [name for name in Description.model_fields if name not in metadata]
    if missing:
        raise CheckpointError(source, f"does not say its {', '.join(missing)}.", remedy)
    try:
        return Description.model_validate({name: metadata[name] for name in Description.model_fields})
    except ValidationError as error:
        fault = error.errors()[0]
        key = ".".join(str(part) for part in fault["loc"]) or "metadata"
        message = str(fault["msg"]).removeprefix("Value error, ")
        raise CheckpointError(source, f"has malformed metadata ({key}: {message}).", remedy) from error


def require_same(
    description: Description, genotype: Genotype, class_names: tuple[str, ...], source: object
) -> None:
    """Refuse weights of another architecture or of other classes.

    Raises:
        GenotypeError: the weights belong to another genotype.
        CheckpointError: they were trained for other classes.
    """
    if description.genotype != genotype:
        raise GenotypeError(
            source, "holds weights of another genotype.", "Give the genotype it was trained with."
        )
    if description.class_names != class_names:
        raise CheckpointError(
            source,
            f"was trained for the {len(description.class_names)} classes of {description.dataset}, "
            f"not for these {len(class_names)}.",
            "Give the data set it was trained on.",
        )


def restore_network(
    genotype: Genotype, num_classes: int, weights: Mapping[str, Tensor], source: object
) -> SegmentationNetwork:
    """Build the network of a genotype and give it trained weights.

    Raises:
        CheckpointError: the weights do not fit the network.
    """
    network = SegmentationNetwork(genotype, num_classes)
    try:
        network.load_state_dict(weights)
    except RuntimeError as error:
        reason = str(error).splitlines()[1].strip() if "\n" in str(error) else str(error)
        raise CheckpointError(
            source, f"does not fit the network ({reason})", "Give the genotype it was trained with."
        ) from error
    return network.eval()


def load_network(path: Path, genotype: Genotype, class_names: tuple[str, ...]) -> SegmentationNetwork:
    """The network of a weights file that must be of this genotype and these classes.

    Raises:
        CheckpointError: the file is damaged, says nothing of itself, or is of other classes.
        GenotypeError: it is of another genotype.
    """
    require_same(describe(load_metadata(path), path), genotype, class_names, path)
    return restore_network(genotype, len(class_names), load_weights(path), path)
