"""The batched form of a soft cell computes what the plain form does, with fewer calls."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from pipeline_src.config.feasible import at_odds
from pipeline_src.config.models import Config, SearchConfig, SpaceConfig
from pipeline_src.config.runtime import ProcessesConfig, RuntimeConfig, StepProcesses
from pipeline_src.space.catalogue import CELL_EDGES, CELL_INPUTS, CELL_NODES
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


@pytest.mark.parametrize("size", [(64, 64), (75, 98), (33, 40)])
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


def test_in_half_precision_it_is_as_near_to_float32_as_the_plain_form() -> None:
    image = torch.randn(2, 3, 96, 96, generator=torch.Generator().manual_seed(1))
    plain, batched = (one.float() for one in _supernets())

    def found(supernet: Supernet, half: bool) -> tuple[Tensor, Tensor]:
        parameters = ArchitectureParameters(DEPTHS, torch.Generator().manual_seed(2))
        supernet.zero_grad()
        torch.manual_seed(3)
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=half):
            logits = supernet(image, _soft(parameters)).float()
        (logits**2).mean().backward()
        weights = [one.grad for one in supernet.parameters() if one.grad is not None]
        assert {one.dtype for one in weights} == {torch.float32}
        return logits.detach(), torch.cat([one.flatten() for one in weights])

    exact = found(plain, half=False)
    for number, name in enumerate(("logits", "weights' gradients")):
        errors = [float((found(one, half=True)[number] - exact[number]).norm()) for one in (plain, batched)]
        assert 0 < errors[1] < 1.25 * errors[0], (name, errors)


def test_the_backward_pass_keeps_less_than_the_plain_forms() -> None:
    """Bytes that autograd holds between the passes, the modules' weights left out, where maps are large."""
    kept = []
    for supernet in _supernets():
        parameters = ArchitectureParameters(DEPTHS, torch.Generator().manual_seed(2)).double()
        weights = {one.data_ptr() for one in supernet.parameters()}
        held: dict[int, int] = {}

        def hold(one: Tensor, held: dict[int, int] = held, weights: set[int] = weights) -> Tensor:
            storage = one.untyped_storage()
            if storage.data_ptr() not in weights:
                held[storage.data_ptr()] = storage.nbytes()
            return one

        with torch.autograd.graph.saved_tensors_hooks(hold, lambda one: one):
            logits = supernet(torch.randn(2, 3, 256, 256, dtype=torch.float64), _soft(parameters))
        assert logits.requires_grad
        kept.append(sum(held.values()))
    assert kept[1] < 0.8 * kept[0], kept


def test_the_wiring_is_the_one_that_is_batched() -> None:
    """Edges from the inputs first, by node and then by input; one from node to node."""
    expected = [(state, CELL_INPUTS + node) for node in range(CELL_NODES) for state in range(CELL_INPUTS)]
    assert list(CELL_EDGES) == [*expected, (CELL_INPUTS, CELL_INPUTS + 1)]


def test_several_processes_cannot_batch() -> None:
    """Their batch norms are synchronised in the plain modules alone."""
    runtime = RuntimeConfig(processes=ProcessesConfig(search=StepProcesses(per_node=2)))
    config = Config(scale="tiny", runtime=runtime, search=SearchConfig(batched=True))
    assert [key for key, _ in at_odds(config) if key == "search.batched"] == ["search.batched"]
    alone = config.model_copy(update={"runtime": RuntimeConfig()})
    assert "search.batched" not in [key for key, _ in at_odds(alone)]


def test_drawn_operations_cannot_be_batched() -> None:
    with pytest.raises(ValueError, match="set sampling: soft, or batched: false"):
        SearchConfig(sampling="pair", batched=True)
