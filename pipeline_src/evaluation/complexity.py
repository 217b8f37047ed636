"""Size and work of a network: parameters, multiply-adds layer by layer, memory of its widest layer."""

from __future__ import annotations

import copy
import math

import torch
from torch import Tensor, nn

FLOAT32_BYTES = 4
SHAPES_ONLY = torch.device("meta")


def count_parameters(network: nn.Module) -> int:
    """Trained values of the network: weights and biases, not batch norm's running statistics."""
    return sum(parameter.numel() for parameter in network.parameters())


def count_multiply_adds(
    network: nn.Module, input_hw: tuple[int, int], device: torch.device = SHAPES_ONLY
) -> int:
    """Multiply-accumulates of (transposed) convolutions and linear layers for one (1, 3, H, W) input.

    One multiply-accumulate counts once. Batch norm, activations, pooling, additions and resizing are
    left out, as is usual.

    Args:
        device: where a copy of the network runs. On `SHAPES_ONLY` nothing is computed, but PyTorch loads its
            compiler (`torch._dynamo`) for that, which takes seconds. A caller that has just run the network
            at this size counts faster on the same device.
    """
    subject = copy.deepcopy(network).eval().to(device)
    total = 0

    def count(layer: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        nonlocal total
        if isinstance(layer, nn.ConvTranspose2d):
            # Every input value is spread over the kernel.
            total += inputs[0].numel() * (layer.out_channels // layer.groups) * math.prod(layer.kernel_size)
        elif isinstance(layer, nn.Conv2d):
            total += output.numel() * (layer.in_channels // layer.groups) * math.prod(layer.kernel_size)
        else:
            assert isinstance(layer, nn.Linear)
            total += output.numel() * layer.in_features

    for layer in subject.modules():
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
            layer.register_forward_hook(count)
    _run(subject, input_hw, device)
    return total


def least_memory_mib(network: nn.Module, input_hw: tuple[int, int]) -> float:
    """MiB that one float32 pass of a (1, 3, H, W) input takes at least: weights and the widest layer's maps.

    A layer's maps are what it reads and what it writes. Nothing is computed, as on `SHAPES_ONLY` above.
    """
    subject = copy.deepcopy(network).eval().to(SHAPES_ONLY)
    widest = 0

    def look(layer: nn.Module, inputs: tuple[object, ...], output: object) -> None:
        nonlocal widest
        both = (*inputs, *(output if isinstance(output, tuple) else (output,)))
        widest = max(widest, sum(one.numel() for one in both if isinstance(one, Tensor)))

    for layer in subject.modules():
        layer.register_forward_hook(look)
    _run(subject, input_hw, SHAPES_ONLY)
    return FLOAT32_BYTES * (count_parameters(network) + widest) / 2**20


def most_memory_mib(network: nn.Module, input_hw: tuple[int, int]) -> float:
    """MiB that `least_memory_mib` cannot exceed, without running the network.

    The weights, and maps as large as the input that have the channels of the widest layer, read and written.
    """
    channels = [3]
    for layer in network.modules():
        for name in ("in_channels", "out_channels", "num_features"):
            channels.append(int(getattr(layer, name, 0)))
    maps = 2 * max(channels) * input_hw[0] * input_hw[1]
    return FLOAT32_BYTES * (count_parameters(network) + maps) / 2**20


def _run(subject: nn.Module, input_hw: tuple[int, int], device: torch.device) -> None:
    with torch.no_grad():
        subject(torch.zeros(1, 3, *input_hw, device=device))
