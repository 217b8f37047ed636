"""Plant one bug at a time in a copy of the checkout and report whether `make test` catches it.

    python -m tests.mutants              # all of them
    python -m tests.mutants resume       # some, by name

Each bug is one replaced piece of text in one file. The quick tests (those that `make test` runs) run on the
copy, the given test files first, and end at the first failure. The exit status is 1 if a bug survives.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]


class Mutant(NamedTuple):
    """A bug: in `file`, `old` becomes `new`. `first` are the tests that run first."""

    file: str
    old: str
    new: str
    first: str


MUTANTS = {
    "statistics": Mutant(
        "pipeline_src/reporting/claims/statistics.py",
        "min(1.0, (len(tested) - rank) * p)",
        "min(1.0, (len(tested) - rank - 1) * p)",
        "tests/unit/reporting/claims",
    ),
    "comparability": Mutant(
        "pipeline_src/reporting/tables/conditions.py",
        "if not timing and paper.split and here.split and paper.split != here.split:",
        "if timing and paper.split and here.split and paper.split != here.split:",
        "tests/unit/reporting/tables",
    ),
    "splits": Mutant(
        "pipeline_src/data/splitting.py", "return sequence_of(name) or name", "return name", "tests/unit/data"
    ),
    "resume": Mutant(
        "pipeline_src/training/engine.py",
        'self.epoch, self.batch, self.rows = state["epoch"], state["batch"], state["rows"]',
        'self.epoch, self.batch, self.rows = state["epoch"], 0, state["rows"]',
        "tests/unit/training",
    ),
    "LUT fingerprint": Mutant(
        "pipeline_src/latency/fingerprint.py",
        'if name != "date" and',
        'if name not in ("date", "threads") and',
        "tests/unit/latency",
    ),
    "code digest": Mutant(
        "workflow/code.py", "found |= self._data(module)", "pass", "tests/unit/test_code.py"
    ),
    "CSV guard": Mutant(
        "pipeline_src/spreadsheets.py",
        '("=", "+", "-", "@", ',
        '("=", "+", "-", ',
        "tests/unit/reporting/provenance",
    ),
    "liveness": Mutant(
        "pipeline_src/reporting/read/liveness.py",
        "(reached[source] and operation != ZERO)",
        "reached[source]",
        "tests/unit/reporting",
    ),
    "provenance": Mutant(
        "pipeline_src/reporting/provenance/trace.py",
        "waiting += one.inputs",
        "waiting += one.inputs[:1]",
        "tests/unit/reporting",
    ),
    "matched sampling": Mutant(
        "pipeline_src/space/sampling.py",
        "if abs(latency - target_us) <= tolerance * target_us:",
        "if latency - target_us <= tolerance * target_us:",
        "tests/unit/space",
    ),
    "not-run markers": Mutant(
        "pipeline_src/reporting/tables/measures.py",
        "if marker is None or marker.equal_to else Reading(None, path, marker.reason)",
        "if marker is None else Reading(None, path, marker.reason)",
        "tests/unit/reporting/tables",
    ),
    "confusion matrix": Mutant(
        "pipeline_src/evaluation/confusion.py",
        "counts.reshape(self.num_classes + 1, self.num_classes)[:-1]",
        "counts.reshape(self.num_classes + 1, self.num_classes)[:-1].T",
        "tests/unit/evaluation",
    ),
}


def caught_by(mutant: Mutant) -> str:
    """Return the first quick test that fails with the bug in place, or an empty text if all pass.

    Raises:
        SystemExit: the text to replace does not occur exactly once, or pytest does not run.
    """
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "checkout"
        subprocess.run(["git", "clone", "--quiet", ROOT, copy], check=True)
        if (data := ROOT.parent / "shared").is_dir():
            (Path(folder) / "shared").symlink_to(data)
        path = copy / mutant.file
        shutil.copy(ROOT / mutant.file, path)
        text = path.read_text(encoding="utf-8")
        if text.count(mutant.old) != 1:
            sys.exit(f"error: {mutant.file}: {mutant.old!r} must occur once. Update tests/mutants.py.")
        path.write_text(text.replace(mutant.old, mutant.new), encoding="utf-8")
        # Subprocesses of the tests import the copy, too: PYTHONPATH comes before the editable install.
        environment = {**os.environ, "PYTHONPATH": str(copy)}
        for tests in (mutant.first, "tests"):
            command = [sys.executable, "-m", "pytest", "-x", "-q", "-m", "not slow", tests]
            done = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True)
            if done.returncode not in (0, 1):
                output = done.stdout[-2000:] + done.stderr
                sys.exit(f"error: pytest ended with status {done.returncode}:\n{output}")
            if found := re.findall(r"^(?:FAILED|ERROR) (\S+)", done.stdout, re.MULTILINE):
                return found[0]
    return ""


def main() -> None:
    """Plant the bugs that the command line names, all without any, and print what catches each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(MUTANTS)} (default: all)")
    names = parser.parse_args().names or [*MUTANTS]
    if unknown := set(names) - MUTANTS.keys():
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    survivors = []
    for name in names:
        test = caught_by(MUTANTS[name])
        print(f"{name}: {f'caught by {test}' if test else 'NOT CAUGHT'}", flush=True)
        survivors += [] if test else [name]
    sys.exit(f"error: no quick test catches {', '.join(survivors)}" if survivors else 0)


if __name__ == "__main__":
    main()
