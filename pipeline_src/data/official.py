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


IMAGENET = Official({"train": 1281167, "val": 50000}, 1000)
