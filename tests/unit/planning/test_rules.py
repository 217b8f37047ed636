"""The rules of the graph at hand are Snakemake's, with the jobs that this configuration asks for."""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from pipeline_src.config.grid import Grid
from pipeline_src.config.load import resolve
from pipeline_src.planning.graph import Graph
from pipeline_src.planning.rules import TARGET, rules_of
from pipeline_src.reporting.drawing.layers import layers_of, placed
from pipeline_src.reporting.drawing.picture import house_style
from pipeline_src.reporting.drawing.rule_graph import rule_graph, rule_graph_svg

REPOSITORY = Path(__file__).resolve().parents[3]
SCALES = REPOSITORY / "workflow" / "scales"


def _grid(scale: str) -> Grid:
    return Grid(resolve({"scale": scale}, SCALES))


def test_at_tiny_rules_and_edges_are_those_that_snakemake_draws() -> None:
    """The picture in the docs is Snakemake's, drawn by Graphviz's `tred` and `dot`."""
    picture = (REPOSITORY / "docs" / "img" / "rulegraph.svg").read_text(encoding="utf-8")
    names = dict(re.findall(r"<title>(\d+)</title>\n<path.*?\n<text[^>]*>(\w+)</text>", picture))
    edges = re.findall(r"<title>(\d+)&#45;&gt;(\d+)</title>", picture)
    assert len(names) > 20 and len(edges) > 20
    rules = rules_of(Graph(_grid("tiny")))
    assert set(rules.jobs) == set(names.values())
    assert set(rules.edges) == {(names[first], names[second]) for first, second in edges}
    assert len(rules.edges) == len(set(rules.edges))


@pytest.mark.parametrize("scale", ["tiny", "camvid", "paper"])
def test_each_scale_has_its_own_rules_and_numbers_of_jobs(scale: str) -> None:
    grid = _grid(scale)
    graph = Graph(grid)
    jobs = rules_of(graph).jobs
    assert jobs == {**Counter(task.rule for task in graph.tasks), TARGET: 1}
    assert jobs["search_architecture"] == len(grid.searches)
    assert jobs["finetune_network"] == len(grid.trainings)
    assert ("render_scenes" in jobs) is (scale == "tiny"), "real images are not rendered"
    assert ("export_submission" in jobs) is (scale != "camvid")


@pytest.mark.parametrize("scale", ["tiny", "camvid", "paper"])
def test_the_picture_has_every_rule_and_lays_nothing_over_another(scale: str) -> None:
    rules = rules_of(Graph(_grid(scale)))
    with house_style():
        figure = rule_graph(rules.jobs, rules.edges)
    (axes,) = figure.axes
    texts = {text.get_text().split("\n")[0]: text.get_text() for text in axes.texts}
    assert texts == {
        rule: f"{rule}\n{count} job{'s' if count > 1 else ''}" for rule, count in rules.jobs.items()
    }
    boxes = [one.get_window_extent() for one in axes.patches if isinstance(one, FancyBboxPatch)]
    assert len(boxes) == len(rules.jobs)
    for number, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[:number])
        assert figure.bbox.x0 <= box.x0 and box.x1 <= figure.bbox.x1
        assert figure.bbox.y0 <= box.y0 and box.y1 <= figure.bbox.y1
    arrows = [one for one in axes.patches if isinstance(one, FancyArrowPatch)]
    assert len(arrows) == len(rules.edges)
    for arrow in arrows:
        line = _along(arrow)
        assert line[0][1] < line[-1][1], "from the top down: y grows downwards"
        line = axes.transData.transform(line)
        for box in boxes:
            inside = (abs(line - [(box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2]) < [
                box.width / 2 - 1, box.height / 2 - 1,
            ]).all(axis=1)  # fmt: skip
            assert not inside.any(), "no arrow runs over a rule"


def _along(arrow: FancyArrowPatch) -> np.ndarray:
    """Points of an arrow's line, in data; its path consists of cubic pieces."""
    corners = arrow._path_original.vertices  # the path as given, before the head is cut off
    points = []
    for at in range(0, len(corners) - 1, 3):
        a, b, c, d = corners[at : at + 4]
        for t in np.linspace(0, 1, 40):
            points.append((1 - t) ** 3 * a + 3 * (1 - t) ** 2 * t * b + 3 * (1 - t) * t**2 * c + t**3 * d)
    return np.array(points)


def test_the_picture_is_light_and_the_same_each_time() -> None:
    rules = rules_of(Graph(_grid("paper")))
    svg = rule_graph_svg(rules.jobs, rules.edges)
    assert svg == rule_graph_svg(rules.jobs, rules.edges) and len(svg) < 200_000
    assert svg.startswith("<?xml")


def test_layers_follow_the_longest_way_and_a_source_lies_above_its_first_reader() -> None:
    edges = [("a", "b"), ("b", "c"), ("a", "c"), ("late", "c")]
    assert layers_of(["a", "b", "c", "late"], edges) == {"a": 0, "b": 1, "c": 2, "late": 1}
    with pytest.raises(ValueError, match="cycle"):
        layers_of(["a", "b"], [("a", "b"), ("b", "a")])


def test_an_edge_over_layers_passes_a_knot_in_each_and_nothing_needs_to_cross() -> None:
    edges = [("a", "b"), ("b", "c"), ("a", "c"), ("x", "y"), ("y", "c")]
    places, ways = placed(["a", "x", "b", "y", "c"], edges, dict.fromkeys("axbyc", 1.0), 0.1)
    assert ways[2] == ("a", "a>c@1", "c")
    assert [places[name][1] for name in ways[2]] == [0, 1, 2]
    for row in range(3):
        across = sorted(x for x, layer in places.values() if layer == row)
        assert all(second - first >= 0.65 for first, second in pairwise(across))
    left, right = (places["a"][0] - places["x"][0], places["b"][0] - places["y"][0])
    assert left * right > 0, "two ways side by side do not cross"
