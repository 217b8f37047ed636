"""A claim as text for a terminal: verdict, evidence, test, and the runs behind it. [no torch]"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from pipeline_src.reporting.provenance.explain import Screen, run_of
from pipeline_src.reporting.provenance.lines import traced
from pipeline_src.reporting.provenance.trace import Tracer
from pipeline_src.reporting.read.claims import Claim
from pipeline_src.reporting.read.provenance import Line


def describe_claim(
    claim: Claim, lines: Sequence[Line], screen: Screen, trace: Callable[[str], Line | None]
) -> list[str]:
    """All that is known of a claim.

    Args:
        claim: of `claims.json`.
        lines: of `provenance.csv`; those of the claim's result files are told.
        trace: finds the line of a result file that no table or picture reads; None where the file has gone.
    """
    said = screen.heading(f"{claim.id}: {claim.sentence} Scale {claim.scale}")
    for label, text in (
        ("verdict", f"{claim.verdict_words}: {claim.reason}"),
        ("paper", claim.paper),
        ("here", claim.ours or "not run"),
        ("next to it", " ".join(claim.notes)),
        ("test", claim.test),
        ("numbers", ", ".join(filter(None, (f"n = {claim.n}", claim.number_words)))),
        ("interval", claim.interval_words),
        ("beyond", ", ".join(claim.settings)),
        ("in", ", ".join(claim.where)),
    ):
        said += screen.fact(label, text)
    known = runs_of(claim, lines)
    for number, source in enumerate(claim.sources, start=1):
        line = known.get(source) or trace(source)
        said += [""]
        if line is None:
            said += screen.heading(f"file {number} of {len(claim.sources)}, {source}: it has gone")
        else:
            said += run_of(line, number, len(claim.sources), screen)
    return said


def runs_of(claim: Claim, lines: Sequence[Line]) -> dict[str, Line]:
    """Of each result file of a claim the line of `provenance.csv`, without the value of its cell."""
    wanted = set(claim.sources)
    found: dict[str, Line] = {}
    for line in lines:
        if line.source in wanted and line.status == "measured" and line.source not in found:
            found[line.source] = Line(**{**vars(line), "run_value": "", "unit": ""})
    return found


def tracing(results: Path, scale: str) -> Callable[[str], Line | None]:
    """Lines from the run records of a folder `results/SCALE`.

    Raises:
        UserError: (by the function) a file that is there has no sound record.
    """
    tracer = Tracer(results, scale)

    def trace(source: str) -> Line | None:
        if not (results / source).is_file():
            return None
        return traced(Line("", scale=scale, status="measured"), tracer.of(source))

    return trace
