"""A trained network as an ONNX file: batch norm folded, what its outputs mean in the file's metadata.

Shape legend: K classes, H W pixels of the input, which the outputs have too.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal, TypeAlias

import torch
from torch import Tensor, nn

from pipeline_src.data.transforms import MEAN, STD
from pipeline_src.errors import CheckpointError
from pipeline_src.evaluation.folding import fold_batch_norm
from pipeline_src.evaluation.trained import Description, describe
from pipeline_src.latency.runtimes import INPUT, onnx_graph, open_session, require_onnx
from pipeline_src.ownership import MARK
from pipeline_src.parsing import Unreadable, parse_json

Output: TypeAlias = Literal["logits", "classes"]
"""What the graph gives: logits float32 (1, K, H, W), or class indices uint8 (1, H, W)."""
_PRODUCER = "autortnet"
_REMEDY = "Give a file of `autortnet export --to onnx`."


class _LargestClass(nn.Module):
    """A network that ends with the index of the largest logit."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: Tensor) -> Tensor:
        """(1, 3, H, W) -> uint8 (1, H, W); the first of equals."""
        return self.network(image).argmax(dim=1).to(torch.uint8)


def graph_of(network: nn.Module, sample: Tensor, *, dynamic: bool = False, output: Output = "logits") -> Any:
    """The ONNX model (a `ModelProto`) of a network whose batch norms are folded already.

    Args:
        network: in evaluation mode, (1, 3, H, W) -> logits (1, K, H, W).
        sample: (1, 3, H, W) float32; the graph takes its size.
        dynamic: the graph takes any height and width instead.
    """
    subject = network if output == "logits" else _LargestClass(network)
    sizes = ({2: torch.export.Dim.DYNAMIC, 3: torch.export.Dim.DYNAMIC},) if dynamic else None
    return onnx_graph(subject.eval(), sample, output=output, dynamic_shapes=sizes)


def onnx_bytes(
    network: nn.Module, description: Description, *, size: tuple[int, int], dynamic: bool, output: Output
) -> bytes:
    """A whole ONNX file with its metadata, checked by `onnx.checker`.

    Args:
        network: trained, in evaluation mode on the CPU; it stays as it is.
        description: of its weights file.
        size: the input (height, width); with `dynamic`, the one that the metadata recommends.
    """
    import onnx

    proto = graph_of(
        fold_batch_norm(network).requires_grad_(False),
        torch.zeros(1, 3, *size),
        dynamic=dynamic,
        output=output,
    )
    proto.producer_name, proto.doc_string = _PRODUCER, MARK
    del proto.metadata_props[:]
    facts = description.model_dump(mode="json", exclude_none=True)
    facts |= {"input_height_px": size[0], "input_width_px": size[1]}
    facts |= {"mean": MEAN, "std": STD, "output": output, "dynamic": dynamic}
    onnx.helper.set_model_props(proto, {name: json.dumps(value) for name, value in facts.items()})
    onnx.checker.check_model(proto, full_check=True)
    return bytes(proto.SerializeToString())


class OnnxNetwork(nn.Module):
    """An exported network under ONNX Runtime on the CPU, called as a PyTorch module is.

    Attributes:
        description: of the network, with the input size that it was exported for.
        output: what it gives.
        dynamic: whether it takes any size.
    """

    def __init__(self, content: bytes, source: object, threads: int = 1) -> None:
        """Open the bytes of an exported file.

        Args:
            source: the file that errors are blamed on.
            threads: of ONNX Runtime.

        Raises:
            CheckpointError: the bytes are damaged, no ONNX file, or none of ours.
        """
        super().__init__()
        self._session = session_of(content, source, threads)
        metadata = _metadata(self._session, source)
        self.description = describe(metadata, source)
        self.output: Output = "classes" if metadata.get("output") == "classes" else "logits"
        self.dynamic = metadata.get("dynamic") is True

    def forward(self, images: Tensor) -> Tensor:
        """(1, 3, H, W) float32 -> logits (1, K, H, W) or class indices uint8 (1, H, W)."""
        (found,) = self._session.run(None, {INPUT: images.contiguous().numpy()})
        return torch.from_numpy(found)


def load_onnx(path: Path, threads: int = 1) -> OnnxNetwork:
    """Open a file of `autortnet export`.

    Raises:
        CheckpointError: it cannot be read, or `OnnxNetwork` refuses it.
        UserError: ONNX Runtime is not installed.
    """
    require_onnx(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise CheckpointError(path, f"cannot be read ({error.strerror or error}).", _REMEDY) from error
    return OnnxNetwork(content, path, threads)


def session_of(content: bytes, source: object, threads: int) -> Any:
    """ONNX Runtime's session of a graph, on the CPU.

    Raises:
        CheckpointError: the bytes are damaged, or no graph.
    """
    try:
        return open_session(content, threads)
    except Exception as error:  # ONNX Runtime's classes of errors have no base but this
        raise CheckpointError(source, "is damaged, or no ONNX file.", _REMEDY) from error


def _metadata(session: Any, source: object) -> dict[str, Any]:
    """What the file says of itself, each value JSON."""
    known = session.get_modelmeta().custom_metadata_map
    names = (*Description.model_fields, "output", "dynamic", "mean", "std")
    try:
        found = {name: parse_json(known[name]) for name in names if name in known}
    except Unreadable as error:
        raise CheckpointError(source, f"has malformed metadata ({error}).", "Export it again.") from error
    if [list(MEAN), list(STD)] != [found.get("mean"), found.get("std")]:
        problem = "says nothing of itself, or expects images normalised in another way."
        raise CheckpointError(source, problem, _REMEDY)
    return found
