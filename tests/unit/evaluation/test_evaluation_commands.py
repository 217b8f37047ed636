"""Evaluation, submission and prediction from the command line, on a small set of known frames."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from known_sets import CITYSCAPES_CLASSES, CITYSCAPES_PALETTE
from PIL import Image
from torch import nn

from pipeline_src.cli.main import main
from pipeline_src.data.manifest import Item, Manifest
from pipeline_src.evaluation.metrics import predict_classes
from pipeline_src.reporting.read.records import EvaluationRecord
from pipeline_src.space.genotype import Genotype
from pipeline_src.space.network import SegmentationNetwork
from pipeline_src.training.checkpoint import load_weights, save_weights

SETTINGS = json.dumps(
    {"evaluate": {"batch_size": 2}, "runtime": {"device": "cpu", "threads": 1, "workers": 0}}
)
HEIGHT, WIDTH = 48, 96
FRAMES = 3


class Job:
    """A prepared set of three frames in two splits, a genotype, and two weights files."""

    def __init__(self, root: Path, genotype: Genotype, stir: Callable[..., nn.Module]) -> None:
        self.root, self.genotype = root, genotype
        self.prepared, self.raw = root / "prepared", root / "raw"
        self.genotype_path, self.last, self.best = (
            root / "g.json",
            root / "last.safetensors",
            root / "best.safetensors",
        )
        genotype.save(self.genotype_path)
        self._write_set()
        torch.manual_seed(1)
        network = stir(SegmentationNetwork(genotype, len(CITYSCAPES_CLASSES)), 1)
        self.metadata = {
            "genotype": genotype.model_dump(mode="json"),
            "dataset": "cityscapes",
            "class_names": CITYSCAPES_CLASSES,
            "palette": CITYSCAPES_PALETTE,
            "input_height_px": 32,
            "input_width_px": 64,
            "epoch": 7,
            "chosen_on": "val",
        }
        save_weights(self.last, network.state_dict(), self.metadata)
        with torch.no_grad():
            network.head.classify.bias[:] = torch.linspace(-3, 3, 19)  # type: ignore[union-attr]
        save_weights(self.best, network.state_dict(), self.metadata)

    def _write_set(self) -> None:
        rng = np.random.default_rng(0)
        splits: dict[str, list[Item]] = {"val": [], "test": []}
        for split, items in splits.items():
            for index in range(FRAMES):
                name = f"bonn_{index:06d}_000019"
                image, label = f"{split}/{name}_leftImg8bit.png", f"labels/{split}/{name}.png"
                classes = rng.integers(0, 19, (HEIGHT, WIDTH)).astype(np.uint8)
                classes[:8] = 255
                if split == "test":
                    classes[:] = 255
                for path, pixels in (
                    (self.raw / image, rng.integers(0, 256, (HEIGHT, WIDTH, 3)).astype(np.uint8)),
                    (self.prepared / label, classes),
                ):
                    path.parent.mkdir(parents=True, exist_ok=True)
                    Image.fromarray(pixels).save(path)
                digests = [
                    hashlib.sha256(path.read_bytes()).hexdigest()
                    for path in (self.raw / image, self.prepared / label)
                ]
                items.append(Item.model_validate(
                    {"name": name, "image": image, "label": label, "width": WIDTH, "height": HEIGHT,
                     "image_sha256": digests[0], "label_sha256": digests[1]}
                ))  # fmt: skip
        Manifest(
            name="cityscapes",
            class_names=CITYSCAPES_CLASSES,
            palette=CITYSCAPES_PALETTE,
            splits={split: tuple(items) for split, items in splits.items()},
            labelled={"val": True, "test": False},
            counts={"val": FRAMES, "test": FRAMES},
            class_shares={},
            source_sha256="0" * 64,
        ).save(self.prepared)

    @property
    def data(self) -> list[str]:
        return ["--prepared", str(self.prepared), "--raw", str(self.raw), "--settings", SETTINGS,
                "--genotype", str(self.genotype_path), "--input-size", "32x64"]  # fmt: skip

    def evaluate(self, split: str = "val") -> tuple[int, Path]:
        output = self.root / "evaluate" / "arch" / "cityscapes-train" / f"{split}-32x64.json"
        weights = ["--weights-last", str(self.last), "--weights-best", str(self.best)]
        return main(
            ["evaluate-network", *self.data, *weights, "--split", split, "--output", str(output)]
        ), output


@pytest.fixture
def job(tmp_path: Path, genotype: Genotype, stir: Callable[..., nn.Module]) -> Job:
    return Job(tmp_path, genotype, stir)


def test_evaluation_holds_both_epochs_and_the_confusion(job: Job) -> None:
    status, output = job.evaluate()
    result = json.loads(output.read_text())
    assert status == 0
    assert (result["architecture"], result["training"], result["dataset"]) == (
        "arch",
        "cityscapes-train",
        "cityscapes",
    )
    assert (result["images"], result["labelled"], result["best"]["epoch"]) == (FRAMES, True, 7)
    counts = np.array(result["confusion"])
    assert counts.shape == (19, 19) and counts.sum() == FRAMES * (HEIGHT - 8) * WIDTH
    hits = np.diag(counts)
    iou = hits / (counts.sum(0) + counts.sum(1) - hits)
    assert list(result["last"]["per_class_iou"].values()) == pytest.approx(iou)
    assert result["last"]["miou"] == pytest.approx(iou.mean())
    assert result["best"]["per_class_iou"] != result["last"]["per_class_iou"]
    EvaluationRecord.model_validate(result)


def test_the_same_weights_twice_score_the_same(job: Job) -> None:
    job.best.write_bytes(job.last.read_bytes())
    result = json.loads(job.evaluate()[1].read_text())
    assert {**result["last"], "epoch": 7} == result["best"]


def test_an_unlabelled_split_has_no_score(job: Job) -> None:
    status, output = job.evaluate("test")
    result = json.loads(output.read_text())
    assert status == 0 and not result["labelled"] and result["last"]["miou"] is None
    assert set(result["last"]["per_class_iou"].values()) == {None}


def test_weights_of_other_classes_or_genotype_are_refused(
    job: Job, capsys: pytest.CaptureFixture[str]
) -> None:
    weights = load_weights(job.last)
    save_weights(job.last, weights, {**job.metadata, "class_names": CITYSCAPES_CLASSES[::-1]})
    assert job.evaluate()[0] == 2 and "was trained for the 19 classes" in capsys.readouterr().err
    first, *rest = job.genotype.hyper_cells
    other = job.genotype.with_(hyper_cells=[{**first.model_dump(), "normal": ("zero",) * 5}, *rest])
    save_weights(job.last, weights, {**job.metadata, "genotype": other.model_dump(mode="json")})
    assert job.evaluate()[0] == 2 and "weights of another genotype" in capsys.readouterr().err


def test_weights_that_do_not_fit_are_refused(job: Job, capsys: pytest.CaptureFixture[str]) -> None:
    weights = load_weights(job.last)
    weights.popitem()
    save_weights(job.last, weights, job.metadata)
    assert job.evaluate()[0] == 2 and "does not fit the network (Missing key" in capsys.readouterr().err


def test_truncated_weights_and_unknown_splits_are_refused(
    job: Job, capsys: pytest.CaptureFixture[str]
) -> None:
    assert job.evaluate("coarse")[0] == 2 and "has no split 'coarse'" in capsys.readouterr().err
    job.best.write_bytes(job.best.read_bytes()[:-100])
    status, output = job.evaluate()
    assert status == 2 and "truncated" in capsys.readouterr().err and not output.exists()


def test_the_submission_covers_every_frame_at_its_own_size(job: Job) -> None:
    output = job.root / "submission"
    assert main(["export-submission", *job.data, "--weights", str(job.last), "--output", str(output)]) == 0
    files = sorted((output / "predictions").iterdir())
    assert [path.name for path in files] == [f"bonn_{k:06d}_000019_pred_labelIds.png" for k in range(FRAMES)]
    with Image.open(files[0]) as picture:
        assert picture.size == (WIDTH, HEIGHT) and picture.mode == "L"
        assert set(np.unique(np.array(picture))) <= {7, 8, 11, 12, 13, 17, *range(19, 29), 31, 32, 33}
    with zipfile.ZipFile(output / "submission.zip") as pack:
        assert pack.namelist() == [path.name for path in files]


def predict(job: Job, *words: str) -> int:
    return main(["predict", str(next(job.raw.rglob("*.png"))), "--device", "cpu", *words])


def test_a_picture_and_its_weights_suffice(
    job: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert predict(job, "--weights", str(job.last)) == 0
    (mask_path,) = tmp_path.glob("*_mask.png")
    mask = np.array(Image.open(mask_path))
    assert mask.shape == (HEIGHT, WIDTH, 3)
    assert {tuple(colour) for colour in mask.reshape(-1, 3).tolist()} <= set(CITYSCAPES_PALETTE)
    printed = capsys.readouterr().out.splitlines()
    shares = [float(line.split("%")[0]) for line in printed[1:]]
    assert sum(shares) == pytest.approx(100, abs=0.2) and shares == sorted(shares, reverse=True)
    assert {line.split("%")[1].strip() for line in printed[1:]} <= set(CITYSCAPES_CLASSES)


def test_the_mask_is_the_networks_prediction(job: Job) -> None:
    from pipeline_src.data.transforms import EvalTransform

    output = job.root / "mask.png"
    assert predict(job, "--weights", str(job.last), "--output", str(output)) == 0
    network = SegmentationNetwork(job.genotype, 19)
    network.load_state_dict(load_weights(job.last))
    image = np.array(Image.open(next(job.raw.rglob("*.png"))))
    pixels = EvalTransform((32, 64)).image(image)[None]
    (expected,) = predict_classes(network.eval(), pixels, [(HEIGHT, WIDTH)], torch.device("cpu"))
    assert (np.array(Image.open(output)) == np.array(CITYSCAPES_PALETTE)[expected]).all()
    overlaid = job.root / "overlay.png"
    assert predict(job, "--weights", str(job.last), "--output", str(overlaid), "--overlay") == 0
    mean = (image.astype(float) + np.array(CITYSCAPES_PALETTE)[expected]) / 2
    assert np.abs(np.array(Image.open(overlaid)) - mean).max() <= 0.5


def test_the_mask_of_a_turned_photograph_stands_as_the_photograph_is_shown(job: Job, tmp_path: Path) -> None:
    upright = tmp_path / "upright.png"
    pixels = np.array(Image.open(next(job.raw.rglob("*.png"))))
    Image.fromarray(pixels).save(upright)
    exif = Image.Exif()
    exif[0x0112] = 6  # shown turned to the right
    turned = tmp_path / "turned.png"
    Image.fromarray(np.ascontiguousarray(np.rot90(pixels))).save(turned, exif=exif)
    masks = []
    for photograph in (upright, turned):
        output = tmp_path / f"{photograph.stem}-mask.png"
        words = ["--weights", str(job.last), "--output", str(output), "--device", "cpu"]
        assert main(["predict", str(photograph), *words]) == 0
        masks.append(np.array(Image.open(output)))
    assert masks[1].shape == (HEIGHT, WIDTH, 3) and np.array_equal(*masks)


def test_a_16_bit_photograph_is_predicted_as_its_8_bit_form(job: Job, tmp_path: Path) -> None:
    grey = np.array(Image.open(next(job.raw.rglob("*.png"))))[..., 1]
    masks = []
    for name, pixels in (("8", grey), ("16", grey.astype(np.uint16) * 257)):
        Image.fromarray(pixels).save(tmp_path / f"{name}.png")
        output = tmp_path / f"{name}-mask.png"
        words = ["--weights", str(job.last), "--output", str(output), "--device", "cpu"]
        assert main(["predict", str(tmp_path / f"{name}.png"), *words]) == 0
        masks.append(np.array(Image.open(output)))
    assert np.array_equal(*masks) and len(np.unique(masks[0].reshape(-1, 3), axis=0)) > 1


def test_weights_that_say_nothing_of_themselves_need_the_arguments(
    job: Job, capsys: pytest.CaptureFixture[str]
) -> None:
    save_weights(job.last, load_weights(job.last), {})
    output = job.root / "mask.png"
    words = ["--weights", str(job.last), "--output", str(output)]
    assert predict(job, *words) == 2
    assert "does not say its genotype, dataset, class_names" in capsys.readouterr().err
    named = ["--genotype", str(job.genotype_path), "--dataset", "cityscapes", "--input-size", "32x64"]
    assert predict(job, *words, *named) == 0 and output.exists()


def test_malformed_metadata_is_refused(job: Job, capsys: pytest.CaptureFixture[str]) -> None:
    save_weights(job.last, load_weights(job.last), {**job.metadata, "palette": [[0, 0, 0]]})
    assert predict(job, "--weights", str(job.last)) == 2
    assert "19 class names and 1 colours do not match" in capsys.readouterr().err


@pytest.mark.parametrize("content", [None, b"", b"no image at all", b"\x89PNG\r\n\x1a\n cut"])
def test_an_unreadable_picture_is_refused(
    job: Job, tmp_path: Path, content: bytes | None, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = tmp_path / "picture.png"
    if content is not None:
        picture.write_bytes(content)
    assert main(["predict", str(picture), "--weights", str(job.last)]) == 2
    assert f"error: {picture}: cannot be" in capsys.readouterr().err


def test_a_training_without_validation_split_has_no_best_epoch(job: Job) -> None:
    for path in (job.last, job.best):
        save_weights(path, load_weights(path), {**job.metadata, "chosen_on": None})
    status, output = job.evaluate()
    assert status == 0
    assert json.loads(output.read_text())["best"] is None
