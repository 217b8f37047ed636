"""Systems that the library pytorchcv defines, within the project's frame (A19).

Auxiliary heads are off. The library's convolution blocks become plain sequences, whose batch norm can be
folded, and its unpooling one that has a deterministic form.
"""

from __future__ import annotations

from collections.abc import Callable

from pytorchcv.models.cgnet import cgnet_cityscapes
from pytorchcv.models.common import ConvBlock
from pytorchcv.models.dabnet import dabnet_cityscapes
from pytorchcv.models.deeplabv3 import deeplabv3_resnetd101b_cityscapes
from pytorchcv.models.enet import enet_cityscapes
from pytorchcv.models.erfnet import erfnet_cityscapes
from pytorchcv.models.fastscnn import fastscnn_cityscapes
from pytorchcv.models.lednet import lednet_cityscapes
from pytorchcv.models.pspnet import pspnet_resnetd101b_cityscapes
from pytorchcv.models.segnet import segnet_cityscapes
from pytorchcv.models.sqnet import sqnet_cityscapes
from torch import Tensor, nn

from pipeline_src.peers.parts import System


class Unpooling(nn.Module):
    """What `nn.MaxUnpool2d(2)` computes; that one PyTorch refuses where algorithms must be deterministic."""

    def forward(self, x: Tensor, places: Tensor) -> Tensor:
        """(B, C, H, W) and where each maximum lay -> (B, C, 2H, 2W), zero elsewhere."""
        batch, channels, height, width = x.shape
        spread = x.new_zeros(batch, channels, 4 * height * width)
        return spread.scatter(2, places.flatten(2), x.flatten(2)).view(batch, channels, 2 * height, 2 * width)


def unwrap(block: nn.Module) -> None:
    """Replace the library's convolution blocks below by plain sequences, and its unpooling."""
    for name, part in block.named_children():
        if isinstance(part, ConvBlock) and not part.use_pad:
            setattr(block, name, nn.Sequential(*part.children()))
        elif isinstance(part, nn.MaxUnpool2d):
            setattr(block, name, Unpooling())
        else:
            unwrap(part)


class LibrarySystem(System):
    """A network of the library.

    Args:
        network: (B, 3, H, W) of whole strides -> logits (B, K, H, W).
        stride: what height and width must be a multiple of.
    """

    def __init__(self, network: nn.Module, stride: int) -> None:
        super().__init__()
        self.stride = stride
        self.network = network
        unwrap(self)

    def logits(self, x: Tensor) -> Tensor:
        """At the input's size."""
        return self.network(x)  # type: ignore[no-any-return]


class _Encoder(nn.Module):
    """SegNet's way down: VGG-16's convolutions with batch norm, and where each maximum lay."""

    def __init__(self, stages: list[nn.Module]) -> None:
        super().__init__()
        self.stages = nn.ModuleList(stages)

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        """(B, 3, H, W) -> the indices of the five poolings, and at last the map (B, 512, H/32, W/32)."""
        found = []
        for stage in self.stages:
            x, places = stage(x)
            found.append(places)
        return *found, x


class SegNet(System):
    """SegNet for K classes, with the encoder apart, to be pretrained."""

    stride = 32

    def __init__(self, num_classes: int) -> None:
        super().__init__()
        network = segnet_cityscapes(num_classes=num_classes)
        numbers = range(1, 6)
        self.backbone = _Encoder([getattr(network, f"down_stage{one}") for one in numbers])
        self.upwards = nn.ModuleList(getattr(network, f"up_stage{one}") for one in numbers)
        self.head = network.head
        unwrap(self)

    def logits(self, x: Tensor) -> Tensor:
        """At the input's size."""
        *places, x = self.backbone(x)
        for stage in self.upwards:
            x = stage(x, places.pop())
        return self.head(x)  # type: ignore[no-any-return]


class ERFNet(System):
    """ERFNet for K classes, with the encoder apart, to be pretrained as its authors did."""

    stride = 8

    def __init__(self, num_classes: int) -> None:
        super().__init__()
        network = erfnet_cityscapes(num_classes=num_classes)
        self.backbone, self.decoder, self.head = network.encoder, network.decoder, network.head
        unwrap(self)

    def logits(self, x: Tensor) -> Tensor:
        """At the input's size."""
        return self.head(self.decoder(self.backbone(x)))  # type: ignore[no-any-return]


def _plain(build: Callable[..., nn.Module], stride: int, **options: bool) -> Callable[[int], nn.Module]:
    return lambda num_classes: LibrarySystem(build(num_classes=num_classes, **options), stride)


SYSTEMS: dict[str, Callable[[int], nn.Module]] = {
    "segnet": SegNet,
    "enet": _plain(enet_cityscapes, 8),
    "erfnet": ERFNet,
    "sq": _plain(sqnet_cityscapes, 32),
    "pspnet": _plain(pspnet_resnetd101b_cityscapes, 8, aux=False, fixed_size=False),
    "deeplabv3": _plain(deeplabv3_resnetd101b_cityscapes, 8, aux=False, fixed_size=False),
    "fastscnn": _plain(fastscnn_cityscapes, 32, aux=False, fixed_size=False),
    "dabnet": _plain(dabnet_cityscapes, 8),
    "cgnet": _plain(cgnet_cityscapes, 8),
    "lednet": _plain(lednet_cityscapes, 64),
}
"""Builders, by short name."""
