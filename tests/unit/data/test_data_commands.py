from __future__ import annotations

import json

import pytest

from pipeline_src.cli.main import main

RENDER = '{"train": 4, "val": 2, "test": 2, "coarse": 2, "height_px": 32, "width_px": 64}'


def test_render_and_prepare_cityscapes(tmp_path):
    raw, prepared = str(tmp_path / "raw"), str(tmp_path / "prepared")
    assert main(["render-scenes", "--dataset", "cityscapes", "--render", RENDER, "--output", raw]) == 0
    marker = json.loads((tmp_path / "raw/rendered.json").read_text())
    assert (marker["dataset"], marker["frames"], marker["render"]["seed"]) == ("cityscapes", 10, 0)
    assert (tmp_path / "raw/run.json").is_file()
    assert main(["prepare-data", "--dataset", "cityscapes", "--root", raw, "--output", prepared]) == 0
    counts = json.loads((tmp_path / "prepared/manifest.json").read_text())["counts"]
    assert counts == {"train": 4, "val": 2, "test": 2, "coarse": 2}
    record = json.loads((tmp_path / "prepared/run.json").read_text())
    assert len(record["source_sha256"]) == 64
    # A second rendering into the same folder is allowed: it is its own.
    assert main(["render-scenes", "--dataset", "cityscapes", "--render", RENDER, "--output", raw]) == 0


@pytest.mark.parametrize("layout", ["indexed", "original"])
def test_render_and_prepare_camvid(tmp_path, layout):
    raw, prepared = str(tmp_path / "raw"), str(tmp_path / "prepared")
    words = ["render-scenes", "--dataset", "camvid", "--layout", layout, "--render", RENDER, "--output", raw]
    assert main(words) == 0
    assert main(["prepare-data", "--dataset", "camvid", "--root", raw, "--output", prepared]) == 0
    assert json.loads((tmp_path / "prepared/manifest.json").read_text())["counts"]["train"] == 4


def test_render_and_prepare_objects(tmp_path):
    raw, prepared = str(tmp_path / "raw"), str(tmp_path / "prepared")
    render = '{"classes": 3, "train_per_class": 2, "val_per_class": 1, "size_px": 32}'
    assert main(["render-objects", "--render", render, "--output", raw]) == 0
    assert main(["prepare-imagenet", "--root", raw, "--output", prepared]) == 0
    assert json.loads((tmp_path / "prepared/manifest.json").read_text())["counts"] == {"train": 6, "val": 3}


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["render-objects", "--render", '{"clases": 3}', "--output", "x"], "Did you mean 'classes'?"),
        (["render-objects", "--render", '{"classes": 30}', "--output", "x"], "data.imagenet.render.classes"),
        (["render-objects", "--render", "{", "--output", "x"], "is not readable JSON"),
        (["render-scenes", "--dataset", "camvid", "--render", "[]", "--output", "x"], "is not a JSON object"),
        (
            ["prepare-data", "--dataset", "cityscapes", "--root", "nowhere", "--output", "x"],
            "data.cityscapes.path",
        ),
        (["prepare-data", "--dataset", "camvid", "--root", "nowhere", "--output", "x"], "data.camvid.path"),
        (["prepare-imagenet", "--root", "nowhere", "--output", "x"], "data.imagenet.path"),
    ],
)
def test_bad_input_ends_with_status_2(tmp_path, monkeypatch, capsys, words, problem):
    monkeypatch.chdir(tmp_path)
    assert main(words) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert problem in error
    assert not (tmp_path / "x").exists()
