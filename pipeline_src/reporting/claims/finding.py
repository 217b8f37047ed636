"""From evidence to a claim's verdict: the parts that every judgement shares. [no torch, no pandas]"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from pipeline_src.reporting.claims.statistics import ERROR, LEVEL, Interval
from pipeline_src.reporting.paper.quoted import quoted_table
from pipeline_src.reporting.read.claims import Claim, Verdict
from pipeline_src.reporting.read.reasons import first_reasons

_NUMBERS = (
    "none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
)  # fmt: skip
TOLERANCE_POINTS = 1.0
"""How much mIoU in percent may be lost and the accuracy still be called the same."""


@dataclass(frozen=True)
class Statement:
    """What the paper claims: see `Claim` for the fields."""

    id: str
    sentence: str
    where: tuple[str, ...]
    paper: str
    test: str


@dataclass(frozen=True)
class Finding:
    """What the runs here say of it: see `Claim` for the fields."""

    ours: str
    verdict: Verdict
    reason: str
    n: int = 0
    statistic: float | None = None
    p_value: float | None = None
    interval: Interval | None = None
    unit: str = ""
    level: float = LEVEL
    sources: tuple[str, ...] = field(default=())


def claim_of(statement: Statement, finding: Finding, scale: str) -> Claim:
    """Join the two; numbers are rounded to six digits, so that machines agree."""
    return Claim(
        id=statement.id,
        sentence=statement.sentence,
        where=statement.where,
        paper=statement.paper,
        ours=finding.ours,
        test=statement.test,
        n=finding.n,
        statistic=_rounded(finding.statistic),
        p_value=_rounded(finding.p_value),
        interval=None if finding.interval is None else _rounded_pair(finding.interval),
        level=finding.level,
        unit=finding.unit,
        verdict=finding.verdict,
        reason=finding.reason,
        sources=tuple(dict.fromkeys(finding.sources)),
        scale=scale,
    )


def _rounded(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.6g}")


def _rounded_pair(pair: Interval) -> Interval:
    return float(f"{pair[0]:.6g}"), float(f"{pair[1]:.6g}")


def undecided(reason: str, ours: str = "", **known: object) -> Finding:
    """A finding that decides nothing, and why."""
    return Finding(ours=ours, verdict="undecided", reason=reason, **known)  # type: ignore[arg-type]


def by_interval(interval: Interval | None, p: float) -> Verdict:
    """Reproduced above zero, not reproduced below it; the test must agree that it is no chance."""
    if interval is None or p > ERROR:
        return "undecided"
    if interval[0] > 0:
        return "reproduced"
    return "not reproduced" if interval[1] < 0 else "undecided"


def no_worse(interval: Interval) -> Verdict:
    """Non-inferiority: by the interval of a difference in mIoU against the tolerated loss."""
    if interval[0] > -TOLERANCE_POINTS:
        return "reproduced"
    return "not reproduced" if interval[1] < -TOLERANCE_POINTS else "undecided"


def all_of(verdicts: Iterable[Verdict]) -> Verdict:
    """A claim of several parts: reproduced where all are, not reproduced where one is not."""
    found = set(verdicts)
    if "not reproduced" in found:
        return "not reproduced"
    return "reproduced" if found == {"reproduced"} else "undecided"


def with_faults(reason: str, faults: Sequence[str]) -> str:
    """A reason, and what is missing, as sentences."""
    text = first_reasons(faults)
    return f"{reason} ({text}.)" if text else reason


def printed(table: str, row: str, column: str) -> str:
    """What the paper prints in a cell."""
    return quoted_table(table).cell(row, column)


def interval_text(interval: Interval | None, unit: str) -> str:
    """`0.8 to 2.1 %`, or that there is none."""
    return "no interval" if interval is None else f"{interval[0]:.2f} to {interval[1]:.2f} {unit}".strip()


def percent(value: float) -> str:
    """An mIoU as the paper prints it."""
    return f"{value:.1f} %"


def spelled(number: int) -> str:
    """`six`; from thirteen on in digits."""
    return _NUMBERS[number] if number < len(_NUMBERS) else str(number)


def with_needed(sentence: str, have: int, needed: int) -> str:
    """A sentence of evidence that ends with how many runs would tell, where there are fewer."""
    return f"{sentence}." if have >= needed else f"{sentence}; {spelled(needed)} are needed."
