"""Text that Markdown shows as it is, and tables that no text breaks."""

from __future__ import annotations

from pipeline_src.evaluation.card import _table
from pipeline_src.markdown import plain, table


def test_no_text_breaks_a_table() -> None:
    text = table(("a", "b"), [("x | y", "two\nlines"), ("*c*", "<b>")])
    head, rule, *rows = text.splitlines()
    assert (head, rule) == ("| a | b |", "| --- | --- |")
    assert rows == ["| x \\| y | two lines |", "| \\*c\\* | &lt;b&gt; |"]
    assert plain("snake_case & `code`") == "snake\\_case &amp; \\`code\\`"


def test_class_names_of_a_users_own_set_do_not_break_the_card() -> None:
    assert _table({"road|path": 0.5, "sky": None}).splitlines()[2:] == [
        "| road\\|path | 50.0 % |",
        "| sky | not defined |",
    ]
