"""The points of Figure 6 as rows, from the file beside its picture. [no torch, no pandas]"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from pipeline_src import places
from pipeline_src.errors import UserError
from pipeline_src.reporting.page.facts import Facts
from pipeline_src.spreadsheets import unguarded

FIGURE = "figure_6"
_NEEDED = ("gamma", "row_id", "status", "miou", "fps", "n", "data", "dead", "reason", "device", "sources")


@dataclass(frozen=True)
class PointRow:
    """One gamma: the paper's point, ours, and the key of its facts, which is the address of the row."""

    gamma: str
    paper: str
    here: str
    dead: str
    key: str


def gamma_rows(folder: Path, facts: Facts) -> tuple[PointRow, ...]:
    """A row for each gamma, from small to large; none where the figure's data is not there.

    Args:
        folder: with the figure's data.
        facts: where what is known of each point is kept.

    Raises:
        UserError: the file is not the figure's data, or a point has no provenance.
    """
    path = folder / Path(places.FIGURE_DATA.format(artefact=FIGURE)).name
    if not path.is_file():
        return ()
    with path.open(encoding="utf-8", newline="") as stream:
        lines = [
            {key: unguarded(text or "") for key, text in line.items()} for line in csv.DictReader(stream)
        ]
    lacking = ", ".join(name for name in _NEEDED if any(name not in line for line in lines))
    if lacking:
        raise UserError(path, f"lacks {lacking}.", "Run `autortnet collect-figure figure_6` again.")
    by_row: dict[str, dict[str, dict[str, str]]] = {}
    for line in sorted(lines, key=lambda line: float(line["gamma"])):
        by_row.setdefault(line["row_id"], {})["paper" if line["status"] == "quoted" else "here"] = line
    return tuple(_row(row_id, both, facts) for row_id, both in by_row.items())


def _row(row_id: str, both: dict[str, dict[str, str]], facts: Facts) -> PointRow:
    paper, here = both.get("paper"), both.get("here")
    one = here or paper
    assert one is not None
    measured = here is not None and here["status"] == "measured"
    told = {
        "Value here": _said(here) if measured else "",
        "Value of the paper": _said(paper),
        "Status": "measured" if measured else "not run" if here else "quoted",
        "Why": here["reason"] if here else "",
        "Runs (n)": here["n"] if measured and here else "",
        "Trained and judged on": here["data"] if here else "",
        "Dead network": here["dead"] if here else "",
        "Device": here["device"] if here else "",
    }
    sources = tuple(dict.fromkeys(filter(None, one["sources"].split(";")))) if measured else ()
    key = facts.add_point(FIGURE, row_id, f"gamma {one['gamma']}", told, sources)
    return PointRow(
        one["gamma"],
        _said(paper) or "not printed",
        _said(here) if measured else "not run",
        told["Dead network"],
        key,
    )


def _said(line: dict[str, str] | None) -> str:
    if line is None or not line["miou"]:
        return ""
    return f"{float(line['miou']):.1f} % at {float(line['fps']):.1f} FPS"
