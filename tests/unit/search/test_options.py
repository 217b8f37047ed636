"""The options of a search beyond the paper's plain form (A21 to A27)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from search_stand_ins import DEPTHS, SPACE, build, finish, generator, kill
from torch import Tensor

from pipeline_src.config.load import validate
from pipeline_src.config.models import SearchConfig
from pipeline_src.errors import ConfigError
from pipeline_src.search.architecture_optimizer import ArchitectureOptimizer
from pipeline_src.search.objective import search_loss
from pipeline_src.space.catalogue import CELL_OPERATIONS
from pipeline_src.space.derivation import chosen_operations
from pipeline_src.space.supernet import ArchitectureParameters

EVERYTHING: dict[str, Any] = {
    "epochs": 2,
    "sampling": "single",
    "architecture_accumulation": 2,
    "latency_warmup": True,
    "latency_offset_us": 50.0,
    "warmup_depth": "uniform",
    "null": True,
}


@pytest.mark.parametrize(
    "sampling",
    [
        "single",
        *(
            pytest.param(one, marks=pytest.mark.slow("resumes as sampling single and the plain search do"))
            for one in ("pair", "soft")
        ),
    ],
)
def test_a_killed_search_goes_on_to_the_same_bytes(tmp_path: Path, sampling: str) -> None:
    options = EVERYTHING | {"sampling": sampling}
    whole = finish(build(**options))
    killed_after = 4  # the first of three steps of the second epoch: in the middle of a group of two
    kill(build(tmp_path, **options), killed_after)
    second = build(tmp_path, **options)
    second.resume()
    assert second.epoch * 3 + second.batch == killed_after
    finish(second)
    assert second.rows == whole.rows
    for name, value in [*whole.supernet.state_dict().items(), *whole.parameters.state_dict().items()]:
        found = {**second.supernet.state_dict(), **second.parameters.state_dict()}[name]
        assert torch.equal(value, found), name


@pytest.mark.parametrize(("offset", "latency"), [(0.0, 200.0), (1000.0, 200.0), (1000.0, 0.5)])
def test_the_offset_bounds_the_latencys_gradient(offset: float, latency: float) -> None:
    latency_us = torch.tensor(latency, requires_grad=True)
    search_loss(torch.tensor(1.0), latency_us, 0.1, offset).backward()
    assert latency_us.grad is not None
    assert latency_us.grad.item() == pytest.approx(0.1 / (offset + latency))


def test_a_measured_offset_is_the_plans() -> None:
    searcher = build(latency_offset_us="measured", measured_offset_us=1234.0)
    assert searcher.latency_offset_us == 1234.0
    assert build(latency_offset_us=5.0, measured_offset_us=1234.0).latency_offset_us == 5.0
    assert build().latency_offset_us == 0.0
    with pytest.raises(ValueError, match="measured_offset_us"):
        build(latency_offset_us="measured")


@pytest.mark.parametrize("value", ["measurd", -1, float("nan"), float("inf"), 10**400, True, None])
def test_an_offset_that_is_no_time_is_refused_in_one_line(value: object) -> None:
    with pytest.raises(ConfigError, match=r"search\.latency_offset_us: must be a time") as caught:
        validate({"search": {"latency_offset_us": value}}, "params.yaml")
    assert "\n" not in str(caught.value)


def after_epochs(epochs: int, **options: Any) -> list[Tensor]:
    """alpha and beta of a search of so many epochs."""
    searcher = build(sampling="single", **options)
    steps = searcher.run()
    for _ in range(3 * epochs):
        next(steps)
    return [value.detach().clone() for value in searcher.parameters.parameters()]


@pytest.mark.parametrize(
    ("epochs", "latency_warmup", "same"), [(1, True, True), (2, True, False), (1, False, False)]
)
def test_latency_counts_from_when_beta_moves(epochs: int, latency_warmup: bool, same: bool) -> None:
    """In the warm-up of one epoch gamma changes nothing; after it, and without the option, it does."""
    free, dear = (after_epochs(epochs, gamma=gamma, latency_warmup=latency_warmup) for gamma in (0.0, 50.0))
    assert all(map(torch.equal, free, dear)) == same


def test_depths_weigh_the_same_until_beta_moves() -> None:
    searcher = build(warmup_depth="uniform")
    assert [mask.depth.tolist() for mask in searcher.sample_masks().hyper_cells] == [[0.5, 0.5]] * 3
    searcher.epoch = 1
    assert all(0.5 not in mask.depth.tolist() for mask in searcher.sample_masks().hyper_cells)
    assert all(0.5 not in mask.depth.tolist() for mask in build().sample_masks().hyper_cells)


def gradients_set(parameters: ArchitectureParameters, value: float) -> None:
    for parameter in parameters.parameters():
        parameter.grad = torch.full_like(parameter, value)


def test_gradients_are_averaged_over_the_steps_of_a_group() -> None:
    config = SearchConfig(architecture_accumulation=2, architecture_lr=0.1)
    ours, theirs = (ArchitectureParameters(DEPTHS, generator()) for _ in range(2))
    optimizer, adam = ArchitectureOptimizer(ours, config), ArchitectureOptimizer(theirs, SearchConfig()).adam
    adam.param_groups[0]["lr"] = 0.1
    start = ours.normal[0].clone()
    for value in (1.0, 3.0):
        assert torch.equal(ours.normal[0], start)
        optimizer.zero_grad()
        gradients_set(ours, value)
        optimizer.step(beta_is_frozen=False, ends_epoch=False)
    gradients_set(theirs, 2.0)
    adam.step()
    assert not torch.equal(ours.normal[0], start)
    for name, value in theirs.state_dict().items():
        assert torch.equal(value, ours.state_dict()[name]), name


def test_a_group_ends_with_its_epoch_and_frozen_betas_rest() -> None:
    config = SearchConfig(architecture_accumulation=4, architecture_lr=0.1)
    parameters = ArchitectureParameters(DEPTHS, generator())
    optimizer = ArchitectureOptimizer(parameters, config)
    alpha, beta = parameters.normal[0].clone(), parameters.depth[0].clone()
    gradients_set(parameters, 1.0)
    optimizer.step(beta_is_frozen=True, ends_epoch=True)
    assert not torch.equal(parameters.normal[0], alpha) and torch.equal(parameters.depth[0], beta)
    assert optimizer.count == 0 and all(total is None for total in optimizer.sums)


def test_a_null_keeps_the_size_of_alphas_gradients_and_not_their_signs() -> None:
    parameters = ArchitectureParameters(DEPTHS, generator())
    optimizer = ArchitectureOptimizer(parameters, SearchConfig(), generator(7))
    signs = []
    for _ in range(20):
        gradients_set(parameters, 0.25)
        optimizer.step(beta_is_frozen=False, ends_epoch=False)
        found = [alpha.grad for alpha in parameters.alphas() if alpha.grad is not None]
        assert len(found) == 7 and all((grad.abs() == 0.25).all() for grad in found)
        assert all((beta.grad == 0.25).all() for beta in parameters.betas() if beta.grad is not None)
        signs.append(torch.cat([grad.sign().flatten() for grad in found]))
    # 20 x 335 fair signs: the mean's standard error is 0.012, and no entry keeps one sign throughout.
    assert abs(torch.stack(signs).mean().item()) < 0.05
    assert (torch.stack(signs).mean(dim=0).abs() < 1).all()


def test_a_null_ends_elsewhere_than_its_search() -> None:
    search, null = (finish(build(null=null, sampling="single")) for null in (False, True))
    assert not torch.equal(search.parameters.normal[0], null.parameters.normal[0])


def test_a_decided_search_ends_behind_the_warm_up_with_its_scores(tmp_path: Path) -> None:
    def judge(_forward: object) -> float:
        return 0.5

    settings: dict[str, Any] = {"entropy_stop": 2.4, "epochs": 9, "validation_every": 9, "sampling": "single"}
    # Any alpha is below ln 10: decided at once, but beta has to be trained for an epoch first.
    decided = finish(build(tmp_path, 0.01, 0.0, judge, **settings))
    assert len(decided.rows) == 2 and decided.rows[-1]["beta_frozen"] == 0
    assert decided.rows[-1]["miou_argmax"] == 0.5 and decided.rows[0]["miou_argmax"] is None
    assert len(finish(build(entropy_stop=0.01, sampling="single")).rows) == 3
    again = build(tmp_path, 0.01, 0.0, judge, **settings)
    again.resume()
    assert finish(again).rows == decided.rows


ZERO = CELL_OPERATIONS.index("zero")


def alphas(*winners: tuple[int, float, int]) -> Tensor:
    """(5, 10) log alphas: on each edge a winner at 0, and a runner-up so far behind it."""
    values = torch.full((5, 10), -9.0)
    for edge, (first, behind, second) in enumerate(winners):
        values[edge, first], values[edge, second] = 0.0, -behind
    return values


def test_zero_wins_as_any_operation_or_not_at_all_of_a_node_or_never() -> None:
    # Edges 0 and 1 enter the first node, 2 to 4 the second.
    dead = alphas((ZERO, 0.3, 4), (ZERO, 0.2, 5), (ZERO, 0.1, 6), (7, 0.1, ZERO), (ZERO, 0.4, 8))
    assert chosen_operations(dead, "keep") == [ZERO, ZERO, ZERO, 7, ZERO]
    assert chosen_operations(dead, "guard") == [ZERO, 5, ZERO, 7, ZERO]
    assert chosen_operations(dead, "exclude") == [4, 5, 6, 7, 8]


@pytest.mark.parametrize(("zero", "dead_nodes"), [("keep", 12), ("guard", 0), ("exclude", 0)])
def test_derived_and_judged_network_are_one(zero: Any, dead_nodes: int) -> None:
    parameters = ArchitectureParameters(DEPTHS, generator())
    with torch.no_grad():
        for alpha in [*parameters.reduction, *parameters.normal]:
            alpha[:, ZERO] = 5.0
    genotype, masks = parameters.derive(SPACE, zero), parameters.argmax_masks(zero)
    found = 0
    for cell, mask in zip(genotype.hyper_cells, masks.hyper_cells, strict=True):
        for operations, hot in ((cell.reduction, mask.reduction), (cell.normal, mask.normal)):
            assert isinstance(hot, Tensor) and (hot.sum(-1) == 1).all()
            assert [CELL_OPERATIONS[int(index)] for index in hot.argmax(-1)] == list(operations)
            found += sum(set(operations[edges]) == {"zero"} for edges in (slice(0, 2), slice(2, 5)))
    assert found == dead_nodes
