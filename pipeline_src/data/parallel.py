"""Ordered work over files, in this process or in a pool, whose errors arrive as they were raised."""

from __future__ import annotations

import multiprocessing
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Generic, Protocol, TypeVar

from pipeline_src.errors import DataError

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


class _Guarded(Generic[Task, Result]):
    """Carries a DataError home as plain strings: an exception with three arguments does not unpickle."""

    def __init__(self, function: Callable[[Task], Result]) -> None:
        self.function = function

    def __call__(self, task: Task) -> tuple[Result | None, tuple[str, str, str] | None]:
        try:
            return self.function(task), None
        except DataError as error:
            return None, (error.where, error.problem, error.remedy)


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
    guarded = _Guarded(function)
    if processes <= 1 or len(tasks) < _POOL_FROM:
        return _collected(progress(map(guarded, tasks), len(tasks), label))
    # A forked child starts at once, but must not inherit torch's threads.
    method = "fork" if sys.platform == "linux" and "torch" not in sys.modules else "spawn"
    chunk = max(1, min(32, len(tasks) // (processes * 4)))
    with multiprocessing.get_context(method).Pool(processes) as pool:
        outcomes: Iterator[tuple[Result | None, tuple[str, str, str] | None]]
        outcomes = pool.imap(guarded, tasks, chunksize=chunk)
        return _collected(progress(outcomes, len(tasks), label))


def _collected(outcomes: Iterable[tuple[Result | None, tuple[str, str, str] | None]]) -> list[Result]:
    results: list[Result] = []
    for result, failure in outcomes:
        if failure is not None:
            raise DataError(*failure)
        results.append(result)  # type: ignore[arg-type]
    return results
