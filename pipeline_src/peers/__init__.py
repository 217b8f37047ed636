"""Other systems, from a library or after their authors, to be trained and timed as ours are (A19)."""

from __future__ import annotations

import copy
from collections.abc import Callable

import torch
from torch import Tensor, nn

from pipeline_src.peers.autodeeplab import AutoDeepLab
from pipeline_src.peers.bisenet import bisenet_resnet18, bisenet_xception39
from pipeline_src.peers.ddrnet import DDRNet23Slim
from pipeline_src.peers.dfanet import DFANet
from pipeline_src.peers.dfseg import DF1Seg
from pipeline_src.peers.espnet import ESPNet
from pipeline_src.peers.fcn import FCN8s
from pipeline_src.peers.icnet import ICNet
from pipeline_src.peers.library import SYSTEMS as OF_THE_LIBRARY
from pipeline_src.peers.pidnet import PIDNetS
from pipeline_src.peers.swiftnet import SwiftNet

BUILDERS: dict[str, Callable[[int], nn.Module]] = {
    **OF_THE_LIBRARY,
    "fcn8s": FCN8s,
    "autodeeplab": AutoDeepLab,
    "icnet": ICNet,
    "df1seg": DF1Seg,
    "swiftnet": SwiftNet,
    "espnet": ESPNet,
    "dfanet": DFANet,
    "bisenet": bisenet_xception39,
    "bisenet_resnet18": bisenet_resnet18,
    "ddrnet23slim": DDRNet23Slim,
    "pidnet_s": PIDNetS,
}
"""By the short names of `pipeline_src.config.peers.PEERS`."""


def build_peer(name: str, num_classes: int) -> nn.Module:
    """A system with fresh weights: (B, 3, H, W) normalised images -> logits (B, K, H, W), for any H and W.

    Raises:
        KeyError: there is no such system.
    """
    return BUILDERS[name](num_classes)


class PeerClassifier(nn.Module):
    """A system's backbone under a global-pooling classifier, for the project's pretraining (Sec. 4.1; A19).

    Args:
        name: of a system with a backbone.
        num_classes: of the classification set.
    """

    def __init__(self, name: str, num_classes: int) -> None:
        super().__init__()
        self.backbone = build_peer(name, num_classes).get_submodule("backbone")
        self.classify = nn.Linear(_channels_out(self.backbone), num_classes)

    def forward(self, x: Tensor) -> Tensor:
        """(B, 3, H, W) normalised image -> logits (B, K)."""
        deepest = _deepest(self.backbone(x.contiguous()))
        return self.classify(deepest.relu().mean(dim=(2, 3)))  # type: ignore[no-any-return]


def _deepest(maps: Tensor | tuple[Tensor, ...]) -> Tensor:
    return maps if isinstance(maps, Tensor) else maps[-1]


def _channels_out(backbone: nn.Module) -> int:
    """Return the channels of the deepest map, found with a small image; the backbone stays as it is."""
    tried = copy.deepcopy(backbone).eval()
    with torch.no_grad():
        return _deepest(tried(torch.zeros(1, 3, 64, 64))).shape[1]
