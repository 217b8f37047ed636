"""Figures 8 and 9 from stored pictures: their parts, their words, and what is told where some are missing."""

from __future__ import annotations

import argparse
import base64
import io
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fabricate import Folder
from known_sets import CAMVID_CLASSES, CAMVID_PALETTE
from matplotlib.figure import Figure
from PIL import Image

from pipeline_src.artifacts import write_json
from pipeline_src.cli import plot_figure
from pipeline_src.config.grid import Grid
from pipeline_src.config.models import Config, ExperimentsConfig
from pipeline_src.data.classes import colourise
from pipeline_src.data.images import write_png
from pipeline_src.errors import UserError
from pipeline_src.reporting.drawing import predictions
from pipeline_src.reporting.drawing.picture import save_picture, saved
from pipeline_src.reporting.read.pictures import entry_of

HOSTILE = '<script>alert("1")</script> $x_1$ & 道路'
NETWORKS = (("icnet", "ICNet", False), ("autortnet-a", "AutoRTNet-A", True))


def patches(values: Any, size: tuple[int, int]) -> Any:
    """Each value as a rectangle of a picture of this size."""
    rows, columns = (np.arange(side) * 24 // side for side in size)
    return values[rows][:, columns]


def store(root: Path, *, frames: int = 4, size: tuple[int, int] = (90, 120), **changes: Any) -> Path:
    """Pictures and index of figure 9 as `draw-predictions` leaves them, as restless as streets are."""
    folder, rng = root / "predictions" / "figure_9", np.random.default_rng(0)
    index: dict[str, Any] = {
        "dataset": "camvid",
        "split": "test",
        "images_in_split": 233,
        "classes": [
            {"name": name, "colour": colour, "present": number < 5}
            for number, (name, colour) in enumerate(zip(CAMVID_CLASSES, CAMVID_PALETTE, strict=True))
        ],
        "void": {"colour": (0, 0, 0), "present": True},
        "networks": [
            {"column": column, "label": label, "epoch": 6, "pretrained": pretrained}
            for column, label, pretrained in NETWORKS
        ],
        "frames": [],
    } | changes
    shown = [one["column"] for one in index["networks"]]
    for number in range(1, frames + 1):
        files = {name: f"{number}_{name}.png" for name in ("image", "truth", *shown)}
        for name, file in files.items():
            pixels = colourise(patches(rng.integers(0, 5, (24, 24)), size), CAMVID_PALETTE)
            if name == "image":
                light = patches(rng.integers(40, 215, (24, 24, 3)), size)
                pixels = (light + rng.integers(-12, 13, (*size, 3))).astype(np.uint8)
            write_png(folder / file, pixels)
        scores = dict.fromkeys(shown, 0.1 * number)
        index["frames"].append({"name": f"frame_{number}", "files": files, "miou": scores})
    write_json(folder / "index.json", index)
    return folder


def texts(figure: Figure) -> list[str]:
    found = [axes.get_title() for axes in figure.axes] + [
        text.get_text() for a in figure.axes for text in a.texts
    ]
    return [text for text in found if text]


def images(figure: Figure) -> list[Any]:
    return [image for axes in figure.axes for image in axes.get_images()]


def test_rows_are_frames_and_columns_image_truth_peer_ours(grid: Grid, folder: Folder) -> None:
    store(folder.root)
    picture = predictions.draw("figure_9", grid, folder.root)
    titles = [axes.get_title() for axes in picture.figure.axes if axes.get_title()]
    assert titles == ["Image", "Ground truth", "ICNet (from scratch)", "AutoRTNet-A"]
    assert len(images(picture.figure)) == 4 * 4
    (legend,) = picture.figure.legends
    assert [text.get_text() for text in legend.get_texts()] == [*CAMVID_CLASSES[:5], "void (not judged)"]
    painted = [
        tuple(round(255 * part) for part in patch.get_facecolor()[:3]) for patch in legend.get_patches()
    ]
    assert painted == [*CAMVID_PALETTE[:5], (0, 0, 0)]
    assert texts(picture.figure).count("mIoU 40.0 %") == 2
    words = picture.words
    assert (words.status, words.reason, words.sources) == (
        "measured",
        "",
        ("predictions/figure_9/index.json",),
    )
    assert "ICNet was trained from scratch, without pretraining, for 6 epochs" in words.caption
    assert "AutoRTNet-A was trained with a pretrained backbone" in words.caption
    assert "frame_1, frame_2, frame_3, frame_4" in words.caption and "Scale paper." in words.caption
    assert "ICNet 10.0 to 40.0 %" in words.alt


def test_label_maps_keep_their_colours(grid: Grid, folder: Folder) -> None:
    store(folder.root, size=(1024, 2048))
    maps = [image.get_array() for image in images(predictions.draw("figure_9", grid, folder.root).figure)]
    for number, pixels in enumerate(maps):
        assert pixels.shape == (200, 400, 3)
        if number % 4:
            assert set(map(tuple, pixels.reshape(-1, 3).tolist())) <= set(CAMVID_PALETTE)


def test_files_are_small_and_the_same_twice(grid: Grid, folder: Folder, tmp_path: Path) -> None:
    store(folder.root, size=(720, 960))
    contents = []
    for name in ("one", "two"):
        save_picture(predictions.draw("figure_9", grid, folder.root), tmp_path / name)
        contents.append({path.name: path.read_bytes() for path in sorted((tmp_path / name).iterdir())})
    assert contents[0] == contents[1]
    assert 200_000 < len(contents[0]["figure_9.png"]) < 1_000_000
    assert len(contents[0]["figure_9.svg"]) < 2_000_000


def test_without_a_peer_its_column_says_so(folder: Folder) -> None:
    without = Grid(Config(scale="paper", experiments=ExperimentsConfig(peers=())))
    ours = [{"column": "autortnet-a", "label": "AutoRTNet-A", "epoch": 30, "pretrained": True}]
    store(folder.root, networks=ours)
    picture = predictions.draw("figure_9", without, folder.root)
    assert texts(picture.figure).count("not run:\nexperiments.peers leaves it out") == 4
    assert len(images(picture.figure)) == 4 * 3
    assert picture.words.reason == "ICNet is not run: experiments.peers leaves it out"
    assert picture.words.caption.endswith("ICNet is not run: experiments.peers leaves it out.")


def test_unlabelled_frames_have_no_score(grid: Grid, folder: Folder) -> None:
    path = store(folder.root, frames=1) / "index.json"
    index = json.loads(path.read_text())
    index["frames"][0]["miou"] = {"icnet": None, "autortnet-a": None}
    write_json(path, index)
    picture = predictions.draw("figure_9", grid, folder.root)
    assert texts(picture.figure).count("no labels") == 2
    assert "ICNet none" in picture.words.alt


@pytest.mark.filterwarnings("ignore:Glyph")
def test_strange_names_come_out_as_text(grid: Grid, folder: Folder, tmp_path: Path) -> None:
    classes = [{"name": HOSTILE, "colour": (128, 0, 0), "present": True}]
    store(folder.root, classes=classes)
    picture = predictions.draw("figure_9", grid, folder.root)
    (legend,) = picture.figure.legends
    assert legend.get_texts()[0].get_text() == HOSTILE
    save_picture(picture, tmp_path)
    assert "<script>" not in (tmp_path / "figure_9.svg").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("scale", "reason"), [("camvid_grid", "Cityscapes is not the main"), ("grid", "is missing")]
)
def test_a_figure_that_is_not_run_says_why(
    request: pytest.FixtureRequest, folder: Folder, scale: str, reason: str
) -> None:
    picture = predictions.draw("figure_8", request.getfixturevalue(scale), folder.root)
    assert picture.words.status == "not_run" and reason in picture.words.reason
    assert any(reason in text.get_text() for text in picture.figure.texts)


def test_sources_are_named_where_the_figure_is_run(grid: Grid, camvid_grid: Grid) -> None:
    first, *telling = entry_of("figure_8").sources(grid)
    assert first == "predictions/figure_8/index.json"
    assert {path.split("/")[1] for path in telling} == {grid.network_a.name}, "whether A is live"
    assert entry_of("figure_8").sources(camvid_grid) == ()
    assert entry_of("figure_9").sources(camvid_grid)[0] == "predictions/figure_9/index.json"


def test_a_missing_picture_is_named(grid: Grid, folder: Folder) -> None:
    (store(folder.root) / "2_icnet.png").unlink()
    with pytest.raises(UserError, match=r"2_icnet\.png: is missing.*draw-predictions"):
        predictions.draw("figure_9", grid, folder.root)


@pytest.mark.parametrize("spoil", [{"frames": "none"}, {"classes": [{"name": "road"}]}, {"void": None}])
def test_a_malformed_index_is_refused(grid: Grid, folder: Folder, spoil: dict[str, Any]) -> None:
    path = store(folder.root) / "index.json"
    write_json(path, json.loads(path.read_text()) | spoil)
    with pytest.raises(UserError, match=r"index\.json: is no index of predictions: .*draw-predictions"):
        predictions.draw("figure_9", grid, folder.root)


def test_an_index_without_frames_is_refused(grid: Grid, folder: Folder) -> None:
    store(folder.root, frames=0)
    with pytest.raises(UserError, match="is no index of predictions"):
        predictions.draw("figure_9", grid, folder.root)


def test_the_command_writes_three_formats_words_and_a_record(
    grid: Grid, folder: Folder, tmp_path: Path
) -> None:
    store(folder.root)
    parser = argparse.ArgumentParser()
    plot_figure.add_arguments(parser)
    settings = json.dumps(grid.config.model_dump(mode="json"))
    words = [
        "figure_9",
        "--settings",
        settings,
        "--results",
        str(folder.root),
        "--output",
        str(tmp_path / "f"),
    ]
    plot_figure.run(parser.parse_args(words))
    names = {f"figure_9.{kind}" for kind in ("svg", "pdf", "png", "json", "json.run.json")}
    assert {path.name for path in (tmp_path / "f").iterdir()} == names
    record = json.loads((tmp_path / "f" / "figure_9.json.run.json").read_text())
    assert list(record["inputs"]) == [str(folder.root / "predictions/figure_9/index.json")]


def test_drawing_loads_no_torch() -> None:
    script = "import sys, pipeline_src.reporting.drawing.predictions; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_photographs_in_an_svg_are_light_and_label_maps_exact() -> None:
    """A frame of noise weighs as much as a PNG as its pixels; four of them must pass git's limit here."""
    pixels = np.random.default_rng(0).integers(0, 256, (200, 400, 3), dtype=np.uint8)
    labels = np.zeros((200, 400, 3), np.uint8)
    labels[:, 200:] = (128, 64, 128)
    figure = Figure(figsize=(7, 3))
    for place, image in enumerate((pixels, labels)):
        figure.add_subplot(1, 2, place + 1).imshow(image, interpolation="none")
    svg = saved(figure, "svg")
    kinds = re.findall(rb"data:image/(\w+);base64,([A-Za-z0-9+/=\s]+)", svg)
    assert [kind for kind, _ in kinds] == [b"jpeg", b"png"]
    assert len(svg) < 200_000 < pixels.nbytes
    kept = Image.open(io.BytesIO(base64.b64decode(kinds[1][1]))).convert("RGB")
    assert {colour for _, colour in kept.getcolors()} == {(0, 0, 0), (128, 64, 128)}
    assert svg == saved(figure, "svg")
