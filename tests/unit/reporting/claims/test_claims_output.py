"""The command and its two files: whole, the same bytes every time, one line a claim; peers and the front."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from claim_worlds import A, Imagined, paper_config, paper_grid, paper_world

from pipeline_src.cli.main import main
from pipeline_src.config.grid import Grid
from pipeline_src.reporting.claims.fronts import dominates
from pipeline_src.reporting.claims.judge import judge
from pipeline_src.reporting.read.claims import Claim, read_claims, write_claims, write_claims_csv

ORDER = ("not reproduced", "undecided", "reproduced")


def _words(grid: Grid, results: Path, output: Path) -> list[str]:
    settings = json.dumps(grid.config.model_dump(mode="json"))
    return ["judge-claims", "--settings", settings, "--results", str(results), "--output", str(output)]


def test_the_command_writes_json_csv_and_a_record(tmp_path: Path) -> None:
    world = paper_world(Grid(paper_config()))
    results = world.write(tmp_path / "results")
    output = tmp_path / "reports" / "claims.json"
    assert main(_words(world.grid, results, output)) == 0
    assert sorted(path.name for path in output.parent.iterdir()) == [
        "agreement.csv",
        "claims.csv",
        "claims.json",
        "claims.json.run.json",
    ]
    claims = judge(world.grid, results)
    assert read_claims(output) == claims
    with output.with_suffix(".csv").open(newline="", encoding="utf-8") as stream:
        lines = list(csv.DictReader(stream))
    assert [line["id"] for line in lines] == [claim.id for claim in claims]
    assert [line["verdict"] for line in lines] == [claim.verdict for claim in claims]
    assert lines[1]["p_value"] == repr(claims[1].p_value) and lines[0]["p_value"] == ""
    assert lines[2]["paper_effect"] == "" and float(lines[1]["paper_effect"]) == pytest.approx(6.2)
    record = json.loads((output.parent / "claims.json.run.json").read_text())
    assert record["command"][1] == "judge-claims"
    assert all(str(results / source) in record["inputs"] for claim in claims for source in claim.sources)


def test_how_alike_searches_choose_is_a_table(tmp_path: Path) -> None:
    world = paper_world(Grid(paper_config()))
    results = world.write(tmp_path / "results")
    output = tmp_path / "reports" / "claims.json"
    assert main(_words(world.grid, results, output)) == 0
    with (output.parent / "agreement.csv").open(newline="", encoding="utf-8") as stream:
        lines = {(line["dataset"], line["gamma"], line["choice"]): line for line in csv.DictReader(stream)}
    a = lines["cityscapes", "0.01", "cells"]
    assert (a["searches"], a["places"], a["nulls"], a["observed"]) == ("6", "30", "5", "1.0")
    assert float(a["uniform"]) == pytest.approx(0.1, abs=0.01)
    # One third conv3x3 and two thirds skip, dealt to the places by chance: 1/9 + 4/9.
    assert float(a["marginal"]) == pytest.approx(5 / 9, abs=0.02)
    assert float(a["p_null"]) == pytest.approx(1 / 462, rel=1e-3)
    assert a["beyond_chance"] == a["beyond_null"] == "True"
    # Searches without a weight of latency are a group like others, and the null of depths to all but itself.
    null = lines["cityscapes", "0", "depths"]
    assert (null["searches"], null["nulls"], null["p_null"], null["beyond_null"]) == ("5", "0", "", "False")
    assert {gamma for dataset, gamma, _ in lines if dataset == "camvid"} == {"0.001", "0.01", "0.05", "0.1"}


def test_the_same_files_give_the_same_bytes_in_any_process(tmp_path: Path) -> None:
    world = paper_world(Grid(paper_config()))
    results = world.write(tmp_path / "results")
    written = []
    for seed in ("1", "2"):
        output = tmp_path / seed / "claims.json"
        command = [sys.executable, "-m", "pipeline_src", *_words(world.grid, results, output)]
        subprocess.run(command, check=True, env={**os.environ, "PYTHONHASHSEED": seed})
        written.append((output.read_bytes(), output.with_suffix(".csv").read_bytes()))
    assert written[0] == written[1]


def test_a_bad_file_ends_with_status_2_and_leaves_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    world = paper_world(Grid(paper_config()))
    results = world.write(tmp_path / "results")
    (results / f"evaluate/{A}/cityscapes-train/val-768x1536.json").write_text("[")
    output = tmp_path / "reports" / "claims.json"
    assert main(_words(world.grid, results, output)) == 2
    assert "val-768x1536.json" in capsys.readouterr().err
    assert not output.parent.exists()
    assert main(_words(world.grid, tmp_path / "no", output)) == 2
    assert "is not a folder" in capsys.readouterr().err


HOSTILE = 'one\ntwo\r\n"three",<script>\u2028 日本 & \\textbf{x} ' + "long " * 500


def test_csv_has_one_line_a_claim_whatever_the_text(tmp_path: Path) -> None:
    claims = judge(paper_grid(), tmp_path)
    first = replace(claims[0], ours=HOSTILE, reason="=cmd|' /C calc'!A0", sources=("a\nb.json", "c.json"))
    write_claims_csv((first, *claims[1:]), tmp_path / "claims.csv")
    text = (tmp_path / "claims.csv").read_text(encoding="utf-8")
    assert len(text.splitlines()) == text.count("\n") == 1 + len(claims)
    with (tmp_path / "claims.csv").open(newline="", encoding="utf-8") as stream:
        line = next(csv.DictReader(stream))
    assert line["ours"] == " ".join(HOSTILE.split())
    assert line["reason"].startswith("'=cmd")
    assert line["sources"] == "a b.json;c.json"
    write_claims((first,), tmp_path / "claims.json")
    assert read_claims(tmp_path / "claims.json") == (first,)


def _front(miou: float, fps: float) -> Claim:
    world = paper_world(paper_grid())
    world.miou["ICNet", "cityscapes-trainval"], world.fps["ICNet", "cityscapes"] = miou, fps
    return dominates(Imagined(world))


def test_a_system_that_gets_better_only_worsens_c1() -> None:
    verdicts = [_front(70.0 + step, 90.0 + 8 * step).verdict for step in range(-2, 7)]
    places = [ORDER.index(verdict) for verdict in verdicts]
    assert places == sorted(places, reverse=True)
    assert verdicts[0] == "reproduced" and verdicts[-1] == "not reproduced"


@pytest.mark.parametrize(
    ("module", "heavy"),
    [
        ("pipeline_src.reporting.claims.judge", ("torch", "matplotlib")),
        ("pipeline_src.reporting.claims.sources", ("torch", "pandas", "scipy", "numpy")),
        ("pipeline_src.reporting.read.claims", ("torch", "pandas", "scipy", "numpy")),
        ("pipeline_src.cli.judge_claims", ("torch", "pandas", "scipy", "pydantic")),
    ],
)
def test_what_each_module_does_not_import(module: str, heavy: tuple[str, ...]) -> None:
    code = f"import sys, {module}; print([name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
