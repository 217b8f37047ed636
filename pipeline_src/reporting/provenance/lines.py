"""Every cell of every table and figure with the run or the page of the paper behind it. [no torch]"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, replace
from importlib.resources import files
from pathlib import Path

from pipeline_src.config.grid import Grid
from pipeline_src.not_run import read_marker
from pipeline_src.reporting.provenance.trace import Trace, Tracer
from pipeline_src.reporting.read.pictures import PICTURES
from pipeline_src.reporting.read.provenance import Line
from pipeline_src.reporting.read.sources import TABLES
from pipeline_src.reporting.tables.cells import Cell, Table, as_text, tabulate
from pipeline_src.reporting.tables.figures import figure_data
from pipeline_src.reporting.tables.layout import layout_of

POINTS = ("fps", "miou")
"""The columns of a table that are a figure's points."""
_FIGURE_5 = ("argmax", "expected")
_FIGURE_5_TITLES = {"argmax": "Number of cells, argmax", "expected": "Number of cells, expectation"}


def provenance(grid: Grid, results: Path) -> tuple[Line, ...]:
    """A line for each cell and source: Tables 1 to 10, then the figures in the order of their names.

    A cell that the paper prints has a line with status `quoted`; one that was measured has a line for each
    run; one that was not run has a line with the reason.

    Raises:
        UserError: a result file is malformed, or has no run record.
    """
    tracer = Tracer(results, grid.config.scale)
    lines: list[Line] = []
    for name in TABLES:
        lines += _of_table(tabulate(name, grid, results), tracer)
    points = (line for line in lines if line.artefact == "table_1" and line.column_id in POINTS)
    lines += [replace(line, artefact="figure_1") for line in points]
    lines += _of_figure_5(grid, results, tracer)
    lines += _of_table(tabulate("figure_6", grid, results), tracer)
    covered = {line.artefact for line in lines}
    for name in sorted(PICTURES.keys() - covered):
        lines += _of_picture(name, grid, tracer)
    return tuple(lines)


def _of_table(table: Table, tracer: Tracer) -> Iterator[Line]:
    for cell in table.cells:
        line = Line(
            table.layout.name,
            row_id=cell.row_id,
            row=cell.row,
            column_id=cell.column_id,
            column=cell.column,
            unit=cell.unit,
            scale=cell.scale,
        )
        if cell.quoted and cell.kind != "beyond":
            yield _quoted(line, cell.quoted)
        elif cell.status == "quoted":
            yield replace(line, value=cell.quoted, status="quoted", reason="a name, not a number")
        if cell.status == "not_run":
            yield replace(line, status="not_run", reason=cell.reason)
        for source in cell.sources:
            measured = _measured(line, cell)
            own = next(as_text(one.value) for one in reversed(cell.readings) if one.source == source)
            yield traced(replace(measured, run_value=own), tracer.of(source))


def _quoted(line: Line, value: str) -> Line:
    layout = layout_of(line.artefact)
    title = "Figure 6" if layout.name == "figure_6" else layout.name.replace("_", " ").capitalize()
    return replace(
        line,
        value=value,
        status="quoted",
        paper_table=title,
        paper_row=line.row,
        paper_column=line.column,
        **_transcription(layout.name),
    )


def _transcription(name: str) -> dict[str, str]:
    """The file that holds what the paper prints, and its checksum."""
    content = files("pipeline_src.reporting.paper").joinpath(f"{name}.csv").read_bytes()
    return {
        "paper_file": f"pipeline_src/reporting/paper/{name}.csv",
        "paper_sha256": hashlib.sha256(content).hexdigest(),
    }


def _measured(line: Line, cell: Cell) -> Line:
    numbers = {name: as_text(getattr(cell, name)) for name in ("n", "mean", "std", "min", "max")}
    return replace(
        line, value=cell.measured, status="measured", reason=cell.reason, data=cell.data, **numbers
    )


def traced(line: Line, trace: Trace) -> Line:
    """The line with all that is known of its run."""
    return replace(
        line,
        source=trace.source,
        run=trace.run,
        rule=trace.rule,
        command=trace.command,
        seed=as_text(trace.seed),
        config=trace.settings,
        commit=as_text(trace.commit),
        changed=as_text(trace.changed).lower(),
        device=trace.device,
        date=trace.date,
        wall_s=as_text(trace.wall_s),
        earlier=trace.earlier,
        inputs=_json(dict(trace.inputs)),
        upstream=_json([asdict(one) for one in trace.upstream]),
        artifact=trace.artifact,
        artifact_sha256=trace.sha256,
        log=trace.log,
    )


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _of_figure_5(grid: Grid, results: Path, tracer: Tracer) -> Iterator[Line]:
    """The ends of its curves: the paper's numbers of cells, and ours in the last epoch of the log."""
    data = figure_data("figure_5", grid, results)
    for _, epochs in data.groupby(["hyper_cell", "status"], sort=False):
        last = epochs.iloc[-1].to_dict()
        cell, status = last["hyper_cell"], last["status"]
        for column in _FIGURE_5:
            line = Line(
                "figure_5",
                row_id=f"hyper_cell_{cell}",
                row=f"Hyper-cell {cell}",
                column_id=column,
                column=_FIGURE_5_TITLES[column],
                unit="cells",
                status=status,
                scale=last["scale"] if status != "quoted" else grid.config.scale,
            )
            where = f"epoch {last['epoch']}"
            if status == "measured":
                value = last[column]
                whole = replace(line, value=value, n="1", mean=value, data=where, run_value=value)
                yield traced(whole, tracer.of(last["source"]))
            elif status == "not_run":
                yield replace(line, reason=last["reason"])
            elif column == "argmax":
                paper = {"paper_table": "Figure 5", "paper_row": line.row, "paper_column": "Final cells"}
                yield replace(line, value=last["argmax"], data=where, **paper, **_transcription("figure_5"))


def _of_picture(name: str, grid: Grid, tracer: Tracer) -> Iterator[Line]:
    """A picture without cells: the files that it is drawn from."""
    line = Line(name, scale=grid.config.scale)
    sources = PICTURES[name].sources(grid)
    if not sources:
        yield replace(line, status="drawn", reason="drawn from the code's own objects")
    for source in sources:
        marker = read_marker(tracer.results / source)
        if marker is not None:
            yield replace(line, status="not_run", source=source, reason=marker.reason)
        elif (tracer.results / source).exists():
            yield traced(replace(line, status="measured"), tracer.of(source))
        else:
            yield replace(line, status="not_run", source=source, reason=f"{source} is missing")
