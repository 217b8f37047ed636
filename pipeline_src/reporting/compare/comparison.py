"""Two reports side by side: which numbers moved, by how much, and whether by more than noise. [no torch]"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pipeline_src.reporting.compare.noise import BY_PASSES, Change, Noise, Verdict, once
from pipeline_src.reporting.compare.sides import Number, Side

TOLERANCE = 0.01
"""Share of a value by which it may move where nothing says how far it moves by chance."""
FAILING: tuple[Verdict, ...] = ("not repeated", "beyond noise", "beyond tolerance", "exact")


@dataclass(frozen=True)
class Comparison:
    """All that differs between two reports.

    Attributes:
        a, b: their names.
        level: of the tests, after correction.
        tolerance: share of a's value up to which a change of unknown noise is let pass.
        traced: whether the provenance of both sides is at hand.
        tests: how many were corrected for.
        warnings: what makes the two hard to compare, such as different scales or devices.
        changes: every number that both sides measured, the same ones too, each once.
        statuses: cells of both sides whose status differs, each measured number once.
        quotes: cells of both sides for which the paper's value was transcribed otherwise.
        only_a, only_b: rows (table, id, title) and columns that one side alone has.
    """

    a: str
    b: str
    level: float
    tolerance: float
    traced: bool
    tests: int
    warnings: tuple[str, ...]
    changes: tuple[Change, ...]
    statuses: tuple[tuple[Number, Number], ...]
    quotes: tuple[tuple[Number, Number], ...]
    only_a: tuple[tuple[str, str, str], ...]
    only_b: tuple[tuple[str, str, str], ...]

    def of(self, verdict: Verdict) -> tuple[Change, ...]:
        """The numbers of one verdict."""
        return tuple(one for one in self.changes if one.verdict == verdict)

    @property
    def moved(self) -> bool:
        """Whether a number moved by more than is let pass, changed its status, or stands on one side only."""
        sure = any(one.verdict in FAILING for one in self.changes)
        return bool(sure or self.statuses or self.quotes or self.only_a or self.only_b)


def compare(a: Side, b: Side, level: float = 0.05, tolerance: float = TOLERANCE) -> Comparison:
    """What differs from a to b.

    Args:
        a, b: the reports.
        level: a difference is beyond noise where its adjusted p-value is at most this.
        tolerance: a change of unknown noise is let pass up to this share of a's value.
    """
    noise = Noise(a, b)
    both = [(a.numbers[key], b.numbers[key]) for key in a.numbers if key in b.numbers]
    measured = [pair for pair in both if pair[0].status == pair[1].status == "measured"]
    cells = [noise.change(*pair) for pair in measured if not pair[0].names_a_device]
    changes, tests = noise.judged(once(cells), level, tolerance)
    return Comparison(
        a.name,
        b.name,
        level,
        tolerance,
        bool(a.origins.cells and b.origins.cells),
        tests,
        _warnings(a, b, changes),
        tuple(changes),
        _statuses(both),
        tuple((one, other) for one, other in both if one.quoted != other.quoted),
        _only(a, b),
        _only(b, a),
    )


def _statuses(both: Iterable[tuple[Number, Number]]) -> tuple[tuple[Number, Number], ...]:
    """Pairs of another status; a number that stands in several tables is known by its result files."""
    found: dict[object, tuple[Number, Number]] = {}
    for one, other in both:
        if one.status != other.status:
            sources = (one.sources, other.sources)
            where = (sources, one.unit, one.measured, other.measured) if any(sources) else one.key
            found.setdefault(where, (one, other))
    return tuple(found.values())


def _only(side: Side, other: Side) -> tuple[tuple[str, str, str], ...]:
    """Rows that the other lacks; and columns of rows that both have."""
    rows = {(artefact, row) for artefact, row, _ in other.numbers}
    found: dict[tuple[str, ...], tuple[str, str, str]] = {}
    for key, one in side.numbers.items():
        if key[:2] not in rows:
            found[key[:2]] = (one.artefact, one.row_id, one.row)
        elif key not in other.numbers:
            found[key] = (one.artefact, f"{one.row_id}, {one.column_id}", f"{one.row}, {one.column}")
    return tuple(found.values())


def _warnings(a: Side, b: Side, changes: Iterable[Change]) -> tuple[str, ...]:
    said = []
    if a.scales != b.scales:
        said.append(
            f"Different scales: {', '.join(a.scales)} in {a.name}, {', '.join(b.scales)} in {b.name}."
            " Their numbers are not of the same thing."
        )
    if a.devices != b.devices:
        said.append(
            f"Different devices: {_listed(a.devices)} in {a.name}, {_listed(b.devices)} in {b.name}."
            " Latency and FPS are not of the same machine."
        )
    numbers = sum(one.a.n != one.b.n for one in changes)
    if numbers:
        said.append(f"The number of runs differs for {numbers} of the numbers that both have.")
    other = sum(one.a.data != one.b.data for one in changes)
    if other:
        said.append(f"{other} of the numbers that both have were measured on other data or at another size.")
    passes = sum(one.verdict == "beyond noise" and BY_PASSES in one.basis for one in changes)
    if passes:
        said.append(
            f"{passes} of the timings that moved beyond noise were timed once a side, and are judged by the"
            " spread within that time. A machine that was busier, hotter or throttled moves them all."
        )
    return tuple(said)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names) or "none"
