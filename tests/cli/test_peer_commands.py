"""Another system through the commands: trained, resumed, judged, timed, and shown beside ours."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from cli_stand_ins import SIZE, Steps, without
from known_sets import CAMVID_PALETTE
from PIL import Image
from torch import Tensor

from pipeline_src.cli.main import main
from pipeline_src.peers.icnet import ICNet
from pipeline_src.training.checkpoint import load_metadata, load_weights

Refused = Callable[..., str]


def finetune(steps: Steps, *more: str, **over: Any) -> list[str]:
    words = without(steps.finetune(**over), "--genotype", "--backbone", "--crop-size")
    # Two frames of 32x32 would leave batch norm two values at 1/32, of which it makes no sense.
    return [*words, "--crop-size", "64x64", "--peer", "icnet", *more]


def evaluate(steps: Steps, peer: str = "icnet") -> list[str]:
    return [*without(steps.evaluate(), "--genotype"), "--peer", peer]


@pytest.fixture
def trained(steps: Steps) -> Steps:
    """Weights of an ICNet of two steps, as `steps.weights`."""
    assert main(finetune(steps)) == 0
    steps.weights, steps.out = steps.out / "weights_last.safetensors", steps.root / "after"
    return steps


def test_a_peer_is_trained_judged_and_used(trained: Steps, capsys: pytest.CaptureFixture[str]) -> None:
    record = json.loads((trained.weights.parent / "run.json").read_text())
    assert record["pretrained"] is False
    assert "no pretrained backbone: trained from scratch" in record["limitation"]
    assert set(record["inputs"]) == {str(trained.prepared / "camvid" / "manifest.json")}
    metadata = load_metadata(trained.weights)
    assert (metadata["peer"], metadata["pretrained"], metadata["epoch"]) == ("icnet", False, 1)
    assert "genotype" not in metadata

    assert main(evaluate(trained)) == 0
    result = json.loads((trained.out / "a" / "camvid-train" / "test.json").read_text())
    assert (result["pretrained"], result["epochs"], result["labelled"]) == (False, 1, True)
    assert 0 <= result["last"]["miou"] <= 1

    assert main(trained.predict()) == 0
    assert Image.open(trained.out / "mask.png").size == (64, 32)


def test_a_peer_is_pretrained_as_our_networks_are_and_goes_on_from_there(steps: Steps) -> None:
    words = without(steps.pretrain(), "--genotype")
    assert main([*words, "--peer", "bisenet"]) == 0
    backbone = steps.out / "weights.safetensors"
    metadata = load_metadata(backbone)
    assert metadata["peer"] == "bisenet" and "genotype" not in metadata
    log = (steps.out / "log.csv").read_text().splitlines()
    assert log[0].split(",")[0] == "epoch" and len(log) == 2

    steps.out = steps.root / "trained"
    words = without(steps.finetune(finetune={"lr": 1e-9}), "--genotype", "--backbone", "--crop-size")
    assert main([*words, "--crop-size", "64x64", "--peer", "bisenet", "--backbone", str(backbone)]) == 0
    record = json.loads((steps.out / "run.json").read_text())
    assert record["pretrained"] is True and "limitation" not in record
    assert str(backbone) in record["inputs"]
    before, after = load_weights(backbone), load_weights(steps.out / "weights_last.safetensors")
    key = "backbone.stages.0.0.body.0.0.weight"
    assert torch.allclose(before[key], after[key], atol=1e-5), "the pretrained weights are where it starts"


def test_a_peer_is_timed_with_batch_norm_folded_too(steps: Steps) -> None:
    output = steps.out / "icnet" / "camvid-32x64.json"
    words = ["--peer", "icnet", "--num-classes", "11", "--input-size", SIZE, "--output", str(output)]
    assert main(["measure-speed", *steps._settings(("latency", "runtime"), {}), *words]) == 0
    result = json.loads(output.read_text())
    assert (result["architecture"], result["dataset"]) == ("icnet", "camvid")
    assert result["parameters"] == 6_699_968 - 8 * 128  # 19 classes less 8
    assert result["latency_folded_ms"]["mean"] > 0


def test_a_killed_training_of_a_peer_goes_on_to_the_same_weights(
    steps: Steps, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = finetune(steps, finetune={"epochs": 2})
    assert main(words) == 0
    whole = load_weights(steps.out / "weights_last.safetensors")
    steps.out = steps.root / "again"
    words = finetune(steps, finetune={"epochs": 2})
    forward, calls = ICNet.forward, []

    def killed_at_the_third(self: ICNet, x: Tensor) -> Tensor:
        calls.append(self.training)
        if len(calls) == 3:
            signal.raise_signal(signal.SIGTERM)
        return forward(self, x)

    monkeypatch.setattr(ICNet, "forward", killed_at_the_third)
    assert main(words) == 75
    assert not (steps.out / "weights_last.safetensors").exists()
    assert any(steps.checkpoints.iterdir())
    monkeypatch.undo()
    monkeypatch.setattr("pipeline_src.cli.record._git_state", lambda: {"commit": "cd" * 20, "changed": False})
    assert main(words) == 0
    record = json.loads((steps.out / "run.json").read_text())
    assert record["outputs"] and all((steps.out / name).is_file() for name in record["outputs"])
    (earlier,) = record["earlier"]  # the record tells both processes, not the last alone
    assert record["git"]["commit"] == "cd" * 20 != earlier["git"]["commit"]
    assert record["started"] == earlier["started"] and record["device"] == earlier["device"]
    assert record["wall_s"] > earlier["wall_s"] > 0 and record["processor_s"] > earlier["processor_s"] > 0
    resumed = load_weights(steps.out / "weights_last.safetensors")
    assert all(torch.equal(value, resumed[name]) for name, value in whole.items())


# Bad input


def test_an_unknown_peer_is_refused_with_the_nearest_name(
    steps: Steps, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(evaluate(steps, "icnte"))
    assert ended.value.code == 2
    assert "Did you mean 'icnet'?" in capsys.readouterr().err


@pytest.mark.parametrize("more", [[], ["--genotype", "g.json", "--peer", "icnet"]])
def test_either_a_genotype_or_a_peer_is_named(
    steps: Steps, more: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*without(steps.evaluate(), "--genotype"), *more])
    assert ended.value.code == 2
    told = capsys.readouterr().err
    assert "--genotype" in told and "--peer" in told


def test_a_backbone_of_another_network_is_refused(steps: Steps, refused: Refused) -> None:
    words = [*without(steps.finetune(), "--genotype"), "--peer", "icnet"]
    refused(words, steps.backbone, "too many keys", "Pretrain the backbone of this very genotype or system")


@pytest.mark.parametrize("command", ["pretrain", "finetune"])
def test_a_system_without_a_backbone_is_not_pretrained(steps: Steps, refused: Refused, command: str) -> None:
    words = [*without(getattr(steps, command)(), "--genotype"), "--peer", "enet"]
    refused(words, "--peer enet", "has no backbone to pretrain", "Such are", "swiftnet")


def test_weights_of_the_other_kind_are_refused(trained: Steps, refused: Refused) -> None:
    of_a_peer = trained.weights
    refused(trained.evaluate(), of_a_peer, "holds weights of the system 'icnet'", "genotype it was trained")
    trained.weights = trained.root / "weights.safetensors"
    refused(evaluate(trained), trained.weights, "holds weights of another genotype", "Give the system")


# Figures 8 and 9


def draw(steps: Steps, *networks: tuple[str, Path], frames: int = 4) -> list[str]:
    columns = [word for label, path in networks for word in ("--network", label, str(path))]
    settings = steps._settings(("evaluate", "runtime"), {})
    words = ["--split", "test", "--input-size", SIZE, "--frames", str(frames), "--output", str(steps.out)]
    return ["draw-predictions", *steps._data("camvid"), *settings, *columns, *words]


def colours_of(path: Path) -> set[tuple[int, ...]]:
    with Image.open(path) as picture:
        return set(map(tuple, np.asarray(picture.convert("RGB")).reshape(-1, 3).tolist()))


def test_frames_labels_and_predictions_are_drawn(trained: Steps) -> None:
    ours = trained.root / "weights.safetensors"
    words = draw(trained, ("ICNet", trained.weights), ("AutoRTNet-A", ours))
    assert main(words) == 0
    index = json.loads((trained.out / "index.json").read_text())
    # The split has two frames, fewer than asked for.
    assert (index["dataset"], index["split"], index["images_in_split"]) == ("camvid", "test", 2)
    assert [one["label"] for one in index["networks"]] == ["ICNet", "AutoRTNet-A"]
    assert [one["pretrained"] for one in index["networks"]] == [False, None]
    manifest = json.loads((trained.prepared / "camvid" / "manifest.json").read_text())
    assert [frame["name"] for frame in index["frames"]] == [
        item["name"] for item in manifest["splits"]["test"]
    ]
    drawn: set[tuple[int, ...]] = set()
    for frame in index["frames"]:
        assert set(frame["files"]) == {"image", "truth", "icnet", "autortnet-a"}
        assert all(0 <= frame["miou"][name] <= 1 for name in ("icnet", "autortnet-a"))
        for name in ("truth", "icnet", "autortnet-a"):
            drawn |= colours_of(trained.out / frame["files"][name])
        with Image.open(trained.out / frame["files"]["image"]) as picture:
            assert picture.size == (64, 32)
    assert drawn <= {*CAMVID_PALETTE, (0, 0, 0)}
    present = {tuple(one["colour"]) for one in index["classes"] if one["present"]}
    assert present == drawn - {(0, 0, 0)}
    assert index["void"]["present"] == ((0, 0, 0) in drawn)
    record = json.loads((trained.out / "run.json").read_text())
    assert {str(trained.weights), str(ours)} < set(record["inputs"])


def test_the_score_of_a_frame_is_that_of_its_pictures(steps: Steps) -> None:
    assert main(draw(steps, ("A", steps.weights), frames=1)) == 0
    index = json.loads((steps.out / "index.json").read_text())
    (frame,) = index["frames"]
    truth, seen = (np.asarray(Image.open(steps.out / frame["files"][name])) for name in ("truth", "a"))
    judged = (truth != 0).any(axis=-1)
    scores = []
    for colour in CAMVID_PALETTE:
        true, found = ((one == colour).all(axis=-1) & judged for one in (truth, seen))
        if (true | found).any():
            scores.append((true & found).sum() / (true | found).sum())
    assert frame["miou"]["a"] == pytest.approx(float(np.mean(scores)), abs=1e-6)


def test_the_same_weights_are_drawn_alike_twice(steps: Steps) -> None:
    contents = []
    for folder in ("one", "two"):
        steps.out = steps.root / folder
        assert main(draw(steps, ("A", steps.weights))) == 0
        contents.append({path.name: path.read_bytes() for path in steps.written() if path.name != "run.json"})
    assert contents[0] == contents[1] and len(contents[0]) == 1 + 2 * 3


@pytest.mark.parametrize("labels", [("ICNet", "icnet"), ("truth", "A"), ("!", "A")])
def test_columns_that_are_not_told_apart_are_refused(
    steps: Steps, refused: Refused, labels: tuple[str, str]
) -> None:
    words = draw(steps, *((label, steps.weights) for label in labels))
    refused(words, "--network", "not told apart", "label of its own")
    assert steps.written() == []


def test_weights_of_other_classes_are_refused(steps: Steps, refused: Refused) -> None:
    made = [
        "prepare-data",
        "--dataset",
        "cityscapes",
        "--root",
        str(steps.raw / "cityscapes"),
        "--without-coarse",
    ]
    assert main([*made, "--output", str(steps.prepared / "cityscapes")]) == 0
    words = draw(steps, ("A", steps.weights))
    data = steps._data("cityscapes")
    words[1:5] = data
    refused(words, steps.weights, "11 classes of camvid", "not for these 19")
