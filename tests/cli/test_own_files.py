"""No command replaces or deletes a file that is the user's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from cli_stand_ins import Steps

from pipeline_src.cli.main import main

Refused = Callable[..., str]


def predict(steps: Steps, *more: str | Path) -> list[str]:
    words = steps.predict()
    return [*words[: words.index("--output")], *map(str, more)]


@pytest.mark.parametrize("target", ["image", "weights", "notes"])
def test_a_mask_replaces_no_other_file(steps: Steps, refused: Refused, target: str) -> None:
    notes = steps.root / "notes.png"
    notes.write_bytes(b"mine")
    path = {"image": Path(steps.predict()[1]), "weights": steps.weights, "notes": notes}[target]
    before = path.read_bytes()
    words = {"image": "is an input", "weights": "no name of a PNG", "notes": "no run here made it"}[target]
    refused(predict(steps, "--output", path), path, words)
    assert path.read_bytes() == before


def test_the_default_mask_replaces_a_mask_and_nothing_else(
    steps: Steps, refused: Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps.out.mkdir()
    monkeypatch.chdir(steps.out)
    words = predict(steps)
    mask = steps.out / f"{Path(words[1]).stem}_mask.png"
    mask.write_bytes(b"mine")
    refused(words, mask.name, "no run here made it", "Give another path")
    assert mask.read_bytes() == b"mine"
    mask.unlink()
    assert main(words) == 0 and main(words) == 0
    assert [path.name for path in steps.out.iterdir()] == [mask.name]


@pytest.mark.parametrize("name", ["mask.jpg", "mask", "mask.png.txt"])
def test_a_mask_has_the_name_of_a_png(steps: Steps, refused: Refused, name: str) -> None:
    refused(predict(steps, "--output", steps.out / name), name, "no name of a PNG")
    assert steps.written() == []


@pytest.mark.parametrize(
    ("image", "words"),
    [
        ("https://example.org/street.jpg", "is an address"),
        ("s3://bucket/street.jpg", "is an address"),
        ("FOLDER", "holds no photograph"),
        ("nowhere.jpg", "nowhere.jpg"),
    ],
)
def test_what_is_no_photograph(steps: Steps, refused: Refused, image: str, words: str) -> None:
    given = str(steps.raw / "camvid") if image == "FOLDER" else image
    refused(["predict", given, "--weights", str(steps.weights)], words)


def test_prepared_labels_replace_no_other_files(steps: Steps, refused: Refused) -> None:
    assert main(steps.prepare("camvid")) == 0
    label = sorted(steps.out.rglob("*.png"))[0]
    relative = label.relative_to(steps.out)
    other = steps.root / "other" / relative
    other.parent.mkdir(parents=True)
    other.write_bytes(b"mine")
    words = steps.prepare("camvid")
    words[words.index("--output") + 1] = str(steps.root / "other")
    refused(words, other, "no run here made it")
    assert other.read_bytes() == b"mine"
    assert main(steps.prepare("camvid")) == 0  # over what was prepared before


def test_a_manifest_that_is_the_users_stays(steps: Steps, refused: Refused) -> None:
    steps.out.mkdir()
    (steps.out / "manifest.json").write_text("mine")
    refused(steps.prepare("camvid"), steps.out / "manifest.json", "no run here made it")
    assert (steps.out / "manifest.json").read_text() == "mine"


def test_a_folder_of_the_users_as_checkpoints_keeps_its_files(steps: Steps) -> None:
    own = {".bashrc": "a", ".gitconfig": "b", "thesis.tex": "c", ".x.half": "d"}
    steps.checkpoints.mkdir()
    for name, text in own.items():
        (steps.checkpoints / name).write_text(text)
    assert main(steps.pretrain()) == 0
    assert {path.name: path.read_text() for path in steps.checkpoints.iterdir()} == own


@pytest.mark.parametrize("step", ["sample", "evaluate"])
def test_outputs_replace_outputs_of_their_own_only(steps: Steps, refused: Refused, step: str) -> None:
    words = getattr(steps, step)()
    path = Path(words[words.index("--output") + 1])
    path.parent.mkdir(parents=True)
    path.write_text("mine")
    refused(words, path, "no run here made it")
    assert path.read_text() == "mine"
    path.unlink()
    assert main(words) == 0 and main(words) == 0
