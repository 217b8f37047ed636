"""Ordered work over files, in this process or in a pool; an error is that of the first task that failed."""

from __future__ import annotations

import multiprocessing
import signal
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol, TypeVar

Task = TypeVar("Task")
Result = TypeVar("Result")

# Below this many files the start of a pool costs more than it saves.
_POOL_FROM = 64


class Progress(Protocol):
    """Wraps an iterable to report how far it has come."""

    def __call__(self, iterable: Iterable[Result], total: int, label: str, /) -> Iterable[Result]:
        """Pass the items on; `label` says what is being done."""
        ...


def silent(iterable: Iterable[Result], total: int, label: str, /) -> Iterable[Result]:
    """Report nothing."""
    del total, label
    return iterable


def map_ordered(
    function: Callable[[Task], Result],
    tasks: Sequence[Task],
    processes: int = 1,
    progress: Progress = silent,
    label: str = "",
) -> list[Result]:
    """Results of `function` over `tasks`, in their order, the same for any number of processes.

    Raises:
        DataError: that of the first task that failed.
    """
    if processes <= 1 or len(tasks) < _POOL_FROM:
        return list(progress(map(function, tasks), len(tasks), label))
    # A forked child starts at once, but must not inherit torch's threads.
    method = "fork" if sys.platform == "linux" and "torch" not in sys.modules else "spawn"
    chunk = max(1, min(32, len(tasks) // (processes * 4)))
    with multiprocessing.get_context(method).Pool(processes, initializer=_end_by_default) as pool:
        results = list(progress(pool.imap(function, tasks, chunksize=chunk), len(tasks), label))
        pool.close()  # the workers leave by themselves; after an error they are terminated
        pool.join()
    return results


def _end_by_default() -> None:
    """Let SIGTERM end a worker at once, as `Pool.terminate` needs it.

    A handler in Python, taken over from the command by fork, runs only when the interpreter has control:
    a signal that comes just before a worker waits for its queue is noted, and the worker waits for ever.
    """
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
