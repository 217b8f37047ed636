"""What stands around the tables and figures: banner, summary, claims, what was not run. [no torch]"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline_src.config.grid import Grid
from pipeline_src.config.models import Config
from pipeline_src.config.settings import setting_keys
from pipeline_src.reporting.page.facts import Facts
from pipeline_src.reporting.page.figures import FigureView
from pipeline_src.reporting.page.tables import TableView
from pipeline_src.reporting.paper.quoted import Footnote
from pipeline_src.reporting.read.claims import Claim
from pipeline_src.reporting.tables.cells import Table

_COMPARED = ("data", "space", "latency", "search", "pretrain", "finetune", "evaluate", "experiments")
_PLACES = ("path", "layout")
_MAIN_KEYS = (
    "data.cityscapes.input_height_px",
    "data.camvid.input_height_px",
    "space.initial_channels",
    "search.epochs",
    "pretrain.epochs",
    "finetune.pretrained",
    "finetune.optimizer",
    "finetune.loss",
    "finetune.epochs",
    "experiments.random_networks",
)
NOT_DRAWN = "its files are not in the report's folder figures"
ICONS = {"reproduced": "✓", "not reproduced": "✗", "undecided": "?", "not testable here": "–"}
SELF_TEST = {
    "reproduced": "self-test: agrees",
    "not reproduced": "self-test: differs",
    "undecided": "self-test: undecided",
    "not testable here": "self-test: not testable here",
}
"""What a verdict is called where the images are rendered: nothing of the paper is at stake."""


@dataclass(frozen=True)
class Banner:
    """What the scale means for what may be concluded.

    Attributes:
        level: `nothing` follows for the paper, `reduced` settings, or the `paper`'s own.
        headline, text: for the reader.
        changed: (key, the paper's value, the value here) of every setting that differs.
        main: those of them that matter most, as phrases.
    """

    level: str
    headline: str
    text: str
    changed: tuple[tuple[str, str, str], ...]
    main: tuple[str, ...]


@dataclass(frozen=True)
class ClaimView:
    """A claim with its verdict's icon and the key of its facts; the key is empty where nothing was run."""

    claim: Claim
    verdict: str
    icon: str
    verdict_class: str
    interval: str
    numbers: str
    key: str


@dataclass(frozen=True)
class Absence:
    """One reason why something was not run, the places that it leaves empty, and how many those are."""

    reason: str
    places: tuple[str, ...]
    count: str


def banner(grid: Grid) -> Banner:
    """Compare the configuration with the paper's, which are the defaults of all settings."""
    changed = _changed(grid.config)
    values = {key: (paper, here) for key, paper, here in changed}
    main = tuple(f"{key} {values[key][1]} (paper {values[key][0]})" for key in _MAIN_KEYS if key in values)
    rendered = _rendered_sets(grid)
    if grid.config.data.own is not None:
        level = "reduced"
        headline = f"Everything here is of {grid.main}, a data set that is not in the paper."
        text = (
            "The paper's numbers stand beside for orientation; none of them is of these images, so no "
            "difference is told."
            + (f" The images of {', '.join(rendered)} are drawn by this project." if rendered else "")
        )
    elif rendered:
        level = "nothing"
        headline = f"Scale {grid.config.scale}: a self-test of the software, no evidence about the paper."
        text = (
            f"The images of {', '.join(rendered)} are drawn by this project, not photographed. The numbers "
            "show that the pipeline works and that its networks learn. The verdicts below test the software "
            "that computes them."
        )
    elif changed:
        level = "reduced"
        headline = f"Scale {grid.config.scale}: reduced settings, not the paper's experiments."
        text = (
            "Real images, with settings that differ from the paper's. Orders and tendencies may be compared "
            "with care, values may not."
        )
    else:
        level, headline = "paper", "The paper's own settings."
        text = (
            "Every setting that the paper states is as it states it; the open ones are the assumptions below."
        )
    return Banner(level, headline, text, changed, main)


def _rendered_sets(grid: Grid) -> list[str]:
    return [name for name in sorted(grid.datasets) if grid.is_rendered(name)]


def _changed(config: Config) -> tuple[tuple[str, str, str], ...]:
    """(key, paper's value, value here); a block that is null here is one line."""
    blocks = [name for name in _COMPARED if name != "pretrain" or config.finetune.pretrained]
    paper, here = (
        dict(_flat({name: getattr(one, name).model_dump(mode="json") for name in blocks}))
        for one in (Config(), config)
    )
    keys = dict.fromkeys([*paper, *here])
    ways = {key for key, execution in setting_keys() if execution}
    return tuple(
        (key, _said(paper.get(key)), _said(here.get(key)))
        for key in keys
        if key.rsplit(".", 1)[-1] not in _PLACES and paper.get(key) != here.get(key) and key not in ways
    )


def _flat(value: Any, prefix: str = "") -> Iterable[tuple[str, Any]]:
    if not isinstance(value, dict):
        yield prefix, value
        return
    for key, inner in value.items():
        yield from _flat(inner, f"{prefix}.{key}" if prefix else str(key))


def _said(value: Any) -> str:
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return f"{len(value)} entries"
    return "none" if value is None else str(value)


def claim_views(claims: Sequence[Claim], facts: Facts, self_test: bool = False) -> tuple[ClaimView, ...]:
    """The claims as the page shows them; of a self-test the verdicts are called so.

    Raises:
        UserError: a claim tells numbers of ours and nothing says where they are from.
    """
    views = []
    for claim in claims:
        verdict = SELF_TEST[claim.verdict] if self_test else claim.verdict
        told = {
            "Verdict": verdict,
            "Rule": claim.reason,
            "Ours": claim.ours,
            "Next to it": " ".join(claim.notes),
            "Test": claim.test,
            "Points in the test (n)": str(claim.n),
            "Beyond the paper": ", ".join(claim.settings),
        }
        key = ""
        if claim.ours and (claim.n or claim.sources):
            key = facts.add(
                f"claim/{claim.id}", f"{claim.id}: {claim.sentence}", told, claim.sources, claim.id
            )
        verdict_class = claim.verdict.replace(" ", "-")
        views.append(
            ClaimView(
                claim,
                verdict,
                ICONS[claim.verdict],
                verdict_class,
                claim.interval_words,
                claim.number_words,
                key,
            )
        )
    return tuple(views)


def summary(
    tables: Sequence[TableView], claims: Sequence[ClaimView], self_test: bool = False
) -> dict[str, Any]:
    """Counts of cells by status over all tables, and of claims by verdict."""
    cells: Counter[str] = Counter()
    for table in tables:
        cells.update(table.counts)
    verdicts: Counter[str] = Counter(view.verdict for view in claims)
    names = SELF_TEST.values() if self_test else ICONS
    return {"cells": dict(cells), "verdicts": {verdict: verdicts[verdict] for verdict in names}}


def absences(tables: Sequence[Table], figures: Sequence[FigureView]) -> tuple[Absence, ...]:
    """Why cells and pictures are empty or lack some of their runs, the most frequent reason first."""
    cells: dict[str, Counter[str]] = defaultdict(Counter)
    pictures: dict[str, list[str]] = defaultdict(list)
    for table in tables:
        for cell in table.cells:
            if cell.status == "not_run" or (cell.status == "measured" and cell.reason):
                where = f"Table {table.layout.name.removeprefix('table_')}: {cell.row}"
                cells[cell.reason][where] += 1
    for figure in figures:
        if figure.status in ("not_run", "missing") or figure.reason:
            name = f"Figure {figure.number}" if figure.number else figure.title
            pictures[NOT_DRAWN if figure.status == "missing" else figure.reason].append(name)
    most = sorted(cells.items(), key=lambda item: (-sum(item[1].values()), item[0]))
    found = [Absence(reason, tuple(where), _many(sum(where.values()), "cell")) for reason, where in most]
    drawn = pictures.items()
    found += [Absence(reason, tuple(names), _many(len(names), "picture")) for reason, names in drawn]
    return tuple(found)


def _many(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def contradictions(notes: Sequence[Footnote]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """(text, numbers of the tables where it stands) of each of the paper's contradictions."""
    found = []
    for note in notes:
        names = dict.fromkeys(place.table.removeprefix("table_") for place in note.places)
        found.append((note.text, tuple(names)))
    return tuple(found)
