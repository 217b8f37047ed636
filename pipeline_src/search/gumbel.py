"""Gumbel-softmax masks (Eq. 3, 6)."""

from __future__ import annotations

import torch
from torch import Tensor

from pipeline_src.space.operations import SampledEdges


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


def gumbel_draw(logits: Tensor, generator: torch.Generator) -> SampledEdges:
    """Draw one operation for each edge from softmax(log alpha), and let gradients reach log alpha (A20).

    What is computed of an edge is L's gradient in its mask at the drawn operation alone. SNAS (Xie et al.,
    ICLR 2019, Sec. 2.3) takes that number as the credit of the draw and multiplies it with the gradient of
    log p(draw): its mean over draws is the gradient of the expected loss wherever the loss is linear in
    the edge's output, and its first-order term elsewhere. The latency is known of every candidate: its
    gradient takes them all (straight-through), which has the same mean and less noise.

    An edge whose node has no other live edge gets no gradient: the batch norm behind the node undoes its
    weight. What can be told there needs two operations to compare (`gumbel_pair`).

    The draw itself is the largest of log alpha + G (Gumbel-max), the limit of Eq. 3 at temperature 0.

    Args:
        logits: log alpha, (E, O).
        generator: CPU generator of the noise.
    """
    noise = gumbel_noise(logits.shape, generator)
    operations = (logits.detach().cpu() + noise).argmax(dim=-1)
    drawn = operations.to(logits.device)[:, None]
    log_p = torch.log_softmax(logits, dim=-1)
    log_drawn = log_p.gather(-1, drawn)[:, 0]
    p = log_p.exp()
    one_hot = torch.zeros_like(logits, requires_grad=False).scatter(-1, drawn, 1.0)
    return SampledEdges(
        operations=tuple(operations.tolist()),
        weights=torch.exp(log_drawn - log_drawn.detach()),
        cost=one_hot + (p - p.detach()),
    )


def gumbel_pair(logits: Tensor, temperature: float, generator: torch.Generator) -> SampledEdges:
    """Draw two operations for each edge and weigh them as Eq. 3 would if there were no others (A20).

    The two are those of the largest log alpha + G: a draw without replacement from softmax(log alpha). Their
    weights are softmax((log alpha + G) / lambda) over the two, so that alpha's gradient says which of the two
    is better; towards lambda = 0 this is Eq. 3 itself, whose other masks vanish. The gradient of the latency
    takes every candidate, as in `gumbel_draw`.

    Args:
        logits: log alpha, (E, O).
        temperature: lambda > 0.
        generator: CPU generator of the noise.
    """
    noise = gumbel_noise(logits.shape, generator)
    places = (logits.detach().cpu() + noise).topk(2, dim=-1).indices
    drawn = places.to(logits.device)
    perturbed = logits + noise.to(logits.device)
    weights = torch.softmax(perturbed.gather(-1, drawn) / temperature, dim=-1)
    p = torch.softmax(logits, dim=-1)
    mask = torch.zeros_like(logits, requires_grad=False).scatter(-1, drawn, weights.detach())
    first, second = places.T.tolist()
    return SampledEdges(tuple(first), weights, mask + (p - p.detach()), tuple(second))


def entropy(logits: Tensor) -> Tensor:
    """Mean entropy in nats of softmax(logits) over the last dimension."""
    log_p = torch.log_softmax(logits, dim=-1)
    return -(log_p.exp() * log_p).sum(dim=-1).mean()
