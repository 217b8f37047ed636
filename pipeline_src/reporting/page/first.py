"""What a reader sees first: what was found in a sentence, three comparisons, who A, B, C are. [no torch]"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline_src.config.grid import Grid
from pipeline_src.config.runs import Architecture, gamma_text
from pipeline_src.markdown import plain, table
from pipeline_src.reporting.page.facts import Facts
from pipeline_src.reporting.page.sections import ClaimView
from pipeline_src.reporting.read.claims import Verdict
from pipeline_src.reporting.tables.cells import Cell, Table
from pipeline_src.reporting.tables.conditions import set_title

RANDOM_CLAIM = "C2"
"""The claim that the search beats random networks."""
OWN = "autortnet_a"
PICTURE_OF = {
    **dict.fromkeys(("figure_5", "figure_7", "figure_8", "figure_9", "confusion", "class_difference"), "A"),
    "architecture_b": "B",
    "architecture_c": "C",
}
"""The network that a picture shows."""


@dataclass(frozen=True)
class Headline:
    """One comparison: the paper's, ours and how sure that is; `key` opens its facts."""

    title: str
    paper: str
    here: str
    remark: str
    anchor: str
    key: str = ""


@dataclass(frozen=True)
class First:
    """The first screen; `names` says of each of A, B and C which network it is here."""

    sentence: str
    headlines: tuple[Headline, ...]
    names: tuple[tuple[str, str], ...]


def first_screen(
    grid: Grid, tables: Sequence[Table], claims: Sequence[ClaimView], facts: Facts, self_test: bool
) -> First:
    """Everything of it, computed from tables and claims."""
    by_name = {table.layout.name: table for table in tables}
    main, dead = by_name["table_1"], dead_networks(tables)
    headlines = [
        _of_cell("Accuracy of A, mIoU", main, main.cell(OWN, "miou"), facts),
        _of_cell("Speed of A, FPS", main, main.cell(OWN, "fps"), facts),
    ]
    for view in claims:
        if view.claim.id == RANDOM_CLAIM:
            remark = f"{view.interval or 'no interval'}: {view.verdict}"
            here = view.claim.ours or "not run"
            title = "Search against random networks"
            headlines.append(
                Headline(title, view.claim.paper, here, remark, f"claim-{view.claim.id}", view.key)
            )
    names = tuple(
        (letter, f"{said}, a dead network" if letter in dead else said) for letter, said in _names(grid)
    )
    return First(_sentence(tables, claims, self_test), tuple(headlines), names)


def dead_networks(tables: Sequence[Table]) -> dict[str, str]:
    """Which of A, B and C are dead, and why."""
    by_name = {table.layout.name: table for table in tables}
    rows = {
        "A": ("table_1", "autortnet_a"), "B": ("table_1", "autortnet_b"), "C": ("table_2", "autortnet_c"),
    }  # fmt: skip
    found = {
        letter: by_name[table].dead.get(row, "") for letter, (table, row) in rows.items() if table in by_name
    }
    return {letter: fault for letter, fault in found.items() if fault}


def dead_pictures(dead: Mapping[str, str]) -> dict[str, str]:
    """The pictures of one network that is dead, and why; the picture itself may not say it."""
    return {name: dead[letter] for name, letter in PICTURE_OF.items() if letter in dead}


def _of_cell(title: str, table: Table, cell: Cell, facts: Facts) -> Headline:
    """A printed number beside ours, with its spread, and why they do not compare where they do not."""
    name, unit = table.layout.name, f" {cell.unit}" if cell.unit == "%" else ""
    paper = f"{cell.quoted}{unit}" if cell.quoted else "not printed"
    if cell.status != "measured" or cell.mean is None:
        return Headline(title, paper, "not run", cell.reason, name.replace("_", "-"))
    if cell.q1 is not None and cell.q3 is not None:
        spread = f"quartiles {cell.q1:.1f} to {cell.q3:.1f}" + (", noisy" if cell.is_noisy else "")
    elif cell.std is not None:
        spread = f"{cell.n} runs, standard deviation {cell.std:.1f}"
    else:
        spread = "one training, so its spread is not known"
    why = f"not comparable ({'; '.join(cell.differs)})" if cell.differs else "same conditions as the paper's"
    key = facts.add_cell(name, cell)
    dead = "dead network; " if table.dead.get(cell.row_id) else ""
    return Headline(
        title, paper, f"{cell.measured}{unit}", f"{dead}{spread}; {why}", name.replace("_", "-"), key
    )


def _sentence(tables: Sequence[Table], claims: Sequence[ClaimView], self_test: bool) -> str:
    own = [cell for table in tables for cell in table.cells if cell.kind == "ours" and _is_number(cell)]
    measured = [cell for cell in own if cell.mean is not None]
    alike = [cell for cell in measured if not cell.differs]
    cells = (
        f"Of the {len(own)} numbers that the paper prints for its own networks, {len(measured)} were "
        f"measured here, {len(alike)} of them under the paper's conditions."
    )
    counts = Counter(view.claim.verdict for view in claims)
    if not claims:
        return f"No claim was judged. {cells}"
    if self_test:
        return (
            f"The software judged {len(claims)} claims over images that it drew itself "
            f"({counts['undecided']} undecided, {counts['not testable here']} not testable). {cells}"
        )
    return f"{_counted(counts, len(claims))} {cells}"


def _counted(counts: Counter[Verdict], whole: int) -> str:
    told = (
        f"{counts['reproduced']} reproduced, {counts['not reproduced']} not, {counts['undecided']} undecided,"
        f" {counts['not testable here']} not testable"
    )
    return f"Of the paper's claims and their parts, {whole} in all: {told} with the runs at hand."


def _is_number(cell: Cell) -> bool:
    return bool(cell.quoted.strip("- ")) and cell.unit in ("%", "ms", "1/s", "M")


def _names(grid: Grid) -> tuple[tuple[str, str], ...]:
    networks = {"A": grid.network_a, "B": grid.network_b, "C": grid.network_c}
    return tuple((letter, _said(grid, one)) for letter, one in networks.items())


def _said(grid: Grid, one: Architecture) -> str:
    assert one.search is not None
    search = one.search
    dataset = set_title(search.dataset) + (" (rendered)" if grid.is_rendered(search.dataset) else "")
    return f"searched on {dataset} with gamma {gamma_text(search.gamma)}, seed {search.seed}"


def summary_markdown(context: Mapping[str, Any]) -> str:
    """The first screen as Markdown, for a README or a message, from the page's context."""
    scale, headline = context["scale"], context["banner"].headline
    first: First = context["first"]
    claims: Sequence[ClaimView] = context["claims"]
    lines = [
        f"## AutoRTNet: a reproduction report (scale {scale})",
        "",
        f"**{headline}**",
        "",
        first.sentence,
        "",
    ]
    rows = [(one.title, one.paper, one.here, one.remark) for one in first.headlines]
    lines += [table(("", "paper", "here", ""), rows)]
    lines += [""]
    lines += [f"- {view.claim.id} {view.verdict}: {plain(view.claim.sentence)}" for view in claims]
    lines += [""] + [f"{letter}: {said}." for letter, said in first.names]
    return "\n".join(lines) + "\n"
