"""Pictures and tables that answer: points lead to rows, a slider, two reports in one, dark mode."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

RED, BLUE, IMAGE = (200, 0, 0), (0, 0, 200), 90


@pytest.mark.parametrize(
    ("figure", "place", "key", "row"),
    [
        ("figure-1", (0.25, 0.5), "table_1/autortnet_a/fps", "#table-1 tbody[data-row=autortnet_a]"),
        ("figure-6", (0.5, 0.5), "figure_6/0_1", "#figure-6 .points tr:has-text('0.1')"),
    ],
)
@pytest.mark.parametrize("width", [390, 1440])
def test_a_point_shows_its_facts_and_leads_to_its_row(
    opened: Callable[..., Any],
    full: Path,
    width: int,
    figure: str,
    place: tuple[float, float],
    key: str,
    row: str,
) -> None:
    page = opened(full, width).page
    spots = page.locator(f"#{figure} .spot")
    assert spots.count() == 1, "a point of a row that the page lacks leads nowhere"
    spots.scroll_into_view_if_needed()
    picture, spot = page.locator(f"#{figure} img").bounding_box(), spots.bounding_box()
    middle = spot["x"] + spot["width"] / 2 - picture["x"], spot["y"] + spot["height"] / 2 - picture["y"]
    assert middle == pytest.approx((place[0] * picture["width"], place[1] * picture["height"]), abs=1.5)
    if width == 1440:
        spots.hover()
        page.locator("#panel").wait_for(state="visible")
        assert "FPS" in page.locator("#panel").inner_text()
    spots.click()
    assert page.evaluate("decodeURIComponent(location.hash)") == f"#{key}"
    opener = page.locator(f"[id='{key}']")
    assert opener.get_attribute("aria-expanded") == "true"
    assert page.locator(row).last.evaluate("(row, key) => row.contains(document.getElementById(key))", key)
    assert 0 <= opener.bounding_box()["y"] <= 900


def _pixel(page: Any, x: int, y: int) -> list[int]:
    script = """([x, y]) => [...document.querySelector('#figure-9 canvas')
        .getContext('2d').getImageData(x, y, 1, 1).data]"""
    return list(page.evaluate(script, [x, y]))[:3]


def _mixed(colour: tuple[int, int, int]) -> list[int]:
    return [round(0.3 * IMAGE + 0.7 * channel) for channel in colour]


@pytest.mark.parametrize("width", [390, 1440])
def test_a_frame_has_a_slider_between_label_and_prediction_and_classes_to_switch(
    opened: Callable[..., Any], full: Path, width: int
) -> None:
    page = opened(full, width).page
    part = page.locator("#figure-9 .frames")
    part.scroll_into_view_if_needed()
    page.wait_for_function("document.querySelector('#figure-9 canvas').width === 100")
    page.wait_for_function("document.querySelector('#figure-9 .frame-score').textContent !== ''")
    # The lower half is sky (blue) by its label and road (red) by the prediction.
    assert _pixel(page, 10, 50) == pytest.approx(_mixed(BLUE), abs=3)
    assert _pixel(page, 90, 50) == pytest.approx(_mixed(RED), abs=3)
    part.locator("input[type=range]").fill("0")
    assert _pixel(page, 10, 50) == pytest.approx(_mixed(RED), abs=3)
    part.locator("input[type=range]").fill("100")
    assert _pixel(page, 90, 50) == pytest.approx(_mixed(BLUE), abs=3)
    part.get_by_label("sky").uncheck()
    assert _pixel(page, 90, 50) == pytest.approx([IMAGE] * 3, abs=3), "the photograph alone"
    assert _pixel(page, 90, 10) == pytest.approx(_mixed(RED), abs=3), "another class stays"
    part.get_by_role("button", name="none").click()
    assert _pixel(page, 90, 10) == pytest.approx([IMAGE] * 3, abs=3)
    assert part.locator(".frame-score").inner_text() == "mIoU 25.0 %"
    part.get_by_label("Frame").first.select_option(label="frame 2")
    page.wait_for_function("document.querySelector('#figure-9 .frame-score').textContent === 'mIoU 50.0 %'")
    assert page.locator("#figure-8 .frames").count() == 0, "no pictures there"


def test_networks_stand_side_by_side_with_the_latency_of_each_cell(
    opened: Callable[..., Any], full: Path
) -> None:
    page = opened(full).page
    rows = page.locator("#networks tbody tr").all_inner_texts()
    assert len(rows) == 4 and rows[0].count("10.5 us") == 3 and rows[2].count("no cell") == 2
    assert "31.5 us" in rows[3] and "21.0 us" in rows[3]


@pytest.mark.parametrize("width", [390, 1440])
def test_two_reports_stand_in_one_page_and_only_what_moved_is_coloured(
    opened: Callable[..., Any], beside: Path, width: int
) -> None:
    it = opened(beside, width)
    page = it.page
    assert it.said == [] and page.evaluate("document.documentElement.scrollWidth") <= width
    others = page.locator("#table-3 tbody[data-row=autortnet] tr.here .other")
    assert others.nth(0).get_attribute("class") == "other", "mIoU, within the spread over seeds"
    other = others.nth(1)
    assert other.get_attribute("class") == "other moved" and other.inner_text().startswith("≠ ")
    plain = page.locator("#table-3 tbody[data-row=random_search] tr.here .other").first
    assert plain.get_attribute("class") == "other" and plain.inner_text().startswith("there ")
    colours = [one.evaluate("one => getComputedStyle(one).backgroundColor") for one in (other, plain)]
    assert colours[1] == "rgba(0, 0, 0, 0)" != colours[0]
    assert "numbers that both reports measured" in page.locator("#against").inner_text()
    moved = page.locator("table.data .other.moved").count()
    assert 0 < moved < page.locator("table.data .other").count() / 4


def test_dark_mode_is_the_readers_choice_and_pictures_follow(opened: Callable[..., Any], full: Path) -> None:
    shown = {}
    for dark in (False, True):
        page = opened(full, dark=dark).page
        script = """() => [document.documentElement, document.body]
            .map(one => getComputedStyle(one).backgroundColor)
            .concat(["#figure-1 img", "#figure-9 img"].map(
                place => getComputedStyle(document.querySelector(place)).filter))"""
        shown[dark] = page.evaluate(script)
        ink = page.evaluate("getComputedStyle(document.body).color")
        assert (ink == "rgb(27, 31, 36)") is not dark
        page.emulate_media(media="print")
        assert page.evaluate("getComputedStyle(document.body).color") == "rgb(27, 31, 36)", "paper is white"
    assert shown[False][0] == "rgb(255, 255, 255)" and shown[False][2:] == ["none", "none"]
    assert shown[True][0] == "rgb(17, 22, 28)"
    assert "invert" in shown[True][2] and "invert" not in shown[True][3]


def test_print_and_no_script_have_the_pictures_and_no_controls(chromium: Any, full: Path) -> None:
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, java_script_enabled=False)
    page = context.new_page()
    page.goto(full.as_uri())
    for media in ("screen", "print"):
        page.emulate_media(media=media)
        assert page.locator("#figure-9 img").is_visible() and page.locator("#figure-6 .points").is_visible()
        assert not page.locator("#figure-9 .frames").is_visible()
        assert not page.locator("#figure-1 .spot").first.is_visible()
    context.close()
