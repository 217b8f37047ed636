"""README.md of a published folder: what it says is what the results beside it say."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from fabricate import Folder

from pipeline_src import places
from pipeline_src.artifacts import write_text
from pipeline_src.cli.collect_overview import _csv
from pipeline_src.config.grid import Grid
from pipeline_src.errors import UserError
from pipeline_src.reporting.claims.judge import judge
from pipeline_src.reporting.published.told import told
from pipeline_src.reporting.read.claims import write_claims
from pipeline_src.reporting.tables.networks import network_table


def _lines(text: str, heading: str) -> list[list[str]]:
    """The rows of the table below a heading, without its head."""
    below = text.split(f"## {heading}\n")[1].split("\n## ")[0]
    rows = [line.strip("|").split(" | ") for line in below.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row] for row in rows[2:]]


@pytest.fixture
def reports(collapsed: Grid, folder: Folder, tmp_path: Path) -> Path:
    place = tmp_path / "reports"
    write_text(place / places.NETWORKS, _csv(*network_table(collapsed, folder.root)))
    write_claims(judge(collapsed, folder.root), place / places.CLAIMS)
    return place


def test_claims_with_their_verdicts(collapsed: Grid, folder: Folder, reports: Path) -> None:
    rows = _lines(told(collapsed.config, folder.root, reports), "The paper's claims")
    claims = json.loads((reports / places.CLAIMS).read_text())
    assert [(row[0].split(":")[0], row[1], row[2]) for row in rows] == [
        (one["id"], one["verdict"], str(one["n"])) for one in claims
    ]
    assert len(rows) == 16


def test_networks_over_their_trainings(collapsed: Grid, folder: Folder, reports: Path) -> None:
    text = told(collapsed.config, folder.root, reports)
    rows = {(row[0], row[3]): row for row in _lines(text, "Networks")}
    scores: dict[str, list[float]] = {}
    for line in csv.DictReader(io.StringIO((reports / places.NETWORKS).read_text())):
        if line["network"] == collapsed.network_a.name and line["miou_percent"]:
            place = f"{line['data_set']} {line['split']} {line['input']}"
            scores.setdefault(place, []).append(float(line["miou_percent"]))
    assert len(scores) > 1 and max(map(len, scores.values())) == 3
    for place, values in scores.items():
        own = rows[f"A: {collapsed.network_a.name}", place]
        assert own[4] == str(len(values)) and own[5].startswith(f"{sum(values) / len(values):.1f}")
        assert ("±" in own[5]) == (len(values) > 1)
    assert any(row[6].endswith("ms, Test Processor 9000") for row in rows.values())
    assert not any("matched" in name for name, _ in rows)  # not run, so there is nothing to tell
    moved = [row for (name, _), row in rows.items() if name == "downsampling-1.5.10"]
    assert moved and all("the same network as A" in row[-1] for row in moved)


def test_latencies_with_their_ratios_to_a(collapsed: Grid, folder: Folder, reports: Path) -> None:
    rows = _lines(told(collapsed.config, folder.root, reports), "Latencies")
    timed = json.loads((folder.root / places.SPEEDS).read_text())["timings"]
    assert len(rows) == len(timed) < len(collapsed.speeds)
    first = next(iter(collapsed.speeds))
    assert rows[0][:4] == [
        f"{first.dataset} {places.size_text(first.size)}", f"A: {collapsed.network_a.name}",
        "10.0 ms (1.00: 1.00 to 1.00)", "5.0 ms (1.00: 1.00 to 1.00)",
    ]  # fmt: skip
    assert rows[1][2] == "11.0 ms (1.10: 1.10 to 1.10)"
    folder.speed(first, forms={"eager": {"equal_pixels": None, "refused": "no memory"}})
    rows = _lines(told(collapsed.config, folder.root, reports), "Latencies")
    assert rows[0][2:] == ["not timed: no memory", "", ""]
    (folder.root / places.SPEEDS).unlink()
    assert "## Latencies" not in told(collapsed.config, folder.root, reports)


def test_what_has_ended_of_what_was_asked_for(collapsed: Grid, folder: Folder, reports: Path) -> None:
    """Weights are not there, as in a published folder: the records count."""
    for path in folder.root.rglob("*.safetensors"):
        path.unlink()
    before = {
        row[0]: row[1:] for row in _lines(told(collapsed.config, folder.root, reports), "What has ended")
    }
    asked = {"searches": len(collapsed.searches), "evaluations": len(collapsed.evaluations)}
    for title, count in asked.items():
        ended, marked, whole = (int(number or 0) for number in before[title][:3])
        assert whole == count and 0 < ended <= whole - marked
    evaluation = next(
        one for one in collapsed.evaluations if one.training.architecture == collapsed.network_a
    )
    record = (folder.root / places.evaluation(evaluation)).with_name(
        f"{Path(places.evaluation(evaluation)).name}.run.json"
    )
    value = json.loads(record.read_text()) | {"processor_s": 7200.0, "device": "Other | one"}
    record.write_text(json.dumps(value))
    text = told(collapsed.config, folder.root, reports)
    assert "| 2.00 h | 7,200 s (7,200 to 7,200) |" in text and "Other \\| one (1)" in text
    record.unlink()
    after = {
        row[0]: row[1:] for row in _lines(told(collapsed.config, folder.root, reports), "What has ended")
    }
    assert int(after["evaluations"][0]) == int(before["evaluations"][0]) - 1


def test_files_of_another_version_are_named(collapsed: Grid, folder: Folder, reports: Path) -> None:
    networks = reports / places.NETWORKS
    kept = networks.read_text()
    networks.write_text(kept.replace("latency_ms", "latency", 1))
    with pytest.raises(UserError, match=r"networks\.csv.* has no column latency_ms"):
        told(collapsed.config, folder.root, reports)
    networks.write_text(kept)
    record = next((folder.root / "evaluate").rglob("*.run.json"))
    record.write_text("{}")
    with pytest.raises(UserError, match="is no run record"):
        told(collapsed.config, folder.root, reports)


def test_a_part_of_a_run(collapsed: Grid, tmp_path: Path) -> None:
    text = told(collapsed.config, tmp_path / "nothing", tmp_path / "none")
    assert "## Networks" not in text and "## The paper's claims" not in text
    assert all(row[1] == "0" for row in _lines(text, "What has ended"))
