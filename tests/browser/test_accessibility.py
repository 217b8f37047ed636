"""axe-core finds nothing serious, with and without an opened panel, on a desk and on a phone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

CONTEXT = {"exclude": [[f"#table-{number}"] for number in range(1, 11) if number != 3]}
"""Nine of the ten tables, which have the markup of the third: each takes axe as long as all else."""


@pytest.mark.parametrize(("name", "width", "dark"), [("half", 390, False), ("full", 1440, True)])
def test_axe_finds_nothing_serious(
    opened: Callable[..., Any], request: pytest.FixtureRequest, name: str, width: int, dark: bool
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")
    page = opened(request.getfixturevalue(name), width, dark=dark).page
    page.locator("#table-3 tr.here button.v").first.click()
    require_nothing_serious(axe.Axe().run(page, CONTEXT).response)


@pytest.mark.slow("axe takes a minute for each of eight pages; two of them without nine tables come first")
@pytest.mark.parametrize(("width", "dark"), [(390, False), (1440, True)])
def test_axe_finds_nothing_serious_in_whole_pages(
    opened: Callable[..., Any], either: Path, width: int, dark: bool
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")
    page = opened(either, width, dark=dark).page
    for with_panel in (False, True):
        if with_panel:
            page.locator("#table-3 tr.here button.v").first.click()
        require_nothing_serious(axe.Axe().run(page).response)


def require_nothing_serious(answer: dict[str, Any]) -> None:
    """Require that axe looked, and found nothing that keeps a reader out."""
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
