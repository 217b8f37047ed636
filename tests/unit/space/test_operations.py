"""Every candidate operation: output shape, stride, and parameter count."""

from __future__ import annotations

import pytest
import torch

from pipeline_src.space.catalogue import AGGREGATION_OPERATIONS, CELL_OPERATIONS
from pipeline_src.space.operations import (
    FactorisedReduction,
    MixedOperation,
    build_operation,
    network_norm,
    supernet_norm,
)

C = 6
DENSE, SEPARABLE, NORM = 9 * C * C, 9 * C + C * C, 2 * C
PARAMETERS = {
    "zero": 0,
    "skip": 0,
    "maxpool3x3": 0,
    "conv3x3": DENSE + NORM,
    "conv3x3_x2": 2 * (DENSE + NORM),
    "sepconv3x3": SEPARABLE + NORM,
    "sepconv3x3_x2": 2 * (SEPARABLE + NORM),
    "dilconv3x3_d2": SEPARABLE + NORM,
    "dilconv3x3_d4": SEPARABLE + NORM,
    "dilconv3x3_d2_x2": 2 * (SEPARABLE + NORM),
    "conv1x1_x2": 2 * (C * C + NORM),
    "dilconv3x3_d4_x2": 2 * (SEPARABLE + NORM),
    "dilconv3x3_d8_x2": 2 * (SEPARABLE + NORM),
}


def count(module: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


@pytest.mark.parametrize("size", [(8, 12), (7, 9), (1, 1)])
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("name", sorted({*CELL_OPERATIONS, *AGGREGATION_OPERATIONS}))
def test_output_has_the_size_the_stride_asks_for(name: str, stride: int, size: tuple[int, int]) -> None:
    operation = build_operation(name, C, C, stride).eval()
    output = operation(torch.randn(2, C, *size))
    assert output.shape == (2, C, -(-size[0] // stride), -(-size[1] // stride))


@pytest.mark.parametrize("name", sorted({*CELL_OPERATIONS, *AGGREGATION_OPERATIONS}))
def test_parameter_counts_are_those_counted_by_hand(name: str) -> None:
    assert count(build_operation(name, C, C, 1)) == PARAMETERS[name]


def test_skip_at_stride_two_is_the_factorised_reduction() -> None:
    operation = build_operation("skip", C, C, 2)
    assert isinstance(operation, FactorisedReduction)
    assert count(operation) == C * C + NORM


def test_factorised_reduction_sees_every_pixel() -> None:
    operation = FactorisedReduction(1, 2, network_norm)
    image = torch.rand(1, 1, 6, 6).requires_grad_()
    (
        operation.even(image).sum() + operation.odd(torch.nn.functional.pad(image, (-1, 1, -1, 1))).sum()
    ).backward()
    assert image.grad is not None
    # Two offset grids touch half of the pixels: one of each diagonal of a 2x2 block.
    assert int((image.grad != 0).sum()) == 18
    assert image.grad[0, 0, 0, 0] != 0
    assert image.grad[0, 0, 1, 1] != 0


def test_a_repeated_operation_strides_once() -> None:
    operation = build_operation("conv3x3_x2", C, C, 2)
    strides = [layer.stride for layer in operation.modules() if isinstance(layer, torch.nn.Conv2d)]
    assert strides == [(2, 2), (1, 1)]


def test_dilation_widens_the_receptive_field() -> None:
    for name, dilation in (("dilconv3x3_d2", 2), ("dilconv3x3_d4", 4)):
        operation = build_operation(name, C, C, 1).eval()
        image = torch.rand(1, C, 21, 21).add(0.1).requires_grad_()
        operation(image)[..., 10, 10].sum().backward()
        assert image.grad is not None
        rows = image.grad.abs().sum(dim=(0, 1, 3)).nonzero().flatten().tolist()
        assert rows == [10 - dilation, 10, 10 + dilation]


def test_unknown_operation_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown operation"):
        build_operation("conv5x5", C, C, 1)
    with pytest.raises(ValueError, match="cannot turn"):
        build_operation("maxpool3x3", C, 2 * C, 1)


def test_mixed_operation_is_the_weighted_sum() -> None:
    torch.manual_seed(0)
    mixed = MixedOperation(CELL_OPERATIONS, C, C, 1, supernet_norm)
    x = torch.randn(2, C, 6, 6)
    mask = torch.softmax(torch.randn(len(CELL_OPERATIONS)), 0)
    expected = sum(mask[i] * candidate(x) for i, candidate in enumerate(mixed.candidates))
    torch.testing.assert_close(mixed(x, mask), expected)
    with torch.no_grad():
        torch.testing.assert_close(mixed(x, mask), expected)


@pytest.mark.parametrize("index", range(len(CELL_OPERATIONS)))
def test_one_hot_mask_selects_one_operation_with_and_without_gradients(index: int) -> None:
    torch.manual_seed(0)
    mixed = MixedOperation(CELL_OPERATIONS, C, C, 2, supernet_norm)
    x, mask = torch.randn(2, C, 6, 6), torch.eye(len(CELL_OPERATIONS))[index]
    expected = mixed.candidates[index](x)
    torch.testing.assert_close(mixed(x, mask), expected)
    with torch.no_grad():
        torch.testing.assert_close(mixed(x, mask), expected)
