"""The batched form of a soft cell computes what the plain form does, with fewer calls."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from pipeline_src.config.models import SearchConfig, SpaceConfig
from pipeline_src.space.catalogue import CELL_EDGES, CELL_INPUTS, CELL_NODES, CELL_OPERATIONS
from pipeline_src.space.cell import Cell
from pipeline_src.space.operations import MixedOperation, supernet_norm
from pipeline_src.space.supernet import ArchitectureParameters, Masks, Supernet

SPACE = SpaceConfig(initial_channels=5, aggregation_channels=8, head_channels=8)
DEPTHS = (1, 2, 3)


def _supernets() -> tuple[Supernet, Supernet]:
    torch.manual_seed(0)
    plain = Supernet(SPACE, DEPTHS, 4).double()
    batched = Supernet(SPACE, DEPTHS, 4, batched=True).double()
    batched.load_state_dict(plain.state_dict())  # the same names and shapes
    return plain, batched


def _soft(parameters: ArchitectureParameters) -> Masks:
    return parameters.map_masks(lambda logits: torch.softmax(3 * logits, dim=-1))


@pytest.mark.parametrize("size", [(64, 64), (75, 98)])
def test_outputs_and_all_gradients_are_the_plain_forms(size: tuple[int, int]) -> None:
    image = torch.randn(2, 3, *size, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    found: list[tuple[Tensor, dict[str, Tensor]]] = []
    for supernet in _supernets():
        parameters = ArchitectureParameters(DEPTHS, torch.Generator().manual_seed(2)).double()
        with torch.no_grad():
            for one in parameters.parameters():
                one.mul_(500.0)  # far from equal weights
        torch.manual_seed(3)
        logits = supernet(image, _soft(parameters))
        (logits**2).mean().backward()
        named = [*supernet.named_parameters(), *parameters.named_parameters()]
        found.append((logits, {name: one.grad for name, one in named if one.grad is not None}))
    (plain, of_plain), (batched, of_batched) = found
    torch.testing.assert_close(batched, plain, rtol=1e-10, atol=1e-10)
    assert of_plain.keys() == of_batched.keys() and len(of_plain) > 500
    for name, gradient in of_plain.items():
        scale = float(gradient.abs().max())
        torch.testing.assert_close(
            of_batched[name], gradient, rtol=1e-10, atol=1e-10 * max(scale, 1e-6), msg=name
        )


def test_one_hot_masks_give_the_same_without_gradients() -> None:
    plain, batched = _supernets()
    masks = ArchitectureParameters(DEPTHS, torch.Generator().manual_seed(2)).double().argmax_masks()
    image = torch.randn(2, 3, 64, 64, dtype=torch.float64)
    with torch.no_grad():
        for one in (plain, batched):
            one.eval()
        assert torch.equal(plain(image, masks), batched(image, masks))


def _cell(batched: bool, reduction: bool) -> Cell:
    return Cell(
        8,
        8,
        4,
        reduction=reduction,
        older_is_larger=False,
        make_edge=lambda _, channels, stride: MixedOperation(
            CELL_OPERATIONS, channels, channels, stride, supernet_norm
        ),
        norm=supernet_norm,
        batched=batched,
    )


@pytest.mark.parametrize("reduction", [False, True])
def test_a_cell_calls_far_fewer_operators(reduction: bool) -> None:
    maps = torch.randn(2, 8, 8, 8)
    masks = torch.softmax(torch.randn(len(CELL_EDGES), len(CELL_OPERATIONS)), -1).requires_grad_()
    calls = []
    for batched in (False, True):
        cell = _cell(batched, reduction)
        with torch.profiler.profile() as profile:
            cell(maps, maps, masks).sum().backward()
        calls.append(sum(event.count for event in profile.key_averages()))
    assert calls[1] < 0.65 * calls[0], calls


def test_the_wiring_is_the_one_that_is_batched() -> None:
    """Edges from the inputs first, by node and then by input; one from node to node."""
    expected = [(state, CELL_INPUTS + node) for node in range(CELL_NODES) for state in range(CELL_INPUTS)]
    assert list(CELL_EDGES) == [*expected, (CELL_INPUTS, CELL_INPUTS + 1)]


def test_drawn_operations_cannot_be_batched() -> None:
    with pytest.raises(ValueError, match="set sampling: soft, or batched: false"):
        SearchConfig(sampling="pair", batched=True)
