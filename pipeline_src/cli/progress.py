"""A bar where a person watches, plain log lines where nobody does."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")
LOG = logging.getLogger(__name__)
SECONDS_BETWEEN_LINES = 30.0


def progress(items: Iterable[T], total: int, label: str) -> Iterator[T]:
    """Pass `items` on, showing how many of `total` are done."""
    if sys.stderr.isatty():
        from tqdm import tqdm

        yield from tqdm(items, total=total, desc=label)
        return
    started = said = time.monotonic()
    done = 0
    for done, item in enumerate(items, start=1):
        yield item
        now = time.monotonic()
        if now - said >= SECONDS_BETWEEN_LINES:
            LOG.info("%s: %d of %d, %.0f s", label, done, total, now - started)
            said = now
    LOG.info("%s: %d of %d done in %.1f s", label, done, total, time.monotonic() - started)
