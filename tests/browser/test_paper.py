"""The report on paper: whole tables, headings on every page, one size of letters, no controls."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

PAPER = pytest.mark.slow("prints a report to a file; its tables are looked for in another above")
MOST_PAGES = 25


def _pages(page: Any, path: Path) -> list[Any]:
    pypdf = pytest.importorskip("pypdf", reason="pypdf is not installed (make test does)")
    page.pdf(path=path, prefer_css_page_size=True)
    return list(pypdf.PdfReader(path).pages)


def _plain(text: str) -> str:
    """Without blanks and ligatures."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))


@pytest.mark.parametrize("name", ["half", pytest.param("full", marks=PAPER)])
def test_paper_has_whole_tables(
    opened: Callable[..., Any], request: pytest.FixtureRequest, tmp_path: Path, name: str
) -> None:
    page = opened(request.getfixturevalue(name)).page
    pages = _pages(page, tmp_path / "page.pdf")
    assert {one.mediabox.width > one.mediabox.height for one in pages} == {True, False}
    assert len(pages) <= MOST_PAGES
    for one in pages:
        last = [line for line in one.extract_text().splitlines() if line.strip()][-1]
        assert not re.match(r"(Table|Figure) \d+\. ", last), "a title is not the last line of a page"
    text = _plain("".join(one.extract_text() for one in pages))
    script = """() => [...document.querySelectorAll("table.data tbody tr")].map(row => [
        row.closest("table").id + " " + row.closest("tbody").dataset.row,
        ...[...row.querySelectorAll("td")].map(cell => cell.matches(".long, .left") ? "|" : cell.textContent)
            .join("").split("|")])"""
    rows = page.evaluate(script)
    # One that was not run is folded to a line: of 92 rows the half has 16 lines fewer than unfolded.
    assert len({row[0] for row in rows}) == 92
    assert len(rows) == (162 if name == "full" else 138)
    found = {(name, _plain(part)) for name, *parts in rows for part in parts}
    lacking = sorted((name, part) for name, part in found if part not in text)
    assert lacking == []
    assert "nobatchnorm,sinceabatchofonewould" in text, "what is folded on the screen is open on paper"


@PAPER
def test_rows_that_were_not_run_fill_no_pages(
    opened: Callable[..., Any], begun: Path, tmp_path: Path
) -> None:
    page = opened(begun).page
    pages = _pages(page, tmp_path / "page.pdf")
    assert len(pages) <= MOST_PAGES
    unmeasured = page.evaluate('document.querySelectorAll("tbody.unmeasured").length')
    assert unmeasured >= 40
    sheets = sum(one.mediabox.width > one.mediabox.height for one in pages)
    assert sheets <= 7, "a reason in a narrow column makes a row of ten lines"
    listed = _plain("".join(one.extract_text() for one in pages))
    assert "speed/networks.jsonismissing" in listed, "the reasons are listed by themselves"


_TABLES = """() => [...document.querySelectorAll("table.data")].map(table => ({
    title: "Table " + table.id.replace("table-", "") + ".",
    heads: [...table.querySelectorAll("thead th")].map(th => (th.querySelector(".nojs") || th).textContent),
    rows: [...table.querySelectorAll("tbody th.name")].map(th => th.firstChild.textContent),
    notes: [...table.closest("section").querySelectorAll(".footnotes li")]
        .map(note => note.lastChild.textContent)}))"""


def _before_notes(text: str, notes: list[str]) -> str:
    """A page's part of a table without footnotes, which may name rows; one may have begun a page before."""
    for note in map(_plain, notes):
        if note[:30] in text:
            return text[: text.index(note[:30])]
        if note[-30:] in text:
            text = text[text.index(note[-30:]) + 30 :]
    return text


@PAPER
def test_every_page_of_a_table_has_the_headings_of_all_its_columns(
    opened: Callable[..., Any], either: Path, tmp_path: Path
) -> None:
    page = opened(either).page
    tables = {_plain(one["title"]): one for one in page.evaluate(_TABLES)}
    pages = _pages(page, tmp_path / "page.pdf")
    sheets = [_plain(one.extract_text()) for one in pages if one.mediabox.width > one.mediabox.height]
    assert len(sheets) >= 4
    going, continued = "", 0
    for sheet in sheets:
        parts = re.split(r"(Table\d+\.)(?=[A-Z])", sheet)
        for title, text in zip([going, *parts[1::2]], parts[0::2], strict=True):
            table = tables.get(title)
            shown = "" if table is None else _before_notes(text, table["notes"])
            if table is None or not any(_plain(row) in shown for row in table["rows"]):
                continue  # before the first table, or footnotes alone
            continued += title == going and text == parts[0]
            # A heading of two lines is extracted line by line, between those of its neighbours.
            lacking = [word for head in table["heads"] for word in head.split() if word not in text]
            assert not lacking, (title, lacking)
        going = parts[-2] if len(parts) > 1 else going
    assert continued >= 1, "a table goes over several pages"


def test_paper_has_one_size_of_letters_for_each_kind_of_text(opened: Callable[..., Any], full: Path) -> None:
    page = opened(full).page
    page.emulate_media(media="print")
    kinds = {
        "prose": "main section > p:not([class])",
        "captions": "figcaption > p:not([class])",
        "cells": "table.data td, table.data th",
        "titles": "main section > h3, figcaption h3",
        "sections": "main h2",
        "notes": ".footnotes li, .rerun, .claims td, .plain td",
    }
    script = """place => [...new Set([...document.querySelectorAll(place)]
        .filter(one => one.getClientRects().length).map(one => getComputedStyle(one).fontSize))]"""
    sizes = {kind: page.evaluate(script, place) for kind, place in kinds.items()}
    pt = {
        kind: [round(float(one.removesuffix("px")) * 0.75, 2) for one in found]
        for kind, found in sizes.items()
    }
    assert pt == {
        "prose": [9.0], "titles": [9.0], "sections": [12.0],
        "captions": [7.0], "notes": [7.0], "cells": [6.0],
    }  # fmt: skip


def test_paper_says_what_a_screen_has_more_and_shows_no_control(
    opened: Callable[..., Any], full: Path
) -> None:
    page = opened(full).page
    page.emulate_media(media="print")
    word = page.locator(".on-paper")
    assert word.is_visible() and "On a screen each number opens the runs behind it" in word.inner_text()
    assert page.locator("button:visible:not(.v)").count() == 0
    assert page.locator("select:visible, input:visible, nav:visible, .on-screen:visible").count() == 0
    assert (
        page.locator("#table-1 thead .nojs:visible").count()
        == page.locator("#table-1 thead .nojs").count()
        > 5
    )


@PAPER
def test_a_table_is_not_parted_from_its_headings(
    opened: Callable[..., Any], full: Path, tmp_path: Path
) -> None:
    """The claims begin below their headings, and long tables of words break over pages."""
    page = opened(full).page
    texts = [_plain(one.extract_text()) for one in _pages(page, tmp_path / "page.pdf")]
    [first] = [text for text in texts if "Claimsofthepaper" in text]
    after = first.split("Claimsofthepaper")[1]
    assert "Evidenceofthepaper" in after and "C1Claim1ofthepaper" in after, (
        "headings and first claim together"
    )


@PAPER
def test_a_finished_run_of_camvid_fits_on_25_pages_and_none_is_of_a_title_alone(
    opened: Callable[..., Any], camvid: Path, tmp_path: Path
) -> None:
    pages = _pages(opened(camvid).page, tmp_path / "page.pdf")
    assert 10 < len(pages) <= MOST_PAGES
    for one in pages:
        lines = [line for line in one.extract_text().splitlines() if line.strip()]
        assert not re.match(r"(Table|Figure) \d+\. ", lines[-1]), "a title is not the last line of a page"
    assert camvid.stat().st_size < 10_000_000
