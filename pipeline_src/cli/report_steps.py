"""The commands that make a report from results, one after the other in this process, without the workflow."""

from __future__ import annotations

import contextlib
import importlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline_src import places
from pipeline_src.errors import UserError

if TYPE_CHECKING:
    from pipeline_src.config.models import Config

TABLES = tuple(f"table_{number}" for number in range(1, 11))
FIGURES = ("figure_1", "figure_5", "figure_6")


def report_steps(config: Config, *, results: str, reports: str, drawn: bool) -> Iterator[list[str]]:
    """The command lines of the rules of `workflow/rules`, in an order in which each finds its inputs.

    Args:
        results: `results/SCALE`. reports: `reports/SCALE`; relative, as paths stand in what is written.
        drawn: also draw the pictures and make the page.
    """
    from pipeline_src.config.settings import result_settings
    from pipeline_src.reporting.read.pictures import PICTURES

    def step(command: str, *words: str, output: str) -> list[str]:
        blocks = importlib.import_module(f"pipeline_src.cli.{command.replace('-', '_')}").BLOCKS
        given = ["--settings", result_settings(config, blocks), "--results", results]
        return [command, *words, *given, "--output", f"{reports}/{output}".rstrip("/")]

    for name in TABLES:
        yield step("tabulate-table", name, output=f"tables/{name}.csv")
    for name in FIGURES:
        yield step("collect-figure", name, output=f"figures/{name}.csv")
    yield step("collect-overview", output="")
    yield step("judge-claims", output="claims.json")
    yield step("trace-provenance", output="provenance.csv")
    if drawn:
        for name in PICTURES:
            if name in places.SHOWN_FIGURES and not _has_pictures(Path(results, places.predictions(name))):
                continue  # published results have no photographs; the page says that it is not drawn
            yield step("plot-figure", name, output="figures")
        page = step("render-report", output="index.html")
        yield [*page, "--reports", reports, "--assumptions", "docs/assumptions.md"]


def _has_pictures(index: Path) -> bool:
    """Whether the pictures that an index of predictions names lie beside it."""
    from pipeline_src.artifacts import read_json

    if not index.exists():
        return True  # not run: the figure says so
    names = [name for frame in read_json(index)["frames"] for name in frame["files"].values()]
    return all((index.parent / name).is_file() for name in names)


def make_report(
    config: Config, root: Path, *, drawn: bool, results: str | None = None, reports: str | None = None
) -> None:
    """Make the report below `root` from `root/results/SCALE`.

    Args:
        results, reports: other folders, relative to `root`.

    Raises:
        UserError: a step refused its input.
    """
    from pipeline_src.cli.main import run_words

    folders = {
        "results": results or places.of_scale(places.RESULTS, config.scale),
        "reports": reports or places.of_scale(places.REPORTS, config.scale),
    }
    with _working_in(root):
        for words in report_steps(config, drawn=drawn, **folders):
            run_words(words)


@contextlib.contextmanager
def _working_in(folder: Path) -> Iterator[None]:
    before = Path.cwd()
    try:
        os.chdir(folder)
    except OSError as error:
        raise UserError(folder, f"cannot be entered ({error.strerror}).", "Give another folder.") from error
    try:
        yield
    finally:
        os.chdir(before)
