"""From evidence to a claim's verdict: the parts that every judgement shares. [no torch, no pandas]"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pipeline_src.reporting.claims.statistics import LEVEL, Interval, Tested
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
    """What the runs here show: see `Claim` for the fields.

    `verdict` is what the test's direction would mean; `judge` keeps it where Holm's correction leaves the p
    value at the level, or where there is no p value.
    """

    ours: str
    verdict: Verdict
    reason: str
    n: int = 0
    statistic: float | None = None
    p_value: float | None = None
    interval: Interval | None = None
    paper_effect: float | None = None
    unit: str = ""
    notes: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()


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
        paper_effect=_rounded(finding.paper_effect),
        level=LEVEL,
        unit=finding.unit,
        verdict=finding.verdict,
        reason=finding.reason,
        notes=finding.notes,
        sources=tuple(dict.fromkeys(finding.sources)),
        scale=scale,
    )


def _rounded(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.6g}")


def _rounded_pair(pair: Interval) -> Interval:
    return float(f"{pair[0]:.6g}"), float(f"{pair[1]:.6g}")


def not_testable(reason: str, faults: Sequence[str] = (), ours: str = "", **known: Any) -> Finding:
    """A finding of a claim that cannot be tested here, with what would make it testable."""
    return Finding(ours=ours, verdict="not testable here", reason=with_faults(reason, faults), **known)


def direction(tested: Tested) -> Verdict:
    """What a test means for its claim if its p value holds."""
    if tested.more == tested.less:
        return "undecided"
    return "reproduced" if tested.more < tested.less else "not reproduced"


def intersection(tests: Sequence[Tested]) -> Tested:
    """A claim that asks for several things: all must hold for it, one suffices against it.

    One-sided p values: the largest for it (intersection-union test), the smallest against it as Bonferroni
    corrects it. The statistic is that of the weakest test.
    """
    weakest = max(tests, key=lambda one: one.more)
    return Tested(weakest.statistic, weakest.more, min(1.0, len(tests) * min(one.less for one in tests)))


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
