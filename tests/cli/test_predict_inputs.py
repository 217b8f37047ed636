"""What `autortnet predict` takes beside one photograph: folders, standard input and videos."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import av
import numpy as np
import pytest
from cli_stand_ins import Steps
from known_sets import CAMVID_PALETTE
from PIL import Image

from pipeline_src.cli.main import main
from pipeline_src.data.rendering.street import render_street
from pipeline_src.evaluation import video

Refused = Callable[..., None]
FRAMES, HEIGHT, WIDTH = 7, 48, 64


def streets(count: int = FRAMES) -> list[np.ndarray]:
    return [render_street(2, index, HEIGHT, WIDTH)[0] for index in range(count)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three photographs of which two differ in their endings only, and files that are none."""
    path = tmp_path / "streets"
    path.mkdir()
    for name, pixels in zip(("a.png", "b.jpg", "b.png"), streets(3), strict=True):
        Image.fromarray(pixels).save(path / name)
    (path / "notes.txt").write_text("mine")
    (path / "._a.png").write_bytes(b"a file manager's")
    return path


@pytest.fixture
def film(tmp_path: Path) -> Path:
    path = tmp_path / "street.mp4"
    video.write_video(path, iter(streets()), Fraction(12), (HEIGHT, WIDTH))
    return path


def predict(given: object, steps: Steps, output: Path | None, *words: str) -> list[str]:
    where = [] if output is None else ["--output", str(output)]
    return ["predict", str(given), "--weights", str(steps.weights), "--device", "cpu", *where, *words]


def colours_of(path: Path) -> set[tuple[int, ...]]:
    return {tuple(colour) for colour in np.array(Image.open(path)).reshape(-1, 3).tolist()}


def test_every_photograph_of_a_folder(steps: Steps, folder: Path, tmp_path: Path) -> None:
    masks = tmp_path / "masks"
    assert main(predict(folder, steps, masks)) == 0
    assert sorted(path.name for path in masks.iterdir()) == [
        "a_mask.png", "b.jpg_mask.png", "b.png_mask.png",
    ]  # fmt: skip
    for path in masks.iterdir():
        assert Image.open(path).size == (WIDTH, HEIGHT) and colours_of(path) <= set(CAMVID_PALETTE)
    single = tmp_path / "single.png"
    assert main(predict(folder / "a.png", steps, single)) == 0
    assert np.array_equal(Image.open(single), Image.open(masks / "a_mask.png"))
    assert sorted(path.name for path in folder.iterdir()) == [
        "._a.png",
        "a.png",
        "b.jpg",
        "b.png",
        "notes.txt",
    ]
    assert main(predict(folder, steps, masks)) == 0  # over its own masks


def test_the_default_folder_of_masks(
    steps: Steps, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    assert main(predict(folder, steps, None)) == 0
    assert len(list((tmp_path / "here" / "streets_masks").iterdir())) == 3


def test_folders_that_cannot_serve(steps: Steps, folder: Path, refused: Refused, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    refused(predict(empty, steps, tmp_path / "masks"), empty, "holds no photograph")
    refused(predict(folder, steps, folder), folder, "is the folder of the photographs")
    refused(predict(folder, steps, folder / "notes.txt"), "notes.txt", "is a file, where a folder")
    (tmp_path / "masks").mkdir()
    (tmp_path / "masks" / "a_mask.png").write_bytes(b"mine")
    refused(predict(folder, steps, tmp_path / "masks"), "a_mask.png", "no run here made it")
    assert [path.name for path in (tmp_path / "masks").iterdir()] == ["a_mask.png"]
    (folder / "c.png").write_text("no picture")
    refused(predict(folder / "c.png", steps, tmp_path / "c-mask.png"), "c.png", "cannot be decoded")


def given_on_standard_input(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(content)))


def test_a_photograph_on_standard_input(
    steps: Steps, folder: Path, refused: Refused, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    masks = [tmp_path / "from-file.png", tmp_path / "from-input.png"]
    assert main(predict(folder / "b.jpg", steps, masks[0])) == 0
    given_on_standard_input(monkeypatch, (folder / "b.jpg").read_bytes())
    assert main(predict("-", steps, masks[1])) == 0
    assert np.array_equal(*(np.array(Image.open(mask)) for mask in masks))
    given_on_standard_input(monkeypatch, b"")
    refused(predict("-", steps, tmp_path / "none.png"), "standard input", "cannot be decoded")


@pytest.mark.parametrize("kind", ["rgba", "palette", "cmyk", "grey"])
def test_pictures_of_every_kind(steps: Steps, tmp_path: Path, kind: str) -> None:
    mode = {"rgba": "RGBA", "palette": "P", "cmyk": "CMYK", "grey": "L"}[kind]
    given = tmp_path / ("street.jpg" if kind == "cmyk" else "street.png")
    Image.fromarray(streets(1)[0]).convert(mode).save(given)
    same = tmp_path / "same.png"
    Image.open(given).convert("RGB").save(same)
    masks = [tmp_path / "kind-mask.png", tmp_path / "rgb-mask.png"]
    for picture, mask in zip((given, same), masks, strict=True):
        assert main(predict(picture, steps, mask)) == 0
    assert np.array_equal(*(np.array(Image.open(mask)) for mask in masks))


def test_a_text_file_named_as_a_photograph(steps: Steps, refused: Refused, tmp_path: Path) -> None:
    (tmp_path / "street.jpg").write_text("a poem")
    refused(
        predict(tmp_path / "street.jpg", steps, tmp_path / "m.png"),
        "street.jpg",
        "no image of a known format",
    )


def test_a_video_of_masks(
    steps: Steps, film: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "masks.mp4"
    assert main(predict(film, steps, output)) == 0
    assert f"{FRAMES} frames in " in (said := capsys.readouterr().out) and "frames a second" in said
    with video.opened(output) as found, video.opened(film) as given:
        assert found.rate == Fraction(12) and found.size == (HEIGHT, WIDTH)
        masks, frames = list(found.frames), list(given.frames)
    assert len(masks) == len(frames) == FRAMES
    single, mask = tmp_path / "frame.png", tmp_path / "frame-mask.png"
    Image.fromarray(frames[3]).save(single)
    assert main(predict(single, steps, mask)) == 0
    # A video is compressed with loss: the mean colour's distance, of 255.
    expected = np.array(Image.open(mask)).astype(float)
    assert np.abs(masks[3].astype(float) - expected).mean() < 12
    assert main(predict(film, steps, output)) == 0  # over its own


def test_a_truncated_video_leaves_nothing(steps: Steps, film: Path, refused: Refused, tmp_path: Path) -> None:
    content = film.read_bytes()
    before = sorted(path.name for path in tmp_path.iterdir())
    for name, part in (("half.mp4", content[: len(content) // 2]), ("none.mp4", b""), ("text.avi", b"poem")):
        cut = tmp_path / name
        cut.write_bytes(part)
        refused(predict(cut, steps, tmp_path / "m.mp4"), name, "cannot be read as a video")
        cut.unlink()
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_a_video_that_ends_early(steps: Steps, refused: Refused, tmp_path: Path) -> None:
    path = tmp_path / "cut.mp4"
    with av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"}) as container:
        stream = container.add_stream("mpeg4", rate=12)
        stream.height, stream.width, stream.pix_fmt = HEIGHT, WIDTH, "yuv420p"
        for pixels in streets():
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode())
    path.write_bytes(path.read_bytes()[:-1500])
    told = refused(predict(path, steps, tmp_path / "m.mp4"), "cut.mp4", "frame")
    assert "is damaged behind frame" in told or "ends at frame" in told
    assert not (tmp_path / "m.mp4").exists()


def test_a_video_without_its_package(
    steps: Steps, film: Path, refused: Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(video.importlib.util, "find_spec", lambda name: None)
    refused(predict(film, steps, film.with_name("m.mp4")), film, "autortnet-pipeline[video]")


@pytest.mark.parametrize("name", ["m.avi", "m.png", "street.mp4"])
def test_a_video_goes_to_another_mp4(steps: Steps, film: Path, refused: Refused, name: str) -> None:
    before = film.read_bytes()
    refused(predict(film, steps, film.with_name(name)), name)
    assert film.read_bytes() == before
