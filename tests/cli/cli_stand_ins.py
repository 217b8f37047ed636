"""Settings far below `tiny`, and the command line of every step over one folder of small files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

SIZE = "32x64"
SETTINGS: dict[str, Any] = {
    "runtime": {"device": "cpu", "threads": 1, "workers": 0},
    "space": {
        "initial_channels": 2,
        "channel_multiplier": 2,
        "aggregation_channels": 4,
        "head_channels": 4,
        "head_dilations": [1, 2, 3],
    },
    "latency": {"warmup": 0, "repeats": 3, "lut_repeats": 3},
    "search": {"epochs": 2, "warmup_epochs": 1, "steps_per_epoch": 1, "batch_size": 2},
    "pretrain": {"epochs": 1, "batch_size": 2},
    "finetune": {"epochs": 1, "batch_size": 2},
    "evaluate": {"batch_size": 2},
}


def preparation(name: str) -> list[str]:
    """The command that prepares a set."""
    return ["prepare-imagenet"] if name == "imagenet" else ["prepare-data", "--dataset", name]


def without(words: list[str], *options: str) -> list[str]:
    """A command line without these options and their values."""
    kept = list(words)
    for option in options:
        place = kept.index(option)
        del kept[place : place + 2]
    return kept


class Steps:
    """Command lines over the files below `root`; every output goes to `out`."""

    def __init__(self, root: Path) -> None:
        self.root, self.out = root, root / "out"
        self.raw, self.prepared = root / "raw", root / "prepared"
        self.lut, self.genotype = root / "lut.json", root / "genotype.json"
        self.backbone, self.weights = root / "backbone.safetensors", root / "weights.safetensors"
        self.checkpoints = root / "checkpoints"

    def _data(self, name: str) -> list[str]:
        return ["--prepared", str(self.prepared / name), "--raw", str(self.raw / name)]

    def _settings(self, blocks: tuple[str, ...], over: dict[str, Any]) -> list[str]:
        merged = {block: {**SETTINGS[block], **over.pop(block, {})} for block in blocks}
        return ["--settings", json.dumps({**merged, **over})]

    def _trained(self) -> list[str]:
        return ["--seed", "0", "--checkpoints", str(self.checkpoints), "--output", str(self.out)]

    def prepare(self, name: str) -> list[str]:
        """prepare-data of cityscapes or camvid, or prepare-imagenet."""
        words = [*preparation(name), "--root", str(self.raw / name), "--output", str(self.out)]
        return [*words, "--without-coarse"] if name == "cityscapes" else words

    def search(self, **over: Any) -> list[str]:
        """search-architecture on CamVid."""
        blocks = self._settings(("space", "latency", "search", "runtime"), over)
        words = ["--lut", str(self.lut), "--gamma", "0.01", "--depths", "1,1,1", "--input-size", SIZE]
        return [
            "search-architecture",
            *self._data("camvid"),
            *blocks,
            *words,
            "--crop-size",
            "32x32",
            *self._trained(),
        ]

    def pretrain(self, **over: Any) -> list[str]:
        """pretrain-backbone on the rendered objects."""
        blocks = self._settings(("pretrain", "runtime", "space"), over)
        words = ["--genotype", str(self.genotype), "--crop", "32", "--resize", "32"]
        return ["pretrain-backbone", *self._data("imagenet"), *blocks, *words, *self._trained()]

    def finetune(self, **over: Any) -> list[str]:
        """finetune-network on CamVid, from the pretrained backbone."""
        blocks = self._settings(("finetune", "evaluate", "runtime", "space"), over)
        words = ["--genotype", str(self.genotype), "--backbone", str(self.backbone), "--splits", "train"]
        sizes = ["--input-size", SIZE, "--crop-size", "32x32"]
        return ["finetune-network", *self._data("camvid"), *blocks, *words, *sizes, *self._trained()]

    def evaluate(self, split: str = "test", **over: Any) -> list[str]:
        """evaluate-network on CamVid, with the same weights as the last and the best."""
        blocks = self._settings(("evaluate", "runtime"), over)
        words = ["--genotype", str(self.genotype), "--split", split, "--input-size", SIZE]
        weights = ["--weights-last", str(self.weights), "--weights-best", str(self.weights)]
        output = ["--output", str(self.out / "a" / "camvid-train" / "test.json")]
        return ["evaluate-network", *self._data("camvid"), *blocks, *words, *weights, *output]

    def predict(self) -> list[str]:
        """Predict of the first test image of CamVid."""
        image = sorted((self.raw / "camvid" / "test" / "images").iterdir())[0]
        words = ["--weights", str(self.weights), "--device", "cpu", "--output", str(self.out / "mask.png")]
        return ["predict", str(image), *words]

    def sample(self, **over: Any) -> list[str]:
        """sample-random."""
        words = ["--depths", "1,2,2", "--seed", "0", "--index", "0", "--output", str(self.out / "g.json")]
        return ["sample-random", *self._settings(("space",), over), *words]

    def written(self) -> list[Path]:
        """Every file below `out`, half-written ones among them."""
        return sorted(path for path in self.out.rglob("*") if path.is_file())
