"""The report in a real browser: self-contained, complete, sortable, readable on a phone and when zoomed."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from report_folder import HOSTILE, REPOSITORY

from pipeline_src.reporting.page.assumptions import read_assumptions

WIDTHS = (390, 1440)
ZOOMED = 720
"""What 1440 px are at a zoom of 200 %."""


def test_no_request_leaves_the_page_and_nothing_is_complained_of(
    opened: Callable[..., Any], either: Path
) -> None:
    it = opened(either)
    it.page.locator("button.v").first.click()
    outside = [url for url in it.requests if not url.startswith("data:") and url != either.as_uri()]
    assert outside == [] and it.said == []
    assert either.stat().st_size < 3_000_000


def test_all_tables_and_figures_are_there(opened: Callable[..., Any], full: Path) -> None:
    page = opened(full).page
    for number in range(1, 11):
        table = page.locator(f"table#table-{number}")
        assert table.count() == 1
        assert table.locator("tr.here td button").count() > 3, number
        assert table.locator("tr.paper td button").count() >= 3, number
    for number in range(1, 10):
        picture = page.locator(f"figure#figure-{number} img")
        assert picture.evaluate("image => image.complete && image.naturalWidth") > 0, number
        assert picture.get_attribute("alt") == f"What figure_{number} shows"
        assert f"Figure {number}." in page.locator(f"figure#figure-{number} h3").inner_text()
    assert page.locator("#claims tbody tr").count() == 12
    assumptions = read_assumptions(REPOSITORY / "docs" / "assumptions.md")
    assert page.locator("#assumptions dt").count() == len(assumptions)


def test_a_half_finished_report_says_not_run_where_nothing_was(
    opened: Callable[..., Any], half: Path
) -> None:
    page = opened(half).page
    for number in range(1, 11):
        assert page.locator(f"table#table-{number} tr.here td").count() > 0
    row = page.locator("#table-1 tbody[data-row=autortnet_b] tr.here")
    assert row.locator("td.not_run").count() >= 4
    assert "measured" in page.locator("#summary").inner_text()
    missing = page.locator("figure#figure-3 .missing")
    assert "figure_3.svg" in missing.inner_text() and missing.is_visible()
    assert "claims.json is not in" in page.locator("#claims .missing").inner_text()
    page.locator("#table-1 tbody[data-row=autortnet_b] tr.here td.not_run button").first.click()
    assert "Why\n" in page.locator("#panel-body").inner_text()


def test_names_come_out_as_text(opened: Callable[..., Any], full: Path) -> None:
    page = opened(full).page
    assert page.evaluate("window.hurt") is None
    start = HOSTILE[:60]
    for place in ("#claim-C1", "figure#figure-1", "#table-1"):
        assert start in page.locator(place).inner_text(), place


def _order(page: Any, table: str, line: str, column: int) -> list[float]:
    script = """([table, line, column]) => [...document.querySelectorAll(`#${table} tbody`)]
        .map(group => group.querySelector(`tr.${line}`))
        .map(row => row && row.querySelectorAll("td")[column].dataset.number)
        .filter(number => number !== undefined && number !== null).map(Number)"""
    return list(page.evaluate(script, [table, line, column]))


def _rows(page: Any) -> list[str]:
    script = "[...document.querySelectorAll('#table-1 tbody')].map(group => group.dataset.row)"
    return list(page.evaluate(script))


def test_a_heading_sorts_by_number_and_back(opened: Callable[..., Any], full: Path) -> None:
    page = opened(full).page
    before = _rows(page)
    button = page.locator("#table-1 button.sort").filter(has_text=re.compile("^FPS$"))
    head = button.locator("..")
    column = int(button.get_attribute("data-column"))
    page.locator("select[data-sorts=table-1]").select_option("paper")
    unsorted = _order(page, "table-1", "paper", column)
    button.click()
    assert head.get_attribute("aria-sort") == "descending", "more FPS are better: they come first"
    assert _order(page, "table-1", "paper", column) == sorted(unsorted, reverse=True) != unsorted
    button.press("Enter")
    assert head.get_attribute("aria-sort") == "ascending"
    assert _order(page, "table-1", "paper", column) == sorted(unsorted)
    page.locator("select[data-sorts=table-1]").select_option("here")
    here = _order(page, "table-1", "here", column)
    assert here == sorted(here) and len(here) >= 4
    button.click()
    assert head.get_attribute("aria-sort") == "none" and _rows(page) == before


@pytest.mark.parametrize("width", (*WIDTHS, ZOOMED))
def test_nothing_overflows(opened: Callable[..., Any], either: Path, width: int) -> None:
    page = opened(either, width).page
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    script = """width => [...document.querySelectorAll("body *")].filter(one =>
        !one.closest(".scroll, .picture, .hidden, .skip, #panel, nav") && one.getClientRects().length &&
        one.getBoundingClientRect().right > width + 1).map(one => one.outerHTML.slice(0, 120))"""
    assert page.evaluate(script, width) == []
    page.locator("#table-3 tr.here button.v").first.click()
    box = page.locator("#panel").bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= width and box["y"] + box["height"] <= 900
