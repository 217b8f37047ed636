"""The losses against plain NumPy."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from pipeline_src.errors import ConfigError
from pipeline_src.training.class_weights import class_weights
from pipeline_src.training.losses import BootstrappedCrossEntropy, CrossEntropy


def random_batch(seed: int, spread: float = 1.0, ignored: float = 0.2) -> tuple[torch.Tensor, torch.Tensor]:
    rng = np.random.default_rng(seed)
    logits = torch.from_numpy(rng.normal(scale=spread, size=(2, 5, 6, 7)).astype(np.float32))
    target = rng.integers(0, 5, size=(2, 6, 7))
    target[rng.random(target.shape) < ignored] = 255
    return logits.requires_grad_(), torch.from_numpy(target)


def reference(logits: torch.Tensor, target: torch.Tensor, threshold: float, min_kept: float) -> float:
    """A14 as it is written down, pixel by pixel."""
    scores = logits.detach().numpy().astype(np.float64)
    probabilities = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    of_truth = []
    for b, y, x in np.ndindex(*target.shape):
        if target[b, y, x] != 255:
            of_truth.append(probabilities[b, target[b, y, x], y, x])
    of_truth.sort()
    hard = [p for p in of_truth if p < threshold]
    kept = max(len(hard), int(np.ceil(min_kept * len(of_truth))))
    return float(-np.mean(np.log(of_truth[:kept])))


@pytest.mark.parametrize(
    ("threshold", "min_kept", "spread"),
    [(0.7, 1 / 16, 1.0), (0.01, 1 / 4, 1.0), (0.3, 0.0, 3.0), (1.0, 1.0, 1.0), (0.05, 0.9, 2.0)],
)
def test_bootstrapped_loss_equals_the_reference(threshold: float, min_kept: float, spread: float) -> None:
    for seed in range(5):
        logits, target = random_batch(seed, spread)
        loss = BootstrappedCrossEntropy(threshold, min_kept)(logits, target)
        assert loss.item() == pytest.approx(reference(logits, target, threshold, min_kept), rel=1e-5)


def test_only_kept_pixels_get_a_gradient() -> None:
    logits, target = random_batch(0)
    BootstrappedCrossEntropy(threshold=0.001, min_kept=0.25)(logits, target).backward()
    assert logits.grad is not None
    touched = (logits.grad.abs().sum(1) > 0).sum().item()
    assert touched == np.ceil(0.25 * (target != 255).sum().item())


@pytest.mark.parametrize(
    "loss", [CrossEntropy(), CrossEntropy(class_weights=[2.0] * 5), BootstrappedCrossEntropy()]
)
def test_all_ignored_is_zero_with_a_gradient(loss: torch.nn.Module) -> None:
    logits, target = random_batch(0)
    value = loss(logits, torch.full_like(target, 255))
    value.backward()
    assert value.item() == 0.0
    assert logits.grad is not None and not logits.grad.any()


def test_a_nan_is_not_hidden() -> None:
    logits, target = random_batch(0, ignored=0.0)
    spoilt = logits.detach().clone()
    spoilt[0, 0, 0, 0] = float("nan")
    assert BootstrappedCrossEntropy()(spoilt, target).isnan()


def test_cross_entropy_is_pytorchs() -> None:
    logits, target = random_batch(3)
    expected = torch.nn.functional.cross_entropy(logits, target, ignore_index=255)
    assert CrossEntropy()(logits, target).item() == pytest.approx(expected.item(), rel=1e-6)
    flat, classes = logits[:, :, 0, 0], torch.tensor([1, 3])
    smoothed = torch.nn.functional.cross_entropy(flat, classes, label_smoothing=0.1)
    assert CrossEntropy(0.1)(flat, classes).item() == pytest.approx(smoothed.item(), rel=1e-6)


@pytest.mark.parametrize("scale", [1e-6, 1.0, 40.0])
def test_weighted_cross_entropy_is_pytorchs(scale: float) -> None:
    logits, target = random_batch(3)
    weights = [scale * one for one in (0.2, 1.0, 3.0, 0.7, 9.0)]
    expected = torch.nn.functional.cross_entropy(
        logits, target, weight=torch.tensor(weights), ignore_index=255
    )
    (gradient,) = torch.autograd.grad(expected, logits)
    loss = CrossEntropy(class_weights=weights)(logits, target)
    loss.backward()
    assert loss.item() == pytest.approx(expected.item(), rel=1e-6)
    torch.testing.assert_close(logits.grad, gradient)


def test_enet_weights_of_a_worked_example() -> None:
    """Two of four pixels, one, one and none: 1 / ln(1.52), 1 / ln(1.27) twice, 1 / ln(1.02)."""
    assert class_weights("enet", (2, 1, 1, 0)) == pytest.approx(
        (2.38829, 4.18384, 4.18384, 50.4983), rel=1e-5
    )


def test_balanced_weights_are_scikit_learns() -> None:
    from sklearn.utils.class_weight import compute_class_weight

    pixels = [0] * 6 + [1] * 3 + [2]
    expected = compute_class_weight("balanced", classes=np.arange(3), y=pixels)
    assert class_weights("balanced", (6, 3, 1)) == pytest.approx(expected.tolist())
    with pytest.raises(ConfigError, match=r"class_weights: is balanced, but .* no pixels of classes \[1\]"):
        class_weights("balanced", (6, 0, 1))


def test_given_weights_are_one_for_each_class() -> None:
    assert class_weights((1.0, 2.5), (6, 3)) == (1.0, 2.5)
    assert class_weights(None, (6, 3)) is None
    with pytest.raises(ConfigError, match="has 2 numbers, but the data set has 3 classes"):
        class_weights((1.0, 2.5), (6, 3, 1))
