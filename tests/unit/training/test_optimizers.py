"""Optimizers without PyTorch's compiler: the same steps to the bit, whatever PyTorch decorates."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from pipeline_src.training.optimizers import SGD, Adam, without_compiler

SETTINGS: dict[str, Any] = {"lr": 0.1, "weight_decay": 0.01}


def trained(kind: type[torch.optim.Optimizer], **settings: Any) -> list[bytes]:
    """Weights and optimizer state after two steps, a new optimizer with the old one's state, and two more."""
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(4 * 36, 2))
    state: dict[str, Any] | None = None
    for _ in range(2):
        optimizer = kind(network.parameters(), **SETTINGS, **settings)
        if state is not None:
            optimizer.load_state_dict(state)
        for _ in range(2):
            optimizer.zero_grad(set_to_none=True)
            network(torch.randn(2, 3, 8, 8)).square().sum().backward()
            optimizer.step()
        state = optimizer.state_dict()
    assert state is not None
    kept = [one for values in state["state"].values() for one in values.values()]
    assert not any(one.requires_grad for one in kept)
    return [one.detach().numpy().tobytes() for one in (*network.parameters(), *kept)]


@pytest.mark.parametrize(
    ("plain", "ours", "settings"),
    [(torch.optim.SGD, SGD, {"momentum": 0.9}), (torch.optim.Adam, Adam, {"betas": (0.5, 0.999)})],
)
def test_steps_and_states_are_byte_identical_to_pytorchs(
    plain: type[torch.optim.Optimizer], ours: type[torch.optim.Optimizer], settings: dict[str, Any]
) -> None:
    assert trained(ours, **settings) == trained(plain, **settings)
    assert trained(ours, **settings) == trained(plain, **settings)  # PyTorch wraps `step` at the first use


def test_a_version_of_pytorch_without_the_decorators_is_used_as_it_is() -> None:
    class Undecorated(torch.optim.SGD):
        def step(self, closure: Any = None) -> None:  # type: ignore[override]
            for group in self.param_groups:
                for parameter in group["params"]:
                    parameter.sub_(parameter.grad, alpha=group["lr"])

        def zero_grad(self, set_to_none: bool = True) -> None:
            self.cleared = set_to_none
            super().zero_grad(set_to_none)

    weight = nn.Parameter(torch.ones(2))
    optimizer = without_compiler(Undecorated)([weight], lr=0.5)
    optimizer.zero_grad()
    weight.sum().backward()  # type: ignore[no-untyped-call]
    optimizer.step()
    assert optimizer.cleared and weight.tolist() == [0.5, 0.5]
