"""A table's cells as lines of `NAME.cells.csv`, written by `write_table`. [no torch, no pandas]"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

from pipeline_src import places
from pipeline_src.errors import UserError
from pipeline_src.spreadsheets import unguarded

REMEDY = "Run `snakemake --cores all reproduce_tables`, or `autortnet tabulate-table`."


def cells_path(path: Path) -> Path:
    """The long form's place beside a table: `table_3.csv` has `table_3.cells.csv`."""
    return path.with_name(f"{path.stem}{places.CELLS_SUFFIX}")


def read_lines(path: Path) -> list[dict[str, str]]:
    """The cells of a table, each with its columns as text.

    Raises:
        UserError: the file is missing, or is not of lines with a value for every column.
    """
    csv.field_size_limit(sys.maxsize)  # a cell's reasons or sources may be longer than the module's 128 KiB
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            lines = list(csv.DictReader(stream))
        return [{key: unguarded(text) for key, text in line.items()} for line in lines]
    except FileNotFoundError as error:
        raise UserError(path, "does not exist.", REMEDY) from error
    except (OSError, ValueError, TypeError, AttributeError, csv.Error) as error:
        raise not_cells(path, error) from error


def not_cells(path: Path, fault: Exception) -> UserError:
    """The error for a file that no table's cells can be read from."""
    return UserError(path, f"is not a table's cells ({fault!r}).", REMEDY)
