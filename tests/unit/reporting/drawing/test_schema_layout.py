"""Graphs in columns: where knots, chips and lanes come to lie."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from pipeline_src.reporting.drawing.schema_canvas import SIZE_PT, Box, text_width_in, wrapped
from pipeline_src.reporting.drawing.schema_layout import Graph, Knot, Layout, Wire, arrange, needed_width


def knot(name: str) -> Knot:
    return Knot(name, name, 0.3, 0.3)


def graph(*edges: tuple[str, str], inputs: int = 2, plain: tuple[str, ...] = ()) -> Graph:
    names = list(dict.fromkeys(name for edge in edges for name in edge))
    entries = sorted(name for name in names if name.startswith("x"))
    nodes = sorted(name for name in names if not name.startswith("x"))
    wires = [Wire(source, target, "" if target in plain else "op\nd2") for source, target in edges]
    return Graph(tuple(map(knot, entries)), tuple(map(knot, nodes)), tuple(wires))


CHAIN = graph(("x0", "a"), ("x1", "a"), ("x0", "b"), ("x1", "b"), ("a", "b"))


def assert_apart(layout: Layout) -> None:
    boxes = [*layout.knots.values(), *layout.chips.values()]
    for one, other in combinations(boxes, 2):
        across = min(one.right, other.right) - max(one.left, other.left)
        down = min(one.bottom, other.bottom) - max(one.top, other.top)
        assert across <= 1e-9 or down <= 1e-9, (one, other)


def test_a_node_stands_behind_the_last_of_its_predecessors() -> None:
    assert CHAIN.columns == {"x0": 0, "x1": 0, "a": 1, "b": 2}
    layout = arrange(CHAIN, 5.0)
    xs = [layout.knots[name].x for name in ("x0", "a", "b")]
    assert xs == sorted(xs) and layout.knots["x0"].x == layout.knots["x1"].x
    assert layout.knots["b"].right == pytest.approx(5.0)


def test_long_edges_pass_outside_and_the_short_one_runs_straight() -> None:
    layout = arrange(CHAIN, 5.0)
    heights = [layout.lanes[index] for index in (2, 0, 1, 3)]
    assert heights == sorted(heights)
    assert layout.lanes[4] == pytest.approx(layout.knots["a"].y)
    assert layout.knots["a"].y == pytest.approx(layout.height / 2)


def test_too_little_room_is_widened_to_what_is_needed() -> None:
    assert arrange(CHAIN, 0.1).width == pytest.approx(needed_width(CHAIN))
    assert arrange(CHAIN, 9.0).width == 9.0


def test_random_graphs_never_overlap() -> None:
    rng = np.random.default_rng(0)
    for _ in range(40):
        names = ["x0", "x1", "x2", *"abcdef"[: rng.integers(1, 7)]]
        edges = []
        for index, name in enumerate(names[3:], start=3):
            for source in rng.choice(index, size=min(index, int(rng.integers(1, 5))), replace=False):
                edges.append((names[source], name))
        one = graph(*edges, plain=("f",))
        layout = arrange(one, 7.0)
        assert len(layout.chips) == sum(bool(wire.text) for wire in one.wires)
        assert_apart(layout)
        assert all(box.top >= -1e-9 and box.bottom <= layout.height + 1e-9 for box in layout.knots.values())


def test_two_edges_between_the_same_nodes_have_two_lanes() -> None:
    layout = arrange(graph(("x0", "a"), ("x0", "a")), 4.0)
    assert len(set(layout.lanes.values())) == 2
    assert_apart(layout)


def test_text_is_measured_and_wrapped_at_blanks_only() -> None:
    assert text_width_in("mm") > text_width_in("ii") > 0
    assert text_width_in("a\nwide line") == text_width_in("wide line")
    assert text_width_in("abc", 2 * SIZE_PT) == pytest.approx(2 * text_width_in("abc"), rel=0.02)
    assert text_width_in("abc", SIZE_PT, bold=True) > text_width_in("abc")
    lines = wrapped("one two three four", text_width_in("one two"))
    assert lines == ["one two", "three", "four"]
    assert wrapped("Eq.\u00a06 holds", 0.01) == ["Eq.\u00a06", "holds"]


def test_a_box_knows_its_sides() -> None:
    box = Box(2.0, 1.0, 1.0, 0.5)
    assert (box.left, box.right, box.top, box.bottom) == (1.5, 2.5, 0.75, 1.25)
