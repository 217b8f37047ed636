"""Tests that call make see the Makefile's own values, whatever `make test` itself was called with."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

INNER = 'all:\n\t@echo "$(ARGS)$(CORES)|$(MAKELEVEL)"\n'
TEST = """
import os, subprocess, sys
from processes import leave_make
if sys.argv[1] == "leave":
    leave_make(os.environ)
subprocess.run(["make", "-s", "-f", "inner.mk"], check=True)
"""


def test_a_make_below_does_not_inherit_the_arguments_of_the_one_above(tmp_path: Path) -> None:
    (tmp_path / "inner.mk").write_text(INNER)
    (tmp_path / "run.py").write_text(TEST)
    outer = "all:\n\t@$(PYTHON) run.py stay\n\t@$(PYTHON) run.py leave\n"
    (tmp_path / "Makefile").write_text(outer)
    words = ["make", "-s", f"PYTHON={sys.executable}", 'ARGS=-o addopts="-a b" -v', "CORES=3"]
    tests = Path(__file__).resolve().parents[1]
    environment = os.environ | {"PYTHONPATH": str(tests)}
    done = subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["-o addopts=-a b -v3|1", "|0"]
