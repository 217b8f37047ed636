"""axe-core finds nothing serious, with and without an opened panel, on a desk and on a phone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(("width", "dark"), [(390, False), (1440, True)])
def test_axe_finds_nothing_serious(opened: Callable[..., Any], either: Path, width: int, dark: bool) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")
    page = opened(either, width, dark=dark).page
    for with_panel in (False, True):
        if with_panel:
            page.locator("#table-3 tr.here button.v").first.click()
        answer = axe.Axe().run(page).response
        assert len(answer["passes"]) > 20
        found = [
            (one["id"], one["impact"], [node["html"][:120] for node in one["nodes"]][:3])
            for one in answer["violations"]
            if one["impact"] in ("serious", "critical")
        ]
        assert found == []


def test_structure(opened: Callable[..., Any], full: Path) -> None:
    page = opened(full).page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    for link in page.locator("a[href^='#']").all():
        target = link.get_attribute("href")
        assert page.locator(target).count() == 1, target
