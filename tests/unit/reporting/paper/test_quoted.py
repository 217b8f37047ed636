"""The transcription of the paper, recounted."""

from __future__ import annotations

import pytest

from pipeline_src.config.peers import BY_NAME
from pipeline_src.reporting.paper.quoted import footnotes, footnotes_at, quoted_number, quoted_table
from pipeline_src.reporting.read.sources import TABLES
from pipeline_src.reporting.tables.layout import layout_of

SHAPES = {
    "table_1": (21, 5),
    "table_2": (9, 5),
    "table_3": (2, 4),
    "table_4": (6, 5),
    "table_5": (4, 4),
    "table_6": (3, 2),
    "table_7": (20, 8),
    "table_8": (10, 22),
    "table_9": (6, 6),
    "table_10": (10, 14),
    "figure_5": (3, 4),
    "figure_6": (4, 3),
}


@pytest.mark.parametrize(("name", "shape"), SHAPES.items())
def test_every_row_has_every_column_and_no_cell_is_blank(name: str, shape: tuple[int, int]) -> None:
    table = quoted_table(name)
    assert (len(table.rows), len(table.columns)) == shape
    assert all(len(row) == shape[1] and all(row) for row in table.rows)
    assert len(set(table.keys)) == shape[0]


@pytest.mark.parametrize("name", [*TABLES, "figure_6"])
def test_layout_has_the_papers_columns_in_order(name: str) -> None:
    layout = layout_of(name)
    assert tuple(column.title for column in layout.printed) == quoted_table(name).columns
    assert len({column.id for column in layout.columns}) == len(layout.columns)
    assert len({column.title for column in layout.columns}) == len(layout.columns)


def test_fps_is_1000_over_latency() -> None:
    checked = 0
    for name, latency, fps in (
        ("table_1", "Latency(ms)", "FPS"),
        ("table_2", "Latency(ms)", "FPS"),
        ("table_3", "Latency (ms)", "FPS"),
        ("table_7", "Latency (ms) on Titan XP", "FPS on Titan XP"),
    ):
        table = quoted_table(name)
        for key in table.keys:
            milliseconds = quoted_number(table.cell(key, latency))
            rate = quoted_number(table.cell(key, fps))
            if milliseconds is not None and rate is not None:
                assert rate == pytest.approx(1000 / milliseconds, rel=0.008), (name, key)
                checked += 1
    assert checked == 21 + 8 + 1 + 20


@pytest.mark.parametrize("name", ["table_8", "table_10"])
def test_class_means_are_the_stated_means_but_for_the_footnoted(name: str) -> None:
    table = quoted_table(name)
    wrong = set()
    for key, row in zip(table.keys, table.rows, strict=True):
        numbers = [number for number in map(quoted_number, row[1:-2]) if number is not None]
        stated = quoted_number(row[-2])
        if numbers and stated is not None:
            assert len(numbers) == len(row) - 3
            if abs(sum(numbers) / len(numbers) - stated) > 0.1:
                wrong.add(key)
    noted = {
        key
        for key in table.keys
        if {"camvid_means", "building_digit"} & set(footnotes_at(name, key, table.columns[-2]))
    }
    assert wrong == noted == ({"ENet", "ESPNet"} if name == "table_8" else {"SegNet", "ENet"})


def test_the_footnote_on_parameters_has_the_registrys_counts() -> None:
    (note,) = (one for one in footnotes() if one.id == "parameter_units")
    for name in ("icnet", "bisenet", "dfanet"):
        system = BY_NAME[name]
        assert system.parameters is not None
        assert f"{system.published_m} ({system.parameters / 1e6:.2f} M" in note.text
        assert f"{system.weights_mib:.1f} MiB)" in note.text


def test_tables_that_share_cells_agree() -> None:
    one, seven, eight = quoted_table("table_1"), quoted_table("table_7"), quoted_table("table_8")
    for key in seven.keys:
        own = {"AutoDeepLab*": "AutoDeepLab*†", "DFANet": "DFANet†"}.get(key, key)
        for here, there in (
            ("mIoU (%)", "mIoU (%) test"),
            ("Latency(ms)", "Latency (ms) on Titan XP"),
            ("FPS", "FPS on Titan XP"),
        ):
            assert quoted_number(one.cell(own, here)) == quoted_number(seven.cell(key, there)), (key, here)
    for key in eight.keys:
        assert eight.cell(key, "Mean IOU(%)") == seven.cell(key, "mIoU (%) test"), key
    two, ten = quoted_table("table_2"), quoted_table("table_10")
    for key in ("SegNet", "ENet", "ICNet", "DFANet", "CAS", "AutoRTNet-A", "AutoRTNet-B", "AutoRTNet-C"):
        assert quoted_number(two.cell(key, "mIoU (%)")) == quoted_number(ten.cell(key, "Mean IOU(%)"))
        assert quoted_number(two.cell(key, "FPS")) == quoted_number(ten.cell(key, "FPS"))


def test_best_classes_recount_as_the_footnotes_say() -> None:
    def best(name: str, without: tuple[str, ...] = ()) -> int:
        table = quoted_table(name)
        count = 0
        for title in table.columns[1:-2]:
            peers = [key for key in table.keys if not key.startswith("AutoRTNet") and key not in without]
            theirs = [
                number for key in peers if (number := quoted_number(table.cell(key, title))) is not None
            ]
            ours = quoted_number(table.cell("AutoRTNet-A", title))
            count += ours is not None and ours > max(theirs)
        return count

    assert best("table_8") == 12
    assert best("table_10") == 4
    assert best("table_10", without=("SegNet", "ENet")) == 9


def test_values_given_in_the_text_stand_in_the_tables() -> None:
    six, two = quoted_table("figure_6"), quoted_table("table_2")
    assert six.rows[-1] == ("0.1", two.cell("AutoRTNet-C", "mIoU (%)"), two.cell("AutoRTNet-C", "FPS"))
    four = quoted_table("table_4").rows[0]
    ends = quoted_table("figure_5").rows
    assert four[1:3] == tuple(f"{{{', '.join(row[column] for row in ends)}}}" for column in (1, 2))
    assert quoted_table("table_3").rows[1] == ("random search", "66.7±2.5", "11.4~16.2", "87.5~61.2")
    assert quoted_table("table_1").cell("DFANet†", "FPS") == "48.5 †"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("20.6 †", 20.6),
        ("66.7±2.5", 66.7),
        ("-", None),
        ("11.4~16.2", None),
        ("{2, 4, 6}", None),
        ("33", 33.0),
    ],
)
def test_quoted_number(text: str, number: float | None) -> None:
    assert quoted_number(text) == number


def test_every_footnote_stands_at_cells_that_exist() -> None:
    assert len({note.id for note in footnotes()}) == len(footnotes()) >= 10
    for note in footnotes():
        assert note.places and note.text.endswith("."), note.id
        for place in note.places:
            table = quoted_table(place.table)
            assert place.row is None or place.row in table.keys, (note.id, place)
            assert place.column is None or place.column in table.columns, (note.id, place)
