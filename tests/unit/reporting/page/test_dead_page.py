"""A dead network is marked on the page beside its cells and at each picture of it."""

from __future__ import annotations

import json
import re
from pathlib import Path

from fabricate import Folder, genotype
from test_page import _places, _trace

from pipeline_src.config.grid import Grid
from pipeline_src.reporting.page.context import build_context
from pipeline_src.reporting.page.render import render
from pipeline_src.space.genotype import HyperCellGenotype

CELLS = [{"where": "1.1", "kind": "reduction", "operations": ["0-2 skip"], "latency_us": 1.0}]
WORDS = {"title": "drawn", "caption": "c", "alt": "a", "status": "drawn", "reason": "", "sources": []}


def test_a_dead_network_is_marked_beside_its_cells_and_at_its_pictures(
    small_grid: Grid, folder: Folder, tmp_path: Path
) -> None:
    zero = HyperCellGenotype(depth=1, reduction=("zero",) * 5, normal=("zero",) * 5)
    live = genotype()
    dead = live.model_copy(update={"hyper_cells": (*live.hyper_cells[:2], zero)})
    folder.genotype(small_grid.network_a, dead)
    reports = tmp_path / "reports"
    places = _places(small_grid, folder, reports)
    (reports / "figures").mkdir(parents=True, exist_ok=True)
    for name in ("figure_7", "architecture_b"):
        words = WORDS | {"cells": CELLS, "cells_at": "here"}
        (reports / "figures" / f"{name}.json").write_text(json.dumps(words))
        (reports / "figures" / f"{name}.svg").write_text("<svg/>")
    page = render(build_context(small_grid, places, _trace))
    mark = r'( <small class="dead" title="[^"]*is dead[^"]*">dead network</small>)?'
    heads = re.findall(rf'<th scope="col">([ABC]){mark} <small>here', page)
    assert [(letter, bool(marked)) for letter, marked in heads] == [("A", True), ("B", False)]
    titles = re.findall(rf"<h3>(?:Figure \d+\. )?(Drawn){mark}</h3>", page)
    assert [bool(marked) for _, marked in titles] == [True, False]
