"""A comparison as Markdown and as one HTML page; names of runs and rows come out as text. [no torch]"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from jinja2 import Environment, PackageLoader, StrictUndefined

from pipeline_src.reporting.compare.comparison import Comparison
from pipeline_src.reporting.compare.noise import Change, Verdict
from pipeline_src.reporting.compare.sides import Number

TEMPLATE = "compare.html"
_HEADINGS: tuple[tuple[Verdict, str], ...] = (
    ("not repeated", "Trained numbers that should be equal and are not"),
    ("beyond noise", "Moved beyond noise"),
    ("beyond tolerance", "Moved beyond the tolerance, noise unknown"),
    ("exact", "Counts and texts that differ"),
    ("unknown noise", "Moved within the tolerance, noise unknown"),
    ("within noise", "Moved within noise"),
)
_MARKDOWN = re.compile(r"([\\`*\[\]|~$]|(?<![^\W_])_|_(?![^\W_]))")


@dataclass(frozen=True)
class Shown:
    """One line of a comparison, as text: which number, both values, the difference, and what judged it."""

    where: str
    a: str
    b: str
    difference: str
    basis: str


@dataclass(frozen=True)
class Section:
    """A heading and its lines."""

    title: str
    lines: tuple[Shown, ...]


def summary(comparison: Comparison) -> str:
    """The result in one sentence."""
    counts = {verdict: len(comparison.of(verdict)) for verdict, _ in _HEADINGS}
    total = len(comparison.changes)
    if not total:
        return "The two reports have no measured number in common."
    if not any(counts.values()):
        return f"Nothing moved: all {total} numbers that both reports measured are the same."
    return (
        f"Of {total} numbers that both reports measured, {counts['not repeated']} should be equal"
        f" and are not, {counts['beyond noise']} moved beyond noise,"
        f" {counts['exact']} counts or texts differ,"
        f" {counts['beyond tolerance']} moved beyond the tolerance with noise unknown,"
        f" {counts['unknown noise']} within it,"
        f" {counts['within noise']} moved within noise, {len(comparison.of('same'))} are the same."
    )


def method(comparison: Comparison) -> str:
    """How the verdicts came about."""
    repeats = (
        "A trained number of the same device, seeds, settings and lookup table should be equal."
        if comparison.traced
        else "One side has no provenance.csv, so it is not known which trained numbers should be equal."
    )
    return (
        f"{repeats} Beyond noise: adjusted p of {comparison.level:g} or less, by Welch's t-test over runs"
        " where both sides have two or more; for a single mIoU by the spread over the seeds of Table 4,"
        f" for a single timing by its quartiles. Tests: {comparison.tests}, corrected as Benjamini and"
        " Hochberg do. Where the noise is unknown, a"
        f" change of up to {100 * comparison.tolerance:g} % is within the tolerance."
        f" Differences are {comparison.b} minus {comparison.a}."
    )


def sections(comparison: Comparison) -> tuple[Section, ...]:
    """What differs, by kind, the largest relative difference first; kinds without any are left out."""
    found = [
        Section(title, tuple(_change(one) for one in sorted(comparison.of(verdict), key=_size)))
        for verdict, title in _HEADINGS
    ]
    found.append(Section("Status changed", tuple(_status(*pair) for pair in comparison.statuses)))
    quotes = tuple(Shown(_where(a), a.quoted, b.quoted, "", "") for a, b in comparison.quotes)
    found.append(Section("The paper's value is transcribed otherwise", quotes))
    for name, rows in ((comparison.a, comparison.only_a), (comparison.b, comparison.only_b)):
        lines = tuple(Shown(f"{artefact}: {title} ({one})", "", "", "", "") for artefact, one, title in rows)
        found.append(Section(f"Only in {name}", lines))
    return tuple(section for section in found if section.lines)


def _size(change: Change) -> float:
    return -abs(change.relative or 0.0)


def _where(number: Number) -> str:
    return f"{number.artefact}: {number.row}, {number.column}"


def _change(change: Change) -> Shown:
    difference = ""
    if change.difference is not None:
        share = "" if change.relative is None else f" ({100 * change.relative:+.1f} %)"
        unit = "points" if change.a.unit == "%" else change.a.unit
        difference = f"{change.difference:+.4g} {unit}{share}"
    p = "" if change.p is None else f"p = {change.p:.2g}, adjusted {change.adjusted:.2g}; "
    where = _where(change.a) + (f"; also {', '.join(change.also)}" if change.also else "")
    return Shown(where, _value(change.a), _value(change.b), difference, p + change.basis)


def _value(number: Number) -> str:
    if number.mean is None:
        return number.measured
    spread = "" if number.std is None else f" ± {number.std:.4g}"
    return f"{number.mean:.6g}{spread} {number.unit}" + f", n = {number.n}" * (number.n > 1)


def _status(a: Number, b: Number) -> Shown:
    return Shown(_where(a), _with_status(a), _with_status(b), "", "")


def _with_status(number: Number) -> str:
    return f"{number.status.replace('_', ' ')} {number.measured}".strip()


def to_markdown(comparison: Comparison) -> str:
    """The whole as Markdown."""
    text = [f"# {_escaped(comparison.a)} against {_escaped(comparison.b)}", "", _escaped(summary(comparison))]
    if comparison.warnings:
        text += ["", *(f"- **{_escaped(warning)}**" for warning in comparison.warnings)]
    text += ["", _escaped(method(comparison))]
    for section in sections(comparison):
        text += ["", f"## {_escaped(section.title)}: {len(section.lines)}", ""]
        if any(line.a or line.b for line in section.lines):
            head = ("number", comparison.a, comparison.b, "difference", "by")
            text += [_row(head), "|" + " --- |" * len(head)]
            text += [_row((one.where, one.a, one.b, one.difference, one.basis)) for one in section.lines]
        else:
            text += [f"- {_escaped(line.where)}" for line in section.lines]
    return "\n".join(text) + "\n"


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(_escaped(cell) for cell in cells) + " |"


def _escaped(text: str) -> str:
    """Text that Markdown shows as it is: one line, no markup, no HTML, no control characters."""
    plain = _one_line(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _MARKDOWN.sub(r"\\\1", plain)


def _one_line(text: object) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in " ".join(str(text).split()))


def to_html(comparison: Comparison) -> str:
    """The whole as one page that loads nothing."""
    environment = Environment(
        loader=PackageLoader("pipeline_src.reporting.compare", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_one_line,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template(TEMPLATE).render(
        comparison=comparison,
        summary=summary(comparison),
        method=method(comparison),
        sections=sections(comparison),
    )
