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

Verdict = Literal["reproduced", "not reproduced", "undecided"]


@dataclass(frozen=True)
class Claim:
    """A claim, both sides' evidence, the test, and the verdict that the test gives.

    Attributes:
        id: C1 to C12.
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
        reason: which rule gave the verdict, and what is missing where it is undecided.
        sources: the result files that it is from, relative to `results/SCALE`.
        scale: the scale of the runs.
        p_holm: p_value as Holm corrects it for the number of the claims; None where there is none.
        settings: what the search does here beyond the paper.
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

    @property
    def interval_words(self) -> str:
        """`-1.5 to 2.25 % (95 %)`; empty where there is none."""
        if self.interval is None:
            return ""
        low, high = self.interval
        return f"{low:.4g} to {high:.4g} {self.unit} ({100 * self.level:g} %)".replace("  ", " ")

    @property
    def number_words(self) -> str:
        """The statistic and its p-values, as far as there are any."""
        numbers = [f"statistic {self.statistic:.4g}"] if self.statistic is not None else []
        numbers += [f"p = {self.p_value:.3g}"] if self.p_value is not None else []
        numbers += [f"by Holm over the twelve {self.p_holm:.3g}"] if self.p_holm is not None else []
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
