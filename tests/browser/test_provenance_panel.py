"""Where a number is from, by mouse, keyboard and touch."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

CELL = "#table-3 tbody[data-row=autortnet] tr.here button.v"
TOLD = (
    "Value here",
    "measured",
    "measure_speeds",
    "0123456789abcdef0123456789abcdef01234567, changed since",
    "Test Processor 9000",
    "2026-11-22T10:00:00+00:00",
    "results/tiny/",
    "logs/tiny/measure_speeds/",
)
FOLDED = ("autortnet measure-speeds --output 'x y.json'", "initial_channels", "ab" * 32)


def test_a_click_tells_where_a_number_is_from(opened: Callable[..., Any], full: Path) -> None:
    page = opened(full).page
    page.locator(CELL).first.click()
    panel = page.locator("#panel")
    assert panel.is_visible()
    text = panel.inner_text()
    assert all(word in text for word in TOLD), text
    assert "Seed\n7" in text and text.index("Value here") < text.index("Status") < text.index("Mean")
    for summary in panel.locator("details details summary").all():
        summary.click()
    text = panel.inner_text()
    assert all(word in text for word in FOLDED), text
    page.locator("#panel-close").click()
    assert not panel.is_visible()
    assert page.evaluate("document.activeElement.dataset.key") == page.locator(CELL).first.get_attribute(
        "data-key"
    )


def test_several_runs_are_told_apart(opened: Callable[..., Any], full: Path) -> None:
    page = opened(full).page
    page.locator("#table-3 tbody[data-row=random_search] tr.here button.v").first.click()
    assert page.locator("#panel-body > details").count() == 2
    assert "Standard deviation" in page.locator("#panel-body").inner_text()


def test_pointing_shows_and_leaving_hides(opened: Callable[..., Any], full: Path) -> None:
    page = opened(full).page
    page.locator(CELL).first.scroll_into_view_if_needed()
    page.mouse.move(5, 5)
    page.locator(CELL).first.hover()
    page.locator("#panel").wait_for(state="visible")
    page.mouse.move(5, 5)
    page.locator("#panel").wait_for(state="hidden")


@pytest.mark.parametrize("key", ["Enter", "Space"])
def test_the_keyboard_opens_and_closes(opened: Callable[..., Any], full: Path, key: str) -> None:
    page = opened(full).page
    page.locator(CELL).first.focus()
    page.keyboard.press(key)
    panel = page.locator("#panel")
    assert panel.is_visible()
    assert panel.evaluate("panel => panel.contains(document.activeElement)")
    page.keyboard.press("Escape")
    assert not panel.is_visible()
    assert page.evaluate("document.activeElement.className") == "v"
    page.keyboard.press("ArrowRight")
    moved = page.evaluate("document.activeElement.dataset.key")
    assert moved == page.locator(CELL).nth(1).get_attribute("data-key")


def test_a_table_is_one_stop_of_the_tab_key(opened: Callable[..., Any], full: Path) -> None:
    page = opened(full).page
    for number in range(1, 11):
        assert page.locator(f"#table-{number} button.v[tabindex='0']").count() == 1


def test_touch_opens(opened: Callable[..., Any], full: Path) -> None:
    page = opened(full, 390, touch=True).page
    page.locator(CELL).first.tap()
    assert page.locator("#panel").is_visible()
    page.locator("h1").first.tap()
    assert not page.locator("#panel").is_visible()


def test_claims_and_pictures_tell_it_too(opened: Callable[..., Any], full: Path) -> None:
    page = opened(full).page
    for place in ("#claim-C1", "#figure-5", "#lut-check"):
        page.locator(f"{place} button[data-key]").click()
        assert "cityscapes-g0.01-s2-d2.3.3" in page.locator("#panel").inner_text()
        page.keyboard.press("Escape")
    assert page.locator("#figure-3 button[data-key]").count() == 0
