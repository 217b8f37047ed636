"""Pools of `map_ordered`: each test in a process without torch, as the commands of preparation run."""

from __future__ import annotations

import subprocess
import sys

BEGIN = """
import signal, sys
from pipeline_src.data.parallel import map_ordered
from pipeline_src.training.interruption import leave_on_signals

def handler(_):
    return signal.getsignal(signal.SIGTERM) is signal.SIG_DFL

def failing(number):
    if number == 70:
        raise ValueError(f"task {number}")
    return number

assert "torch" not in sys.modules  # else workers are spawned, and take over no handler
"""


def _run(body: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", BEGIN + body], capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_no_worker_keeps_the_commands_signal_handler() -> None:
    """With one, a worker that is terminated just before it waits for its queue waits for ever."""
    body = """
with leave_on_signals():
    assert signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL
    print(sum(map_ordered(handler, range(96), 2)))
"""
    assert _run(body) == "96"


def test_a_failed_task_ends_the_pool() -> None:
    body = """
with leave_on_signals():
    try:
        map_ordered(failing, range(96), 2)
    except ValueError as error:
        print(error)
"""
    assert _run(body) == "task 70"
