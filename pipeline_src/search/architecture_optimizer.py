"""How alpha and beta are stepped: Adam on gradients that are averaged over steps (A24), or shuffled (A27)."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from pipeline_src.config.search import SearchConfig
from pipeline_src.space.supernet import ArchitectureParameters
from pipeline_src.training.optimizers import Adam


class ArchitectureOptimizer:
    """Adam over alpha and beta (Sec. 4.1).

    Args:
        parameters: on their device.
        config: rates, and how many steps make one of Adam's.
        signs: CPU generator of the null's random signs (A27), alike in every process; None for a search
            that is meant to find something.
    """

    def __init__(
        self,
        parameters: ArchitectureParameters,
        config: SearchConfig,
        signs: torch.Generator | None = None,
    ) -> None:
        self.alphas, self.betas = parameters.alphas(), parameters.betas()
        self.every, self.signs = config.architecture_accumulation, signs
        self.adam = Adam(
            [*self.alphas, *self.betas],
            lr=config.architecture_lr,
            betas=config.architecture_betas,
            weight_decay=config.architecture_weight_decay,
        )
        self._forget()

    def _forget(self) -> None:
        self.sums: list[Tensor | None] = [None] * (len(self.alphas) + len(self.betas))
        self.count = 0

    def zero_grad(self) -> None:
        """Drop the gradients of the step before; what was averaged so far stays."""
        self.adam.zero_grad(set_to_none=True)

    def step(self, *, beta_is_frozen: bool, ends_epoch: bool) -> None:
        """Count this step's gradients in, and let Adam step where it is time.

        A group of steps ends with its epoch, so that none reaches from the warm-up into the time after.
        """
        parameters = [*self.alphas, *self.betas]
        for index, parameter in enumerate(parameters):
            grad = parameter.grad
            if grad is None or (beta_is_frozen and index >= len(self.alphas)):
                continue
            before = self.sums[index]
            self.sums[index] = grad if before is None else before + grad
        self.count += 1
        if self.count < self.every and not ends_epoch:
            return
        for parameter, total in zip(parameters, self.sums, strict=True):
            # Adam passes over parameters without a gradient, weight decay included.
            parameter.grad = None if total is None else total / self.count
        if self.signs is not None:
            self._shuffle_signs(self.signs)
        self.adam.step()
        self._forget()

    def _shuffle_signs(self, generator: torch.Generator) -> None:
        for alpha in self.alphas:
            signs = torch.randint(0, 2, alpha.shape, generator=generator) * 2 - 1
            if alpha.grad is not None:
                alpha.grad = alpha.grad * signs.to(alpha.grad)

    def state_dict(self) -> dict[str, Any]:
        """Everything that the next step depends on, as plain values and tensors."""
        return {
            "adam": self.adam.state_dict(),
            "sums": list(self.sums),
            "count": self.count,
            "signs": None if self.signs is None else self.signs.get_state(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take up what `state_dict` returned."""
        self.adam.load_state_dict(state["adam"])
        parameters = [*self.alphas, *self.betas]
        self.sums = [
            None if total is None else total.to(parameter.device)
            for parameter, total in zip(parameters, state["sums"], strict=True)
        ]
        self.count = state["count"]
        if self.signs is not None:
            self.signs.set_state(state["signs"])
