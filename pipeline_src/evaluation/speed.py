"""Latency of a whole network at batch 1, with batch norm as it is and folded into the convolutions."""

from __future__ import annotations

import copy
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeGuard

import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval, fuse_conv_bn_weights

from pipeline_src.config.models import LatencyConfig
from pipeline_src.latency.load import load_average
from pipeline_src.latency.timing import Progress, Timing, time_forward
from pipeline_src.space.operations import FactorisedReduction

_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True)
class Steadiest:
    """The attempt at a timing whose quartiles are closest together, and how many there were.

    `load` is the machine's before that attempt, None where the system does not tell.
    """

    timing: Timing
    load: float | None
    attempts: int


@dataclass(frozen=True)
class NetworkSpeed:
    """Timings of one network; the latency the paper means is the mean (Sec. 4.3)."""

    unfolded: Steadiest
    folded: Steadiest


def steadiest(measure: Callable[[], Timing], latency: LatencyConfig) -> Steadiest:
    """Measure until the quartiles are close enough together, at most `latency.attempts_max` times.

    Args:
        measure: times the network once, over all repeats.
        latency: `spread_max` says what is close enough.
    """
    best: tuple[Timing, float | None] | None = None
    attempts = 0
    while attempts < latency.attempts_max and (best is None or best[0].spread > latency.spread_max):
        load = load_average()
        timing, attempts = measure(), attempts + 1
        best = (timing, load) if best is None or timing.spread < best[0].spread else best
        _LOGGER.info("attempt %d: spread %.1f %%, load %s", attempts, 100 * timing.spread, load)
    assert best is not None
    return Steadiest(*best, attempts)


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


def measure_network(
    network: nn.Module,
    input_hw: tuple[int, int],
    latency: LatencyConfig,
    device: torch.device,
    progress: Progress = iter,
) -> NetworkSpeed:
    """Time a network's forward pass on one (1, 3, H, W) image, unfolded and folded.

    A timing that spreads too wide is measured again (`steadiest`); `progress` wraps the passes of each.
    """

    def measure(subject: nn.Module) -> Steadiest:
        return steadiest(
            lambda: time_forward(
                subject,
                (1, 3, *input_hw),
                device=device,
                precision=latency.precision,
                runtime=latency.runtime,
                threads=latency.threads,
                warmup=latency.warmup,
                repeats=latency.repeats,
                progress=progress,
            ),
            latency,
        )

    return NetworkSpeed(unfolded=measure(network), folded=measure(fold_batch_norm(network)))
