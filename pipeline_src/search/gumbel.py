"""Gumbel-softmax masks (Eq. 3, 6)."""

from __future__ import annotations

import torch
from torch import Tensor


def gumbel_noise(shape: torch.Size | tuple[int, ...], generator: torch.Generator) -> Tensor:
    """G = -log(-log(U)) with U uniform in (0, 1), drawn on the CPU so that any device sees the same noise."""
    uniform = torch.rand(shape, generator=generator)
    tiny = torch.finfo(uniform.dtype).tiny
    # rand() may return exactly 0, and 1 - eps/2 rounds to 1: both ends would give infinities.
    uniform = uniform.clamp(min=tiny, max=1.0 - torch.finfo(uniform.dtype).eps)
    return -torch.log(-torch.log(uniform))


def gumbel_softmax(logits: Tensor, temperature: float, generator: torch.Generator) -> Tensor:
    """M = softmax((log alpha + G) / lambda) over the last dimension.

    Args:
        logits: log alpha or log beta, (..., choices).
        temperature: lambda > 0; towards 0 the mask becomes one-hot.
        generator: CPU generator of the noise.
    """
    noise = gumbel_noise(logits.shape, generator).to(logits.device)
    return torch.softmax((logits + noise) / temperature, dim=-1)


def entropy(logits: Tensor) -> Tensor:
    """Mean entropy in nats of softmax(logits) over the last dimension."""
    log_p = torch.log_softmax(logits, dim=-1)
    return -(log_p.exp() * log_p).sum(dim=-1).mean()
