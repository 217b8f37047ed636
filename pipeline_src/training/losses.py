"""Losses whose value and gradient do not depend on how many processes share the batch.

Each returns its process's part, scaled so that the *mean over processes* is the loss of the global
batch: DDP's averaged gradient, and `distributed.all_reduce_mean` of the value, are then exact.

Shape legend: B batch, K classes, H W pixels. Logits are (B, K, H, W) or (B, K), targets int64
(B, H, W) or (B,). Ignored targets count nowhere; where all are ignored the loss is 0 and the
gradient is 0, not absent.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pipeline_src.data.classes import IGNORE
from pipeline_src.training import distributed


class CrossEntropy(nn.Module):
    """Mean cross entropy over the valid targets of the global batch.

    With class weights it is the weighted mean, as of `torch.nn.functional.cross_entropy`: the sum of the
    weighted losses over the sum of the valid targets' weights, both of the global batch.

    Args:
        label_smoothing: share of the probability spread over all classes (A13, pretraining).
        ignore: target value that counts nowhere.
        class_weights: (K,), each above 0; None weighs all classes alike.
    """

    def __init__(
        self,
        label_smoothing: float = 0.0,
        ignore: int = IGNORE,
        class_weights: Sequence[float] | None = None,
    ) -> None:
        super().__init__()
        self.label_smoothing, self.ignore = label_smoothing, ignore
        self.class_weights: Tensor | None
        weights = None if class_weights is None else torch.tensor(class_weights, dtype=torch.float32)
        self.register_buffer("class_weights", weights)

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        """This process's part of the loss, a float32 scalar."""
        losses = F.cross_entropy(
            logits.float(),
            target,
            weight=self.class_weights,
            ignore_index=self.ignore,
            reduction="none",
            label_smoothing=self.label_smoothing,
        )
        valid = target != self.ignore
        if self.class_weights is None:
            return _global_mean(losses, valid)
        return _global_mean(losses, valid, self.class_weights[target.where(valid, 0)])


class BootstrappedCrossEntropy(nn.Module):
    """Cross entropy over the hard pixels only: online bootstrapping (Sec. 4.1; A14).

    Hard is a pixel whose true class has a probability below `threshold`. Where fewer than
    `min_kept` of the valid pixels of the global batch are hard, that share of the pixels with the
    lowest probabilities is kept instead (and those that tie with the last of them).

    Args:
        threshold: in (0, 1].
        min_kept: share of the valid pixels, in [0, 1].
        ignore: target value that counts nowhere.
    """

    def __init__(self, threshold: float = 0.7, min_kept: float = 1 / 16, ignore: int = IGNORE) -> None:
        super().__init__()
        self.limit, self.min_kept, self.ignore = -math.log(threshold), min_kept, ignore

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        """This process's part of the loss, a float32 scalar."""
        losses = F.cross_entropy(logits.float(), target, ignore_index=self.ignore, reduction="none")
        valid = target != self.ignore
        # "not <=" and not ">": a NaN must reach the loss and be seen, not drop out of it.
        kept = valid & ~(losses <= self.limit)
        counts = distributed.all_reduce_sum(torch.stack([valid.sum(), kept.sum()]))
        valid_count, hard_count = counts.tolist()
        wanted = math.ceil(self.min_kept * valid_count)
        if hard_count < wanted:
            kept = valid & (losses >= _kth_largest(losses.detach()[valid], wanted))
        return _global_mean(losses, kept)


def _global_mean(losses: Tensor, kept: Tensor, weights: Tensor | None = None) -> Tensor:
    """Sum over this process's kept losses, over the mean number (or sum of weights) kept by a process."""
    mine = kept.sum() if weights is None else torch.where(kept, weights, 0.0).sum(dtype=torch.float64)
    total = distributed.all_reduce_mean(mine.double())
    return torch.where(kept, losses, 0.0).sum() / torch.where(total > 0, total, 1.0).float()


def _kth_largest(losses: Tensor, k: int) -> Tensor:
    """The k-th largest of the losses of all processes together; k is at most their number."""
    padded = losses.new_full((k,), -math.inf)
    mine = losses.topk(min(k, losses.numel())).values
    padded[: mine.numel()] = mine
    return torch.cat(distributed.all_gather_equal(padded)).topk(k).values[-1]
