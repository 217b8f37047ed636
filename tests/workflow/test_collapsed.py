"""The graph where network A has collapsed: it ends, and its tables say what was not run and why."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path
from typing import Any

import minimal
import pytest
from small_runs import GENOTYPE, SEARCHED, SIZES
from workflow_checkout import Checkout

pytestmark = pytest.mark.slow(
    "trains a whole partial workflow; tests/unit/latency/test_not_run.py has the markers step by step"
)

TABLES = tuple(f"reports/tiny/tables/table_{number}.csv" for number in (3, 5))
PARAMS: dict[str, Any] = {
    "scale": "tiny",
    "data": {
        "cityscapes": {
            "render": {"train": 4, "val": 2, "test": 2, "coarse": 0, "height_px": 64, "width_px": 128},
            **{f"{name}_height_px": size[0] for name, size in SIZES.items()},
            **{f"{name}_width_px": size[1] for name, size in SIZES.items()},
        },
        "imagenet": minimal.IMAGENET,
    },
    **minimal.BLOCKS,
    "finetune": {"epochs": 1, "batch_size": 2, "validation_every": 1},
    "experiments": {
        **minimal.EXPERIMENTS,
        "matched_networks": 1,
        "matched_tolerance": 1e-6,
        "control": True,
        "downsampling_positions": [[1, 5, 10], [3, 5, 8]],
    },
}


def collapse(path: Path) -> None:
    """Every edge of a searched genotype becomes zero, as if the search had ended so."""
    found, times = json.loads(path.read_text(encoding="utf-8")), path.stat()
    for cell in found["hyper_cells"]:
        cell |= {"depth": 1, "reduction": ["zero"] * 5, "normal": ["zero"] * 5}
    path.write_text(json.dumps(found), encoding="utf-8")
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def cells(root: Path, table: str) -> dict[tuple[str, str], dict[str, str]]:
    with (root / table.replace(".csv", ".cells.csv")).open(encoding="utf-8", newline="") as stream:
        return {(line["row_id"], line["column_id"]): line for line in csv.DictReader(stream)}


def test_a_collapsed_network_a_gives_whole_tables(checkout: Checkout) -> None:
    checkout.configure(PARAMS)
    searched = checkout.snakemake(GENOTYPE)
    assert searched.status == 0, searched.text
    collapse(checkout.root / GENOTYPE)
    ended = checkout.snakemake(*TABLES)
    assert ended.status == 0, ended.text
    assert "search_architecture" not in ended.rules
    three, five = (cells(checkout.root, table) for table in TABLES)
    matched = three["latency_matched_random_search", "miou"]
    assert matched["status"] == "not_run" and matched["reason"].startswith("no random network within 0% of ")
    own = five["hyper_cell", "miou"]
    assert own["status"] == "measured"
    control = three["control_a_without_hyper_cells_2_and_3", "miou"]
    assert (control["measured"], control["sources"]) == (own["measured"], own["sources"])
    assert control["reason"].startswith(
        f"the same network as {SEARCHED}, whose hyper-cells 2 and 3 are empty"
    )
    for row in ("1_5_10", "3_5_8"):
        same = five[row, "miou"]
        assert (same["measured"], same["sources"]) == (own["measured"], own["sources"])
        assert same["reason"].startswith(f"the same network as {SEARCHED}: of 3 cells")
    weights = (checkout.root / "results/tiny/pretrain").glob("*/weights.safetensors")
    trained = {path.parent.name for path in weights if path.stat().st_size > 4096}
    assert trained == {SEARCHED, "random-0"}, "what is not run, or equal, is not trained"
    again = checkout.snakemake(*TABLES, "--dry-run")
    assert "Nothing to be done" in again.text, again.text
