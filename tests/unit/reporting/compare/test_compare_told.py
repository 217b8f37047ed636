"""How a comparison is told, and what is refused."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from compare_pairs import Pair, change_of, edit, sides

from pipeline_src.cli.main import main
from pipeline_src.reporting.compare.comparison import compare
from pipeline_src.reporting.compare.text import to_html


class Text(HTMLParser):
    """The tags and the text of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


HOSTILE = "<script>alert(1)</script> \"q\" 'q' =cmd() {{ 7*7 }} | `x` *y* _z_ [l](http://a) \x1b[31m\n道路"
HOSTILE += "w" * 500


def test_hostile_names_come_out_as_text(pair: Pair, tmp_path: Path) -> None:
    reports = pair.tabulated()
    for report, shift in zip(reports, (0.0, 40.0), strict=True):

        def hostile(row: dict[str, str], shift: float = shift) -> dict[str, str]:
            mean = str(float(row["mean"]) + shift) if row["mean"] else ""
            return row | {"row": HOSTILE, "column": HOSTILE, "data": HOSTILE, "mean": mean}

        edit(report, "table_3", hostile)
    page, text = tmp_path / "page.html", tmp_path / "text.md"
    assert main(["compare", *map(str, reports), "--html", str(page), "--output", str(text)]) == 0
    read = Text(page.read_text(encoding="utf-8"))
    assert "<script>alert(1)</script> \"q\" 'q' =cmd() {{ 7*7 }} | `x`" in read.text
    assert not {"script", "img", "link", "a", "iframe"} & {tag for tag, _ in read.tags}
    assert "\x1b" not in read.text
    markdown = text.read_text(encoding="utf-8")
    assert "<" not in markdown and "\x1b" not in markdown
    assert "&lt;script&gt;" in markdown and "\\| \\`x\\` \\*y\\* \\_z\\_ \\[l\\](http://a)" in markdown
    rows = [line for line in markdown.splitlines() if line.startswith("| table")]
    assert rows and all(len(re.findall(r"(?<!\\)\|", row)) == 6 for row in rows)


def test_the_page_loads_nothing_and_is_small(pair: Pair) -> None:
    for evaluation in pair.grid.evaluations:
        pair.folders[1].evaluation(evaluation, 0.9)
    found = pair.compared()
    page = to_html(found)
    read = Text(page)
    assert len(page) < 200_000 and page == to_html(found)
    assert not [attrs for _, attrs in read.tags if {"src", "href", "onclick"} & attrs.keys()]
    assert "@import" not in page and "url(" not in page
    assert ("html", {"lang": "en"}) in read.tags
    assert ("meta", {"name": "viewport", "content": "width=device-width, initial-scale=1"}) in read.tags
    scopes = [attrs.get("scope") for tag, attrs in read.tags if tag == "th"]
    assert scopes and set(scopes) == {"col", "row"}
    tables = [attrs["aria-labelledby"] for tag, attrs in read.tags if tag == "table"]
    assert tables and set(tables) <= {attrs.get("id") for tag, attrs in read.tags if tag == "h2"}


@pytest.mark.parametrize("level", ["0", "1", "x", "nan"])
def test_a_level_lies_between_0_and_1(capsys: pytest.CaptureFixture[str], level: str) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["compare", "a", "b", "--level", level])
    assert ended.value.code == 2 and "--level" in capsys.readouterr().err


def test_the_level_decides(pair: Pair) -> None:
    reports = pair.tabulated()

    def moved(row: dict[str, str]) -> dict[str, str]:
        if (row["row_id"], row["column_id"]) == ("random_search", "miou"):
            return row | {"mean": str(float(row["mean"]) + 0.5)}
        return row

    edit(reports[1], "table_3", moved)
    both = sides(reports)
    p = change_of(compare(*both), "table_3", "random_search", "miou").adjusted
    assert p is not None
    for level, verdict in ((p * 1.01, "beyond noise"), (p * 0.99, "within noise")):
        assert change_of(compare(*both, level), "table_3", "random_search", "miou").verdict == verdict


@pytest.mark.parametrize("content", ["a,b\n1,2\n", "row_id,mean\nx,y\n", "\xff"])
def test_a_malformed_table_is_refused(pair: Pair, content: str, capsys: pytest.CaptureFixture[str]) -> None:
    reports = pair.tabulated()
    path = reports[1] / "tables/table_3.cells.csv"
    path.write_bytes(content.encode("latin-1"))
    assert main(["compare", *map(str, reports)]) == 2
    assert f"error: {path}: is not a table's cells" in capsys.readouterr().err


def test_a_folder_without_tables_and_what_is_nothing_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").touch()
    for name, problem in (
        ("empty", "has no table"),
        ("file", "is no folder and no git revision"),
        ("no-such", "is no folder, and git knows no such revision here"),
    ):
        assert main(["compare", name, "empty"]) == 2
        assert problem in capsys.readouterr().err
