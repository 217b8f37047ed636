"""Commands as a person or a machine sees them: on a terminal, and by the processor time that they take."""

from __future__ import annotations

import fcntl
import os
import pty
import resource
import shlex
import struct
import subprocess
import termios
from collections.abc import Callable, MutableMapping, Sequence
from typing import Any, Literal


def on_a_terminal(
    words: Sequence[str], *, width: int = 80, stream: Literal["stdout", "stderr"] = "stdout", **options: Any
) -> bytes:
    """What a command that ends well writes to a terminal of a width; `options` are of `subprocess.Popen`."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))  # rows and columns
    other = "stderr" if stream == "stdout" else "stdout"
    streams: dict[str, Any] = {stream: slave} | ({other: subprocess.DEVNULL} if stream == "stderr" else {})
    shown = b""
    with subprocess.Popen(words, **streams, **options) as running:
        os.close(slave)
        while True:
            try:
                piece = os.read(master, 4096)
            except OSError:  # Linux: the other end is closed
                break
            if not piece:
                break
            shown += piece
    os.close(master)
    assert running.returncode == 0
    return shown


def processor_s(run: Callable[[], object]) -> float:
    """Seconds of processor time of the processes that `run` starts and waits for.

    Not the clock: other work may share the machine.
    """
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    run()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def leave_make(environment: MutableMapping[str, str]) -> None:
    """Take out what a make above hands down: `make test ARGS=-v` would set ARGS for a test's own make too."""
    _, _, given = environment.get("MAKEFLAGS", "").partition("-- ")
    for word in shlex.split(given):
        environment.pop(word.partition("=")[0], None)
    for name in ("MAKEFLAGS", "MAKEOVERRIDES", "MFLAGS", "MAKELEVEL"):
        environment.pop(name, None)
