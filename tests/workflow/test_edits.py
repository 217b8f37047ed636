"""What Snakemake itself, with its own records of real jobs, makes of edits of code and settings."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import minimal
import pytest
from workflow_checkout import Checkout

TARGETS = ("data/tiny/camvid/manifest.json", "results/tiny/lut/camvid.json")
SIZES = ("input", "crop", "search_crop")
PARAMS: dict[str, Any] = {
    "scale": "tiny",
    "data": {
        "main": "camvid",
        "cityscapes": None,
        "camvid": {
            "render": {"train": 2, "val": 1, "test": 1, "coarse": 0, "height_px": 64, "width_px": 64},
            **{f"{name}_{side}_px": 32 for name in SIZES for side in ("height", "width")},
        },
        "imagenet": minimal.IMAGENET,
    },
    **minimal.BLOCKS,
    "experiments": {
        **minimal.EXPERIMENTS, "gamma_a": 0.01, "gamma_b": 0.01, "gamma_c": 0.01, "camvid_gammas": [0.01]
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, repository: Path) -> Checkout:
    """A checkout with a package of its own, in which a set was prepared and a table measured."""
    checkout = Checkout(tmp_path_factory.mktemp("edits") / "clone", repository)
    package = checkout.root / "pipeline_src"
    package.unlink()
    shutil.copytree(repository / "pipeline_src", package, ignore=shutil.ignore_patterns("__pycache__"))
    checkout.configure(PARAMS)
    ended = checkout.snakemake(*TARGETS)
    assert ended.status == 0, ended.text
    return checkout


def reruns(made: Checkout, *config: str) -> set[str]:
    ended = made.snakemake(*TARGETS, "--dry-run", *(("--config", *config) if config else ()))
    assert ended.status == 0, ended.text
    assert bool(ended.rules) != ("Nothing to be done" in ended.text), ended.text
    return set(ended.rules)


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_edits_and_settings_rerun_what_follows_from_them_and_nothing_else(made: Checkout) -> None:
    """Each module: tests/unit/test_code.py; each setting: test_settings.py."""
    package = made.root / "pipeline_src"
    # Comments, docstrings, layout, times, settings of execution and of other commands: nothing.
    for path in package.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace('"""', '"""Edited: ', 1) + "\n\n# edited\n", encoding="utf-8")
        os.utime(path, (2e9, 2e9))
    ways = (
        "runtime={workers: 2, cache_mib: 1, frames_file_mib: 1, checkpoint_every_s: 5, job_minutes_max: 30,"
        " processes: {pretrain: {per_node: 2}, finetune: {per_node: 2}}}",
        "latency={allow_other_device: true, repeats: 4, check_networks: 21}",
        "evaluate={batch_size: 1}",
        "search={epochs: 3}",
    )
    assert reruns(made, *ways) == set()
    edit(package / "data" / "values.py", "MAX_UNKNOWN_SHARE = ", "MAX_UNKNOWN_SHARE = 0.5 * ")
    assert reruns(made) == {"prepare_data"}
    edit(package / "latency" / "timing.py", "\n\n\n", "\n\nEDITED = 1\n\n\n")
    assert reruns(made) == {"prepare_data", "measure_lut"}
    edit(package / "data" / "values.py", "MAX_UNKNOWN_SHARE = 0.5 * ", "MAX_UNKNOWN_SHARE = ")
    edit(package / "latency" / "timing.py", "\n\nEDITED = 1\n\n\n", "\n\n\n")
    assert reruns(made, "latency={lut_repeats: 4}") == {"measure_lut"}
    assert reruns(made, "data={camvid: {render: {seed: 5}}}") == {"render_scenes", "prepare_data"}
