"""A slice of the graph run for real: rendered scenes to Table 3, with settings far below `tiny`."""

from __future__ import annotations

import csv
import hashlib
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import minimal
import pytest
from processes import processor_s
from workflow_checkout import Checkout, Ended

TABLE = "reports/tiny/tables/table_3.csv"
LUT = "results/tiny/lut/cityscapes.json"
SIZES = {"input": (32, 64), "crop": (32, 32), "search_crop": (32, 32), "full": (64, 128)}
SEED = 3
PARAMS: dict[str, Any] = {
    "scale": "tiny",
    "seed": SEED,
    "data": {
        "cityscapes": {
            "render": {"train": 4, "val": 2, "test": 2, "coarse": 0, "height_px": 64, "width_px": 128},
            **{f"{name}_height_px": size[0] for name, size in SIZES.items()},
            **{f"{name}_width_px": size[1] for name, size in SIZES.items()},
        },
        "imagenet": minimal.IMAGENET,
    },
    **minimal.BLOCKS,
    "finetune": {"epochs": 2, "batch_size": 2, "validation_every": 1},
    # All networks of the grid are timed in one run, so a table waits for every search: few are asked for.
    "experiments": {
        **minimal.EXPERIMENTS,
        "gamma_b": 0.01,
        "gamma_c": 0.01,
        "camvid_gammas": [0.01],
        "null_seeds": [],
        "random_aggregations": 1,
    },
}
RULES = {
    "render_scenes": 2,
    "render_objects": 1,
    "prepare_data": 2,
    "prepare_imagenet": 1,
    "measure_lut": 2,
    "search_architecture": 2,
    "sample_random": 1,
    "sample_downsampling": 3,
    "sample_aggregation": 2,
    "pretrain_backbone": 2,
    "finetune_network": 2,
    "evaluate_network": 2,
    "measure_speeds": 1,
    "tabulate_table": 1,
}
SEARCHED, RANDOM = "cityscapes-g0.01-s2-d1.1.1", "random-0"


def run(clone: Checkout, *words: str) -> Ended:
    return clone.snakemake(TABLE, *words)


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory, repository: Path) -> Checkout:
    """A checkout in which the slice was run once."""
    clone = Checkout(tmp_path_factory.mktemp("slice") / "clone", repository)
    clone.configure(PARAMS)
    planned = clone.plan(target=TABLE)
    assert planned.status == 0 and dict(planned.rules) == RULES, planned.text
    ended = run(clone)
    assert ended.status == 0, ended.text
    return clone


def outputs(clone: Checkout) -> Iterator[Path]:
    """Every file that the slice made for people and later steps: no record, raw image or note of times."""
    for folder in ("data/tiny/cityscapes", "data/tiny/imagenet", "results/tiny", "reports/tiny"):
        for path in sorted((clone.root / folder).rglob("*")):
            if path.is_file() and not path.name.endswith(("run.json", ".raw_files")):
                yield path


def record_of(path: Path, top: Path) -> Path:
    """The record beside a file, or of the nearest folder that has one; a table's files share one."""
    name = re.sub(r"^(table_\d+)\..*", r"\1.csv", path.name)
    own = path.with_name(f"{name}.run.json")
    folders = [folder / "run.json" for folder in path.parents if folder.is_relative_to(top)]
    return next(record for record in (own, *folders) if record.exists())


def digests(clone: Checkout) -> dict[str, str]:
    return {
        str(path.relative_to(clone.root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in outputs(clone)
    }


def table(clone: Checkout) -> list[dict[str, str]]:
    with (clone.root / TABLE).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_a_second_run_has_nothing_to_do(clone: Checkout) -> None:
    """And finds that out in about the time that planning the same jobs takes: no output is read again."""
    before = digests(clone)
    found: list[Ended] = []
    planning_s = processor_s(lambda: found.append(clone.plan(target=TABLE)))
    took_s = processor_s(lambda: found.append(run(clone)))
    again = found[1]
    assert again.status == 0 and "Nothing to be done" in again.text, again.text
    assert took_s <= 2 * planning_s, (took_s, planning_s)
    assert digests(clone) == before


def test_cells_are_measured_where_runs_exist(clone: Checkout) -> None:
    rows = {row["row"]: row for row in table(clone)}
    cells_file = clone.root / TABLE.replace(".csv", ".cells.csv")
    with cells_file.open(encoding="utf-8", newline="") as stream:
        cells = list(csv.DictReader(stream))
    assert {row["scale"] for row in rows.values()} == {"tiny"}
    ours = [cell for cell in cells if cell["n"] != "0" and cell["sources"]]
    assert {cell["status"] for cell in ours} == {"measured"}
    used = {part for cell in ours for part in re.findall(r"[\w.-]+/[\w./-]+\.json", cell["sources"])}
    for architecture in (SEARCHED, RANDOM):
        assert f"evaluate/{architecture}/cityscapes-train/val-32x64.json" in used
        assert "speed/networks.json" in used
    assert all((clone.root / "results/tiny" / path).is_file() for path in used)
    # No latency-matched network was asked for: its row says so.
    matched = [cell for cell in cells if "matched" in cell["row"]]
    assert matched and {cell["status"] for cell in matched} <= {"not_run", "quoted"}
    assert any("none asked for" in cell["reason"] for cell in matched)


def test_a_cell_holds_what_the_evaluation_found(clone: Checkout) -> None:
    found = clone.root / f"results/tiny/evaluate/{SEARCHED}/cityscapes-train/val-32x64.json"
    result = json.loads(found.read_text())
    with (clone.root / TABLE.replace(".csv", ".cells.csv")).open(encoding="utf-8", newline="") as stream:
        cells = [
            cell
            for cell in csv.DictReader(stream)
            if str(found.relative_to(clone.root / "results/tiny")) in cell["sources"]
        ]
    scores = {cell["mean"] for cell in cells if cell["column_id"].startswith("miou")}
    # A cell prints a percentage to six decimals: what it holds is compared as printed.
    known = [100 * result[epoch]["miou"] for epoch in ("last", "best")]
    assert scores
    assert all(any(abs(float(score) - value) <= 0.51e-6 for value in known) for score in scores)


def test_every_output_has_its_run_record(clone: Checkout, repository: Path) -> None:
    commit = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=repository, capture_output=True, text=True, check=False
    )
    seeded = {"search-architecture", "sample-random", "pretrain-backbone", "finetune-network"}
    commands = set()
    for path in outputs(clone):
        record = json.loads(record_of(path, clone.root).read_text())
        assert record["command"][0] == "autortnet"
        commands.add(record["command"][1])
        if record["command"][1] in seeded:
            assert record["seed"] == (2 if record["command"][1] == "search-architecture" else SEED)
        if "--settings" in record["command"]:
            assert json.loads(record["settings"])
        assert {"python", "torch", "numpy", "snakemake"} <= record["versions"].keys()
        assert record["wall_s"] > 0 and record["peak_memory_mib"]["process"] > 1
        assert record["device"] and record["started"]
        if commit.returncode == 0:
            assert record["git"]["commit"] == commit.stdout.strip()
        for name, checksum in record["inputs"].items():
            assert hashlib.sha256((clone.root / name).read_bytes()).hexdigest() == checksum, name
    render = {"render-scenes", "render-objects"}
    assert commands | render == {rule.replace("_", "-") for rule in RULES}
    for name in ("cityscapes", "imagenet"):
        assert json.loads((clone.root / f"data/tiny/raw/{name}/run.json").read_text())["command"][1] in render


def test_the_log_of_a_job_has_lines_and_no_bar(clone: Checkout) -> None:
    text = (clone.root / f"logs/tiny/finetune_network/{SEARCHED}-cityscapes-train.log").read_text()
    assert re.search(r"^\d\d:\d\d:\d\d epoch 1: loss ", text, re.MULTILINE)
    assert "\r" not in text and "it/s" not in text


def test_no_checkpoint_and_no_half_written_file_is_left(clone: Checkout) -> None:
    assert not list(clone.root.glob(".checkpoints/**/*.ckpt"))
    assert not [path for path in outputs(clone) if path.name.startswith(".")]


@pytest.mark.slow("Snakemake's own report starts it twice and reads every output")
def test_the_report_is_one_file_that_loads_nothing(clone: Checkout, tmp_path: Path) -> None:
    ended = clone.snakemake(TABLE, "--report", str(tmp_path / "report.html"))
    assert ended.status == 0, ended.text
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "finetune_network" in page
    assert "Comparison with random search on the Cityscapes validation set" in page, "the table's caption"
    assert not re.search(r"""<(?:script|link|img)\b[^>]*\b(?:src|href)=["']?https?:""", page)


@pytest.mark.slow("runs everything again; the golden curves of tests/unit show it for each step")
def test_a_second_time_from_the_same_table_gives_the_same_bytes(clone: Checkout) -> None:
    first, rows = digests(clone), table(clone)
    for folder in ("data/tiny", "results/tiny", "reports/tiny"):
        for path in sorted((clone.root / folder).iterdir()):
            if path != (clone.root / LUT).parent:
                shutil.rmtree(path)
    planned = clone.snakemake(TABLE, "--dry-run", "--printshellcmds")
    assert dict(planned.rules) == {rule: n for rule, n in RULES.items() if rule != "measure_lut"}, (
        planned.text
    )
    ended = run(clone)
    assert ended.status == 0, ended.text
    second = digests(clone)
    assert second.keys() == first.keys()
    measured = ("results/tiny/speed/", "reports/tiny/")  # latencies are measured again
    differing = {name for name in first if first[name] != second[name] and not name.startswith(measured)}
    assert differing == set()
    kinds = {name.split("/")[-1] for name in second}
    assert {"genotype.json", "weights.safetensors", "weights_last.safetensors", "log.csv"} <= kinds
    latency = re.compile(r"latency|fps|time|ms", re.IGNORECASE)
    for old, new in zip(rows, table(clone), strict=True):
        assert {key: value for key, value in old.items() if not latency.search(key)} == {
            key: value for key, value in new.items() if not latency.search(key)
        }
