"""The progress line of `make reproduce`: by real runs of a few short jobs."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest
from small_runs import environment
from test_unlock import make, with_make
from workflow_checkout import Checkout

RULES = """
rule fails:
    output: "fails.txt"
    log: "fails.log"
    shell: "echo the reason > {log}; exit 1"
"""
FIGURE = "reports/tiny/figures/figure_2.png"


@pytest.fixture
def short(checkout: Checkout, repository: Path) -> Checkout:
    """A checkout whose `make reproduce` runs two targets: a figure, and a rule that fails."""
    with_make(checkout, repository)
    (checkout.root / "own.smk").write_text(RULES)
    text = (checkout.root / "Makefile").read_text()
    assert " reproduce_tables $(ARGS)" in text
    (checkout.root / "Makefile").write_text(text.replace(" reproduce_tables $(ARGS)", " $(ARGS)"))
    return checkout


def test_a_line_replaces_the_log_and_errors_still_show(short: Checkout) -> None:
    words = f"ARGS={FIGURE} fails.txt --config workflow={{custom_rules:[own.smk]}}"
    ended = make(short, "reproduce", "CORES=1", words)
    text = ended.stdout + ended.stderr
    assert ended.returncode != 0 and (short.root / FIGURE).is_file()
    assert f"First figure: {FIGURE}" in text and re.search(r"^1 of 2 jobs", text, re.MULTILINE), text
    assert "Error in rule fails" in text and "the reason" in text
    assert "rule plot_figure:" not in text and "Select jobs to execute" not in text

    again = make(short, "reproduce", "CORES=1", f"ARGS={FIGURE}")
    assert again.returncode == 0 and "Nothing to be done" in again.stdout + again.stderr
    log = make(short, "reproduce", "CORES=1", "VERBOSE=1", f"ARGS={FIGURE} --forceall")
    assert log.returncode == 0 and "rule plot_figure:" in log.stdout + log.stderr
    assert "First figure" not in log.stdout + log.stderr


def test_on_a_terminal_the_line_is_rewritten_in_place(short: Checkout) -> None:
    controller, terminal = pty.openpty()
    words = [Path(sys.executable).with_name("snakemake"), FIGURE, "--cores", "1"]
    surroundings = {**environment(short.root), "AUTORTNET_PROGRESS": "1", "COLUMNS": "60"}
    with subprocess.Popen(words, cwd=short.root, env=surroundings, stderr=terminal) as running:
        os.close(terminal)
        found = b""
        while True:
            try:
                found += os.read(controller, 4096)
            except OSError:  # the other end is closed
                break
    os.close(controller)
    assert running.returncode == 0, found
    lines = [line for line in found.decode().split("\r\x1b[2K") if " of 1 jobs" in line]
    assert any(line.startswith("0 of 1 jobs") and "plot_figure figure_2" in line for line in lines), lines
    assert lines[-1].startswith("1 of 1 jobs\r\n") and max(map(len, lines[:-1])) < 60
