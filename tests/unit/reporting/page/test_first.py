"""The first screen says what was found, computed, and what does not compare."""

from __future__ import annotations

from fabricate import Folder

from pipeline_src.config.grid import Grid
from pipeline_src.reporting.page.facts import Facts
from pipeline_src.reporting.page.first import First, first_screen, summary_markdown
from pipeline_src.reporting.page.sections import banner, claim_views
from pipeline_src.reporting.provenance.trace import Trace
from pipeline_src.reporting.read.claims import Claim
from pipeline_src.reporting.read.sources import TABLES
from pipeline_src.reporting.tables.cells import tabulate

TITAN = {"device": "NVIDIA TITAN Xp"}


def _trace(source: str) -> Trace:
    told = dict.fromkeys(("run", "rule", "command", "device", "date", "artifact", "sha256", "log"), "")
    settings = {"settings": "{}", "seed": None, "commit": None, "changed": None}
    return Trace(source=source, wall_s=1, inputs={}, **settings, **told)  # type: ignore[arg-type]


def _claim(number: int, verdict: str) -> Claim:
    return Claim(
        id=f"C{number}",
        sentence="One | of *them*.",
        where=("table_3",),
        paper="72.9 % against 66.7 %",
        ours="70.0 % against 60.0 %",
        test="a test",
        n=4,
        statistic=None,
        p_value=None,
        p_holm=None,
        settings=(),
        interval=(1.5, 2.5),
        level=0.95,
        unit="%",
        verdict=verdict,  # type: ignore[arg-type]
        reason="",
        sources=("speed/x.json",),
        scale="paper",
    )


def _first(grid: Grid, folder: Folder, verdicts: tuple[str, ...], self_test: bool = False) -> First:
    tables = [tabulate(name, grid, folder.root) for name in TABLES]
    facts = Facts(_trace)
    views = claim_views([_claim(number, one) for number, one in enumerate(verdicts, 1)], facts, self_test)
    return first_screen(grid, tables, views, facts, self_test)


def test_verdicts_and_numbers_are_counted(grid: Grid, folder: Folder) -> None:
    (row, *_) = (one for one in grid.of_table("table_1") if one.label == "AutoRTNet-A")
    folder.evaluation(row.test[0], 0.70)
    folder.speed(row.speeds[0], 10.0, fingerprint={"device": "Some Processor"})
    first = _first(grid, folder, ("reproduced", "not reproduced", "undecided", "not testable here"))
    said = "Of the paper's claims and their parts, 4 in all: 1 reproduced, 1 not, 1 undecided, 1 not"
    assert first.sentence.startswith(said)
    accuracy, speed, search = first.headlines
    assert (accuracy.paper, accuracy.here) == ("72.2 %", "70.0 %")
    assert "one training" in accuracy.remark and "same conditions" in accuracy.remark and accuracy.key
    assert (speed.paper, speed.here) == ("110.0", "100.0")
    assert "quartiles 100.0 to 100.0" in speed.remark
    assert "not comparable (device: Titan XP, here Some Processor)" in speed.remark
    assert search.here == "70.0 % against 60.0 %" and "1.5 to 2.5 % (95 %): not reproduced" in search.remark
    assert dict(first.names)["A"] == "searched on Cityscapes with gamma 0.01, seed 2"


def test_nothing_run_is_said_so(grid: Grid, folder: Folder) -> None:
    first = _first(grid, folder, ())
    assert first.sentence.startswith("No claim was judged. ") and " 0 were measured here" in first.sentence
    assert [one.here for one in first.headlines] == ["not run", "not run"]


def test_the_summary_is_markdown_that_no_text_breaks(grid: Grid, folder: Folder) -> None:
    first = _first(grid, folder, ("reproduced", "not reproduced"))
    facts = Facts(_trace)
    views = claim_views([_claim(2, "not reproduced")], facts)
    text = summary_markdown({"scale": "paper", "banner": banner(grid), "first": first, "claims": views})
    assert text.startswith("## AutoRTNet: a reproduction report (scale paper)\n")
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert {line.replace("\\|", "").count("|") for line in rows} == {5}
    assert "- C2 not reproduced: One \\| of \\*them\\*." in text
