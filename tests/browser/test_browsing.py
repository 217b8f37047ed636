"""Finding one's way: contents that follow, headings that stay, one line for what was not run, a way back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

WIDTHS = (390, 1440)


def _marked(page: Any) -> list[str]:
    found = page.locator("#contents a[aria-current]")
    return [link.get_attribute("href") for link in found.all()]


def _scroll_to(page: Any, selector: str) -> None:
    page.evaluate("place => document.querySelector(place).scrollIntoView()", selector)
    _wait_for_frames(page)


def _wait_for_frames(page: Any) -> None:
    """Wait until the page has drawn what was scrolled, and its observers have seen it."""
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


@pytest.mark.parametrize("width", WIDTHS)
def test_the_contents_stay_and_mark_the_section_that_is_read(
    opened: Callable[..., Any], full: Path, width: int
) -> None:
    page = opened(full, width).page
    for place in ("table-7", "figure-5", "assumptions", "claims"):
        _scroll_to(page, f"#{place}")
        page.locator(f"#contents a[href='#{place}'][aria-current]").wait_for(state="attached")
        box = page.locator("#contents").bounding_box()
        assert box["y"] == pytest.approx(0, abs=1) and box["height"] < 60
        assert _marked(page) == [f"#{place}"]
        link = page.locator("#contents a[aria-current]").bounding_box()
        assert link["x"] >= 0 and link["x"] + link["width"] <= width, "the mark is in sight"
    page.locator(".to-top").click()
    page.wait_for_function("window.scrollY === 0")
    assert page.locator("h1").is_visible()


@pytest.mark.parametrize("width", WIDTHS)
def test_headings_and_the_first_column_stay_in_sight(
    opened: Callable[..., Any], full: Path, width: int
) -> None:
    page = opened(full, width).page
    _scroll_to(page, "#table-1")
    region = page.locator(".scroll:has(#table-1)")
    region.evaluate("one => one.scrollTo(300, 400)")
    _wait_for_frames(page)
    inside = region.bounding_box()
    head = page.locator("#table-1 thead th.name").bounding_box()
    assert (head["x"], head["y"]) == pytest.approx((inside["x"], inside["y"]), abs=2)
    last = page.locator("#table-1 thead th").nth(3).bounding_box()
    assert last["y"] == pytest.approx(inside["y"], abs=2)
    names = page.evaluate(
        "[...document.querySelectorAll('#table-1 tbody th.name')].map(one => one.getBoundingClientRect().x)"
    )
    assert names == pytest.approx([inside["x"]] * len(names), abs=2)


def test_a_row_that_was_not_run_takes_one_line_and_says_why(opened: Callable[..., Any], half: Path) -> None:
    page = opened(half).page
    folded = page.locator("table.data tbody.unmeasured:has(.which button)")
    assert folded.count() > 5
    for row in folded.all()[:8]:
        assert row.locator("tr").count() == 1
        assert row.bounding_box()["height"] < 50, "a name of two lines at most; a reason takes one"
    folded.first.locator(".which button").click()
    told = page.locator("#panel-body").inner_text()
    assert "not run" in told and ("is missing" in told or "experiments." in told)
    for row in page.locator("table.data tbody:not(.unmeasured)").all()[:8]:
        assert row.locator("tr.here td.value button, tr.here td.partly button").count() > 0


def test_measured_only_hides_what_was_not(opened: Callable[..., Any], half: Path) -> None:
    page = opened(half).page
    before = page.locator("table.data tbody:visible").count()
    page.locator("#measured-only").check()
    assert page.locator("table.data tbody.unmeasured:visible").count() == 0
    shown = page.locator("table.data tbody:visible").count()
    assert 0 < shown < before
    assert page.locator("figure.missing:visible").count() == 0
    page.locator("#measured-only").uncheck()
    assert page.locator("table.data tbody:visible").count() == before


@pytest.mark.parametrize(("title", "best_first"), [("FPS", max), ("Latency(ms)", min)])
def test_the_first_click_sorts_the_best_first(
    opened: Callable[..., Any], full: Path, title: str, best_first: Callable[..., float]
) -> None:
    page = opened(full).page
    button = page.locator("#table-1 button.sort").get_by_text(title, exact=True)
    button.click()
    column = int(button.get_attribute("data-column"))
    script = """column => [...document.querySelectorAll("#table-1 tbody tr.here")]
        .map(row => row.querySelectorAll("td")[column].dataset.number).filter(Boolean).map(Number)"""
    numbers = page.evaluate(script, column)
    assert len(numbers) > 3 and numbers[0] == best_first(numbers) != numbers[-1]


_COVERED = """() => {
    const panel = document.getElementById("panel").getBoundingClientRect();
    const row = document.querySelector("[aria-expanded]").closest("tbody");
    const table = row.closest("table");
    const headings = [...document.querySelectorAll("h1, main h2, main h3, #contents"),
        ...table.querySelectorAll("thead th, tbody th.name"), ...row.querySelectorAll("th")];
    const view = table.closest(".scroll").getBoundingClientRect();
    return headings.filter(one => {
        let {left, top, right, bottom} = one.getBoundingClientRect();
        if (table.contains(one)) {
            left = Math.max(left, view.left); right = Math.min(right, view.right);
            top = Math.max(top, view.top); bottom = Math.min(bottom, view.bottom);
        }
        const wide = Math.min(right, panel.right) - Math.max(left, panel.left);
        const tall = Math.min(bottom, panel.bottom) - Math.max(top, panel.top);
        return right > left && bottom > top && wide > 1 && tall > 1;
    }).map(one => one.textContent.slice(0, 60));
}"""


@pytest.mark.parametrize("table", [1, 3, 4, 8])
def test_the_hover_panel_covers_no_heading(opened: Callable[..., Any], full: Path, table: int) -> None:
    page = opened(full).page
    cells = page.locator(f"#table-{table} tbody tr.here td button.v")
    count = cells.count()
    for index in {0, count // 2, count - 1}:
        cells.nth(index).evaluate("one => one.scrollIntoView({block: 'center', inline: 'nearest'})")
        page.mouse.move(2, 2)
        page.locator("#panel").wait_for(state="hidden")
        _wait_for_frames(page)
        cells.nth(index).hover()
        page.locator("#panel").wait_for(state="visible")
        assert page.evaluate(_COVERED) == []
        box = page.locator("#panel").bounding_box()
        assert box["height"] >= 90 and box["y"] >= 0 and box["y"] + box["height"] <= 900
        page.mouse.move(2, 2)
        page.locator("#panel").wait_for(state="hidden")


def test_without_script_contents_and_folded_rows_are_there(chromium: Any, half: Path) -> None:
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, java_script_enabled=False)
    page = context.new_page()
    page.goto(half.as_uri())
    page.locator("#contents a[href='#table-7']").click()
    assert page.locator("#table-7").bounding_box()["y"] < 400
    assert page.locator("#contents").bounding_box()["y"] == pytest.approx(0, abs=1)
    assert not page.locator("#measured-only").is_visible()
    folded = page.locator("table.data tbody.unmeasured:has(.which button)").first
    assert folded.locator("tr").count() == 1 and "is missing" in folded.locator("td.left").inner_text()
    page.locator(".to-top").click()
    assert page.locator("h1").is_visible()
    context.close()


@pytest.mark.parametrize("width", WIDTHS)
def test_what_was_found_is_on_the_first_screen(opened: Callable[..., Any], full: Path, width: int) -> None:
    page = opened(full, width).page
    phone_px = 844
    for part in ("#summary .finding", "#summary .chips li"):
        box = page.locator(part).first.bounding_box()
        assert box["y"] + box["height"] <= phone_px, (part, box)
    banner = page.locator(".banner").bounding_box()
    last = page.locator("#summary .chips li").last.bounding_box()
    assert 0 < banner["y"] - last["y"] < 100, "what the scale means stands directly below the verdicts"
