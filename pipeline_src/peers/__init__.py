"""Other systems, put together from a library's parts, to be trained and timed as ours are (A19)."""

from __future__ import annotations

from collections.abc import Callable

from torch import nn

from pipeline_src.peers.icnet import ICNet

BUILDERS: dict[str, Callable[[int], nn.Module]] = {"icnet": ICNet}
"""By the short names of `pipeline_src.config.peers.PEERS`."""


def build_peer(name: str, num_classes: int) -> nn.Module:
    """A system with fresh weights: (B, 3, H, W) normalised images -> logits (B, K, H, W), for any H and W.

    Raises:
        KeyError: there is no such system.
    """
    return BUILDERS[name](num_classes)
