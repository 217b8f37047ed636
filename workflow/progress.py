"""One line that shows how far a run is, in the place of Snakemake's log: `make reproduce`.

    45 of 217 jobs, about 6 min left: finetune_network cityscapes-g0.01-s2-d2.3.3-train, plot_figure figure_2

The line is rewritten in place on a terminal, and printed every 30 s elsewhere. Warnings and errors of
Snakemake still appear, and the complete log is in .snakemake/log. The environment variable
`AUTORTNET_PROGRESS` turns the line on.
"""

from __future__ import annotations

import logging
import os
import shutil
import sys
import threading
import time
from pathlib import Path
from typing import Any, TextIO

from pipeline_src.config.grid import Grid
from pipeline_src.planning.graph import Graph
from pipeline_src.planning.remaining import remaining_s
from pipeline_src.planning.schedule import Machine
from pipeline_src.planning.table import duration

VARIABLE = "AUTORTNET_PROGRESS"
KEPT = (
    "Nothing to be done",
    "Trying to restart job",
    "Will exit after",
    "Terminating processes",
    "Complete log",
)
"""How messages begin that are shown although they are neither warnings nor errors."""
TERMINAL_S, PLAIN_S, ESTIMATE_S = 1.0, 30.0, 15.0
"""Seconds between two lines on a terminal, two lines elsewhere, and two estimates."""


class Progress(logging.Handler):
    """Follows Snakemake's log records; shows jobs done, jobs that run, and the time left.

    Args:
        stream: for the line.
    """

    def __init__(self, stream: TextIO = sys.stderr) -> None:
        super().__init__()
        self.stream, self.in_place = stream, stream.isatty()
        self.done, self.total = 0, 0
        self.left_s: float | None = None
        self.running: dict[int, tuple[str, list[str], float]] = {}
        self.pending: set[str] = set()
        self.figure_is_shown = False
        self.started = False
        self.ended = threading.Event()

    @classmethod
    def install(cls, workflow: Any) -> Progress | None:
        """Replace the log of Snakemake's main process by the line, where `AUTORTNET_PROGRESS` asks for it.

        Dry runs and `--quiet all` keep the log as it is.
        """
        settings = workflow.output_settings
        quiet = {one.name.lower() for one in settings.quiet or ()}
        if not os.environ.get(VARIABLE) or not workflow.is_main_process or settings.dryrun or "all" in quiet:
            return None
        logger = workflow.logger_manager.logger
        progress = cls()
        for handler in logger.handlers:
            if handler.name == "DefaultStreamHandler":
                handler.addFilter(progress.shows)
        logger.addHandler(progress)
        return progress

    def shows(self, record: logging.LogRecord) -> bool:
        """Return whether Snakemake prints a message itself; clear the line for it."""
        if record.levelno < logging.WARNING and not str(record.msg).startswith(KEPT):
            return False
        self._clear()
        return True

    def start(self, grid: Grid, workflow: Any) -> None:
        """Begin to show the line, before the first job of Snakemake's workflow starts."""
        self.pending = {str(path) for job in workflow.dag.needrun_jobs() for path in job.output}
        slots, is_cluster = workflow.cores if workflow.local_exec else workflow.nodes, not workflow.local_exec
        machine = Machine.of(grid.config.runtime, slots, has_devices=is_cluster)
        self.started = True
        threading.Thread(target=self._follow, args=(grid, machine), daemon=True).start()

    def close(self) -> None:
        """Show the last line and end."""
        if self.started and not self.ended.is_set():
            self._draw()
            if self.in_place:
                self.stream.write("\n")
        self.ended.set()
        super().close()

    def emit(self, record: logging.LogRecord) -> None:
        """Note what a record of Snakemake reports about jobs."""
        event, now = str(getattr(record, "event", "")), time.monotonic()
        if event == "job_info":
            name = Path(record.log[0]).stem if record.log else ""  # type: ignore[attr-defined]
            what = f"{record.rule_name} {name}".strip()  # type: ignore[attr-defined]
            self.running[record.jobid] = what, list(record.output), now  # type: ignore[attr-defined]
        elif event == "job_error":
            self.running.pop(record.jobid, None)  # type: ignore[attr-defined]
        elif event == "job_finished" and record.job_id in self.running:  # type: ignore[attr-defined]
            what, outputs, _ = self.running.pop(record.job_id)  # type: ignore[attr-defined]
            self.pending.difference_update(outputs)
            if what.startswith("plot_figure ") and not self.figure_is_shown:
                self.figure_is_shown = True
                self._print(f"First figure: {next(one for one in outputs if one.endswith('.png'))}")
        elif event == "progress":
            self.done, self.total = record.done, record.total  # type: ignore[attr-defined]
        elif event == "run_info" and hasattr(record, "stats"):
            self.total = record.stats["total"]

    def line(self) -> str:
        """Return the line."""
        known = bool(self.left_s) and self.done < self.total  # 0 where only a user's own rules are left
        left = f", about {duration(self.left_s or 0.0)} left" if known else ""
        jobs = ", ".join(what for what, _, _ in list(self.running.values()))
        return f"{self.done} of {self.total} jobs{left}{': ' if jobs else ''}{jobs}"

    def _follow(self, grid: Grid, machine: Machine) -> None:
        graph, due = Graph(grid), 0.0
        while not self.ended.is_set():
            if time.monotonic() >= due:
                began = time.process_time()
                now, running = time.monotonic(), list(self.running.values())
                since = {path: now - start for _, outputs, start in running for path in outputs}
                self.left_s = remaining_s(graph, machine, Path(), set(self.pending), since)
                due = time.monotonic() + max(ESTIMATE_S, 50 * (time.process_time() - began))
            self._draw()
            self.ended.wait(TERMINAL_S if self.in_place else PLAIN_S)

    def _draw(self) -> None:
        with self.lock or threading.RLock():
            if self.in_place:
                columns = shutil.get_terminal_size().columns
                self.stream.write(f"\r\x1b[2K{self.line()[: columns - 1]}")
            else:
                self.stream.write(f"{self.line()}\n")
            self.stream.flush()

    def _clear(self) -> None:
        if self.in_place and self.started and not self.ended.is_set():
            self.stream.write("\r\x1b[2K")
            self.stream.flush()

    def _print(self, text: str) -> None:
        self._clear()
        self.stream.write(f"{text}\n")
        self.stream.flush()
