"""The one confusion matrix behind every accuracy of the project, equal to the official script's. [no torch]

Shape legend: H W pixels, K classes. Rows are the truth, columns the prediction.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline_src.data.classes import IGNORE
from pipeline_src.errors import DataError

IntArray = NDArray[np.integer]


class ConfusionMatrix:
    """Pixel counts of (true class, predicted class), void pixels of the truth left out (Sec. 4.3).

    Args:
        num_classes: K, the number of classes that are evaluated.
        ignore: the label value of void pixels; it never counts, whatever is predicted there.
    """

    def __init__(self, num_classes: int, ignore: int = IGNORE) -> None:
        if num_classes < 1 or 0 <= ignore < num_classes:
            raise ValueError(f"{num_classes} classes with ignore value {ignore} make no confusion matrix")
        self.num_classes, self.ignore = num_classes, ignore
        self.counts: NDArray[np.int64] = np.zeros((num_classes, num_classes), dtype=np.int64)

    def update(self, truth: IntArray, prediction: IntArray) -> None:
        """Count the pixels of one or more label maps.

        Args:
            truth: integers of any shape, class indices or `ignore`.
            prediction: integers of the same shape, class indices 0..K-1.

        Raises:
            ValueError: the shapes differ, or a prediction is not a class index.
            DataError: the truth holds a value that is neither a class index nor `ignore`.
        """
        if truth.shape != prediction.shape:
            raise ValueError(f"truth {truth.shape} and prediction {prediction.shape} differ in shape")
        if truth.size == 0:
            return
        low, high = int(prediction.min()), int(prediction.max())
        if low < 0 or high >= self.num_classes:
            raise ValueError(f"predictions span {low}..{high}, but the classes are 0..{self.num_classes - 1}")
        # Void pixels fall into a further row that is cut off: cheaper than selecting the other pixels.
        rows = self._rows(truth)
        encoded = rows * np.int32(self.num_classes) + prediction.astype(np.int32, copy=False)
        counts = np.bincount(encoded.ravel(), minlength=(self.num_classes + 1) * self.num_classes)
        self.counts += counts.reshape(self.num_classes + 1, self.num_classes)[:-1]

    def _rows(self, truth: IntArray) -> NDArray[np.int32]:
        """The matrix row of every pixel: its class, or K where it is void."""
        rows = truth.astype(np.int32)
        rows[rows == self.ignore] = self.num_classes
        low, high = int(rows.min()), int(rows.max())
        if low < 0 or high > self.num_classes:
            strange = next(v for v in np.unique(truth) if v != self.ignore and not 0 <= v < self.num_classes)
            raise DataError(
                "label map",
                f"holds the value {strange}, which is neither a class (0..{self.num_classes - 1}) "
                f"nor void ({self.ignore}).",
                "Prepare the data set again, or evaluate with the classes it was labelled in.",
            )
        if self.ignore != self.num_classes and np.any(truth == self.num_classes):
            raise DataError(
                "label map",
                f"holds the value {self.num_classes}, but the classes are 0..{self.num_classes - 1}.",
                "Prepare the data set again, or evaluate with the classes it was labelled in.",
            )
        return rows

    def iou(self) -> NDArray[np.float64]:
        """Intersection over union of every class, shape (K,); nan where truth and prediction lack it."""
        hits = np.diag(self.counts).astype(np.float64)
        union = self.counts.sum(axis=0) + self.counts.sum(axis=1) - np.diag(self.counts)
        return np.divide(hits, union, out=np.full(self.num_classes, np.nan), where=union > 0)

    def miou(self) -> float:
        """Mean of the classes' IoU without the absent ones, as the official script averages; nan if empty."""
        scores = self.iou()
        present = scores[~np.isnan(scores)]
        return float(present.mean()) if present.size else float("nan")

    def pixel_accuracy(self) -> float:
        """Share of labelled pixels whose class was predicted; nan without labelled pixels."""
        total = int(self.counts.sum())
        return float(np.trace(self.counts) / total) if total else float("nan")

    def scores(self, class_names: Sequence[str]) -> dict[str, object]:
        """The result as JSON values: `miou`, `per_class_iou`, `pixel_accuracy`; null where undefined."""
        if len(class_names) != self.num_classes:
            raise ValueError(f"{len(class_names)} class names for {self.num_classes} classes")
        return {
            "miou": _null_if_nan(self.miou()),
            "per_class_iou": {
                name: _null_if_nan(float(score)) for name, score in zip(class_names, self.iou(), strict=True)
            },
            "pixel_accuracy": _null_if_nan(self.pixel_accuracy()),
        }


def _null_if_nan(value: float) -> float | None:
    return None if np.isnan(value) else value
