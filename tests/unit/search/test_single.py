"""One operation drawn for each edge (A20): what is computed, and what its gradient is."""

from __future__ import annotations

import pytest
import torch
from search_stand_ins import DEPTHS, SPACE, build, finish, generator, latency_model
from torch import Tensor, nn

from pipeline_src.search.gumbel import gumbel_draw, gumbel_softmax
from pipeline_src.space.hyper_cell import HyperCellMasks
from pipeline_src.space.operations import EdgeMasks, MixedOperation, SampledEdges
from pipeline_src.space.supernet import ArchitectureParameters, Masks, Supernet


def drawn_masks(seed: int) -> tuple[ArchitectureParameters, Masks]:
    parameters, noise = ArchitectureParameters(DEPTHS, generator(2)), generator(seed)
    masks = parameters.map_masks(
        lambda logits: gumbel_draw(logits, noise), lambda logits: gumbel_softmax(logits, 1.0, noise)
    )
    return parameters, masks


def as_one_hot(masks: Masks) -> Masks:
    def hot(mask: EdgeMasks) -> Tensor:
        assert isinstance(mask, SampledEdges)
        return nn.functional.one_hot(torch.tensor(mask.operations), mask.cost.shape[1]).float()

    cells = (HyperCellMasks(hot(one.reduction), hot(one.normal), one.depth) for one in masks.hyper_cells)
    return Masks(tuple(cells), hot(masks.aggregation))


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_forward_pass_is_that_of_one_hot_masks(seed: int) -> None:
    torch.manual_seed(0)
    supernet = Supernet(SPACE, DEPTHS, 3)
    _, masks = drawn_masks(seed)
    images = torch.randn(2, 3, 64, 64)
    torch.manual_seed(1)  # of the head's dropout
    drawn = supernet(images, masks)
    torch.manual_seed(1)
    assert torch.equal(drawn, supernet(images, as_one_hot(masks)))
    model = latency_model()
    torch.testing.assert_close(model.expected_us(masks), model.expected_us(as_one_hot(masks)))


def test_only_drawn_operations_run_and_only_their_weights_get_a_gradient() -> None:
    supernet = Supernet(SPACE, DEPTHS, 3)
    _, masks = drawn_masks(3)
    calls: list[nn.Module] = []
    mixed = [module for module in supernet.modules() if isinstance(module, MixedOperation)]
    for module in mixed:
        for candidate in module.candidates:
            candidate.register_forward_hook(lambda ran, _inputs, _output: calls.append(ran))
    supernet(torch.randn(2, 3, 64, 64), masks).sum().backward()
    # Two cells of five edges in each of three hyper-cells, and seven edges that fuse: one operation each.
    assert len(mixed) == 2 * 5 * 3 + 7 and len(calls) == len(set(calls)) == len(mixed)
    idle = [one for module in mixed for one in module.candidates if one not in calls]
    assert all(weight.grad is None for one in idle for weight in one.parameters())
    assert any(weight.grad is not None for one in calls for weight in one.parameters())


def test_draws_follow_alpha() -> None:
    alpha = torch.tensor([0.6, 0.3, 0.1])
    drawn = gumbel_draw(alpha.log().expand(20_000, 3), generator())
    shares = torch.bincount(torch.tensor(drawn.operations), minlength=3) / 20_000
    # Four standard errors of a share of 0.6 over 20,000 draws.
    torch.testing.assert_close(shares, alpha, atol=0.014, rtol=0)


def test_the_gradient_is_that_of_the_expected_loss() -> None:
    """Two edges whose outputs meet in a product: linear in each, so the estimator has no bias (A20)."""
    n = 200_000
    torch.manual_seed(0)
    first, second = torch.randn(4, dtype=torch.float64), torch.randn(5, dtype=torch.float64)
    log_a = torch.randn(4, dtype=torch.float64, requires_grad=True)
    log_b = torch.randn(5, dtype=torch.float64, requires_grad=True)
    expected_loss = (log_a.softmax(0) @ first) * (log_b.softmax(0) @ second)
    exact = torch.autograd.grad(expected_loss, (log_a, log_b))
    rows = [one.detach().expand(n, -1).clone().requires_grad_() for one in (log_a, log_b)]
    noise = generator()
    outputs = []
    for row, values in zip(rows, (first, second), strict=True):
        drawn = gumbel_draw(row, noise)
        assert torch.equal(drawn.weights, torch.ones(n, dtype=torch.float64))
        outputs.append(drawn.weights * values[torch.tensor(drawn.operations)])
    estimates = torch.autograd.grad((outputs[0] * outputs[1]).sum(), rows)
    for truth, estimate in zip(exact, estimates, strict=True):
        error = estimate.std(dim=0) / n**0.5
        assert (error < 0.02 * truth.abs().max()).all(), "too few draws to tell anything"
        # 4.5 standard errors: one run in 16,000 of nine entries would fail, and the seed is fixed.
        assert ((estimate.mean(dim=0) - truth).abs() < 4.5 * error).all(), (estimate.mean(dim=0), truth)


def test_the_latencys_gradient_is_exact_at_every_draw() -> None:
    """Latency is linear in each mask and known of all candidates: no draw adds noise (A20)."""
    parameters, masks = drawn_masks(0)
    latency_model().expected_us(masks).backward()
    for stage in range(3):
        costs = latency_model().reduction[stage]
        p = parameters.reduction[stage].detach().softmax(-1)
        mean = (p * costs).sum(-1, keepdim=True)
        torch.testing.assert_close(parameters.reduction[stage].grad, p * (costs - mean))


def test_a_search_of_drawn_operations_moves_alpha_and_beta() -> None:
    searcher = build(sampling="single")
    before = {name: value.clone() for name, value in searcher.parameters.named_parameters()}
    finish(searcher)
    for name, value in searcher.parameters.named_parameters():
        assert not torch.equal(before[name], value), name
    assert [row["epoch"] for row in searcher.rows] == [1, 2, 3]
