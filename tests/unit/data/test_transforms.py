from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from pipeline_src.data.transforms import (
    MEAN,
    STD,
    ClassEvalTransform,
    ClassTrainTransform,
    EvalTransform,
    TrainTransform,
    label_tensor,
    to_tensor,
)


def denormalise(image: torch.Tensor) -> np.ndarray:
    """Undo `to_tensor`: float32 (3, H, W) to uint8 (H, W, 3)."""
    mean, std = (np.array(one)[:, None, None] for one in (MEAN, STD))
    pixels = 255 * (image.numpy() * std + mean)
    return np.ascontiguousarray(pixels.round().clip(0, 255).astype(np.uint8).transpose(1, 2, 0))


def _frame(height: int = 60, width: int = 100) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    smooth = Image.fromarray(rng.integers(0, 256, (6, 10, 3), dtype=np.uint8)).resize((width, height))
    return np.asarray(smooth), rng.integers(0, 19, (height, width), dtype=np.uint8)


def _is_plain(tensor: torch.Tensor) -> bool:
    """Contiguous, and not channels_last either when batched: some CPU kernels crash on that format."""
    batch = tensor[None] if tensor.dim() == 3 else tensor
    return (
        tensor.is_contiguous()
        and tensor.stride() == torch.empty(tensor.shape).stride()
        and batch.is_contiguous()
    )


def test_normalisation():
    image, _ = _frame()
    tensor = to_tensor(image)
    expected = (image / 255.0 - np.array(MEAN)) / np.array(STD)
    assert tensor.dtype == torch.float32
    assert np.allclose(tensor.numpy(), expected.transpose(2, 0, 1), atol=1e-5)
    assert np.array_equal(denormalise(tensor), image)


@pytest.mark.parametrize("scale_range", [(0.5, 0.5), (1.0, 1.0), (2.0, 2.0), (0.5, 2.0), (0.3, 0.31)])
def test_training_samples_have_the_crop_size_and_are_contiguous(scale_range):
    transform = TrainTransform((48, 64), (60, 100), scale_range, 0.5)
    for seed in range(20):
        image, label = transform(*_frame(), np.random.default_rng(seed))
        assert (image.shape, label.shape) == ((3, 48, 64), (48, 64))
        assert (image.dtype, label.dtype) == (torch.float32, torch.int64)
        assert _is_plain(image)
        assert _is_plain(label)


def test_scale_is_relative_to_the_deployed_size():
    """At scale 1 a frame is resized to base_hw, whatever its native size (A17)."""
    image, label = _frame(120, 200)
    ours, classes = TrainTransform((60, 100), (60, 100), (1.0, 1.0), 0.0)(
        image, label, np.random.default_rng(0)
    )
    resized = np.asarray(Image.fromarray(image).resize((100, 60), Image.Resampling.BILINEAR))
    assert np.abs(denormalise(ours).astype(int) - resized).max() <= 1
    nearest = np.asarray(Image.fromarray(label).resize((100, 60), Image.Resampling.NEAREST))
    assert np.array_equal(classes.numpy(), nearest)


def test_cropping_before_resizing_changes_nothing():
    image, label = _frame()
    transform = TrainTransform((48, 64), (60, 100), (1.63, 1.63), 0.0)
    rng = np.random.default_rng(3)
    ours, classes = transform(image, label, rng)
    rng = np.random.default_rng(3)
    rng.uniform()
    top, left = int(rng.integers(0, 98 - 48 + 1)), int(rng.integers(0, 163 - 64 + 1))
    full = np.asarray(Image.fromarray(image).resize((163, 98), Image.Resampling.BILINEAR))
    full_label = np.asarray(Image.fromarray(label).resize((163, 98), Image.Resampling.NEAREST))
    window = np.s_[top : top + 48, left : left + 64]
    assert np.abs(denormalise(ours).astype(int) - full[window]).max() <= 2
    # Where a label pixel lies right between two, rounding may take either: at most a row and a column here.
    assert np.mean(classes.numpy() == full_label[window]) >= 1 - 1 / 48 - 1 / 64


def test_padding_is_mean_colour_and_ignored():
    image, label = _frame()
    ours, classes = TrainTransform((80, 120), (60, 100), (0.5, 0.5), 0.0)(
        image, label, np.random.default_rng(0)
    )
    padded = classes.numpy() == 255
    assert padded.sum() == 80 * 120 - 30 * 50
    assert ours.numpy()[:, padded].__abs__().max() < 0.02
    assert set(np.unique(classes)) <= {*range(19), 255}


def test_flip_turns_image_and_label_together():
    image, label = _frame()
    plain = TrainTransform((60, 100), (60, 100), (1.0, 1.0), 0.0)(image, label, np.random.default_rng(0))
    flipped = TrainTransform((60, 100), (60, 100), (1.0, 1.0), 1.0)(image, label, np.random.default_rng(0))
    assert torch.equal(plain[0].flip(-1), flipped[0])
    assert torch.equal(plain[1].flip(-1), flipped[1])
    assert _is_plain(flipped[0])


def test_evaluation_resizes_the_image_and_not_the_label():
    image, label = _frame()
    tensor, classes = EvalTransform((30, 50))(image, label)
    assert tensor.shape == (3, 30, 50)
    assert _is_plain(tensor)
    assert np.array_equal(classes.numpy(), label)
    assert torch.equal(EvalTransform((60, 100)).image(image), to_tensor(image))


@pytest.mark.parametrize("size", [(60, 100), (100, 60), (20, 20), (33, 31)])
def test_classification_transforms(size):
    image, _ = _frame(*size)
    for seed in range(10):
        sample = ClassTrainTransform(32)(image, np.random.default_rng(seed))
        assert sample.shape == (3, 32, 32)
        assert _is_plain(sample)
    sample = ClassEvalTransform(40, 32)(image)
    assert sample.shape == (3, 32, 32)
    assert _is_plain(sample)


def test_the_same_generator_gives_the_same_sample():
    transform = TrainTransform((48, 64), (60, 100))
    first, second, third = (transform(*_frame(), np.random.default_rng([0, 1, s])) for s in (5, 5, 6))
    assert torch.equal(first[0], second[0])
    assert torch.equal(first[1], second[1])
    assert not torch.equal(first[0], third[0])


def test_labels_become_int64():
    label = np.array([[0, 255]], dtype=np.uint8)[:, ::-1]
    assert label_tensor(label).tolist() == [[255, 0]]
