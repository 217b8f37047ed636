"""The rules of the graph at hand with their numbers of jobs, and what they hand on. [no torch]"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure

from pipeline_src.reporting.drawing.layers import Edge, placed
from pipeline_src.reporting.drawing.panels import counted
from pipeline_src.reporting.drawing.picture import house_style, saved
from pipeline_src.reporting.drawing.schema_canvas import MARGIN_IN, Box, Canvas, text_height_in, text_width_in

STEP_IN = 0.72
"""From one layer to the next."""
GAP_IN = 0.14


def rule_graph_svg(jobs: Mapping[str, int], edges: Sequence[Edge]) -> str:
    """The picture as SVG; the same graph gives the same text.

    Args:
        jobs: how many jobs each rule has.
        edges: (rule, rule that reads what it wrote).
    """
    with house_style():
        figure = rule_graph(jobs, edges)
    return saved(figure, "svg").decode("utf-8")


def rule_graph(jobs: Mapping[str, int], edges: Sequence[Edge]) -> Figure:
    """The figure; to be called within `house_style`."""
    texts = {rule: f"{rule}\n{counted(count, 'job')}" for rule, count in jobs.items()}
    widths = {rule: text_width_in(text) + 0.16 for rule, text in texts.items()}
    places, ways = placed(list(jobs), edges, widths, GAP_IN)
    height = text_height_in("two\nlines")

    def at(name: str) -> tuple[float, float]:
        x, layer = places[name]
        return MARGIN_IN + x, MARGIN_IN + height / 2 + layer * STEP_IN

    right = max(at(rule)[0] + width / 2 for rule, width in widths.items())
    right = max(right, *(at(name)[0] for name in places))
    canvas = Canvas(right + MARGIN_IN)
    for way in ways:
        (x0, y0), (x1, y1) = at(way[0]), at(way[-1])
        passed = [at(knot) for knot in way[1:-1]]
        beside = [(x, y + half) for x, y in passed for half in (-height / 2, height / 2)]
        canvas.fall([(x0, y0 + height / 2), *beside, (x1, y1 - height / 2)])
    for rule, text in texts.items():
        x, y = at(rule)
        canvas.box(Box(x, y, widths[rule], height), text, label=rule)
    lowest = max(layer for _, layer in places.values())
    return canvas.finish(2 * MARGIN_IN + height + lowest * STEP_IN)
