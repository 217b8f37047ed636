"""What the commands need to have before them: sets, a lookup table, a genotype, weights, all very small."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
import torch
from cli_stand_ins import SETTINGS, SIZE, Steps, preparation
from known_sets import CAMVID_CLASSES, CAMVID_PALETTE
from once import made_once

from pipeline_src.cli.main import main
from pipeline_src.space.genotype import Genotype
from pipeline_src.space.network import ClassificationNetwork, SegmentationNetwork
from pipeline_src.training.checkpoint import save_weights

RENDER = '{"train": 4, "val": 2, "test": 2, "coarse": 0, "height_px": 32, "width_px": 64}'
RENDER_OBJECTS = '{"classes": 2, "train_per_class": 2, "val_per_class": 1, "size_px": 32}'


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Other work shares the machine: a test takes one core."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def _made(*words: str | Path) -> None:
    assert main([str(word) for word in words]) == 0, words


@pytest.fixture(scope="session")
def originals(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Everything once; tests get copies."""
    return made_once(tmp_path_factory, "originals", _make_originals)


def _make_originals(root: Path) -> None:
    for name in ("cityscapes", "camvid"):
        _made("render-scenes", "--dataset", name, "--render", RENDER, "--output", root / "raw" / name)
    _made("render-objects", "--render", RENDER_OBJECTS, "--output", root / "raw" / "imagenet")
    for name in ("camvid", "imagenet"):
        _made(*preparation(name), "--root", root / "raw" / name, "--output", root / "prepared" / name)
    settings = json.dumps(SETTINGS)
    lut = ["measure-lut", "--input-size", SIZE, "--settings", settings, "--output", root / "lut.json"]
    _made(*lut)
    drawn = ["--depths", "1,2,2", "--seed", "0", "--index", "0", "--output", root / "genotype.json"]
    _made("sample-random", "--settings", json.dumps({"space": SETTINGS["space"]}), *drawn)
    _write_weights(root)


def _write_weights(root: Path) -> None:
    """A backbone as of pretraining, and a network as of finetuning, both with random weights."""
    genotype = Genotype.load(root / "genotype.json")
    torch.manual_seed(0)
    backbone = ClassificationNetwork(genotype, 2).state_dict()
    save_weights(root / "backbone.safetensors", backbone, {"genotype": genotype.model_dump(mode="json")})
    height, width = map(int, SIZE.split("x"))
    metadata = {
        "genotype": genotype.model_dump(mode="json"),
        "dataset": "camvid",
        "class_names": CAMVID_CLASSES,
        "palette": CAMVID_PALETTE,
        "input_height_px": height,
        "input_width_px": width,
        "epoch": 1,
        "chosen_on": "test",
    }
    network = SegmentationNetwork(genotype, len(CAMVID_CLASSES)).state_dict()
    save_weights(root / "weights.safetensors", network, metadata)


EXPORTS: dict[str, tuple[str, ...]] = {"logits": (), "any": ("--dynamic-size",), "classes": ("--argmax",)}
"""Forms of an ONNX file, and the options that make them."""


@pytest.fixture(scope="session")
def exported(originals: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Gives the ONNX file of a form; an export takes seconds."""

    def file(form: str) -> Path:
        def make(folder: Path) -> None:
            given = ["export", originals / "weights.safetensors", "--output", folder / f"{form}.onnx"]
            _made(*given, *EXPORTS[form])

        return made_once(tmp_path_factory, f"exported-{form}", make) / f"{form}.onnx"

    return file


@pytest.fixture
def steps(originals: Path, tmp_path: Path) -> Steps:
    """The files of one test, free to be spoilt, and the command lines over them."""
    return Steps(Path(shutil.copytree(originals, tmp_path / "files")))


@pytest.fixture
def refused(capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Run a command that must end with status 2 and one message that holds all of the given parts."""

    def check(words: Sequence[object], *parts: object) -> str:
        capsys.readouterr()
        status = main([str(word) for word in words])
        error = capsys.readouterr().err
        assert status == 2, error
        told = error[error.index("error: ") :]
        assert all(str(part) in told for part in parts), told
        assert "Traceback" not in error
        return told

    return check
