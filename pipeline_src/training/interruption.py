"""Asking a long step to save its work and go: SIGTERM, or SLURM's warning SIGUSR1."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGTERM, signal.SIGUSR1)


class Interrupted(Exception):
    """A step was told to go before it was done; started again, it goes on from its checkpoint."""


class StopRequest:
    """Whether a signal has asked this process to stop; a loop looks at it between two steps."""

    def __init__(self) -> None:
        self.requested = False

    def note(self, _number: int, _frame: FrameType | None) -> None:
        """Signal handler: remember, and let the running step finish."""
        self.requested = True


@contextmanager
def watch_signals() -> Iterator[StopRequest]:
    """Note SIGTERM and SIGUSR1 while the body runs, and put the former handlers back.

    Python lets only the main thread handle signals: in another one nothing is ever requested.
    """
    stop = StopRequest()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    former = {number: signal.signal(number, stop.note) for number in SIGNALS}
    try:
        yield stop
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
