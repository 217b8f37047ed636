"""The data behind figures 1, 5 and 6; their pictures are drawn from these files."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from pipeline_src import places
from pipeline_src.config.grid import Grid
from pipeline_src.errors import ConfigError
from pipeline_src.reporting.paper.quoted import quoted_number, quoted_table
from pipeline_src.reporting.read.logs import read_log
from pipeline_src.reporting.read.reasons import first_reasons
from pipeline_src.reporting.read.sources import FIGURES
from pipeline_src.reporting.tables.cells import REASONS_SHOWN, Cell, Table, tabulate, timing_range
from pipeline_src.space import catalogue

HYPER_CELLS = tuple(range(1, catalogue.HYPER_CELLS + 1))
LOG_NUMBERS = (
    "epoch",
    *(f"{name}_depth_{cell}" for name in ("argmax", "sampled", "expected") for cell in HYPER_CELLS),
)
POINT_NUMBERS = ("fps", "miou", "fps_low", "fps_high", "miou_low", "miou_high")
"""Of a point: the ends are the quartiles of a timing's repeats, and a standard deviation over runs."""
_MEASURED = ("argmax", "sampled", "expected", "beta_frozen")
CELL_NUMBER_COLUMNS = ("epoch", "hyper_cell", *_MEASURED, "initial", "status", "scale", "reason", "source")


def figure_data(figure: str, grid: Grid, results: Path) -> pd.DataFrame:
    """The points of a figure as text; an absent result file leaves a `not_run` line that says so.

    Args:
        figure: `figure_1`, `figure_5` or `figure_6`.
        grid: the runs of the configuration.
        results: the folder `results/SCALE`.

    Raises:
        ConfigError: there is no such figure.
        UserError: a result file is malformed.
    """
    if figure == "figure_1":
        return _points(tabulate("table_1", grid, results), "name")
    if figure == "figure_6":
        return _points(tabulate("figure_6", grid, results), "gamma")
    if figure == "figure_5":
        return _cell_numbers(grid, results)
    raise ConfigError(figure, "has no data of its own.", f"Choose one of {', '.join(FIGURES)}.")


def point_data(main: Table) -> pd.DataFrame:
    """The points of Figure 1 from Table 1, with numbers as numbers."""
    data = _points(main, "name").reset_index(drop=True)
    data[list(POINT_NUMBERS)] = data[list(POINT_NUMBERS)].apply(pd.to_numeric)
    return data


def _points(table: Table, name: str) -> pd.DataFrame:
    """Speed against accuracy: what the paper prints, then what was measured here."""
    quoted, ours = [], []
    for row_id in table.rows:
        fps, miou = table.cell(row_id, "fps"), table.cell(row_id, "miou")
        numbers = quoted_number(fps.quoted), quoted_number(miou.quoted)
        if None not in numbers:
            quoted.append(_point(table, name, fps, numbers, "quoted"))
        if fps.kind == "peer" and "measured" not in (fps.status, miou.status):
            continue
        status = "measured" if fps.status == miou.status == "measured" else "not_run"
        ours.append(_point(table, name, fps, (fps.mean, miou.mean), status, miou, table.dead.get(row_id, "")))
    return pd.DataFrame(quoted + ours, dtype="object")


def _point(
    table: Table,
    name: str,
    fps: Cell,
    numbers: tuple[float | None, float | None],
    status: str,
    miou: Cell | None = None,
    dead: str = "",
) -> dict[str, str]:
    both = () if miou is None else (fps, miou)
    ends = (None, None) if miou is None else timing_range(fps)
    shown = [
        "" if number is None else repr(round(number, 6)) for number in (*numbers, *ends, *_deviation(miou))
    ]
    return {
        name: fps.row,
        "fps": shown[0],
        "miou": shown[1],
        "fps_low": shown[2],
        "fps_high": shown[3],
        "miou_low": shown[4],
        "miou_high": shown[5],
        "status": status,
        "kind": fps.kind,
        "n": str(min(fps.n, miou.n)) if miou is not None else "",
        "scale": table.scale if miou is not None else "",
        "data": miou.data if miou is not None else "",
        "dead": dead,
        "reason": "; ".join(dict.fromkeys(filter(None, map(_reason, both)))),
        "sources": ";".join(source for cell in both for source in cell.sources),
        "row_id": fps.row_id,
        "device": table.cell(fps.row_id, "device").measured if status == "measured" else "",
    }


def _reason(cell: Cell) -> str:
    """Why it was not measured; a cell that the paper fills tells that in its readings alone."""
    missing = (reading.reason for reading in cell.readings if reading.reason)
    return cell.reason or first_reasons(missing, REASONS_SHOWN)


def _deviation(cell: Cell | None) -> tuple[float | None, float | None]:
    """A mean over several runs, less and more its standard deviation."""
    if cell is None or cell.mean is None or cell.std is None:
        return None, None
    return cell.mean - cell.std, cell.mean + cell.std


def _cell_numbers(grid: Grid, results: Path) -> pd.DataFrame:
    """Numbers of cells over the epochs of A's search, and where the paper's search ended (Sec. 4.4.4)."""
    quoted = quoted_table("figure_5")
    lines = [
        {**_line(row[3], row[0], status="quoted"), "argmax": row[2], "initial": row[1]} for row in quoted.rows
    ]
    search = grid.network_a.search
    assert search is not None
    source = places.search_log(search)
    if not (results / source).exists():
        absent = {"status": "not_run", "scale": grid.config.scale, "reason": f"{source} is missing"}
        lines += [
            {**_line("", str(cell), **absent), "initial": str(search.depths[cell - 1])}
            for cell in HYPER_CELLS
        ]
        return pd.DataFrame(lines, dtype="object")
    measured = {"status": "measured", "scale": grid.config.scale, "source": source}
    log = read_log(results / source, "search", LOG_NUMBERS, flags=("beta_frozen",))
    for epoch in log.to_dict("records"):
        for cell in HYPER_CELLS:
            lines.append(
                _line(_number(epoch["epoch"]), str(cell), **measured)
                | {name: _number(epoch[f"{name}_depth_{cell}"]) for name in ("argmax", "sampled", "expected")}
                | {"beta_frozen": str(epoch["beta_frozen"]).lower(), "initial": str(search.depths[cell - 1])}
            )
    return pd.DataFrame(lines, dtype="object")


def _line(epoch: str, hyper_cell: str, **known: str) -> dict[str, str]:
    return dict.fromkeys(CELL_NUMBER_COLUMNS, "") | {"epoch": epoch, "hyper_cell": hyper_cell} | known


def _number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else repr(round(float(value), 6))
