"""Batch norm over the batch of all processes, for devices that torch.nn.SyncBatchNorm refuses."""

from __future__ import annotations

from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn


class _AllReduceSum(torch.autograd.Function):
    """Sum over processes; so is its gradient, for each process's loss depends on every input."""

    @staticmethod
    def forward(ctx: Any, value: Tensor) -> Tensor:
        total = value.clone()
        dist.all_reduce(total)
        return total

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        total = gradients[0].clone()
        dist.all_reduce(total)
        return total


class SynchronisedBatchNorm(nn.BatchNorm2d):
    """BatchNorm2d whose training statistics are those of the global batch.

    Input and output: (B, C, H, W) float; B, H and W may differ between processes.
    """

    def forward(self, input: Tensor) -> Tensor:
        """Normalise; in evaluation, or with one process, exactly as BatchNorm2d does."""
        if not self.training or not dist.is_initialized() or dist.get_world_size() == 1:
            return super().forward(input)
        self._check_input_dim(input)
        mean, variance, count = _global_moments(input)
        if self.track_running_stats:
            self._update_running(mean.detach(), variance.detach(), count)
        shape = (1, -1, 1, 1)
        scale = torch.rsqrt(variance + self.eps)
        output = (input - mean.to(input.dtype).view(shape)) * scale.to(input.dtype).view(shape)
        if self.affine:
            output = output * self.weight.view(shape) + self.bias.view(shape)
        return output

    @torch.no_grad()
    def _update_running(self, mean: Tensor, variance: Tensor, count: float) -> None:
        assert self.running_mean is not None and self.running_var is not None
        assert self.num_batches_tracked is not None
        self.num_batches_tracked.add_(1)
        share = 1.0 / float(self.num_batches_tracked) if self.momentum is None else self.momentum
        unbiased = variance * (count / max(count - 1.0, 1.0))
        self.running_mean.lerp_(mean.to(self.running_mean.dtype), share)
        self.running_var.lerp_(unbiased.to(self.running_var.dtype), share)

    @classmethod
    def convert(cls, module: nn.Module) -> nn.Module:
        """Replace every BatchNorm2d inside of `module`, sharing its parameters and buffers."""
        if isinstance(module, nn.BatchNorm2d) and not isinstance(module, cls):
            return cls._like(module)
        for name, child in module.named_children():
            replacement = cls.convert(child)
            if replacement is not child:
                setattr(module, name, replacement)
        return module

    @classmethod
    def _like(cls, norm: nn.BatchNorm2d) -> SynchronisedBatchNorm:
        twin = cls(norm.num_features, norm.eps, norm.momentum, norm.affine, norm.track_running_stats)
        twin._parameters, twin._buffers = norm._parameters, norm._buffers
        return twin.train(norm.training)


def _global_moments(input: Tensor) -> tuple[Tensor, Tensor, float]:
    """Mean and biased variance of each channel (float64), and the number of values behind each."""
    dims = (0, 2, 3)
    # Sums in float64: E[x^2] - E[x]^2 loses half of the digits where the mean is large.
    wide = input.double()
    count = input.new_tensor([input.numel() / input.shape[1]], dtype=torch.float64)
    sums = torch.cat([wide.sum(dims), (wide * wide).sum(dims), count])
    total = _AllReduceSum.apply(sums)  # type: ignore[no-untyped-call]
    values = total[-1].detach()
    mean, square = (total[:-1] / values).chunk(2)
    return mean, (square - mean * mean).clamp_min(0.0), float(values)
