"""`provenance.csv`: a line for each cell and source, a column for each fact. [no torch, no pandas]

Text that a spreadsheet would take for a formula gets an apostrophe before it; reading takes it off again.
"""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from pipeline_src.artifacts import write_text
from pipeline_src.errors import UserError
from pipeline_src.spreadsheets import guarded, unguarded


@dataclass(frozen=True)
class Line:
    """Where one value of one cell is from; all text, empty where there is nothing to say.

    Attributes:
        artefact: the table or picture, such as `table_3`.
        row_id, row, column_id, column: the cell; empty for a picture that has none.
        value: as the table shows it.
        unit: of the value.
        status: `measured` here, `quoted` from the paper, `not_run`, or `drawn` from the code's own objects.
        reason: why it was not run, or which of its runs were not.
        n, mean, std, min, max: over the runs behind the cell.
        data: on what it was measured.
        scale: of everything measured.
        source: the result file, relative to `results/SCALE`.
        run_value: what this run alone measured.
        run, rule, command, seed, config, commit, changed, device, date, wall_s, earlier, log: as in `Trace`.
        inputs: SHA-256 of each input by path, as JSON.
        upstream: the runs behind the inputs, as JSON.
        artifact, artifact_sha256: the result file, relative to the repository.
        paper_table, paper_row, paper_column: where the paper prints a quoted value.
        paper_file, paper_sha256: its transcription, relative to the repository.
    """

    artefact: str
    row_id: str = ""
    row: str = ""
    column_id: str = ""
    column: str = ""
    value: str = ""
    unit: str = ""
    status: str = ""
    reason: str = ""
    n: str = ""
    mean: str = ""
    std: str = ""
    min: str = ""
    max: str = ""
    data: str = ""
    scale: str = ""
    source: str = ""
    run_value: str = ""
    run: str = ""
    rule: str = ""
    command: str = ""
    seed: str = ""
    config: str = ""
    commit: str = ""
    changed: str = ""
    device: str = ""
    date: str = ""
    wall_s: str = ""
    earlier: str = ""
    inputs: str = ""
    upstream: str = ""
    artifact: str = ""
    artifact_sha256: str = ""
    log: str = ""
    paper_table: str = ""
    paper_row: str = ""
    paper_column: str = ""
    paper_file: str = ""
    paper_sha256: str = ""


COLUMNS: tuple[str, ...] = tuple(field.name for field in fields(Line))


def write_provenance(lines: Iterable[Line], path: Path) -> None:
    """Write lines as UTF-8 CSV with `\\n` line ends."""
    text = io.StringIO()
    # All, because a carriage return inside of a value would else stand unquoted and end the line.
    writer = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerow(COLUMNS)
    writer.writerows([guarded(value) for value in astuple(line)] for line in lines)
    write_text(path, text.getvalue())


def read_provenance(path: Path) -> tuple[Line, ...]:
    """Read what `write_provenance` wrote.

    Raises:
        UserError: the file is missing or is not such a file.
    """
    # A command line or the inputs of a run may be longer than the module's 128 KiB.
    csv.field_size_limit(sys.maxsize)
    remedy = "Run `snakemake --cores all reproduce_tables`, or `autortnet trace-provenance`."
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            head, *rows = csv.reader(stream)
            if tuple(head) != COLUMNS or any(len(row) != len(COLUMNS) for row in rows):
                raise ValueError("its columns are others")
    except FileNotFoundError as error:
        raise UserError(path, "does not exist.", remedy) from error
    except (OSError, ValueError, csv.Error) as error:
        raise UserError(path, f"is not a file of provenance ({error}).", remedy) from error
    return tuple(Line(*(unguarded(value) for value in row)) for row in rows)
