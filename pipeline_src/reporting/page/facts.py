"""What the page knows of each number, once: facts of cells, traces of the files behind them. [no torch]"""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from typing import Any

from pipeline_src.errors import UserError
from pipeline_src.reporting.paper.quoted import footnotes
from pipeline_src.reporting.provenance.trace import Trace
from pipeline_src.reporting.tables.cells import Cell


class Facts:
    """Collects the facts behind everything on the page that can be opened.

    Args:
        trace: finds the run behind a result file; raises UserError where there is no record of it.
        scale: of the report, for the command that tells the same facts in a terminal.

    Raises:
        UserError: (by every method) a number is measured and nothing says where it is from.
    """

    def __init__(self, trace: Callable[[str], Trace], scale: str = "") -> None:
        self._trace, self._scale = trace, scale
        self._notes = {note.id: note.text for note in footnotes()}
        self._entries: dict[str, dict[str, Any]] = {}
        self._traces: dict[str, dict[str, Any]] = {}
        self._settings: dict[str, int] = {}

    def add_cell(self, table: str, cell: Cell) -> str:
        """Keep a cell's facts; the answer is the key by which the page asks for them."""
        key = f"{table}/{cell.row_id}/{cell.column_id}"
        if cell.status == "measured":
            self._require(key, cell.sources)
        facts = {
            "Value here": f"{cell.measured} {cell.unit}".strip() if cell.measured else "",
            "Value of the paper": cell.quoted,
            "Set against the paper": f"no: {'; '.join(cell.differs)}" if cell.differs else "",
            "Status": cell.status.replace("_", " "),
            "Why": cell.reason,
            "Runs (n)": str(cell.n) if cell.n else "",
            "Median" if cell.q1 is not None else "Mean": _number(cell.mean),
            "Standard deviation (n - 1)": _number(cell.std),
            "Quartiles of the repeats": _quartiles(cell),
            "Load of the machine": _load(cell),
            "Measured": _attempts(cell),
            "Smallest and largest": f"{_number(cell.min)} to {_number(cell.max)}" if cell.n > 1 else "",
            "Trained and judged on": cell.data,
            "Scale": cell.scale if cell.status == "measured" else "",
            "Footnotes": " ".join(self._notes[note] for note in cell.footnotes),
        }
        words = (table, cell.row_id, cell.column_id)
        return self._keep(key, f"{cell.row}, {cell.column}", facts, cell.sources, words)

    def add(
        self, key: str, title: str, facts: dict[str, str], sources: tuple[str, ...], name: str = ""
    ) -> str:
        """Keep the facts of something measured that is no cell: a claim, a picture.

        `name` is what `autortnet explain` knows it by, the key where it is not given.
        """
        self._require(key, sources)
        return self._keep(key, title, facts, sources, (name or key,))

    def add_point(
        self, figure: str, row_id: str, title: str, facts: dict[str, str], sources: tuple[str, ...]
    ) -> str:
        """Keep the facts of a figure's point, printed or measured."""
        key = f"{figure}/{row_id}"
        if facts["Status"] == "measured":
            self._require(key, sources)
        return self._keep(key, title, facts, sources, (figure, row_id))

    def __contains__(self, key: str) -> bool:
        """Whether something is known by this key."""
        return key in self._entries

    def add_absence(self, table: str, row_id: str, title: str, reasons: tuple[str, ...]) -> str:
        """Keep why nothing of a row was measured."""
        told = {"Status": "not run", "Why": "; ".join(reasons)}
        return self._keep(f"{table}/{row_id}/not_run", title, told, (), (table, row_id))

    def as_data(self) -> dict[str, Any]:
        """All of it for the page's script: entries by key, traces by source, settings by number."""
        return {"entries": self._entries, "traces": self._traces, "settings": list(self._settings)}

    def commits(self) -> tuple[str, ...]:
        """The commits of the code behind everything kept, sorted."""
        return tuple(sorted({trace["commit"] for trace in self._traces.values() if trace["commit"]}))

    def _require(self, key: str, sources: tuple[str, ...]) -> None:
        if not sources:
            raise UserError(
                key, "is measured, but no result file is named for it.", "Name its sources where it is made."
            )

    def _keep(
        self, key: str, title: str, facts: dict[str, str], sources: tuple[str, ...], words: tuple[str, ...]
    ) -> str:
        for source in sources:
            if source not in self._traces:
                try:
                    self._traces[source] = self._as_data(self._trace(source))
                except UserError as error:
                    raise UserError(f"{key}: {error.where}", error.problem, error.remedy) from error
        told = {name: value for name, value in facts.items() if value}
        scale = ("--scale", self._scale) if self._scale else ()
        explain = shlex.join(("autortnet", "explain", *words, *scale))
        self._entries[key] = {"title": title, "facts": told, "sources": list(sources), "explain": explain}
        return key

    def _as_data(self, trace: Trace) -> dict[str, Any]:
        """A trace with its settings as a number: many runs share them."""
        number = self._settings.setdefault(_indented(trace.settings), len(self._settings))
        changed = {True: ", changed since", False: "", None: ""}[trace.changed]
        return {
            "run": trace.run,
            "rule": trace.rule,
            "command": trace.command,
            "seed": "" if trace.seed is None else str(trace.seed),
            "settings": number,
            "commit": f"{trace.commit}{changed}" if trace.commit else "",
            "device": trace.device,
            "date": trace.date,
            "wall": f"{trace.wall_s:.1f} s",
            "earlier": trace.earlier,
            "inputs": dict(sorted(trace.inputs.items())),
            "artifact": trace.artifact,
            "sha256": trace.sha256,
            "log": trace.log,
            "upstream": [
                {
                    "run": one.run,
                    "rule": one.rule,
                    "seed": "" if one.seed is None else str(one.seed),
                    "commit": (one.commit or "")[:12],
                    "date": one.date,
                    "artifact": one.artifact,
                    "index": "" if one.index is None else str(one.index),
                    "earlier": one.earlier,
                }
                for one in trace.upstream
            ],
        }


def _indented(settings: str) -> str:
    try:
        return json.dumps(json.loads(settings), indent=1)
    except ValueError:
        return settings


def _quartiles(cell: Cell) -> str:
    if cell.q1 is None or cell.q3 is None:
        return ""
    wide = "; wide apart: the machine was busy, and another run may differ as much" if cell.is_noisy else ""
    return f"{_number(cell.q1)} to {_number(cell.q3)} {cell.unit}{wide}"


def _load(cell: Cell) -> str:
    """The machine's load before the timings behind a cell."""
    if cell.load is None:
        return ""
    most = "" if cell.n == 1 else "at most "
    return f"{most}{cell.load:.2f} processes, the mean of the minute before the timing"


def _attempts(cell: Cell) -> str:
    """How often a timing was measured, and by which rule."""
    if not cell.attempts or cell.spread_max is None:
        return ""
    share = f"{100 * cell.spread_max:.0f} % of the median"
    if cell.attempts == 1:
        return f"once, with the quartiles within {share}" if not cell.is_noisy else "once"
    most = "" if cell.n == 1 else "at most "
    again = f"as long as the quartiles were over {share} apart; the steadiest is kept"
    return f"{most}{cell.attempts} times, {again}"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.6g}"
