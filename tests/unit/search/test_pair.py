"""Two operations drawn for each edge (A20): what is computed, and what its gradient can tell."""

from __future__ import annotations

import pytest
import torch
from search_stand_ins import DEPTHS, SPACE, build, finish, generator, latency_model
from torch import Tensor

from pipeline_src.config.search import Sampling
from pipeline_src.search.gumbel import gumbel_draw, gumbel_pair, gumbel_softmax
from pipeline_src.space.catalogue import CELL_OPERATIONS
from pipeline_src.space.hyper_cell import HyperCellMasks
from pipeline_src.space.operations import EdgeMasks, SampledEdges
from pipeline_src.space.supernet import ArchitectureParameters, Masks, Supernet


def drawn_masks(seed: int) -> tuple[ArchitectureParameters, Masks]:
    parameters, noise = ArchitectureParameters(DEPTHS, generator(2)), generator(seed)
    masks = parameters.map_masks(
        lambda logits: gumbel_pair(logits, 0.7, noise), lambda logits: gumbel_softmax(logits, 1.0, noise)
    )
    return parameters, masks


def as_soft(masks: Masks) -> Masks:
    """Masks (E, O) that are 0 but for the two operations drawn."""

    def soft(mask: EdgeMasks) -> Tensor:
        assert isinstance(mask, SampledEdges) and mask.seconds is not None
        places = torch.tensor([mask.operations, mask.seconds]).T
        assert (places[:, 0] != places[:, 1]).all()
        return torch.zeros_like(mask.cost).scatter(-1, places, mask.weights)

    cells = (HyperCellMasks(soft(one.reduction), soft(one.normal), one.depth) for one in masks.hyper_cells)
    return Masks(tuple(cells), soft(masks.aggregation))


@pytest.mark.parametrize("seed", [0, 1])
def test_the_forward_pass_is_that_of_soft_masks_on_the_two(seed: int) -> None:
    torch.manual_seed(0)
    supernet = Supernet(SPACE, DEPTHS, 3)
    _, masks = drawn_masks(seed)
    images = torch.randn(2, 3, 64, 64)
    torch.manual_seed(1)  # of the head's dropout
    drawn = supernet(images, masks)
    torch.manual_seed(1)
    torch.testing.assert_close(drawn, supernet(images, as_soft(masks)))
    model = latency_model()
    torch.testing.assert_close(model.expected_us(masks), model.expected_us(as_soft(masks)))


def test_the_latencys_gradient_is_exact_at_every_draw() -> None:
    parameters, masks = drawn_masks(0)
    latency_model().expected_us(masks).backward()
    costs, p = latency_model().normal[1], parameters.normal[1].detach().softmax(-1)
    kept = float(masks.hyper_cells[1].depth.detach()[1:].sum())
    exact = kept * p * (costs - (p * costs).sum(-1, keepdim=True))
    torch.testing.assert_close(parameters.normal[1].grad, exact)


def test_near_temperature_0_it_is_the_single_draw() -> None:
    log_alpha = torch.randn(500, 10, generator=generator(1))
    pair, single = gumbel_pair(log_alpha, 1e-6, generator(4)), gumbel_draw(log_alpha, generator(4))
    assert pair.operations == single.operations
    torch.testing.assert_close(pair.weights[:, 0], torch.ones(500))


@pytest.mark.parametrize(("sampling", "tells"), [("single", False), ("pair", True), ("soft", True)])
def test_an_edge_that_is_alone_at_its_node_needs_two_operations_to_tell_by(
    sampling: Sampling, tells: bool
) -> None:
    """The batch norm behind a node undoes the weight of its only edge: one operation gets no credit."""
    searcher = build(sampling=sampling, gamma=0.0, architecture_lr=1e-6)
    edge, forbidden = 1, -1000.0
    for alpha in (*searcher.parameters.normal, *searcher.parameters.reduction):
        alpha.data[:] = forbidden
        alpha.data[:, CELL_OPERATIONS.index("zero")] = 0.0
        alpha.data[[1, 4]] = forbidden
        alpha.data[[1, 4], CELL_OPERATIONS.index("skip")] = 0.0
    for beta in searcher.parameters.betas():
        beta.data[:-1] = forbidden
    # The newer input's edge to the first node is the only one that is no zero, and it may be two things.
    alone = searcher.parameters.reduction[0].data[edge]
    alone[:] = forbidden
    alone[[CELL_OPERATIONS.index("conv3x3"), CELL_OPERATIONS.index("maxpool3x3")]] = 0.0
    largest = []
    for _ in searcher.run():
        grad = searcher.parameters.reduction[0].grad
        assert grad is not None
        largest.append(float(grad[edge].abs().max()))
    assert (max(largest) > 1e-3) is tells, largest


def test_a_search_of_pairs_moves_alpha_and_beta() -> None:
    searcher = build(sampling="pair")
    before = {name: value.clone() for name, value in searcher.parameters.named_parameters()}
    finish(searcher)
    for name, value in searcher.parameters.named_parameters():
        assert not torch.equal(before[name], value), name
