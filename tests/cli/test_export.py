"""From weights to an ONNX file: the same classes, what the file says of itself, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from cli_stand_ins import SIZE, Steps
from known_sets import CAMVID_CLASSES, CAMVID_PALETTE
from PIL import Image

from pipeline_src.cli.main import main
from pipeline_src.data.rendering.street import render_street
from pipeline_src.evaluation.onnx_file import OnnxNetwork

Refused = Callable[..., None]
HEIGHT, WIDTH = map(int, SIZE.split("x"))
ONE_MORE = pytest.mark.slow(
    "one more export, of seconds; the form `logits` is exported and checked in `make test`"
)
FORMS = ("logits", *(pytest.param(form, marks=ONE_MORE) for form in ("any", "classes")))


@pytest.fixture
def photograph(tmp_path: Path) -> Path:
    path = tmp_path / "street.png"
    Image.fromarray(render_street(1, 0, 40, 72)[0]).save(path)
    return path


def mask_of(photograph: Path, weights: Path, *words: str) -> np.ndarray:
    output = photograph.with_name(f"{weights.stem}-{len(words)}.png")
    given = ["predict", str(photograph), "--weights", str(weights), "--output", str(output)]
    assert main([*given, "--device", "cpu", *words]) == 0
    return np.array(Image.open(output))


@pytest.mark.parametrize("form", FORMS)
def test_the_file_says_what_it_is(exported: Callable[[str], Path], form: str) -> None:
    model = onnx.load(exported(form))
    onnx.checker.check_model(model, full_check=True)
    known = {prop.key: json.loads(prop.value) for prop in model.metadata_props}
    assert known["class_names"] == list(CAMVID_CLASSES)
    assert known["palette"] == [list(colour) for colour in CAMVID_PALETTE]
    assert [known["input_height_px"], known["input_width_px"]] == [HEIGHT, WIDTH]
    assert known["mean"] == [0.485, 0.456, 0.406] and known["std"] == [0.229, 0.224, 0.225]
    assert known["output"] == ("classes" if form == "classes" else "logits")
    assert known["dynamic"] is (form == "any") and known["genotype"]["hyper_cells"]
    shape = [one.dim_value for one in model.graph.input[0].type.tensor_type.shape.dim]
    assert shape == ([1, 3, 0, 0] if form == "any" else [1, 3, HEIGHT, WIDTH])
    assert not [node for node in model.graph.node if node.op_type == "BatchNormalization"]
    record = json.loads(exported(form).with_name(f"{form}.onnx.run.json").read_text())
    assert record["equal_pixels"] >= 0.999 and record["images"] >= 4
    assert (record["largest_difference"] is None) == (form == "classes")


@pytest.mark.parametrize("form", FORMS)
def test_the_mask_is_the_one_of_the_weights(
    steps: Steps, exported: Callable[[str], Path], photograph: Path, form: str
) -> None:
    expected, found = mask_of(photograph, steps.weights), mask_of(photograph, exported(form))
    assert found.shape == (40, 72, 3)
    # Classes come at the network's size and are enlarged as they are; logits before the largest is taken.
    assert (expected == found).all(axis=2).mean() >= (0.9 if form == "classes" else 0.999)


@ONE_MORE
def test_classes_inside_are_the_largest_logits(exported: Callable[[str], Path]) -> None:
    given = {"image": torch.randn(1, 3, HEIGHT, WIDTH, generator=torch.Generator().manual_seed(0)).numpy()}
    outputs = {
        form: onnxruntime.InferenceSession(exported(form).read_bytes()).run(None, given)[0]
        for form in ("logits", "classes")
    }
    assert outputs["classes"].dtype == np.uint8 and outputs["classes"].shape == (1, HEIGHT, WIDTH)
    assert (outputs["logits"].argmax(axis=1) == outputs["classes"]).mean() >= 0.999


@ONE_MORE
@pytest.mark.parametrize("size", ["32x64", "33x67", "48x40", "97x131", "64x64"])
def test_any_size_is_as_pytorch(
    steps: Steps, exported: Callable[[str], Path], photograph: Path, size: str
) -> None:
    expected = mask_of(photograph, steps.weights, "--input-size", size)
    found = mask_of(photograph, exported("any"), "--input-size", size)
    assert (expected == found).all(axis=2).mean() >= 0.999


def test_a_file_of_one_size_takes_no_other(
    exported: Callable[[str], Path], photograph: Path, refused: Refused
) -> None:
    words = ["predict", photograph, "--weights", exported("logits"), "--input-size", "64x64"]
    refused(words, "--input-size", "was exported for 32x64 only", "--dynamic-size")
    refused(["predict", photograph, "--weights", exported("logits"), "--dataset", "camvid"], "--dataset")


@ONE_MORE
def test_other_classes_are_refused_and_nothing_is_written(
    steps: Steps, refused: Refused, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    true = OnnxNetwork.forward
    monkeypatch.setattr(OnnxNetwork, "forward", lambda self, images: true(self, images).roll(1, dims=1))
    output = tmp_path / "new" / "network.onnx"
    refused(
        ["export", steps.weights, "--output", output], output, "99.9% is the least", "Nothing was written"
    )
    assert not list(output.parent.glob("*"))


def test_an_export_replaces_no_other_file(steps: Steps, refused: Refused, tmp_path: Path) -> None:
    mine = tmp_path / "mine.onnx"
    mine.write_bytes(b"mine")
    refused(["export", steps.weights, "--output", mine], mine, "no run here made it")
    assert mine.read_bytes() == b"mine"
    refused(["export", steps.weights, "--output", tmp_path / "a.pt"], "a.pt", "no name of an ONNX file")


@ONE_MORE
def test_an_export_replaces_an_export(steps: Steps, exported: Callable[[str], Path], tmp_path: Path) -> None:
    mine = tmp_path / "mine.onnx"
    mine.write_bytes(exported("logits").read_bytes())  # one of ours, moved away from its record
    assert main(["export", str(steps.weights), "--output", str(mine)]) == 0


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda content: content[: len(content) // 2], "is damaged, or no ONNX file"),
        (lambda content: b"not a network", "is damaged, or no ONNX file"),
        (lambda content: _without_metadata(content), "says nothing of itself"),
    ],
    ids=["truncated", "text", "foreign"],
)
def test_files_that_are_no_export(
    exported: Callable[[str], Path],
    photograph: Path,
    refused: Refused,
    tmp_path: Path,
    spoil: Callable[[bytes], bytes],
    words: str,
) -> None:
    path = tmp_path / "spoilt.onnx"
    path.write_bytes(spoil(exported("logits").read_bytes()))
    refused(["predict", photograph, "--weights", path], path, words, "autortnet export")


def _without_metadata(content: bytes) -> bytes:
    model = onnx.load_from_string(content)
    del model.metadata_props[:]
    return bytes(model.SerializeToString())


def test_photographs_to_check_on_must_be_there(steps: Steps, refused: Refused, tmp_path: Path) -> None:
    words = ["export", steps.weights, "--output", tmp_path / "a.onnx", "--images"]
    refused([*words, tmp_path / "nowhere"], "nowhere", "is not there")
    (tmp_path / "empty").mkdir()
    refused([*words, tmp_path / "empty"], "empty", "holds no photograph")


@ONE_MORE
def test_twenty_real_frames(steps: Steps, real_data: Path, tmp_path: Path) -> None:
    output = tmp_path / "real.onnx"
    frames = real_data / "camvid" / "test" / "images"
    words = ["export", str(steps.weights), "--input-size", "96x128", "--output", str(output)]
    assert main([*words, "--images", str(frames), "--limit", "20"]) == 0
    record = json.loads(output.with_name("real.onnx.run.json").read_text())
    assert record["images"] == 20 and record["equal_pixels"] >= 0.999
    assert record["largest_difference"] < 1e-4
