"""Batch norm merged into the convolutions before it, as networks are deployed."""

from __future__ import annotations

import copy
from typing import TypeGuard

from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval, fuse_conv_bn_weights

from pipeline_src.space.operations import FactorisedReduction


def fold_batch_norm(network: nn.Module) -> nn.Module:
    """A copy in evaluation mode whose batch norms are merged into the convolutions before them.

    Merged are neighbours in a plain `nn.Sequential` (elsewhere the order of the calls is unknown) and the
    two convolutions of a factorised reduction. The outputs are equal up to rounding.
    """
    folded = copy.deepcopy(network).eval()
    for block in list(folded.modules()):
        if isinstance(block, nn.Sequential) and type(block).forward is nn.Sequential.forward:
            _fold_neighbours(block)
        elif isinstance(block, FactorisedReduction):
            _fold_factorised(block)
    return folded


def _has_statistics(layer: nn.Module) -> TypeGuard[nn.BatchNorm2d]:
    """Whether it is a batch norm that is a fixed affine map in evaluation (the supernet's are not)."""
    return isinstance(layer, nn.BatchNorm2d) and layer.running_mean is not None


def _fold_neighbours(block: nn.Sequential) -> None:
    index = 0
    while index + 1 < len(block):
        layer, successor = block[index], block[index + 1]
        if isinstance(layer, nn.Conv2d) and _has_statistics(successor):
            block[index] = fuse_conv_bn_eval(layer, successor)
            del block[index + 1]
        index += 1


def _fold_factorised(block: FactorisedReduction) -> None:
    """The norm follows the concatenation of the two halves: each takes its own channels of it."""
    norm = block.norm
    if not _has_statistics(norm):
        return
    mean, variance = norm.running_mean, norm.running_var
    assert mean is not None and variance is not None
    start = 0
    for name in ("even", "odd"):
        layer: nn.Conv2d = getattr(block, name)
        part = slice(start, start + layer.out_channels)
        weight, bias = fuse_conv_bn_weights(
            layer.weight,
            layer.bias,
            mean[part],
            variance[part],
            norm.eps,
            norm.weight[part] if norm.affine else None,
            norm.bias[part] if norm.affine else None,
        )
        layer.weight, layer.bias = weight, bias
        start += layer.out_channels
    block.norm = nn.Identity()
