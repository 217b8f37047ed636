"""The page's parts without a browser: what it says of scale and runs, and what it refuses."""

from __future__ import annotations

import base64
import io
import json
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml
from fabricate import Folder, write_tables
from PIL import Image

from pipeline_src.config.grid import Grid
from pipeline_src.config.models import Config, FinetuneConfig
from pipeline_src.errors import UserError
from pipeline_src.reporting.page import figures, render, runs, sections, tables
from pipeline_src.reporting.page.assumptions import read_assumptions
from pipeline_src.reporting.page.context import Places, build_context
from pipeline_src.reporting.page.facts import Facts
from pipeline_src.reporting.page.frames import frames_of
from pipeline_src.reporting.page.networks import side_by_side
from pipeline_src.reporting.paper import citation
from pipeline_src.reporting.provenance.trace import Trace
from pipeline_src.reporting.read.claims import Claim, write_claims
from pipeline_src.reporting.tables.captions import FIGURES, caption_of
from pipeline_src.reporting.tables.cells import tabulate

REPOSITORY = Path(__file__).resolve().parents[4]
RECORD = {
    "command": ["autortnet", "measure-speeds"],
    "started": "2026-11-22T10:00:00+00:00",
    "wall_s": 1800.0,
    "device": "P",
    "host": {"system": "Linux", "cpus": 2},
    "versions": {"python": "3.11"},
    "git": {"commit": "a" * 40, "changed": False},
}


def _trace(source: str) -> Trace:
    told = dict.fromkeys(("run", "rule", "command", "device", "date", "artifact", "sha256", "log"), "")
    settings = {"settings": "{}", "seed": None, "commit": "c" * 40, "changed": None}
    return Trace(source=source, wall_s=1, inputs={}, **settings, **told)  # type: ignore[arg-type]


def _places(grid: Grid, folder: Folder, reports: Path) -> Places:
    write_tables(grid, folder.root, reports)
    docs = REPOSITORY / "docs"
    return Places(folder.root, reports, docs / "assumptions.md", "<svg/>")


def test_the_papers_settings_need_no_warning() -> None:
    found = sections.banner(Grid(Config(scale="paper")))
    assert (found.level, found.changed) == ("paper", ())


def test_fewer_epochs_are_told_with_the_papers(small_grid: Grid, camvid_grid: Grid) -> None:
    shorter = sections.banner(Grid(Config(scale="paper", finetune=FinetuneConfig(epochs=3))))
    assert shorter.level == "reduced" and shorter.changed == (("finetune.epochs", "200", "3"),)
    assert shorter.main == ("finetune.epochs 3 (paper 200)",)
    assert sections.banner(camvid_grid).level == "reduced"


def test_rendered_images_say_nothing_of_the_paper() -> None:
    from pipeline_src.config.load import resolve

    config = resolve({"scale": "tiny"}, REPOSITORY / "workflow" / "scales")
    found = sections.banner(Grid(config))
    assert found.level == "nothing" and "a self-test of the software" in found.headline
    real = resolve({"scale": "camvid"}, REPOSITORY / "workflow" / "scales")
    assert sections.banner(Grid(real)).level == "reduced"


def test_the_assumptions_are_those_of_the_docs(tmp_path: Path) -> None:
    found = read_assumptions(REPOSITORY / "docs" / "assumptions.md")
    assert [one.id for one in found] == [f"A{number}" for number in range(1, len(found) + 1)]
    assert len(found) >= 18 and all(one.choice and one.why and one.where and one.switch for one in found)
    (tmp_path / "a.md").write_text("## A1: x\n\n- Choice: y\n")
    with pytest.raises(UserError, match="A1 lacks Why, Where, Switch"):
        read_assumptions(tmp_path / "a.md")
    (tmp_path / "b.md").write_text("nothing")
    with pytest.raises(UserError, match="no section"):
        read_assumptions(tmp_path / "b.md")
    with pytest.raises(UserError, match="cannot be read"):
        read_assumptions(tmp_path / "c.md")


def test_device_hours_count_processes_and_keep_devices_apart(tmp_path: Path) -> None:
    for number, changes in enumerate(({}, {"processes": 4}, {"device": "Q"})):
        (tmp_path / f"{number}.json.run.json").write_text(json.dumps(RECORD | changes))
    (tmp_path / "search").mkdir()
    (tmp_path / "search" / "run.json").write_text(
        json.dumps(RECORD | {"command": ["autortnet", "search-architecture"], "wall_s": 360.0})
    )
    found = runs.read_environment(tmp_path)
    told = {(cost.rule, cost.device): (cost.jobs, round(cost.device_hours, 3)) for cost in found.costs}
    assert told == {
        ("measure_speeds", "P"): (2, 2.5),
        ("measure_speeds", "Q"): (1, 0.5),
        ("search_architecture", "P"): (1, 0.1),
    }
    assert round(found.device_hours, 3) == 3.1 and found.records == 4
    assert dict(found.facts)["Device"] == (("P", 3), ("Q", 1))
    part = {"device": "Q", "wall_s": 180.0}
    (tmp_path / "search" / "run.json").write_text(
        json.dumps(
            RECORD | {"command": ["autortnet", "search-architecture"], "wall_s": 540.0, "earlier": [part]}
        )
    )
    moved = [cost for cost in runs.read_environment(tmp_path).costs if cost.rule == "search_architecture"]
    assert {(one.device, one.jobs, round(one.device_hours, 3)) for one in moved} == {
        ("P", 1, 0.1),
        ("Q", 0, 0.05),
    }
    assert runs.read_environment(tmp_path / "none").records == 0
    (tmp_path / "bad.run.json").write_text("{}")
    with pytest.raises(UserError, match="no run record"):
        runs.read_environment(tmp_path)


def test_a_number_without_provenance_is_refused(grid: Grid, folder: Folder) -> None:
    folder.everything(grid)
    table = tabulate("table_3", grid, folder.root)

    def nothing(source: str) -> Trace:
        raise UserError(source, "has no run record.", "Run the step that makes it again.")

    with pytest.raises(UserError, match=r"table_3/autortnet/miou: evaluate/.*no run record"):
        tables.view(table, Facts(nothing))
    with pytest.raises(UserError, match="claim/C1: is measured, but no result file"):
        sections.claim_views([_claim(ours="1 %", n=3)], Facts(_trace))


def _claim(**changes: object) -> Claim:
    nothing = {"statistic": None, "p_value": None, "interval": None, "where": (), "sources": ()}
    nothing |= {"p_holm": None, "settings": ()}
    fields = dict.fromkeys(("sentence", "paper", "ours", "test", "reason"), "") | nothing
    fields |= {"id": "C1", "n": 0, "level": 0.95, "unit": "%", "verdict": "undecided", "scale": "tiny"}
    return Claim(**(fields | changes))  # type: ignore[arg-type]


def test_what_was_not_run_is_grouped_by_reason(grid: Grid, folder: Folder) -> None:
    table = tabulate("table_3", grid, folder.root)
    missing = figures.views(FIGURES, folder.root, Facts(_trace))
    found = sections.absences([table], missing)
    assert found[-1].reason == sections.NOT_DRAWN and found[-1].count == "9 pictures"
    assert sum(int(one.count.split()[0]) for one in found[:-1]) == sum(
        cell.status == "not_run" for cell in table.cells
    )


def test_a_picture_is_checked(tmp_path: Path) -> None:
    facts = Facts(_trace)
    (tmp_path / "figure_5.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
    (tmp_path / "figure_5.json").write_text("{}")
    with pytest.raises(UserError, match="lacks title, caption, alt, status, reason, sources"):
        figures.view("figure_5", tmp_path, facts)
    words = {
        "title": "figure 5: x",
        "caption": "",
        "alt": "",
        "status": "measured",
        "reason": "",
        "sources": [],
    }
    (tmp_path / "figure_5.json").write_text(json.dumps(words))
    with pytest.raises(UserError, match="figure_5: is measured, but no result file"):
        figures.view("figure_5", tmp_path, facts)
    (tmp_path / "figure_5.json").write_text(json.dumps(words | {"title": "Figure 5: x", "sources": ["s"]}))
    found = figures.view("figure_5", tmp_path, facts)
    assert found.title == "X" and found.key == "figure_5"
    assert found.image.startswith("data:image/svg+xml,%3Csvg xmlns=%22http://")


def test_every_artefact_has_a_caption() -> None:
    assert caption_of("table_3") == "Comparison with random search on the Cityscapes validation set"
    assert caption_of("lut_check").startswith("Predictions of the lookup table")
    assert caption_of("architecture_b") == "architecture b"


def test_the_page_is_the_same_for_the_same_input_and_asks_for_nothing(
    small_grid: Grid, folder: Folder, tmp_path: Path
) -> None:
    folder.everything(small_grid)
    pages = [
        render.render(build_context(small_grid, _places(small_grid, folder, tmp_path / "reports"), _trace))
        for _ in range(2)
    ]
    assert pages[0] == pages[1]
    links = re.findall(r"""<(\w+)[^>]*(?:src|href)=["']?((?:https?:|//)[^"' >]*)""", pages[0])
    assert links == [("a", citation.URL)], "a link that a reader may follow, and nothing that loads"
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', pages[0])
    assert policy and "default-src 'none'" in policy[1].replace("&#39;", "'")
    assert "unsafe" not in policy[1]


def test_the_page_measures_nothing_again(small_grid: Grid, folder: Folder, tmp_path: Path) -> None:
    """It shows what the tables hold, also where no result is left; without a table it says which to make."""
    folder.everything(small_grid)
    places = _places(small_grid, folder, tmp_path / "reports")
    whole = build_context(small_grid, places, _trace)["tables"]
    assert sum(one.counts["measured"] for one in whole) > 50
    for kind in ("evaluate", "speed", "architectures", "search"):
        shutil.rmtree(folder.root / kind, ignore_errors=True)
    assert build_context(small_grid, places, _trace)["tables"] == whole
    (places.reports / "tables" / "table_7.cells.csv").unlink()
    with pytest.raises(UserError, match=r"table_7\.cells\.csv.*does not exist.*tabulate-table"):
        build_context(small_grid, places, _trace)


def test_tables_of_another_scale_are_refused(small_grid: Grid, folder: Folder, tmp_path: Path) -> None:
    places = _places(small_grid, folder, tmp_path / "reports")
    with pytest.raises(UserError, match="is of the scale tiny, not paper"):
        build_context(Grid(Config(scale="paper")), places, _trace)


def test_a_page_too_large_is_refused(
    small_grid: Grid, folder: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(render, "LARGEST_BYTES", 10_000)
    with pytest.raises(UserError, match="smaller pictures"):
        render.render(build_context(small_grid, _places(small_grid, folder, tmp_path / "reports"), _trace))


def test_the_command_loads_no_torch() -> None:
    code = (
        "import sys, pipeline_src.reporting.page.context, pipeline_src.reporting.page.render;"
        "print([name for name in ('torch', 'matplotlib') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_page_alone_links_to_nothing_outside_of_it(
    small_grid: Grid, folder: Folder, tmp_path: Path
) -> None:
    folder.everything(small_grid)
    places = _places(small_grid, folder, tmp_path / "reports")
    links = {
        alone: set(re.findall(r'<a [^>]*href="([^"]*)"', render.render(page)))
        for alone in (False, True)
        for page in [build_context(small_grid, places, _trace, alone=alone)]
    }
    assert {link for link in links[True] if not link.startswith("#")} == {citation.URL}
    assert {"tables/table_3.csv", "claims.json", "provenance.csv"} <= links[False]


def test_the_paper_is_named_as_its_record_names_it() -> None:
    cited = yaml.safe_load((REPOSITORY / "CITATION.cff").read_text(encoding="utf-8"))["references"][0]
    assert (
        cited["title"] == citation.TITLE and cited["year"] == citation.YEAR and cited["url"] == citation.URL
    )
    assert (
        tuple(f"{one['given-names']} {one['family-names']}" for one in cited["authors"]) == citation.AUTHORS
    )
    whole = yaml.safe_load((REPOSITORY / "CITATION.cff").read_text(encoding="utf-8"))
    assert (whole["title"], whole["authors"][0]["name"]) == (citation.PIPELINE, citation.PIPELINE_AUTHORS)
    assert citation.TITLE in citation.bibtex() and "Peng Sun and Jiaxiang Wu" in citation.bibtex()


def test_a_self_test_never_says_that_the_paper_was_not_reproduced(
    grid: Grid, folder: Folder, tmp_path: Path
) -> None:
    from pipeline_src.config.load import resolve

    claims = tuple(
        Claim(**(CLAIM | {"id": f"C{number}", "verdict": verdict}))
        for number, verdict in enumerate(sections.ICONS, start=1)
    )
    tiny = Grid(resolve({"scale": "tiny"}, REPOSITORY / "workflow" / "scales"))
    places = _places(tiny, folder, tmp_path / "reports")
    write_claims(claims, places.reports / "claims.json")
    page = render.render(build_context(tiny, places, _trace))
    assert citation.TITLE in page and "reproduction report" in page
    read, _, _ = page.partition('<script type="application/json" id="files">')
    assert "self-test: differs" in read and "not reproduced" not in read
    own = render.render(build_context(grid, _places(grid, folder, tmp_path / "reports"), _trace))
    assert "not reproduced" in own and "self-test" not in own


CLAIM = {
    "sentence": "A is fast.",
    "where": ("table_1",),
    "paper": "9 ms",
    "ours": "",
    "test": "none",
    "n": 0,
    "statistic": None,
    "p_value": None,
    "p_holm": None,
    "settings": (),
    "interval": None,
    "level": 0.95,
    "unit": "",
    "reason": "nothing was run",
    "sources": (),
    "scale": "tiny",
}


def test_another_reports_values_stand_beside_and_only_what_moved_is_coloured(
    small_grid: Grid, folder: Folder, tmp_path: Path
) -> None:
    folder.everything(small_grid)
    here = _places(small_grid, folder, tmp_path / "here")
    evaluation = small_grid.of_table("table_3")[0].val[0]
    folder.evaluation(evaluation, 0.1)
    speed = small_grid.of_table("table_3")[0].speeds[0]
    folder.speed(speed, 25.0)
    there = _places(small_grid, folder, tmp_path / "there").reports
    context = build_context(small_grid, replace(here, against=there), _trace)
    [table] = [one for one in context["tables"] if one.name == "table_3"]
    [line] = [one for one in table.rows[0].lines if one.which == "here"]
    titles = [head.title for head in table.heads]
    miou, latency = (
        next(one for title, one in zip(titles, line.values, strict=True) if title.startswith(start))
        for start in ("mIoU", "Latency")
    )
    assert (miou.other, miou.moved) == ("10.0", False), "one run a side, within the spread over seeds"
    assert latency.other.startswith("25.00") and latency.moved, "quartiles that do not meet"
    page = render.render(context)
    assert f"Against {there.as_posix()}" in page and page.count('class="other moved"') >= 2
    alone = render.render(build_context(small_grid, here, _trace))
    assert 'id="against"' not in alone and 'class="other' not in alone


def test_networks_stand_side_by_side_cell_by_cell(tmp_path: Path) -> None:
    def cell(where: str, latency_us: float) -> dict[str, object]:
        return {"where": where, "kind": "normal", "operations": ["0-2 conv 3x3"], "latency_us": latency_us}

    words = {"title": "t", "caption": "", "alt": "", "status": "measured", "reason": "", "sources": ["s"]}
    for name, cells in (
        ("figure_7", [cell("1.1", 2.0), cell("10.1", 1.0)]),
        ("architecture_c", [cell("2.1", 5.0)]),
    ):
        told = {**words, "cells": cells, "cells_at": "CamVid"}
        (tmp_path / f"{name}.json").write_text(json.dumps(told))
        (tmp_path / f"{name}.svg").write_text("<svg/>")
    found = side_by_side(figures.views(("figure_7", "architecture_c"), tmp_path, Facts(_trace)))
    assert [(one.letter, one.total_us) for one in found.networks] == [("A", 3.0), ("C", 5.0)]
    shown = [(where, [one and one["latency_us"] for one in cells]) for where, cells in found.rows]
    assert shown == [("1.1", [2.0, None]), ("2.1", [None, 5.0]), ("10.1", [1.0, None])]


def test_frames_keep_the_colours_of_their_labels(tmp_path: Path) -> None:
    folder = tmp_path / "predictions" / "figure_9"
    folder.mkdir(parents=True)
    colours = [(10, 20, 30), (200, 100, 0)]
    truth = np.array([[colours[0]] * 500, [colours[1]] * 500], dtype=np.uint8).repeat(40, axis=0)
    for name in ("image", "truth", "a"):
        Image.fromarray(truth).save(folder / f"1_{name}.png")
    index = {
        "dataset": "camvid", "split": "test", "images_in_split": 1,
        "classes": [{"name": n, "colour": c, "present": True} for n, c in zip("xy", colours, strict=True)],
        "void": {"colour": (0, 0, 0), "present": False},
        "networks": [{"column": "a", "label": "AutoRTNet-A"}],
        "frames": [
            {"name": "f", "files": {n: f"1_{n}.png" for n in ("image", "truth", "a")}, "miou": {"a": 0.5}}
        ],
    }  # fmt: skip
    (folder / "index.json").write_text(json.dumps(index))
    found = frames_of(tmp_path, {})["figure_9"]
    assert found["classes"] == [{"name": "x", "colour": [10, 20, 30]}, {"name": "y", "colour": [200, 100, 0]}]
    [frame] = found["frames"]
    assert frame["miou"] == {"a": "mIoU 50.0 %"} and frame["image"].startswith("data:image/jpeg;base64,")
    shown = Image.open(io.BytesIO(base64.b64decode(frame["maps"]["truth"].partition(",")[2])))
    assert shown.width == 400 and set(shown.convert("RGB").get_flattened_data()) == set(colours)
    (folder / "1_a.png").unlink()
    assert frames_of(tmp_path, {}) == {}, "published results have no pictures"


def test_a_users_own_picture_stands_beyond_the_papers(
    small_grid: Grid, folder: Folder, tmp_path: Path
) -> None:
    places = replace(_places(small_grid, folder, tmp_path / "reports"), own=("mine",))
    drawn = tmp_path / "reports" / "figures"
    drawn.mkdir(parents=True, exist_ok=True)
    with pytest.raises(UserError, match="is not there"):
        build_context(small_grid, places, _trace)
    (drawn / "mine.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    words = {"title": "mine", "caption": "c", "alt": "a", "status": "drawn", "reason": "", "sources": []}
    (drawn / "mine.json").write_text(json.dumps(words))
    shown = build_context(small_grid, places, _trace)["beyond"]
    assert shown[-1].title == "Mine" and shown[-1].image.startswith("data:image/svg+xml")
    with pytest.raises(UserError, match="is a picture of the report"):
        build_context(small_grid, replace(places, own=("lut_check",)), _trace)
