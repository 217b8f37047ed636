"""JSON and YAML are read strictly: nothing that can be read in two ways passes in silence."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline_src.artifacts import read_json
from pipeline_src.config.load import read_yaml
from pipeline_src.errors import ConfigError, UserError
from pipeline_src.parsing import Unreadable, parse_json, read_text
from pipeline_src.strict_yaml import parse_yaml


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"a": 1, "b": {"c": 1, "c": 2}}', "has the key 'c' twice"),
        ('{"a": NaN}', "NaN, which is no number"),
        ('{"a": -Infinity}', "-Infinity, which is no number"),
        ('{"a": 1e999}', "too large"),
        ('{"a": ' + "9" * 5000 + "}", "a number of 5000 digits"),
        ("[" * 100_000 + "]" * 100_000, "nested too deeply"),
        ("{", "is not readable JSON"),
        ("", "is not readable JSON"),
    ],
)
def test_json_that_is_refused(text: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match=words):
        parse_json(text)
    path = tmp_path / "a.json"
    path.write_text(text)
    with pytest.raises(UserError, match=words) as caught:
        read_json(path)
    assert caught.value.where == str(path)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("search: {epochs: 3}\nseed: 1\nsearch: {}\n", "has the key 'search' twice, on lines 1 and 3"),
        ("search:\n  epochs: 3\n  epochs: 4\n", "has the key 'epochs' twice, on lines 2 and 3"),
        ("a: " + "9" * 5000, "a number of 5000 digits"),
        ("a: " + "[" * 3000 + "]" * 3000, "nested too deeply"),
        ("a: 2020-99-99", "is not readable YAML"),
        ("a: [1", "is not readable YAML"),
        ("a: !!python/object/apply:os.getcwd []", "is not readable YAML"),
    ],
)
def test_yaml_that_is_refused(text: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match=words):
        parse_yaml(text)
    path = tmp_path / "params.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=words) as caught:
        read_yaml(path)
    assert caught.value.where == str(path)


def test_what_is_read_as_ever() -> None:
    assert parse_json('{"a": [1, 2.5, -3, null, true, "x"]}') == {"a": [1, 2.5, -3, None, True, "x"]}
    assert parse_yaml("a: &x {b: 1}\nc: {<<: *x, b: 2}\nd: [1, 2]\n") == {
        "a": {"b": 1},
        "c": {"b": 2},
        "d": [1, 2],
    }


@pytest.mark.parametrize(
    ("content", "text"), [(b"\xef\xbb\xbfa: 1\n", "a: 1\n"), ("ä: 1\n".encode(), "ä: 1\n")]
)
def test_a_byte_order_mark_is_no_text(content: bytes, text: str, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(content)
    assert read_text(tmp_path / "a") == text


@pytest.mark.parametrize(
    ("content", "words"), [("a: 1".encode("utf-16"), "UTF-16"), ("ä: 1".encode("latin-1"), "byte 0 is not")]
)
def test_text_in_another_encoding(content: bytes, words: str, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(content)
    with pytest.raises(UserError, match=words) as caught:
        read_text(tmp_path / "a")
    assert caught.value.remedy == "Save it as UTF-8."


@pytest.mark.parametrize("name", ["", "a/b", "x" * 300, "a\0b"])
def test_a_path_that_is_no_file(name: str, tmp_path: Path) -> None:
    (tmp_path / "a").write_text("")
    with pytest.raises(UserError):
        read_text(tmp_path / name)
