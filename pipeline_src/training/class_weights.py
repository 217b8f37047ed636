"""Weights of classes for a cross-entropy in which rare classes count more (A30). [no torch]"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipeline_src.config.feasible import wrong_number_of_weights
from pipeline_src.config.models import Weighting
from pipeline_src.errors import ConfigError

KEY = "finetune.class_weights"
ENET_OFFSET = 1.02
"""Added to a class's frequency, so that weights are between 1.4 and 50.5 (Paszke et al. 2016, Sec. 4)."""


def class_weights(
    wanted: Weighting | Sequence[float] | None, class_pixels: Sequence[int]
) -> tuple[float, ...] | None:
    """Compute the weight of each class; None where all weigh the same.

    Args:
        wanted: `finetune.class_weights`: "enet" is 1 / ln(1.02 + frequency), "balanced" is scikit-learn's
            1 / (K * frequency), and numbers are taken as they are.
        class_pixels: labelled pixels of each class in the training splits (K,); ignored pixels count nowhere.

    Raises:
        ConfigError: there is not one number for each class, or "balanced" is given a class without pixels.
    """
    if wanted is None:
        return None
    if not isinstance(wanted, str):
        problem = wrong_number_of_weights(wanted, len(class_pixels), "the data set")
        if problem:
            raise ConfigError(KEY, problem, "Give one number for each class, or set enet.")
        return tuple(wanted)
    counts = np.asarray(class_pixels, dtype=np.float64)
    if wanted == "enet":
        return tuple((1 / np.log(ENET_OFFSET + counts / counts.sum())).tolist())
    absent = np.flatnonzero(counts == 0).tolist()
    if absent:
        raise ConfigError(
            KEY,
            f"is balanced, but the training splits have no pixels of classes {absent} (counted from 0).",
            "Set enet, whose weights are finite, or give a list of numbers.",
        )
    from sklearn.utils.class_weight import compute_class_weight

    classes = np.arange(len(counts))
    found = compute_class_weight("balanced", classes=classes, y=classes, sample_weight=counts)
    return tuple(found.tolist())
