"""Search, pretraining and finetuning as commands over very small files, to be killed, stopped or hindered."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from small_runs import SPACE, environment

from pipeline_src.cli.main import main

SIZE, CROP = "32x64", "32x32"
RENDER = {"train": 4, "val": 2, "test": 2, "coarse": 0, "height_px": 32, "width_px": 64}
OBJECTS = {"classes": 2, "train_per_class": 4, "val_per_class": 1, "size_px": 32}
BLOCKS: dict[str, dict[str, Any]] = {
    "space": SPACE,
    "latency": {"warmup": 0, "repeats": 3, "lut_repeats": 3},
    "search": {
        "epochs": 10,
        "warmup_epochs": 2,
        "steps_per_epoch": 2,
        "batch_size": 2,
        "validation_images": 2,
        "validation_every": 3,
    },
    "pretrain": {"epochs": 12, "batch_size": 2},
    "finetune": {"epochs": 12, "batch_size": 2, "validation_every": 2},
    "evaluate": {"batch_size": 2},
}
OUTPUTS = {
    "search": ("log.csv", "genotype.json"),
    "pretrain": ("log.csv", "weights.safetensors"),
    "finetune": ("log.csv", "weights_last.safetensors", "weights_best.safetensors"),
}
STEPS = tuple(OUTPUTS)


@dataclass
class Step:
    """A command, its folders, where it runs, and with what in its environment."""

    name: str
    files: Path
    place: Path
    reference: dict[str, str] = field(default_factory=dict)
    reference_s: float = 0.0
    device: str = "cpu"
    surroundings: dict[str, str] = field(default_factory=dict)

    @property
    def out(self) -> Path:
        return self.place / "out"

    @property
    def checkpoints(self) -> Path:
        return self.place / "checkpoints"

    def words(self, checkpoint_every_s: float) -> list[str]:
        files, name = self.files, self.name
        dataset = "imagenet" if name == "pretrain" else "camvid"
        runtime = {
            "device": self.device,
            "threads": 1,
            "workers": 0,
            "checkpoint_every_s": checkpoint_every_s,
        }
        needs = {"search": ("space", "latency"), "pretrain": ("space",), "finetune": ("space", "evaluate")}
        settings = {block: BLOCKS[block] for block in (name, *needs[name])}
        sizes = ["--validation-split", "val", "--input-size", SIZE, "--crop-size", CROP]
        own = {
            "search": ["--lut", files / "lut.json", "--gamma", "0.01", "--depths", "1,1,1", *sizes],
            "pretrain": ["--genotype", files / "genotype.json", "--crop", "32", "--resize", "32"],
            "finetune": ["--genotype", files / "genotype.json", "--splits", "train", *sizes],
        }
        command = {"search": "search-architecture", "pretrain": "pretrain-backbone"}
        return [
            command.get(name, "finetune-network"),
            *("--prepared", str(files / "prepared" / dataset), "--raw", str(files / "raw" / dataset)),
            *("--settings", json.dumps({**settings, "runtime": runtime}), "--seed", "1"),
            *map(str, own[name]),
            *("--checkpoints", str(self.checkpoints), "--output", str(self.out)),
        ]

    def start(self, *, moment: str | None = None, every_s: float = 0.02) -> subprocess.Popen[str]:
        """Start it, to be killed at a moment."""
        return start(self.words(every_s), moment=moment, surroundings=self.surroundings)

    def run(self, *, moment: str | None = None, every_s: float = 0.02) -> tuple[int, str]:
        """Run it to its end; exit status and what it said."""
        with self.start(moment=moment, every_s=every_s) as running:
            said = running.communicate(timeout=600)[1]
        return running.returncode, said

    def digests(self) -> dict[str, str]:
        """Of everything in the output folder but the record, half-written files too."""
        return {
            path.name: hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(self.out.iterdir())
            if path.name != "run.json"
        }

    def kept(self) -> list[Path]:
        """Its checkpoints, the oldest first."""
        return sorted(self.checkpoints.glob("step_*.ckpt"))

    def require_identical(self) -> None:
        """The outputs are those of a run left alone, and nothing else is there."""
        assert self.digests() == self.reference
        assert (self.out / "run.json").exists() and not self.checkpoints.exists()


def start(
    words: list[str], *, moment: str | None = None, surroundings: Mapping[str, str] | None = None
) -> subprocess.Popen[str]:
    """Start a command of `autortnet`, to be killed at a moment (killed_at.py)."""
    here = Path(__file__).resolve()
    program = ["-m", "pipeline_src"] if moment is None else [str(here.with_name("killed_at.py")), moment]
    return subprocess.Popen(
        [sys.executable, *program, *words],
        env={**environment(here.parents[2]), **(surroundings or {})},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


LUT_SETTINGS = json.dumps({"space": SPACE, "latency": BLOCKS["latency"], "runtime": {"device": "cpu"}})


def prepare(root: Path) -> None:
    """Make small sets, a lookup table and a genotype."""
    space = json.dumps({"space": SPACE})
    raw, prepared = root / "raw", root / "prepared"
    drawn = ["--depths", "1,1,1", "--seed", "0", "--index", "0"]
    for words in (
        ["render-scenes", "--dataset", "camvid", "--render", json.dumps(RENDER), "--output", raw / "camvid"],
        ["render-objects", "--render", json.dumps(OBJECTS), "--output", raw / "imagenet"],
        ["prepare-data", "--dataset", "camvid", "--root", raw / "camvid", "--output", prepared / "camvid"],
        ["prepare-imagenet", "--root", raw / "imagenet", "--output", prepared / "imagenet"],
        ["measure-lut", "--input-size", SIZE, "--settings", LUT_SETTINGS, "--output", root / "lut.json"],
        ["sample-random", "--settings", space, *drawn, "--output", root / "genotype.json"],
    ):
        assert main([str(word) for word in words]) == 0, words
