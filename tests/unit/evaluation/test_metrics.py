"""Networks against labels: upsampling, batching, damaged weights."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pipeline_src.errors import CheckpointError
from pipeline_src.evaluation.confusion import ConfusionMatrix
from pipeline_src.evaluation.metrics import (
    _largest,
    evaluate_network,
    evaluate_networks,
    predict_all,
    predict_classes,
)

CPU = torch.device("cpu")


def labels_like(sizes: list[tuple[int, int]], classes: int = 5) -> list[Tensor]:
    rng = np.random.default_rng(0)
    made = []
    for size in sizes:
        label = torch.from_numpy(rng.integers(0, classes, size))
        label[:2] = 255
        made.append(label)
    return made


class Given(nn.Module):
    """Yields prepared logits."""

    def __init__(self, logits: Tensor) -> None:
        super().__init__()
        self.register_buffer("logits", logits)

    def forward(self, x: Tensor) -> Tensor:
        return self.logits  # type: ignore[return-value]


def test_logits_not_classes_are_upsampled_to_the_labels_size() -> None:
    logits = torch.randn(1, 4, 3, 5, generator=torch.Generator().manual_seed(1))
    expected = F.interpolate(logits, (12, 20), mode="bilinear", align_corners=False).argmax(1)[0]
    label = expected.clone()
    label[0] = 255
    matrix = evaluate_network(Given(logits), [(torch.zeros(1, 3, 6, 10), [label], ["a"])], 4, CPU)
    assert matrix.miou() == 1.0 and matrix.counts.sum() == 11 * 20
    nearest = F.interpolate(logits.argmax(1, keepdim=True).float(), (12, 20)).long()[0, 0]
    assert (nearest != expected).any()


def test_equals_one_image_at_a_time_by_plain_means(network: nn.Module) -> None:
    images = torch.randn(4, 3, 32, 64, generator=torch.Generator().manual_seed(0))
    labels = labels_like([(48, 96)] * 4)
    expected = ConfusionMatrix(5)
    with torch.no_grad():
        for image, label in zip(images, labels, strict=True):
            logits = F.interpolate(network(image[None]), (48, 96), mode="bilinear", align_corners=False)
            expected.update(label.numpy(), logits.argmax(1)[0].numpy())
    batched = evaluate_network(network.train(), [(images, torch.stack(labels), list("abcd"))], 5, CPU)
    assert not network.training
    # Batched convolutions round differently: a pixel on the border of two classes may change sides.
    assert np.abs(batched.counts - expected.counts).sum() <= 2 * 4
    assert batched.counts.sum() == 4 * 46 * 96


def test_labels_of_different_sizes_in_one_batch(network: nn.Module) -> None:
    images = torch.randn(2, 3, 32, 64)
    labels = labels_like([(32, 64), (50, 70)])
    matrix = evaluate_network(network, [(images, labels, ["a", "b"])], 5, CPU)
    assert matrix.counts.sum() == 30 * 64 + 48 * 70


def test_several_networks_share_one_pass_over_the_data(network: nn.Module) -> None:
    other = Given(torch.randn(2, 5, 8, 8))
    batch = (torch.randn(2, 3, 32, 64), labels_like([(40, 70)] * 2), ["a", "b"])
    together = evaluate_networks([network, other], iter([batch]), 5, CPU)
    for one, matrix in zip((network, other), together, strict=True):
        assert (matrix.counts == evaluate_network(one, [batch], 5, CPU).counts).all()


def test_lower_precision_by_autocast_agrees_on_most_pixels(network: nn.Module) -> None:
    images = torch.randn(1, 3, 32, 64, generator=torch.Generator().manual_seed(0))
    exact, cast = (
        predict_classes(network, images, [(32, 64)], CPU, precision)[0]
        for precision in ("float32", "bfloat16")
    )
    assert (exact == cast).mean() > 0.9
    assert next(network.parameters()).dtype == torch.float32


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_diverged_weights_are_an_error_not_a_score(network: nn.Module, value: float) -> None:
    with torch.no_grad():
        next(network.parameters()).fill_(value)
    batch = (torch.randn(1, 3, 32, 64), labels_like([(32, 64)]), ["a"])
    with pytest.raises(CheckpointError, match="not finite"):
        evaluate_network(network, [batch], 5, CPU)


def test_largest_is_argmax_with_ties_to_the_first() -> None:
    logits = torch.randint(0, 4, (19, 30, 40), generator=torch.Generator().manual_seed(0)).float()
    expected = np.argmax(logits.numpy(), axis=0)
    assert (_largest(logits).numpy() == expected).all()
    assert _largest(torch.full((3, 2, 2), float("-inf"))).sum() == 0


def test_predicts_every_image_at_its_own_size_outside_of_inference_mode(network: nn.Module) -> None:
    batches = [(torch.randn(2, 3, 32, 64), labels_like([(40, 80), (10, 20)]), ["a", "b"])] * 2
    seen = []
    for name, prediction in predict_all(network, batches, CPU):
        assert not torch.is_inference_mode_enabled()
        seen.append((name, prediction.shape, prediction.dtype))
    assert seen == [("a", (40, 80), np.uint8), ("b", (10, 20), np.uint8)] * 2
