"""What a reader cites: an address for each cell, claim and picture, copies, one archive, BibTeX."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipeline_src.reporting.paper import citation

CELL = "table_3/autortnet/miou"
PLACES = {
    CELL: "autortnet explain table_3 autortnet miou --scale tiny",
    "claim/C1": "autortnet explain C1 --scale tiny",
    "figure_5": "autortnet explain figure_5 --scale tiny",
}
COPIED = """() => { window.copied = [];
    Object.defineProperty(navigator, "clipboard", { value: { writeText: text => {
        window.copied.push(text); return Promise.resolve(); } } }); }"""


def _opener(page: Any, key: str) -> Any:
    return page.locator(f"[id='{key}']")


@pytest.mark.parametrize("key", PLACES)
def test_opening_changes_the_address_and_the_address_opens(
    opened: Callable[..., Any], full: Path, key: str
) -> None:
    page = opened(full).page
    _opener(page, key).click()
    address = page.evaluate("location.href")
    assert address == f"{full.as_uri()}#{key}"
    assert PLACES[key] in page.locator("#panel-body").inner_text()
    page.keyboard.press("Escape")
    assert page.evaluate("location.href") == full.as_uri()
    page.goto("about:blank")
    page.goto(address)
    page.locator("#panel").wait_for(state="visible")
    box = _opener(page, key).bounding_box()
    assert box["x"] >= 0 and box["y"] >= 0 and box["y"] + box["height"] <= 900, "scrolled to"
    assert _opener(page, key).get_attribute("aria-expanded") == "true"
    assert PLACES[key] in page.locator("#panel-body").inner_text()


def test_every_key_of_the_tables_has_one_address(opened: Callable[..., Any], either: Path) -> None:
    page = opened(either).page
    script = """() => { const keys = new Set([...document.querySelectorAll("main [data-key]")]
            .map(one => one.dataset.key));
        return [...keys].filter(key => document.querySelectorAll(`[id='${key}']`).length !== 1); }"""
    assert page.evaluate(script) == []


def test_an_address_of_a_hidden_row_shows_it(opened: Callable[..., Any], half: Path) -> None:
    page = opened(half).page
    page.locator("#measured-only").check()
    key = page.locator("tbody.unmeasured .which button").first.get_attribute("data-key")
    page.evaluate("key => { location.hash = key; }", key)
    page.locator("#panel").wait_for(state="visible")
    assert _opener(page, key).is_visible() and not page.locator("#measured-only").is_checked()


def test_a_table_is_copied_as_csv_markdown_latex_or_link(opened: Callable[..., Any], full: Path) -> None:
    page = opened(full).page
    page.evaluate(COPIED)
    part = page.locator("section:has(> .scroll #table-3)")
    for word in ("CSV", "Markdown", "LaTeX", "link"):
        part.locator(".copies button").get_by_text(word, exact=True).click()
        page.wait_for_function(
            "n => window.copied.length === n", arg=(["CSV", "Markdown", "LaTeX", "link"].index(word) + 1)
        )
    table, markdown, latex, link = page.evaluate("window.copied")
    rows = list(csv.reader(io.StringIO(table)))
    stored = full.parent / "tables" / "table_3.csv"
    assert table == stored.read_text(encoding="utf-8") and len(rows) > 3
    assert markdown.startswith("**Table 3. ")
    assert "| AutoRTNet" in markdown
    assert "\\begin{table}" in latex and "\\label{tab:autortnet-3}" in latex
    assert link == f"{full.as_uri()}#table-3"
    assert page.locator("#status").inner_text() == "Copied."
    _opener(page, CELL).click()
    page.locator("#panel").get_by_text("Copy link").click()
    page.locator("#panel").get_by_text("Copy command").click()
    assert page.evaluate("window.copied")[4:] == [f"{full.as_uri()}#{CELL}", PLACES[CELL]]


def test_everything_downloads_as_one_archive_from_the_page_alone(
    opened: Callable[..., Any], full: Path, tmp_path: Path
) -> None:
    alone = tmp_path / "alone.html"
    alone.write_bytes(full.read_bytes())
    page = opened(alone).page
    with page.expect_download() as waiting:
        page.locator("#download").click()
    assert waiting.value.suggested_filename == "autortnet-tiny.zip"
    waiting.value.save_as(tmp_path / "all.zip")
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        assert archive.testzip() is None
        names = set(archive.namelist())
        for number in range(1, 11):
            kinds = ("csv", "cells.csv", "md", "tex")
            assert {f"tables/table_{number}.{kind}" for kind in kinds} <= names
        for number in range(1, 10):
            name = f"figures/figure_{number}.{'png' if number in (8, 9) else 'svg'}"
            assert archive.read(name) == (full.parent / name).read_bytes()
        for name in ("claims.json", "tables/table_7.cells.csv", "summary.md"):
            assert archive.read(name) == (full.parent / name).read_bytes(), name
        entries = json.loads(archive.read("provenance.json"))["entries"]
        assert entries[CELL]["sources"]
        assert citation.bibtex() in archive.read("citation.bib").decode()


def test_bibtex_of_paper_and_report_is_copied(opened: Callable[..., Any], full: Path) -> None:
    page = opened(full).page
    page.evaluate(COPIED)
    page.locator(".cite summary").click()
    page.locator(".cite button").click()
    [text] = page.evaluate("window.copied")
    assert text.startswith(citation.bibtex())
    own = text[len(citation.bibtex()) :].strip()
    assert own.startswith("@misc{autortnet-reproduction-tiny,") and "year = {2026}" in own
    assert "code at commit 0123456789ab, changed since" in own


def test_without_script_an_address_scrolls_and_a_word_says_what_is_static(chromium: Any, full: Path) -> None:
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{full.as_uri()}#{CELL}")
    box = _opener(page, CELL).bounding_box()
    assert 0 <= box["y"] <= 900
    assert "in static form" in page.locator(".nojs.still").inner_text()
    assert not page.locator("#download").is_visible() and not page.locator(".copies").first.is_visible()
    page.emulate_media(media="print")
    assert page.locator(".on-paper").is_visible() and not page.locator(".nojs.still").is_visible()
    context.close()
