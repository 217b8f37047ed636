"""Gumbel masks, the latency objective, and the search loop."""

from __future__ import annotations

import itertools
import json
import os
from pathlib import Path

import pytest
import torch
from search_stand_ins import DEPTHS, SPACE, build, cost_us, finish, generator, kill, latency_model, source

from pipeline_src.errors import ConfigError
from pipeline_src.search.gumbel import entropy, gumbel_noise, gumbel_softmax
from pipeline_src.search.objective import expected_depth, search_loss
from pipeline_src.search.searcher import Searcher, SearchPlan
from pipeline_src.space.supernet import (
    INITIAL_SPREAD,
    ArchitectureParameters,
    HyperCellMasks,
    Masks,
    Supernet,
)
from pipeline_src.training.interruption import Interrupted

GOLDEN = Path(__file__).parents[2] / "golden" / "search_curve.json"


def test_gumbel_noise_is_finite_and_has_the_gumbel_moments() -> None:
    noise = gumbel_noise((200_000,), generator())
    assert torch.isfinite(noise).all()
    assert noise.mean().item() == pytest.approx(0.5772, abs=0.01)
    assert noise.var().item() == pytest.approx(1.6449, abs=0.03)


def test_masks_become_one_hot_at_low_temperature_and_uniform_at_high() -> None:
    logits = torch.log(torch.tensor([0.5, 0.3, 0.2]))
    low = torch.stack([gumbel_softmax(logits, 0.03, generator(s)) for s in range(2000)])
    assert (low.max(dim=1).values > 0.99).float().mean() > 0.9
    high = gumbel_softmax(logits, 1e4, generator())
    torch.testing.assert_close(high, torch.full((3,), 1 / 3), atol=1e-3, rtol=0)
    torch.testing.assert_close(low.sum(dim=1), torch.ones(2000))


def test_samples_follow_alpha() -> None:
    """The arg max of log alpha + G is a draw from alpha itself, whatever the temperature."""
    alpha = torch.tensor([0.6, 0.3, 0.1])
    noise = generator()
    draws = torch.stack([gumbel_softmax(alpha.log(), 0.5, noise) for _ in range(5000)]).argmax(dim=1)
    shares = torch.bincount(draws, minlength=3) / len(draws)
    torch.testing.assert_close(shares, alpha, atol=0.025, rtol=0)


def test_entropy_ends() -> None:
    assert entropy(torch.zeros(3, 8)).item() == pytest.approx(torch.log(torch.tensor(8.0)).item())
    assert entropy(torch.tensor([100.0, 0.0])).item() == pytest.approx(0.0, abs=1e-6)


def one_hot(index: int, size: int) -> torch.Tensor:
    return torch.eye(size)[index]


def test_expected_latency_equals_the_sum_over_all_one_hot_masks() -> None:
    """A11 is the expectation of the cut-off network's latency (Eq. 7) under independent choices."""
    torch.manual_seed(0)
    model = latency_model()
    soft = [torch.softmax(torch.randn(3), 0) for _ in range(3)]
    alphas = [(torch.softmax(torch.randn(5, 10), 1), torch.softmax(torch.randn(5, 10), 1)) for _ in range(3)]
    masks = Masks(
        tuple(HyperCellMasks(r, n, u) for (r, n), u in zip(alphas, soft, strict=True)), torch.zeros(7, 5)
    )
    total = torch.tensor(0.0)
    for depths in itertools.product(range(3), repeat=3):
        probability = torch.stack([soft[s][depth] for s, depth in enumerate(depths)]).prod()
        latency = torch.tensor(0.0)
        for stage, depth in enumerate(depths):
            reduction, normal = alphas[stage]
            latency = latency + (reduction * model.reduction[stage]).sum()
            latency = latency + depth * (normal * model.normal[stage]).sum()
            first, second, further = model.preprocessing[stage]
            latency = latency + (first, first + second, first + second + further)[depth]
            latency = latency + (model.entries[stage] if depth == 0 else 0.0)
        total = total + probability * latency
    torch.testing.assert_close(model.expected_us(masks), total)


@pytest.mark.parametrize("seed", range(5))
def test_one_hot_masks_give_the_tables_own_prediction(seed: int) -> None:
    from pipeline_src.latency.predict import genotype_keys

    parameters = ArchitectureParameters((3, 3, 3), generator(seed))
    with torch.no_grad():
        # Many zeros, so that nodes are empty; a hyper-cell of one cell.
        for alpha in [*parameters.reduction, *parameters.normal]:
            alpha[:, 0] += INITIAL_SPREAD
        parameters.depth[seed % 3][0] += 1
    genotype = parameters.derive(SPACE)
    # The one zero of an empty node is left out: latency is linear in each mask.
    keys = [key for key in genotype_keys(genotype, (64, 64)) if key.operation != "zero"]
    predicted = sum(map(cost_us, keys))
    latency = latency_model().expected_us(parameters.argmax_masks())
    assert latency.item() == pytest.approx(predicted)


def test_gamma_weighs_the_logarithm_of_latency() -> None:
    loss = search_loss(torch.tensor(2.0), torch.tensor(100.0), 0.5)
    assert loss.item() == pytest.approx(2.0 + 0.5 * 4.60517, rel=1e-5)


def test_expected_depth() -> None:
    assert expected_depth(torch.zeros(5)) == pytest.approx(3.0)
    assert expected_depth(torch.tensor([0.0, 50.0, 0.0])) == pytest.approx(2.0)


def test_gradients_reach_alpha_beta_and_every_weight() -> None:
    torch.manual_seed(0)
    supernet, parameters = Supernet(SPACE, DEPTHS, 3), ArchitectureParameters(DEPTHS, generator())
    masks = parameters.map_masks(lambda logits: gumbel_softmax(logits, 1.0, generator(1)))
    logits = supernet(torch.randn(2, 3, 64, 64), masks)
    loss = torch.nn.functional.cross_entropy(logits, torch.randint(0, 3, (2, 64, 64)))
    search_loss(loss, latency_model().expected_us(masks), 0.1).backward()
    for name, parameter in [*supernet.named_parameters(), *parameters.named_parameters()]:
        assert parameter.grad is not None, name
        assert parameter.grad.any(), name


def test_beta_rests_during_the_warm_up_and_moves_after_it() -> None:
    searcher = build()
    before = [beta.clone() for beta in searcher.parameters.betas()]
    alpha = searcher.parameters.normal[0].clone()
    steps = searcher.run()
    for _ in range(3):
        next(steps)
    assert all(torch.equal(a, b) for a, b in zip(before, searcher.parameters.betas(), strict=True))
    assert not torch.equal(alpha, searcher.parameters.normal[0])
    for _ in steps:
        pass
    assert all(not torch.equal(a, b) for a, b in zip(before, searcher.parameters.betas(), strict=True))
    assert [row["beta_frozen"] for row in searcher.rows] == [1, 0, 0]
    assert [row["temperature"] for row in searcher.rows] == pytest.approx([3.0, 1.515, 0.03])


def test_bilevel_search_takes_other_batches_for_the_architecture() -> None:
    single, bilevel = build(), build(level="bilevel")
    for searcher in (single, bilevel):
        next(searcher.run())
    assert not torch.equal(single.parameters.normal[0], bilevel.parameters.normal[0])
    with pytest.raises(ValueError, match="bilevel"):
        build(level="bilevel").__class__(
            **{**_parts(build()), "architecture_batches": source}  # a single-level config
        )


def _parts(searcher: Searcher) -> dict[str, object]:
    names = (
        "supernet",
        "parameters",
        "validate",
        "latency",
        "config",
        "plan",
        "device",
        "generator",
    )
    return {name: getattr(searcher, name) for name in names} | {"train_batches": source}


def test_float16_is_refused() -> None:
    parts = {**_parts(build()), "architecture_batches": None}
    parts["plan"] = SearchPlan(gamma=0.0, steps_per_epoch=3, precision="float16")
    with pytest.raises(ConfigError, match="bfloat16 or float32"):
        Searcher(**parts)  # type: ignore[arg-type]


def test_a_gamma_that_outweighs_the_loss_finds_the_fastest_network() -> None:
    """The optimum is known then: one cell each, of the first operation, which `cost_us` makes the cheapest.

    How far a moderate gamma gets in a few steps depends on the loss, and so on the processor's rounding.
    """
    searcher = build(gamma=1e6, architecture_lr=1.0)
    parameters, latency = searcher.parameters, searcher.latency

    def expected_us() -> float:
        return latency.expected_us(parameters.map_masks(lambda logits: torch.softmax(logits, -1))).item()

    fastest = parameters.map_masks(lambda logits: one_hot(0, logits.shape[-1]).expand_as(logits))
    fastest_us, before_us = latency.expected_us(fastest).item(), expected_us()
    finish(searcher)
    assert expected_us() - fastest_us < 0.05 * (before_us - fastest_us)
    assert parameters.derive(SPACE).depths == (1, 1, 1)


def test_golden_search_curve() -> None:
    # Maps of 3x3 at the deepest cells: batch norm over the two values of 1x1 turns the last bit of a sum,
    # which differs from one processor to the next, into another curve. So does a gamma of 0.01: Adam divides
    # by the gradient's own size, and where beta's is nearly 0, rounding decides its direction. With 1 the
    # curve is the same to six digits with SSE, AVX2 and AVX-512 (ATEN_CPU_CAPABILITY, ONEDNN_MAX_CPU_ISA).
    rows = finish(build(side_px=96, gamma=1.0)).rows
    curve = [
        {key: row[key] for key in ("ce", "latency_us", "expected_depth_1", "alpha_entropy")} for row in rows
    ]
    if os.environ.get("AUTORTNET_WRITE_GOLDEN"):
        GOLDEN.write_text(json.dumps(curve, indent=2) + "\n")
    expected = json.loads(GOLDEN.read_text())
    assert [list(row) for row in curve] == [list(row) for row in expected]
    for ours, theirs in zip(curve, expected, strict=True):
        assert list(ours.values()) == pytest.approx(list(theirs.values()), rel=1e-4)


@pytest.fixture(scope="module")
def whole() -> Searcher:
    """The search that nobody killed."""
    return finish(build())


@pytest.mark.parametrize(
    "killed_after",
    [
        3,
        4,
        *(
            pytest.param(
                step, marks=pytest.mark.slow("kills at and after the end of an epoch stay in make test")
            )
            for step in (1, 8)
        ),
    ],
)
def test_killed_and_resumed_search_ends_in_the_same_bytes(
    tmp_path: Path, whole: Searcher, killed_after: int
) -> None:
    kill(build(tmp_path), killed_after)
    second = build(tmp_path)
    second.resume()
    assert second.epoch * 3 + second.batch == killed_after
    finish(second)
    assert second.rows == whole.rows
    for name, value in whole.supernet.state_dict().items():
        assert torch.equal(value, second.supernet.state_dict()[name]), name
    for name, value in whole.parameters.state_dict().items():
        assert torch.equal(value, second.parameters.state_dict()[name]), name


def test_checkpoint_of_another_search_is_left_alone(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    first = build(tmp_path, every_s=0.0)
    next(first.run())
    other = build(tmp_path, identity="another")
    other.resume()
    assert (other.epoch, other.batch) == (0, 0)
    assert "starts from the beginning" in caplog.text


def test_signal_saves_a_checkpoint_and_says_how_to_go_on(tmp_path: Path) -> None:
    import signal

    searcher = build(tmp_path)
    steps = searcher.run()
    next(steps)
    os.kill(os.getpid(), signal.SIGTERM)
    with pytest.raises(Interrupted, match="start again to go on"):
        next(steps)
    assert list((tmp_path / "ck").iterdir())
