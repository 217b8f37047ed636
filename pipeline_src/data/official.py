"""What the official releases hold, to tell a user by how much a folder differs from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Official:
    """An official release.

    Attributes:
        counts: frames by split. classes: how many.
        train_percent: share of each class in the labelled pixels of the training split, in class order.
    """

    counts: Mapping[str, int]
    classes: int
    train_percent: tuple[float, ...] = field(default=())


OFFICIAL: dict[str, Official] = {
    "cityscapes": Official(
        {"train": 2975, "val": 500, "test": 1525, "coarse": 19998},
        19,
        (36.9, 6.1, 22.8, 0.66, 0.88, 1.2, 0.21, 0.55, 15.9, 1.2, 4.0, 1.2, 0.14, 7.0, 0.27, 0.24, 0.23, 0.10,
         0.41),
    ),
    "camvid": Official(
        {"train": 367, "val": 101, "test": 233},
        11,
        (17.5, 24.2, 1.0, 33.0, 4.7, 10.1, 1.2, 1.2, 6.1, 0.67, 0.30),
    ),
    "imagenet": Official({"train": 1281167, "val": 50000}, 1000),
}  # fmt: skip
