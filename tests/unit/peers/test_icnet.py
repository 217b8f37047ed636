"""ICNet from the library's blocks: its size, its interface, and that it can be trained and folded."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch
from torch import Tensor, nn

from pipeline_src.config.peers import PEERS
from pipeline_src.evaluation.complexity import count_multiply_adds, count_parameters
from pipeline_src.evaluation.folding import fold_batch_norm
from pipeline_src.peers import BUILDERS, build_peer
from pipeline_src.peers.icnet import ICNet


def icnet(num_classes: int = 11, seed: int = 0) -> ICNet:
    torch.manual_seed(seed)
    return ICNet(num_classes)


def step(network: nn.Module, images: Tensor) -> float:
    """One forward and backward pass; returns the loss."""
    target = torch.arange(images[:, 0].numel()).reshape(images[:, 0].shape) % 11
    loss = nn.functional.cross_entropy(network(images), target)
    loss.backward()
    return loss.item()


def test_every_known_peer_can_be_built_and_the_other_way_round() -> None:
    assert set(BUILDERS) == set(PEERS)
    assert isinstance(build_peer("icnet", 3), ICNet)


def test_it_has_its_authors_number_of_parameters_and_work() -> None:
    """6.7 M counted in the authors' published definition; the library's own model has 47.5 M."""
    network = icnet(19)
    assert count_parameters(network) == 6_699_968
    assert count_multiply_adds(network, (1024, 2048)) == pytest.approx(29.0e9, rel=0.01)


@pytest.mark.parametrize("size", [(32, 32), (64, 96), (120, 160), (33, 65), (96, 100), (1, 1)])
def test_logits_have_the_size_of_the_input_whatever_it_is(size: tuple[int, int]) -> None:
    network = icnet().eval()
    with torch.inference_mode():
        logits = network(torch.randn(2, 3, *size))
    assert isinstance(logits, Tensor), "auxiliary outputs are off"
    assert logits.shape == (2, 11, *size)
    assert torch.isfinite(logits).all()


def test_padding_leaves_an_input_of_whole_strides_as_it_is() -> None:
    network = icnet().eval()
    image = torch.randn(1, 3, 40, 70)
    padded = nn.functional.pad(image, (0, 26, 0, 24))
    with torch.inference_mode():
        assert torch.equal(network(image), network(padded)[..., :40, :70])


def test_there_is_no_auxiliary_output_or_weight_in_training_either() -> None:
    network = icnet().train()
    logits = network(torch.randn(2, 3, 64, 64))
    assert logits.shape == (2, 11, 64, 64)
    classifiers = [one for one in network.modules() if isinstance(one, nn.Conv2d) and one.out_channels == 11]
    assert len(classifiers) == 1


def test_every_weight_gets_a_gradient() -> None:
    """Several processes would wait for the gradient of an unused weight for ever."""
    network = icnet().train()
    step(network, torch.randn(2, 3, 64, 96))
    without = [name for name, value in network.named_parameters() if value.grad is None]
    assert without == []
    assert all(bool(torch.isfinite(value.grad).all()) for value in network.parameters())  # type: ignore[arg-type]


def test_the_same_seed_gives_the_same_network_and_gradients() -> None:
    images = torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(5))
    first, second, other = icnet(seed=3).train(), icnet(seed=3).train(), icnet(seed=4)
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), second.parameters(), strict=True))
    assert not torch.equal(next(first.parameters()), next(other.parameters()))
    assert step(first, images) == step(second, images)
    for a, b in zip(first.parameters(), second.parameters(), strict=True):
        assert torch.equal(a.grad, b.grad)  # type: ignore[arg-type]


def strided_layouts(network: nn.Module) -> list[bool]:
    """Whether the input of each strided 1x1 convolution is contiguous; filled by the next forward pass."""
    found: list[bool] = []
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d) and layer.kernel_size == (1, 1) and layer.stride == (2, 2):
            layer.register_forward_pre_hook(lambda _, given: found.append(given[0].is_contiguous()))
    return found


def test_channels_last_images_train_as_contiguous_ones() -> None:
    """PyTorch 2.13 crashes on the CPU in the backward of 1x1 convolutions of stride 2 on channels_last."""
    images = torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(1))
    plain, last = icnet().train(), icnet().train()
    layouts = strided_layouts(last)
    given = images.to(memory_format=torch.channels_last)
    assert not given.is_contiguous()
    assert step(last, given) == step(plain, images)
    assert layouts == [True, True], "both ways through the one unit with a stride"
    for a, b in zip(plain.parameters(), last.parameters(), strict=True):
        assert torch.equal(a.grad, b.grad)  # type: ignore[arg-type]


def test_every_batch_norm_is_folded_and_the_outputs_stay() -> None:
    network = icnet().eval()
    folded = fold_batch_norm(network)
    assert not any(isinstance(layer, nn.BatchNorm2d) for layer in folded.modules())
    image = torch.randn(1, 3, 64, 64)
    with torch.inference_mode():
        expected, found = network(image), folded(image)
    assert torch.allclose(found, expected, rtol=1e-3, atol=1e-4 * float(expected.abs().max()))


def test_it_learns_one_image() -> None:
    network = icnet(2).train()
    images = torch.zeros(2, 3, 64, 64)
    images[..., 32:] = 2.0
    target = (images[:, 0] > 0).long()
    optimizer = torch.optim.SGD(network.parameters(), lr=0.01, momentum=0.9)
    losses = []
    for _ in range(12):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(network(images), target)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.2 * losses[0]


def test_building_it_asks_for_neither_torchvision_nor_the_network() -> None:
    script = """
import socket, sys
def refused(*args, **kwargs): raise AssertionError("a connection was asked for")
socket.socket.connect = refused
sys.modules["torchvision"] = None
from pipeline_src.peers import build_peer
build_peer("icnet", 19)
print([name for name in sys.modules if name.endswith(("model_provider", "model_store"))])
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"
