"""Training recipes (A30) through the command: each setting has an effect, and what cannot work is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from cli_stand_ins import Steps, without

from pipeline_src.cli import sources
from pipeline_src.cli.main import main
from pipeline_src.cli.sources import training_source
from pipeline_src.space.genotype import Genotype

ADAM = {"optimizer": "adam", "lr": 1e-3, "weight_decay": 2e-4}
RECIPES: dict[str, dict[str, Any]] = {
    # A fresh network is unsure of every pixel: at the default threshold, all of them are hard.
    "bootstrapped": {"bootstrap_threshold": 0.1},
    "adam": ADAM,
    "all pixels": {"loss": "cross_entropy"},
    "second protocol": {"loss": "cross_entropy", "class_weights": "enet", **ADAM},
    "balanced": {"loss": "cross_entropy", "class_weights": "balanced"},
    "listed": {"loss": "cross_entropy", "class_weights": [1.0] * 10 + [30.0]},
}


def epochs(steps: Steps, name: str, words: list[str]) -> str:
    """The log of a run into a folder of its own."""
    folder = steps.root / name
    assert main([*without(words, "--output"), "--output", str(folder)]) == 0
    return (folder / "log.csv").read_text()


def test_each_recipe_trains_from_scratch_and_gives_another_loss(steps: Steps) -> None:
    scratch = {"pretrained": False}
    logs = {
        name: epochs(steps, name, without(steps.finetune(finetune={**scratch, **recipe}), "--backbone"))
        for name, recipe in RECIPES.items()
    }
    assert len(set(logs.values())) == len(RECIPES)
    record = json.loads((steps.root / "adam" / "run.json").read_text())
    assert record["pretrained"] is False and "from scratch" in record["limitation"]


@pytest.mark.parametrize("command", ["pretrain", "finetune"])
def test_draws_follow_from_network_and_seed(
    steps: Steps, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    """Runs with one seed share no batches or crops unless they are of one network."""
    seeds: list[int] = []

    def spied(*args: Any, seed: int, **options: Any) -> Any:
        seeds.append(seed)
        return training_source(*args, seed=seed, **options)

    monkeypatch.setattr(sources, "training_source", spied)
    other = steps.root / "other.json"
    Genotype.load(steps.genotype).emptied().save(other)
    words = getattr(steps, command)()
    words = without(words, "--backbone") if command == "finetune" else words
    logs = [
        epochs(steps, "first", words),
        epochs(steps, "again", words),
        epochs(steps, "seed", [*without(words, "--seed"), "--seed", "1"]),
        epochs(steps, "network", [*without(words, "--genotype"), "--genotype", str(other)]),
    ]
    assert logs[0] == logs[1] and len(set(logs)) == 3
    assert seeds[0] == seeds[1] and len(set(seeds)) == 3


def test_weights_of_other_classes_are_refused(steps: Steps, refused: Callable[..., str]) -> None:
    words = steps.finetune(finetune={"loss": "cross_entropy", "class_weights": [1, 2]})
    refused(words, "finetune.class_weights: has 2 numbers, but the data set has 11 classes", "set enet")
    assert steps.written() == []


def test_a_backbone_is_refused_where_all_train_from_scratch(
    steps: Steps, refused: Callable[..., str]
) -> None:
    refused(steps.finetune(finetune={"pretrained": False}), "--backbone", "Leave --backbone out")
    assert steps.written() == []
