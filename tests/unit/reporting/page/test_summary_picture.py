"""The first screen as one picture: everything that it says, inside of it, and the same bytes each time."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from fabricate import Folder
from marks_of import crossings
from matplotlib.collections import PathCollection
from test_first import _claim, _trace

from pipeline_src.config.grid import Grid
from pipeline_src.reporting.drawing.leaders import LEADER
from pipeline_src.reporting.drawing.panels import MARK_AREA
from pipeline_src.reporting.drawing.picture import house_style
from pipeline_src.reporting.page import summary_picture
from pipeline_src.reporting.page.facts import Facts
from pipeline_src.reporting.page.first import first_screen
from pipeline_src.reporting.page.sections import claim_views
from pipeline_src.reporting.read.sources import TABLES
from pipeline_src.reporting.tables.cells import Table, tabulate

VERDICTS = ("reproduced", "not reproduced", "undecided", "not testable here") * 4


def _context(grid: Grid, folder: Folder) -> tuple[dict[str, Any], Table]:
    tables = [tabulate(name, grid, folder.root) for name in TABLES]
    facts = Facts(_trace)
    claims = claim_views([_claim(number, one) for number, one in enumerate(VERDICTS, 1)], facts)
    context = {
        "scale": grid.config.scale,
        "banner": SimpleNamespace(headline="Scale paper: the paper's own settings."),
        "first": first_screen(grid, tables, claims, facts, False),
        "claims": claims,
        "commits": ("0123456789abcdef0123",),
    }
    return context, tables[0]


@pytest.mark.parametrize("measured", [True, False])
def test_the_picture_says_what_the_first_screen_says(grid: Grid, folder: Folder, measured: bool) -> None:
    if measured:
        folder.everything(grid)
    context, main = _context(grid, folder)
    figure = summary_picture._drawn(context, main)
    said = re.sub(r"\s+", " ", " ".join(text.get_text() for text in figure.texts))
    first = context["first"]
    for part in (first.sentence, context["banner"].headline, "arXiv 2003.14226", "commit 0123456789ab"):
        assert part in said, part
    for one in first.headlines:
        assert one.title.split()[0] in said
    assert all(f"{view.icon} {view.claim.id} {view.claim.verdict}" in said for view in context["claims"])
    assert "searched on Cityscapes with gamma 0.01, seed 2" in said
    assert len(figure.axes) == (2 if measured else 1), "two devices are never on one axis"


def test_nothing_leaves_the_picture_or_lies_on_other_text(grid: Grid, folder: Folder) -> None:
    folder.everything(grid)
    figure = summary_picture._drawn(*_context(grid, folder))
    figure.draw_without_rendering()
    boxes = [(text.get_text(), text.get_window_extent()) for text in figure.texts]
    boxes += [("legend", axes.get_legend().get_window_extent()) for axes in figure.axes]
    for number, (text, box) in enumerate(boxes):
        assert figure.bbox.x0 <= box.x0 and box.x1 <= figure.bbox.x1, text
        assert figure.bbox.y0 <= box.y0 and box.y1 <= figure.bbox.y1, text
        for other, there in boxes[:number]:
            assert not box.padded(-1).overlaps(there.padded(-1)), (text, other)


def test_the_files_are_small_and_the_same_each_time(grid: Grid, folder: Folder) -> None:
    folder.everything(grid)
    context, main = _context(grid, folder)
    pictures = summary_picture.summary_pictures(context, main)
    assert pictures == summary_picture.summary_pictures(context, main)
    svg, png = pictures
    assert png.startswith(b"\x89PNG") and b"<svg" in svg
    assert len(svg) < 300_000


def test_names_lie_on_no_mark_and_no_leader_crosses_a_front(grid: Grid, folder: Folder) -> None:
    folder.everything(grid)
    with house_style():
        figure = summary_picture._drawn(*_context(grid, folder))
    figure.draw_without_rendering()
    for axes in figure.axes:
        marks = [one for one in axes.collections if isinstance(one, PathCollection)]
        centres = axes.transData.transform(np.concatenate([one.get_offsets() for one in marks]))
        radius = MARK_AREA**0.5 / 2 * figure.dpi / 72
        names = [text for text in axes.texts if text.get_text()]
        assert len(names) >= 4
        for name in names:
            box = name.get_window_extent()
            nearest = np.clip(centres, [box.x0, box.y0], [box.x1, box.y1])
            assert np.linalg.norm(centres - nearest, axis=1).min() > radius, name.get_text()
        fronts = [one for one in axes.lines if "front" in str(one.get_label())]
        for leader in (one for one in axes.lines if one.get_color() == LEADER["color"]):
            start, end = axes.transData.transform(leader.get_xydata())
            if np.linalg.norm(centres - start, axis=1).min() > np.linalg.norm(centres - end, axis=1).min():
                start, end = end, start
            steps = start + (end - start) * np.linspace(0, 1, 200)[:, None]
            own = centres[np.linalg.norm(centres - start, axis=1).argmin()]
            apart = centres[np.linalg.norm(centres - own, axis=1) > 2 * radius]
            if len(apart):
                assert np.linalg.norm(apart[:, None] - steps, axis=2).min() > radius, "over a mark"
            steps = steps[np.linalg.norm(steps - start, axis=1) > 1.5 * radius]
            for front in fronts:
                assert not any(crossings(steps, axes, front)), leader.get_xydata().tolist()
