"""A proposed description prepares the folder that it was made for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from yard import CLASSES, COLOURS, FRAMES, frame, write_yard

from pipeline_src.cli.main import main
from pipeline_src.config.datasets import described
from pipeline_src.data.prepare import prepare_data


def colours(root: Path) -> None:
    """`{train,valid}/NAME.jpg` and NAME_mask.png of colours beside them; void is black."""
    for number in range(FRAMES):
        folder = root / ("valid" if number % 4 == 0 else "train")
        folder.mkdir(parents=True, exist_ok=True)
        image, label = frame(number)
        Image.fromarray(image).save(folder / f"f{number}.jpg", quality=95)
        Image.fromarray(np.array([*COLOURS, (0, 0, 0)], np.uint8)[np.minimum(label, 5)]).save(
            folder / f"f{number}_mask.png"
        )


def ids(root: Path) -> None:
    """`images/{train,val}` and `labels/{train,val}` with the same names in both, ids of 16 bits."""
    for number in range(FRAMES):
        split = "val" if number % 4 == 0 else "train"
        image, label = frame(number)
        for kind, pixels in (("images", image), ("labels", (1000 + 7 * label.astype(np.uint16)))):
            (root / kind / split).mkdir(parents=True, exist_ok=True)
            Image.fromarray(pixels).save(
                root / kind / split / f"{number // (1 if split == 'train' else 4)}.png"
            )


@pytest.mark.parametrize(
    ("write", "hold", "counts", "classes"),
    [
        (write_yard, "train_ids", {"train": 12, "val": 4}, len(CLASSES)),
        (colours, "colours", {"train": 12, "val": 4}, len(CLASSES)),
        (ids, "ids", {"train": 12, "val": 4}, len(CLASSES) + 1),
    ],
)
def test_a_folder_is_described_and_prepared(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    write: object,
    hold: str,
    counts: dict[str, int],
    classes: int,
) -> None:
    root, output = tmp_path / "my street", tmp_path / "street.yaml"
    write(root)  # type: ignore[operator]
    assert main(["describe-data", str(root), "--output", str(output)]) == 0
    said = capsys.readouterr().out
    assert "72x40 px: 16" in said and "Label values and their share of the pixels:" in said
    found = described(str(output))
    assert found.layouts["found"].hold == hold and len(found.classes) == classes
    assert found.sizes is not None and (found.sizes.input_height_px, found.sizes.input_width_px) == (40, 72)
    manifest = prepare_data(str(output), root, tmp_path / "prepared")
    assert manifest.counts == counts
    # Written once: what its user corrected is not replaced.
    assert main(["describe-data", str(root), "--output", str(output)]) == 2
    assert "is there already" in capsys.readouterr().err


def test_what_cannot_be_described_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for words in ("is no folder", "has no photographs", "has no label maps"):
        assert main(["describe-data", str(tmp_path / "x"), "--output", str(tmp_path / "y.yaml")]) == 2
        assert words in capsys.readouterr().err
        if words == "is no folder":
            (tmp_path / "x").mkdir()
        else:
            Image.fromarray(frame(0)[0]).save(tmp_path / "x/a.jpg")
    assert not (tmp_path / "y.yaml").exists()


def test_files_without_a_partner_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_yard(tmp_path / "yard")
    (tmp_path / "yard/masks/walk_0003.png").unlink()
    (tmp_path / "yard/photos/walk_0005.jpg").unlink()
    assert main(["describe-data", str(tmp_path / "yard"), "--output", str(tmp_path / "y.yaml")]) == 0
    said = capsys.readouterr().out
    assert "Without a partner: 2" in said
    assert "walk_0003.jpg has no label" in said and "walk_0005.png has no image" in said
