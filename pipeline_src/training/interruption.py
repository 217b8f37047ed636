"""Asking a long step to save its work and go: SIGTERM, or SLURM's warning SIGUSR1."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGTERM, signal.SIGUSR1)


class Interrupted(BaseException):
    """A step was told to go before it was done; started again, it goes on from its checkpoint.

    Like KeyboardInterrupt no Exception: a library that passes over a failed import must not pass over it.
    """


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


@contextmanager
def leave_on_signals() -> Iterator[None]:
    """Raise Interrupted on SIGTERM and SIGUSR1 while the body runs, unless `watch_signals` notes them.

    For the time before and after the steps, in which nothing is to be saved.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    owner = os.getpid()

    def leave(number: int, _frame: FrameType | None) -> None:
        if os.getpid() != owner:  # a forked worker: it goes as if nothing had been said here
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
            return
        raise Interrupted(f"told to stop by {signal.Signals(number).name}; start again to go on")

    former = {number: signal.signal(number, leave) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
