"""A finished training packed to be handed on, the network of the package, and `predict` without weights."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from cli_stand_ins import Steps
from known_sets import CAMVID_CLASSES, CAMVID_PALETTE
from PIL import Image

from pipeline_src.artifacts import sha256_of
from pipeline_src.cli.main import main
from pipeline_src.data.rendering.street import render_street
from pipeline_src.evaluation import bundled, packing
from pipeline_src.evaluation.card import card_text, read_notes
from pipeline_src.evaluation.packing import without_folders
from pipeline_src.training.checkpoint import load_metadata, load_weights

Refused = Callable[..., str]
REPOSITORY = Path(__file__).resolve().parents[2]
NOTES = (
    "About it.\n\n## Data\n\nDrawn streets.\n\n## Not good for\n\nDriving.\n\n## Licence\n\nAs you like.\n"
)


@pytest.fixture
def trained(steps: Steps) -> Steps:
    """Weights of a training of one epoch, its record and that of the pretraining, as they lie after a run."""
    assert main(steps.finetune()) == 0
    (steps.root / "notes.md").write_text(NOTES)
    return steps


def words(steps: Steps, *more: object, output: str = "packed") -> list[str]:
    given = ["pack-network", steps.out / "weights_last.safetensors", *steps._data("camvid")]
    given += ["--split", "test", "--notes", steps.root / "notes.md", "--output", steps.root / output, *more]
    return [str(word) for word in given]


def record_of(steps: Steps) -> dict[str, object]:
    found: dict[str, object] = json.loads((steps.root / "packed" / "run.json").read_text())
    return found


def test_a_training_is_packed(trained: Steps, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words(trained)) == 0
    packed = trained.root / "packed" / "network.safetensors"
    halved, full = load_weights(packed), load_weights(trained.out / "weights_last.safetensors")
    assert halved.keys() == full.keys()
    for name, value in halved.items():
        kept = name.endswith(("running_mean", "running_var", "num_batches_tracked"))
        assert value.dtype == (full[name].dtype if kept else torch.float16), name
    record = record_of(trained)
    assert record["bytes"] == packed.stat().st_size and record["sha256"] == sha256_of(packed)
    assert record["images"] == 2 and 0.999 <= float(str(record["equal_pixels"])) <= 1
    assert main(trained.evaluate()) == 0  # of other weights; only the form of the scores is compared
    assert (
        record["scores"].keys()
        == json.loads(  # type: ignore[attr-defined]
            (trained.out / "a" / "camvid-train" / "test.json").read_text()
        )["last"].keys()
    )
    card = (trained.root / "packed" / "card.md").read_text()
    for part in ("Drawn streets.", "Driving.", "As you like.", "`finetune-network`", *CAMVID_CLASSES):
        assert part in card
    assert "2 images of the split `test`" in card
    photograph = tmp_path / "street.png"
    Image.fromarray(render_street(3, 0, 40, 72)[0]).save(photograph)
    masks = []
    for name, weights in (("half", packed), ("full", trained.out / "weights_last.safetensors")):
        mask = tmp_path / f"{name}.png"
        given = ["predict", str(photograph), "--weights", str(weights), "--output", str(mask)]
        assert main([*given, "--device", "cpu"]) == 0
        masks.append(np.array(Image.open(mask)))
    assert (masks[0] == masks[1]).all(axis=2).mean() >= 0.995


def test_what_is_handed_on_names_no_folder_of_this_machine(trained: Steps) -> None:
    assert main(words(trained)) == 0
    record = record_of(trained)
    assert str(trained.root) not in json.dumps(record) and str(trained.root.parent) not in json.dumps(record)
    assert record["inputs"].keys() == {"weights_last.safetensors", "manifest.json", "notes.md"}  # type: ignore[attr-defined]
    (training,) = record["training"]  # type: ignore[misc]
    assert training["command"][:4] == ["autortnet", "finetune-network", "--prepared", ".../camvid"]
    assert sha256_of(trained.genotype) == training["inputs"][".../genotype.json"]


def test_earlier_steps_must_be_of_this_network(trained: Steps, refused: Refused) -> None:
    own = json.loads((trained.out / "run.json").read_text())
    folder = trained.root / "pretraining"
    folder.mkdir()
    shutil.copy(trained.backbone, folder / "weights.safetensors")
    earlier = {**own, "command": ["autortnet", "pretrain-backbone"], "outputs": ["weights.safetensors"]}
    (folder / "run.json").write_text(json.dumps(earlier))
    assert main(words(trained, "--record", folder / "run.json")) == 0
    assert "`pretrain-backbone`" in (trained.root / "packed" / "card.md").read_text()
    (folder / "weights.safetensors").write_bytes(b"others")
    refused(words(trained, "--record", folder / "run.json"), folder / "run.json", "never read")


def test_what_cannot_be_packed(trained: Steps, refused: Refused, monkeypatch: pytest.MonkeyPatch) -> None:
    (trained.root / "notes.md").write_text(NOTES.replace("As you like.", ""))
    refused(words(trained), "notes.md", "`## Licence`")
    (trained.root / "notes.md").write_text(NOTES)
    moved = words(trained)
    moved[1] = str(trained.weights)
    refused(moved, trained.root / "run.json", "is missing")
    refused([*words(trained), "--split", "night"], "no split 'night'")
    monkeypatch.setattr(packing, "LARGEST_BYTES", 100)
    refused(words(trained), "network.safetensors", "is the most")
    monkeypatch.undo()
    true = packing.half_precision

    def spoilt(weights: dict[str, torch.Tensor], source: object) -> dict[str, torch.Tensor]:
        found = true(weights, source)
        classes = len(CAMVID_CLASSES)
        return {
            name: value.roll(1, 0) if classes in value.shape[:1] else value for name, value in found.items()
        }

    monkeypatch.setattr(packing, "half_precision", spoilt)
    refused(words(trained), "same class in half precision", "99.9% is the least", "Nothing was written")
    assert not [path for path in (trained.root / "packed").glob("*") if not path.name.startswith(".")]


def test_weights_beyond_half_precision_are_refused() -> None:
    with pytest.raises(packing.CheckpointError, match="float16 cannot hold"):
        packing.half_precision({"a.weight": torch.tensor([70000.0])}, "w")
    kept = packing.half_precision({"n.running_var": torch.tensor([70000.0])}, "w")
    assert kept["n.running_var"].item() == 70000.0


@pytest.mark.parametrize(
    ("given", "cut"),
    [
        ("/home/me/data/camvid", ".../camvid"),
        ("~/data/camvid", ".../camvid"),
        ("../../.ck/step_1.ckpt", ".../step_1.ckpt"),
        ("/data", ".../data"),
        ('{"path": "/home/me/set", "lr": 0.05}', '{"path": ".../set", "lr": 0.05}'),
        ("results/tiny/lut/camvid.json", "results/tiny/lut/camvid.json"),
        ("https://example.org/a/b", "https://example.org/a/b"),
        ("Linux-6.1-x86_64", "Linux-6.1-x86_64"),
        (["a", {"/x/y": 1}], ["a", {".../y": 1}]),
    ],
)
def test_paths_out_of_the_working_folder_are_cut(given: object, cut: object) -> None:
    assert without_folders(given) == cut


def test_the_network_of_the_package_is_what_its_record_says() -> None:
    record = json.loads((bundled.FOLDER / "run.json").read_text())
    weights = bundled.bundled_weights()
    assert sha256_of(weights) == record["sha256"] and weights.stat().st_size < 5_000_000
    assert tuple(load_metadata(weights)["class_names"]) == CAMVID_CLASSES == tuple(record["class_names"])
    assert set(record["scores"]["per_class_iou"]) == set(CAMVID_CLASSES)
    assert record["scores"]["miou"] > 0.35 and record["equal_pixels"] >= 0.999
    notes = read_notes(bundled.FOLDER / bundled.NOTES)
    assert (bundled.FOLDER / bundled.CARD).read_text() == card_text(record, notes), "pack the network again"
    steps = [one["command"][1] for one in record["training"]]
    assert steps == ["finetune-network", "pretrain-backbone", "search-architecture"]
    for path in bundled.FOLDER.glob("*.*"):
        text = path.read_bytes().decode("utf-8", errors="ignore")
        assert not re.search(r"(?<![\w.])/(tmp|work|home|root|mnt)/", text), path


def test_predict_without_weights_takes_the_network_of_the_package(
    tmp_path: Path, refused: Refused, capsys: pytest.CaptureFixture[str]
) -> None:
    photograph, mask = tmp_path / "street.jpg", tmp_path / "mask.png"
    Image.fromarray(render_street(3, 0, 90, 120)[0]).save(photograph)
    assert main(["predict", str(photograph), "--output", str(mask), "--device", "cpu"]) == 0
    said = capsys.readouterr().out
    assert "the network of the package: trained on camvid" in said and "% mIoU" in said and "card.md" in said
    colours = {tuple(colour) for colour in np.array(Image.open(mask)).reshape(-1, 3).tolist()}
    assert colours <= set(CAMVID_PALETTE) and len(colours) > 1
    refused(["predict", photograph, "--output", mask, "--dataset", "camvid"], "--dataset", "Give --weights")


def test_an_installation_without_the_network_says_so(tmp_path: Path) -> None:
    with pytest.raises(bundled.UserError, match="comes with the package") as caught:
        bundled.bundled_weights(tmp_path)
    assert "--weights" in caught.value.remedy


def test_the_network_of_the_package_sees_real_streets(real_data: Path, tmp_path: Path) -> None:
    """Pixels of every class but void, on four real frames of the test split."""
    frames = sorted((real_data / "camvid" / "test" / "images").iterdir())[::60][:4]
    right = labelled = 0
    for frame in frames:
        mask = tmp_path / f"{frame.stem}.png"
        assert main(["predict", str(frame), "--output", str(mask), "--device", "cpu"]) == 0
        truth = np.array(Image.open(frame.parents[1] / "labels" / f"{frame.stem}.png"))
        wanted = np.array([*CAMVID_PALETTE, (0, 0, 0)], dtype=np.uint8)[truth]
        valid = truth < len(CAMVID_CLASSES)
        right += int(((np.array(Image.open(mask)) == wanted).all(axis=2) & valid).sum())
        labelled += int(valid.sum())
    assert right / labelled > 0.65


@pytest.mark.slow("builds a wheel; tests/unit/test_packaging.py reads what goes into it")
def test_network_and_descriptions_of_sets_are_in_the_wheel(tmp_path: Path) -> None:
    source = tmp_path / "source"
    shutil.copytree(
        REPOSITORY / "pipeline_src", source / "pipeline_src", ignore=shutil.ignore_patterns("__pycache__")
    )
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(REPOSITORY / name, source / name)
    given = ["-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--no-index", "--quiet"]
    subprocess.run([sys.executable, *given, "--wheel-dir", str(tmp_path), str(source)], check=True)
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    for name in (bundled.WEIGHTS, bundled.CARD, bundled.NOTES, "run.json"):
        assert f"pipeline_src/evaluation/bundled/{name}" in names
    described = [path.name for path in (REPOSITORY / "workflow" / "datasets").glob("*.yaml")]
    assert described and {f"pipeline_src/datasets/{name}" for name in described} <= set(names)
