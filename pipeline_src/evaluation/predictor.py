"""From a photograph to its class map, by trained weights or an exported network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import nn

from pipeline_src.data.transforms import EvalTransform
from pipeline_src.evaluation.metrics import ClassMap, predict_classes
from pipeline_src.evaluation.onnx_file import OnnxNetwork
from pipeline_src.evaluation.trained import Description


@dataclass(frozen=True)
class Predictor:
    """A network ready for photographs of any size.

    Attributes:
        description: what its outputs mean, and the input size it is run at.
        classes_of: (1, 3, h, w) normalised image, (H, W) -> class map (H, W).
    """

    description: Description
    classes_of: Callable[[torch.Tensor, tuple[int, int]], ClassMap]

    def __call__(self, image: NDArray[np.uint8]) -> ClassMap:
        """Class indices uint8 (H, W) of a photograph uint8 (H, W, 3).

        Raises:
            CheckpointError: the network yields values that are not numbers.
        """
        pixels = EvalTransform(self.description.input_hw).image(image)
        return self.classes_of(pixels[None], (image.shape[0], image.shape[1]))


def predictor_of(network: nn.Module, description: Description, device: torch.device) -> Predictor:
    """A predictor by a network in evaluation mode; an exported one runs on the CPU."""
    if isinstance(network, OnnxNetwork) and network.output == "classes":
        return Predictor(description, lambda pixels, size: _enlarged(network(pixels), size))
    subject = network.to(device)
    return Predictor(description, lambda pixels, size: predict_classes(subject, pixels, [size], device)[0])


def _enlarged(classes: torch.Tensor, size: tuple[int, int]) -> ClassMap:
    """Class indices (1, h, w) at (H, W), each pixel as its nearest."""
    picture = Image.fromarray(classes[0].numpy())
    return np.asarray(picture.resize((size[1], size[0]), Image.Resampling.NEAREST))
