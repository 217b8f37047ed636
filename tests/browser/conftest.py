"""Headless Chromium and two fabricated reports; without a browser these tests are skipped and say why."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "unit" / "reporting"))

from once import made_once
from report_folder import against_report, begun_report, camvid_report, full_report, half_report

TIMEOUT_MS = 600_000
"""Only ends a test that hangs on a busy machine."""


def _report(root: Path) -> Path:
    (page,) = root.glob("reports/*/index.html")
    return page


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """Debian's Chromium."""
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed (make test does)")
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("no chromium here: tests/browser/install.sh installs Debian's")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def full(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report with everything."""
    return _report(made_once(tmp_path_factory, "full", full_report))


@pytest.fixture(scope="session")
def half(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A half-finished report."""
    return _report(made_once(tmp_path_factory, "half", half_report))


@pytest.fixture(scope="session")
def beside(tmp_path_factory: pytest.TempPathFactory, full: Path) -> Path:
    """A report with the full one's values beside its own."""
    return _report(made_once(tmp_path_factory, "beside", lambda root: against_report(root, full.parent)))


@pytest.fixture(scope="session")
def camvid(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished report of the scale camvid, with its pictures."""
    return _report(made_once(tmp_path_factory, "camvid", camvid_report))


@pytest.fixture(scope="session")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report of the scale camvid with most rows not run."""
    return _report(made_once(tmp_path_factory, "begun", begun_report))


@pytest.fixture(params=["full", "half"])
def either(request: pytest.FixtureRequest) -> Path:
    """Each of the two."""
    value: Path = request.getfixturevalue(request.param)
    return value


@dataclass
class Opened:
    """An opened page and what it did that it should not."""

    page: Any
    requests: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)


@pytest.fixture
def opened(chromium: Any) -> Iterator[Callable[..., Opened]]:
    """Opens a file without a network, at a width, perhaps as a phone; answers when it has loaded."""
    contexts = []

    def opener(path: Path, width: int = 1440, touch: bool = False, dark: bool = False) -> Opened:
        context = chromium.new_context(
            viewport={"width": width, "height": 900},
            has_touch=touch,
            offline=True,
            color_scheme="dark" if dark else "light",
        )
        contexts.append(context)
        found = Opened(context.new_page())
        found.page.set_default_timeout(TIMEOUT_MS)
        found.page.on("request", lambda request: found.requests.append(request.url))
        found.page.on("console", lambda message: found.said.append(message.text))
        found.page.on("pageerror", lambda error: found.said.append(str(error)))
        found.page.goto(path.as_uri())
        found.page.wait_for_load_state("load")
        return found

    yield opener
    for context in contexts:
        context.close()
