"""Channels last: the same function, gradients and names; no strided 1x1 convolution, which crashes there."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from pipeline_src.config.models import FinetuneConfig, RuntimeConfig, SpaceConfig
from pipeline_src.peers import build_peer
from pipeline_src.space.network import SegmentationNetwork
from pipeline_src.space.sampling import random_genotype
from pipeline_src.training.checkpoint import Checkpoints
from pipeline_src.training.engine import Keeping
from pipeline_src.training.finetune import finetune
from pipeline_src.training.layout import SlicedPointwise, arrange
from pipeline_src.training.loop import TrainingResult
from pipeline_src.training.seeding import seed_everything

# Without dropout, which draws in the order of memory.
SPACE = SpaceConfig(
    initial_channels=4, aggregation_channels=8, head_channels=8, head_dilations=(1, 2, 3), head_dropout=0.0
)


STEPS = 3


def batches(epoch: int, start: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Noise, labelled by the sign of its red; in float64: batch norm over few values multiplies rounding."""
    for step in range(start, STEPS):
        images = torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(10 * epoch + step))
        yield images.double(), (images[:, 0] > 0).long()


def ours(classes: int = 5) -> nn.Module:
    """A network with factorised reductions, as each first normal cell has one."""
    seed_everything(3, threads=1)
    genotype = random_genotype(SPACE, (2, 2, 2), np.random.default_rng(3))
    return SegmentationNetwork(
        genotype.with_(hyper_cells=[{**one.model_dump(), "depth": 2} for one in genotype.hyper_cells]),
        classes,
    )


@pytest.mark.parametrize("name", ["ours", "bisenet_resnet18"])
def test_the_function_and_its_gradients_stay(name: str) -> None:
    plain = (ours() if name == "ours" else build_peer(name, 5)).double().train()
    other = copy.deepcopy(plain)
    arrange(other, "channels_last")
    strided = [one for one in plain.modules() if isinstance(one, nn.Conv2d) and one.kernel_size == (1, 1)]
    strided = [one for one in strided if one.stride != (1, 1)]
    assert sum(isinstance(one, SlicedPointwise) for one in other.modules()) == len(strided) >= 3
    assert list(other.state_dict()) == list(plain.state_dict())
    images = torch.randn(2, 3, 33, 65, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    logits = [network(images) for network in (plain, other)]
    for one in logits:
        one.square().mean().backward()
    torch.testing.assert_close(logits[1], logits[0], rtol=1e-10, atol=1e-10)
    for (key, value), theirs in zip(plain.named_parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(theirs.grad, value.grad, rtol=1e-8, atol=1e-9, msg=key)


def test_contiguous_leaves_a_network_alone() -> None:
    network = ours()
    modules = list(network.modules())
    arrange(network, "contiguous")
    assert list(network.modules()) == modules


def tuned(memory_format: str, keeping: Keeping | None = None) -> TrainingResult:
    cfg = FinetuneConfig(epochs=2, lr=0.05, memory_format=memory_format)  # type: ignore[arg-type]
    network = ours(classes=2).double()
    return finetune(
        network,
        batches,
        None,
        steps_per_epoch=STEPS,
        cfg=cfg,
        runtime=RuntimeConfig(),
        device=torch.device("cpu"),
        keeping=keeping,
    )


def test_a_training_gives_the_same_losses_and_plain_weights() -> None:
    plain, other = tuned("contiguous"), tuned("channels_last")
    assert [row["loss"] for row in other.rows] == pytest.approx([row["loss"] for row in plain.rows], rel=1e-9)
    assert plain.rows[0]["loss"] != plain.rows[1]["loss"]
    for key, value in other.last_state.items():
        assert value.is_contiguous(), key
        torch.testing.assert_close(value, plain.last_state[key], rtol=1e-7, atol=1e-8, msg=key)


def test_checkpoints_of_the_two_are_not_taken_for_each_other(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It counts as of the result, like threads and precision: a resumed run goes on as it began."""
    checkpoints = Checkpoints(tmp_path / "kept")
    tuned("contiguous", Keeping(checkpoints, "run", every_s=0))
    tuned("channels_last", Keeping(checkpoints, "run", every_s=1e9))
    assert "is of other settings or inputs" in caplog.text
