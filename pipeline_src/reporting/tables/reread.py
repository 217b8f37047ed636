"""A table read back from its file, so that what shows it measures nothing again. [no torch]"""

from __future__ import annotations

from pathlib import Path
from typing import get_type_hints

from pipeline_src.reporting.tables.cells import STORED, Cell, Table
from pipeline_src.reporting.tables.columns import FORMS, fps_id
from pipeline_src.reporting.tables.layout import CLASS_ID, layout_of, with_classes, with_forms
from pipeline_src.reporting.tables.stored import cells_path, not_cells, read_lines
from pipeline_src.spreadsheets import parted

_TYPES = get_type_hints(Cell)


def read_table(name: str, folder: Path) -> Table:
    """The table that `write_table` wrote, but for its readings.

    Args:
        name: `table_1`..`table_10`.
        folder: `reports/SCALE/tables`.

    Raises:
        ConfigError: there is no such table.
        UserError: its file is missing, or holds other rows and columns than a table has.
    """
    layout, path = layout_of(name), cells_path(folder / f"{name}.csv")
    lines = read_lines(path)
    try:
        cells = tuple(_cell(line) for line in lines)
        dead = {line["row_id"]: line["dead"] for line in lines if line["dead"]}
        rows = tuple(dict.fromkeys(cell.row_id for cell in cells))
        forms = {fps_id(form, at_paper_size=True): form for form in FORMS}
        stored = dict.fromkeys(cell.column_id for cell in cells)
        layout = with_forms(layout, [forms[one] for one in stored if one in forms])
        known = {column.id for column in layout.columns}
        further = (
            cell for cell in cells if cell.column_id.startswith(CLASS_ID) and cell.column_id not in known
        )
        layout = with_classes(layout, list(dict.fromkeys(cell.column for cell in further)))
        places = [(row, column.id) for row in rows for column in layout.columns]
        if [(cell.row_id, cell.column_id) for cell in cells] != places:
            raise ValueError("its columns are others")
        (scale,) = {cell.scale for cell in cells}
    except (KeyError, ValueError) as error:
        raise not_cells(path, error) from error
    return Table(layout, rows, cells, scale, dead)


def _cell(line: dict[str, str]) -> Cell:
    return Cell(**{name: _value(_TYPES[name], line[name]) for name in STORED})  # type: ignore[arg-type]


def _value(kind: object, text: str) -> str | int | float | tuple[str, ...] | None:
    if kind == float | None:
        return float(text) if text else None
    if kind is int:
        return int(text)
    return parted(text) if kind == tuple[str, ...] else text
