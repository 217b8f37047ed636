"""Everything that the page says, gathered before a line of it is written. [no torch]"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline_src import places as places_of
from pipeline_src.config.grid import Grid
from pipeline_src.errors import UserError
from pipeline_src.reporting.page import figures, sections, tables
from pipeline_src.reporting.page.agreements import read_agreements
from pipeline_src.reporting.page.assumptions import read_assumptions
from pipeline_src.reporting.page.facts import Facts
from pipeline_src.reporting.page.files import page_files
from pipeline_src.reporting.page.first import dead_networks, dead_pictures, first_screen, summary_markdown
from pipeline_src.reporting.page.frames import frames_of
from pipeline_src.reporting.page.glossary import GLOSSARY
from pipeline_src.reporting.page.networks import side_by_side
from pipeline_src.reporting.page.points import gamma_rows
from pipeline_src.reporting.page.runs import read_environment
from pipeline_src.reporting.paper import citation
from pipeline_src.reporting.paper.quoted import footnotes
from pipeline_src.reporting.provenance.trace import Trace
from pipeline_src.reporting.read.claims import read_claims
from pipeline_src.reporting.read.pictures import PICTURES
from pipeline_src.reporting.read.sources import TABLES
from pipeline_src.reporting.tables.captions import BEYOND, FIGURES
from pipeline_src.reporting.tables.cells import Table
from pipeline_src.reporting.tables.lines import BEST_RULE
from pipeline_src.reporting.tables.reread import read_table

if TYPE_CHECKING:
    from pipeline_src.reporting.page.against import Against


@dataclass(frozen=True)
class Places:
    """What the page is made from.

    Attributes:
        results: the folder `results/SCALE`, for run records.
        reports: the folder `reports/SCALE` with tables, figures and claims.
        assumptions: docs/assumptions.md.
        graph: the rules of the configuration at hand as an SVG, as text.
        against: another report's folder, whose values are shown beside.
        own: names of pictures that a user's own rules drew (docs/own_rules.md).
    """

    results: Path
    reports: Path
    assumptions: Path
    graph: str
    against: Path | None = None
    own: tuple[str, ...] = ()


def beyond_the_paper() -> tuple[str, ...]:
    """The pictures beyond the paper's figures: those that the page has a line on, then all others drawn."""
    return tuple(name for name in dict.fromkeys((*BEYOND, *PICTURES)) if name not in FIGURES)


def _own(places: Places) -> tuple[str, ...]:
    """A user's own pictures.

    Raises:
        UserError: one has the name of the report's own, or is not drawn.
    """
    for name in places.own:
        if name in PICTURES:
            raise UserError("--own-figure", f"{name} is a picture of the report.", "Give it another name.")
        drawn = places.reports / places_of.PICTURE.format(figure=name, kind="svg")
        if not drawn.is_file():
            raise UserError(drawn, "is not there.", "Draw it with its words, NAME.json, first.")
    return places.own


def _of_scale(table: Table, scale: str) -> Table:
    if table.scale != scale:
        name = table.layout.name
        raise UserError(
            name, f"is of the scale {table.scale}, not {scale}.", "Give the folder reports/SCALE."
        )
    return table


def _against(places: Places) -> Against | None:
    if places.against is None:
        return None
    from pipeline_src.reporting.page.against import read_against  # loads scipy

    return read_against(places.against, places.reports)


def build_context(
    grid: Grid, places: Places, trace: Callable[[str], Trace], alone: bool = False
) -> dict[str, Any]:
    """The values of the page's template.

    Args:
        grid: the runs of the configuration.
        places: files and folders.
        trace: finds the run behind a result file.
        alone: whether the page is shown without the files of its folder, so that it must not link to them.

    Raises:
        UserError: a file is malformed, or a number has no provenance.
    """
    facts, banner = Facts(trace, grid.config.scale), sections.banner(grid)
    self_test = banner.level == "nothing"
    drawn = places.reports / places_of.FIGURES
    gathered = [
        _of_scale(read_table(name, places.reports / places_of.TABLES), grid.config.scale) for name in TABLES
    ]
    claims_path = places.reports / places_of.CLAIMS
    claims = sections.claim_views(
        read_claims(claims_path) if claims_path.is_file() else (), facts, banner.level == "nothing"
    )
    against = _against(places)
    others = None if against is None else against.cells
    table_views = [tables.view(table, facts, others) for table in gathered]
    points = gamma_rows(drawn, facts)
    dead = dead_networks(gathered)
    figure_views = figures.views(FIGURES, drawn, facts)
    beyond_views = figures.views((*beyond_the_paper(), *_own(places)), drawn, facts)
    environment = read_environment(places.results)
    own_entry = citation.report_bibtex(grid.config.scale, facts.commits(), environment.last[:4])
    context = {
        "paper": citation,
        "own_entry": own_entry,
        "first": first_screen(grid, gathered, claims, facts, self_test),
        "scale": grid.config.scale,
        "alone": alone,
        "reports": places_of.of_scale(places_of.REPORTS, grid.config.scale),
        "banner": banner,
        "summary": sections.summary(table_views, claims, self_test),
        "claims": claims,
        "agreements": read_agreements(places.reports / places_of.AGREEMENT),
        "tables": table_views,
        "against": against,
        "best_rule": BEST_RULE,
        "figures": figure_views,
        "beyond": beyond_views,
        "points": {"figure_6": points},
        "dead": dead_pictures(dead),
        "dead_letters": dead,
        "networks": side_by_side((*figure_views, *beyond_views)),
        "frames": frames_of(places.results, dead),
        "glossary": GLOSSARY,
        "contradictions": sections.contradictions(footnotes()),
        "assumptions": read_assumptions(places.assumptions),
        "environment": environment,
        "graph": figures.svg_uri(places.graph),
        "absences": sections.absences(gathered, (*figure_views, *beyond_views)),
        "facts": facts.as_data(),
        "commits": facts.commits(),
    }
    entries = f"{citation.bibtex()}\n\n{own_entry}\n"
    return {**context, "files": page_files(gathered, places.reports, summary_markdown(context), entries)}
