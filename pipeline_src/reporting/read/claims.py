"""One claim of the paper and what the runs at hand say about it. [no torch, no pandas]"""

from __future__ import annotations

import csv
import io
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Literal

from pipeline_src.artifacts import read_json, write_json, write_text
from pipeline_src.errors import UserError
from pipeline_src.spreadsheets import guarded

Verdict = Literal["reproduced", "not reproduced", "undecided", "not testable here"]
SUGGESTIVE = 0.05
"""An undecided claim whose uncorrected p value is at most this is suggestive."""


@dataclass(frozen=True)
class Claim:
    """A claim, both sides' evidence, the test, and the verdict that the test gives.

    Attributes:
        id: C1 to C12; of a claim of several parts a letter follows, such as C6a.
        sentence: the claim in one sentence.
        where: the tables and figures of the paper that it rests on, such as `table_3`.
        paper: the paper's evidence in its own numbers.
        ours: the evidence here, with numbers and units; empty where nothing was run.
        test: the statistical test, named as its library names it, with its null hypothesis or decision rule.
        n: number of runs (or edges, or points) that the test saw.
        statistic, p_value: of the test; None where it has none or could not be made.
        interval: of the effect, None where there is none.
        level: of the interval and the test, such as 0.95.
        unit: of the interval.
        verdict: computed from the above.
        reason: which rule gave the verdict; what would decide it, or make it testable, where it is open.
        sources: the result files that it is from, relative to `results/SCALE`.
        scale: the scale of the runs.
        p_holm: p_value as Holm corrects it for the number of claims with one; None where there is none.
        settings: what the search does here beyond the paper.
        paper_effect: the same effect in the paper, in the interval's unit; None without one.
        notes: findings that belong next to the claim and do not decide it.
    """

    id: str
    sentence: str
    where: tuple[str, ...]
    paper: str
    ours: str
    test: str
    n: int
    statistic: float | None
    p_value: float | None
    interval: tuple[float, float] | None
    level: float
    unit: str
    verdict: Verdict
    reason: str
    sources: tuple[str, ...]
    scale: str
    p_holm: float | None = None
    settings: tuple[str, ...] = ()
    paper_effect: float | None = None
    notes: tuple[str, ...] = ()

    @property
    def verdict_words(self) -> str:
        """The verdict; `undecided (suggestive)` where the p value alone would decide."""
        suggestive = self.verdict == "undecided" and self.p_value is not None and self.p_value <= SUGGESTIVE
        return f"{self.verdict} (suggestive)" if suggestive else self.verdict

    @property
    def interval_words(self) -> str:
        """`-1.5 to 2.25 % (95 %), which excludes the paper's 6.2`; empty where there is none."""
        if self.interval is None:
            return ""
        low, high = self.interval
        text = f"{low:.4g} to {high:.4g} {self.unit} ({100 * self.level:g} %)".replace("  ", " ")
        if self.paper_effect is None:
            return text
        inside = "contains" if low <= self.paper_effect <= high else "excludes"
        return f"{text}, which {inside} the paper's {self.paper_effect:.3g}"

    @property
    def number_words(self) -> str:
        """The statistic and its p-values, as far as there are any."""
        numbers = [f"statistic {self.statistic:.4g}"] if self.statistic is not None else []
        numbers += [f"p = {self.p_value:.3g}"] if self.p_value is not None else []
        numbers += [f"by Holm {self.p_holm:.3g}"] if self.p_holm is not None else []
        return ", ".join(numbers)


def write_claims(claims: tuple[Claim, ...], path: Path) -> None:
    """Write claims as JSON."""
    write_json(path, [asdict(claim) for claim in claims])


def read_claims(path: Path) -> tuple[Claim, ...]:
    """Read what `write_claims` wrote.

    Raises:
        UserError: the file is missing or is not such a file.
    """
    try:
        found = [
            Claim(
                **{
                    **one,
                    "where": tuple(one["where"]),
                    "notes": tuple(one["notes"]),
                    "sources": tuple(one["sources"]),
                    "settings": tuple(one["settings"]),
                    "interval": None if one["interval"] is None else tuple(one["interval"]),
                }
            )
            for one in read_json(path)
        ]
    except (KeyError, TypeError) as error:
        raise UserError(path, f"is not a file of claims ({error}).", "Delete it and run again.") from error
    return tuple(found)


def write_claims_csv(claims: tuple[Claim, ...], path: Path) -> None:
    """Write claims as UTF-8 CSV: a column for each attribute, one line for each claim, whatever its text."""
    names = [field.name for field in fields(Claim)]
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([_cell(getattr(claim, name)) for name in names] for claim in claims)
    write_text(path, stream.getvalue())


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float | int):
        return repr(value)
    text = ";".join(map(str, value)) if isinstance(value, tuple) else str(value)
    line = " ".join(text.split())
    return line if isinstance(value, tuple) and not line.startswith(("=", "@")) else guarded(line)
