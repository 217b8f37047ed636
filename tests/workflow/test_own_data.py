"""A set of the user's own: one file added, and the tiny graph's main path runs on it."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import minimal
import pytest
from workflow_checkout import Checkout, Ended
from yard import CLASSES, describe_yard, write_yard

RUN = pytest.mark.slow(
    "runs a partial workflow; a set of the user's own step by step: tests/unit/data/test_own_sets.py"
)

TABLES = [f"reports/tiny/tables/table_{number}.csv" for number in (3, 8)]
PARAMS: dict[str, Any] = {
    "scale": "tiny",
    "data": {"main": "yard", "imagenet": minimal.IMAGENET},
    **minimal.BLOCKS,
    "finetune": {"epochs": 2, "batch_size": 2, "validation_every": 1},
    "experiments": minimal.EXPERIMENTS,
}
SEARCHED = "yard-g0.01-s2-d1.1.1"


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory, repository: Path) -> tuple[Checkout, Ended]:
    """A checkout with one more description, in which the path was run once."""
    root = tmp_path_factory.mktemp("own")
    write_yard(root / "disk")
    clone = Checkout(root / "clone", repository)
    describe_yard(clone.root / "workflow/datasets/yard.yaml", root / "disk")
    clone.configure(PARAMS)
    ended = clone.snakemake(*TABLES)
    assert ended.status == 0, ended.text
    return clone, ended


@RUN
def test_one_file_was_added_and_no_other_set_was_needed(
    clone: tuple[Checkout, Ended], repository: Path
) -> None:
    root = clone[0].root
    for folder in ("workflow", "profiles"):
        ours = {
            path.relative_to(root).as_posix(): path.read_bytes()
            for path in (root / folder).rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        }
        theirs = {name: repository / name for name in ours if (repository / name).is_file()}
        assert set(ours) - set(theirs) <= {"workflow/datasets/yard.yaml"}
        assert all(path.read_bytes() == ours[name] for name, path in theirs.items())
    assert {path.name for path in (root / "data/tiny").iterdir()} == {"yard", "imagenet", "raw"}
    assert {path.name for path in (root / "data/tiny/raw").iterdir()} == {"imagenet"}


@RUN
def test_its_frames_are_prepared_searched_trained_and_judged(clone: tuple[Checkout, Ended]) -> None:
    root = clone[0].root
    manifest = json.loads((root / "data/tiny/yard/manifest.json").read_text())
    assert manifest["counts"] == {"train": 12, "val": 4} and tuple(manifest["class_names"]) == CLASSES
    results = root / "results/tiny"
    assert (results / f"search/{SEARCHED}/genotype.json").is_file() and (results / "lut/yard.json").is_file()
    assert (results / f"pretrain/{SEARCHED}/weights.safetensors").is_file()
    found = json.loads((results / f"evaluate/{SEARCHED}/yard-train/val-40x72.json").read_text())
    assert found["dataset"] == "yard" and tuple(found["class_names"]) == CLASSES
    assert set(found["last"]["per_class_iou"]) == set(CLASSES) and found["images"] == 4


@RUN
def test_the_table_names_its_classes(clone: tuple[Checkout, Ended]) -> None:
    with (clone[0].root / TABLES[1]).open(encoding="utf-8", newline="") as stream:
        rows = {row["row"]: row for row in csv.DictReader(stream)}
    ours = rows["autortnet_a"]
    assert {f"{name} (here)" for name in ("floor", "door")} <= set(ours)
    assert all(ours[f"{name} (status)"] == "measured" for name in ("floor", "door"))


@RUN
def test_a_changed_description_prepares_again_and_a_comment_does_not(clone: tuple[Checkout, Ended]) -> None:
    checkout = clone[0]
    path = checkout.root / "workflow/datasets/yard.yaml"
    kept = path.read_text(encoding="utf-8")
    path.write_text(f"# a comment\n{kept}", encoding="utf-8")
    assert "Nothing to be done" in checkout.snakemake(*TABLES, "--dry-run").text
    path.write_text(kept.replace("share: 0.25", "share: 0.5"), encoding="utf-8")
    planned = checkout.snakemake(*TABLES, "--dry-run", "--printshellcmds")
    assert planned.status == 0 and "prepare_data" in planned.rules, planned.text
    path.write_text(kept, encoding="utf-8")


def test_the_graph_of_a_described_set_needs_no_other_and_a_missing_folder_is_told_with_the_key(
    checkout: Checkout, tmp_path: Path
) -> None:
    write_yard(tmp_path / "disk")
    describe_yard(checkout.root / "workflow/datasets/yard.yaml", tmp_path / "disk")
    checkout.configure(PARAMS)
    planned = checkout.snakemake(*TABLES, "--dry-run", "--printshellcmds")
    assert planned.status == 0, planned.text
    (prepared,) = [job for job in planned.jobs if job.rule == "prepare_data"]
    assert "--dataset yard" in prepared.command and prepared.outputs == ("data/tiny/yard/manifest.json",)
    made = [path for job in planned.jobs for path in job.outputs]
    assert not [path for path in made if "cityscapes" in path or "camvid" in path]
    checkout.configure({**PARAMS, "data": {**PARAMS["data"], "own": {"path": "/nowhere"}}})
    ended = checkout.snakemake(*TABLES, "--dry-run")
    assert ended.status != 0 and "Back yard: the folder /nowhere does not exist" in ended.text
    assert "data.own.path" in ended.text and "Traceback" not in ended.text
