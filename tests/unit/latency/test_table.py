"""The lookup table: what it holds, what it refuses, and what it says when it does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline_src.errors import LookupTableError
from pipeline_src.latency.fingerprint import Fingerprint
from pipeline_src.latency.table import FixedPart, LookupTable
from pipeline_src.space.reach import LutKey, reachable_keys


def test_survives_saving_and_loading(table: LookupTable, tmp_path: Path) -> None:
    table.save(tmp_path / "lut.json")
    assert LookupTable.load(tmp_path / "lut.json") == table
    stored = json.loads((tmp_path / "lut.json").read_text())
    assert set(next(iter(stored["entries"].values()))) == {"median_us", "q1_us", "q3_us", "repeats"}


def test_looks_up_the_median(table: LookupTable) -> None:
    keys = reachable_keys(table.space, table.input_hw)
    assert [table.latency_us(key) for key in keys[:3]] == [10.0, 11.0, 12.0]


def test_a_missing_key_is_named_with_the_command_that_measures_it(table: LookupTable) -> None:
    stranger = LutKey("conv3x3", 7, 7, 1, 8, 16)
    with pytest.raises(LookupTableError, match=r"conv3x3\|7\|7\|1\|8\|16.*autortnet measure-lut"):
        table.latency_us(stranger)
    with pytest.raises(LookupTableError, match=r"conv3x3\|7\|7\|1\|8\|16 and 1 more"):
        table.require_keys([stranger, stranger._replace(stride=2)])
    table.require_keys(reachable_keys(table.space, table.input_hw))


def test_another_input_size_reaches_other_keys(table: LookupTable) -> None:
    with pytest.raises(LookupTableError, match="measured for 32x64"):
        table.require_keys(reachable_keys(table.space, (64, 64)))


def test_the_date_is_no_difference(table: LookupTable, fingerprint: Fingerprint) -> None:
    later = fingerprint.model_copy(update={"date": "2027-01-01T00:00:00+00:00"})
    table.require(later)
    assert table.fingerprint.differences(later) == ()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("device", "Other chip"),
        ("driver", "CUDA 12"),
        ("torch", "1.0"),
        ("precision", "float16"),
        ("threads", 2),
        ("runtime", "channels_last"),
        ("warmup", 7),
        ("repeats", 500),
    ],
)
def test_every_other_difference_refuses_the_table(
    table: LookupTable, fingerprint: Fingerprint, field: str, value: Any
) -> None:
    here = fingerprint.model_copy(update={field: value})
    with pytest.raises(LookupTableError, match=f"{field} is .*, not {value!r}"):
        table.require(here)
    table.require(here, allow_other_device=True)


def test_all_differences_are_listed(table: LookupTable, fingerprint: Fingerprint) -> None:
    with pytest.raises(LookupTableError) as caught:
        table.require(fingerprint.model_copy(update={"device": "GPU", "threads": 8}))
    assert "device is 'Chip', not 'GPU'; threads is 1, not 8" in str(caught.value)


def _without(*path: str) -> Any:
    def spoil(stored: dict[str, Any]) -> None:
        part = stored
        for name in path[:-1]:
            part = part[name]
        del part[path[-1]]

    return spoil


def _entry(**changes: Any) -> Any:
    return lambda stored: next(iter(stored["entries"].values())).update(changes)


SPOILT = {
    "no fingerprint": (_without("fingerprint"), "fingerprint"),
    "no device": (_without("fingerprint", "device"), "device"),
    "no entries": (lambda stored: stored.update(entries={}), "holds no entries"),
    "negative": (_entry(q1_us=-1.0), "q1_us"),
    "not a number": (_entry(median_us="fast"), "median_us"),
    "disordered": (_entry(q3_us=0.0), "out of order"),
    "odd key": (
        lambda stored: stored["entries"].update({"conv3x3|a": stored["entries"].popitem()[1]}),
        "no key",
    ),
    "other format": (lambda stored: stored.update(format="autortnet-lut/9"), "format"),
    "extra field": (lambda stored: stored.update(comment="x"), "comment"),
}


@pytest.mark.parametrize("fault", SPOILT)
def test_a_malformed_file_is_refused(table: LookupTable, tmp_path: Path, fault: str) -> None:
    spoil, message = SPOILT[fault]
    stored = table.model_dump(mode="json")
    spoil(stored)
    path = tmp_path / "lut.json"
    path.write_text(json.dumps(stored))
    with pytest.raises(LookupTableError, match=message) as caught:
        LookupTable.load(path)
    assert str(path) in str(caught.value)


def test_a_truncated_or_absent_file_is_refused(table: LookupTable, tmp_path: Path) -> None:
    path = tmp_path / "lut.json"
    with pytest.raises(LookupTableError, match="does not exist"):
        LookupTable.load(path)
    table.save(path)
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(LookupTableError, match="not readable JSON"):
        LookupTable.load(path)


def test_a_fixed_part_that_was_not_measured_is_named_with_the_command(table: LookupTable) -> None:
    with pytest.raises(
        LookupTableError, match=r"fixed part, which.*measure-lut --num-classes 11 --input-size 32x64"
    ):
        table.fixed_part_us(11)
    fixed = FixedPart(median_us=70.0, q1_us=60.0, q3_us=90.0, repeats=3, num_classes=11)
    whole = table.model_copy(update={"fixed_part": fixed})
    assert whole.fixed_part_us(11) == 70.0
    with pytest.raises(LookupTableError, match="fixed part of 19 classes"):
        whole.fixed_part_us(19)
