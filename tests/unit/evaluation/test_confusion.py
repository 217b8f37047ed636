"""The confusion matrix against scikit-learn, hand counts and the official Cityscapes script."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from known_sets import CITYSCAPES_CLASSES, CITYSCAPES_ID_TO_TRAIN
from PIL import Image

from pipeline_src.errors import DataError
from pipeline_src.evaluation.confusion import ConfusionMatrix
from pipeline_src.evaluation.submission import to_label_ids

ID_TO_TRAIN = np.full(256, 255, dtype=np.uint8)
for _raw, _train in CITYSCAPES_ID_TO_TRAIN.items():
    if _raw >= 0:
        ID_TO_TRAIN[_raw] = _train


def random_maps(seed: int, classes: int, *, absent: tuple[int, ...] = (), void: float = 0.1):
    """Truth with void pixels and a prediction that agrees with it on about half of the pixels."""
    rng = np.random.default_rng(seed)
    present = np.setdiff1d(np.arange(classes), absent)
    truth = rng.choice(present, (40, 50)).astype(np.uint8)
    prediction = np.where(rng.random(truth.shape) < 0.5, truth, rng.choice(present, truth.shape)).astype(
        np.uint8
    )
    truth[rng.random(truth.shape) < void] = 255
    return truth, prediction


def test_counts_by_hand() -> None:
    matrix = ConfusionMatrix(3)
    matrix.update(np.array([[0, 0, 1], [1, 2, 255]]), np.array([[0, 1, 1], [1, 0, 2]]))
    assert matrix.counts.tolist() == [[1, 1, 0], [0, 2, 0], [1, 0, 0]]
    assert matrix.iou() == pytest.approx([1 / 3, 2 / 3, 0.0])
    assert matrix.miou() == pytest.approx(1 / 3)
    assert matrix.pixel_accuracy() == pytest.approx(3 / 5)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("classes", "absent"), [(2, ()), (11, (3,)), (19, (0, 14, 18)), (19, ())])
def test_equals_scikit_learn(seed: int, classes: int, absent: tuple[int, ...]) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    truth, prediction = random_maps(seed, classes, absent=absent)
    matrix = ConfusionMatrix(classes)
    matrix.update(truth, prediction)
    seen = truth != 255
    labels = [k for k in range(classes) if k not in absent]
    expected = metrics.jaccard_score(truth[seen], prediction[seen], labels=labels, average=None)
    assert matrix.iou()[labels] == pytest.approx(expected, abs=1e-12)
    assert np.isnan(matrix.iou()[list(absent)]).all()
    assert matrix.miou() == pytest.approx(expected.mean(), abs=1e-12)
    assert matrix.pixel_accuracy() == pytest.approx(metrics.accuracy_score(truth[seen], prediction[seen]))
    assert (
        matrix.counts == metrics.confusion_matrix(truth[seen], prediction[seen], labels=range(classes))
    ).all()


def test_void_pixels_never_count_whatever_is_predicted() -> None:
    truth, prediction = random_maps(1, 5)
    one, two = ConfusionMatrix(5), ConfusionMatrix(5)
    one.update(truth, prediction)
    prediction[truth == 255] = 4
    two.update(truth, prediction)
    assert (one.counts == two.counts).all()


@pytest.mark.parametrize("ignore", [11, 255])
def test_void_may_be_the_value_after_the_classes(ignore: int) -> None:
    truth = np.array([0, 10, ignore], dtype=np.uint8)
    matrix = ConfusionMatrix(11, ignore=ignore)
    matrix.update(truth, np.array([0, 10, 3], dtype=np.uint8))
    assert matrix.counts.sum() == 2 and matrix.miou() == 1.0


def test_a_class_only_predicted_counts_as_zero() -> None:
    matrix = ConfusionMatrix(3)
    matrix.update(np.array([0, 0]), np.array([0, 1]))
    assert matrix.iou()[:2] == pytest.approx([0.5, 0.0]) and np.isnan(matrix.iou()[2])
    assert matrix.miou() == pytest.approx(0.25)


def test_several_updates_equal_one_over_all() -> None:
    parts = [random_maps(seed, 7) for seed in range(4)]
    whole, together = ConfusionMatrix(7), ConfusionMatrix(7)
    for truth, prediction in parts:
        whole.update(truth, prediction)
    together.update(*(np.concatenate([one.ravel() for one in side]) for side in zip(*parts, strict=True)))
    assert (whole.counts == together.counts).all()


def test_nothing_labelled_has_no_score() -> None:
    matrix = ConfusionMatrix(2)
    matrix.update(np.full((3, 3), 255), np.zeros((3, 3), dtype=int))
    assert np.isnan(matrix.miou()) and np.isnan(matrix.pixel_accuracy())
    assert matrix.scores(["a", "b"]) == {
        "miou": None,
        "per_class_iou": {"a": None, "b": None},
        "pixel_accuracy": None,
    }


@pytest.mark.parametrize("value", [-1, 3, 255])
def test_a_prediction_that_is_no_class_is_refused(value: int) -> None:
    with pytest.raises(ValueError, match="predictions span"):
        ConfusionMatrix(3).update(np.array([0, 255]), np.array([0, value]))


@pytest.mark.parametrize("value", [-1, 3, 4, 254])
def test_an_unknown_label_value_is_refused_by_name(value: int) -> None:
    with pytest.raises(DataError, match=f"value {value}"):
        ConfusionMatrix(3).update(np.array([0, 255, value]), np.array([0, 0, 0]))


def test_maps_of_different_shape_are_refused() -> None:
    with pytest.raises(ValueError, match="differ in shape"):
        ConfusionMatrix(3).update(np.zeros((2, 3), int), np.zeros((3, 2), int))


def official_result(folder: Path, pairs: list[tuple[np.ndarray, np.ndarray]]) -> dict[str, Any]:
    """Class scores of the official script on (raw label ids, predicted label ids) pairs."""
    official = pytest.importorskip("cityscapesscripts.evaluation.evalPixelLevelSemanticLabeling")
    official.args.evalInstLevelScore = official.args.JSONOutput = False
    official.args.quiet = True
    truths, predictions = [], []
    for index, (truth, prediction) in enumerate(pairs):
        truths.append(str(folder / f"truth_{index}.png"))
        predictions.append(str(folder / f"prediction_{index}.png"))
        Image.fromarray(truth).save(truths[-1], compress_level=1)
        Image.fromarray(prediction).save(predictions[-1], compress_level=1)
    result: dict[str, Any] = official.evaluateImgLists(predictions, truths, official.args)
    return result


def assert_equal_to_official(folder: Path, pairs: list[tuple[np.ndarray, np.ndarray]]) -> None:
    """`pairs` of (raw label ids, predicted train ids): ours on train ids equals theirs on label ids."""
    result = official_result(
        folder, [(raw, to_label_ids(pred, CITYSCAPES_ID_TO_TRAIN)) for raw, pred in pairs]
    )
    matrix = ConfusionMatrix(19)
    for raw, prediction in pairs:
        matrix.update(ID_TO_TRAIN[raw], prediction)
    theirs = [result["classScores"][name] for name in CITYSCAPES_CLASSES]
    assert matrix.iou() == pytest.approx(theirs, abs=1e-12, nan_ok=True)
    assert matrix.miou() == pytest.approx(result["averageScoreClasses"], abs=1e-12)


@pytest.mark.parametrize("seed", range(3))
def test_equals_the_official_script_on_random_maps(tmp_path: Path, seed: int) -> None:
    rng = np.random.default_rng(seed)
    pairs = []
    for _ in range(3):
        raw = rng.integers(0, 34, (32, 48)).astype(np.uint8)
        raw[np.isin(raw, (27, 31))] = 7  # truck and train are in no truth
        guess = rng.integers(0, 19, raw.shape).astype(np.uint8)
        guess[guess == 16] = 0  # and train is in no prediction either
        known = ID_TO_TRAIN[raw] != 255
        pairs.append((raw, np.where(known & (rng.random(raw.shape) < 0.6), ID_TO_TRAIN[raw], guess)))
    assert_equal_to_official(tmp_path, pairs)


def test_equals_the_official_script_on_real_labels(tmp_path: Path, real_data: Path) -> None:
    labels = sorted((real_data / "cityscapes_sample").rglob("*_gtFine_labelIds.png"))[:2]
    if not labels:
        pytest.skip("the real data holds no cityscapes_sample")
    pairs = []
    for path in labels:
        raw = np.array(Image.open(path))
        # A plausible prediction: the truth moved by a few pixels, void filled with the class beside it.
        moved = np.roll(ID_TO_TRAIN[raw], (5, 9), axis=(0, 1))
        moved[moved == 255] = 2
        moved[::50] = np.arange(moved.shape[1]) % 19
        pairs.append((raw, moved))
    assert_equal_to_official(tmp_path, pairs)
