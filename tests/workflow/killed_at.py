"""Runs `autortnet` and kills it with SIGKILL at a given moment: python killed_at.py MOMENT COMMAND ...

MOMENT is WHEN:NAME:NUMBER, for the NUMBER-th file whose name starts with NAME. WHEN is
    half    as half of its bytes are written, under the temporary name
    before  as it is whole, under the temporary name
    after   as it stands under its own name
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from pipeline_src.cli.main import main

moment, *words = sys.argv[1:]
when, name, number = moment.split(":")
move, seen = Path.replace, 0


def replace(self: Path, target: Path) -> Path:
    """As Path.replace, which puts every output and checkpoint in its place."""
    global seen
    seen += Path(target).name.startswith(name)
    is_it = Path(target).name.startswith(name) and seen == int(number)
    if is_it and when == "half":
        os.truncate(self, self.stat().st_size // 2)
    if is_it and when != "after":
        os.kill(os.getpid(), signal.SIGKILL)
    moved = move(self, target)
    if is_it:
        os.kill(os.getpid(), signal.SIGKILL)
    return moved


Path.replace = replace  # type: ignore[method-assign]
sys.exit(main(words))
