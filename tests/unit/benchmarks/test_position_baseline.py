"""The position baseline against one worked out by hand; the status of its comparison with network A."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from benchmarks.position_baseline import main, position_baseline
from pipeline_src import places
from pipeline_src.artifacts import write_json
from pipeline_src.config.grid import Grid
from pipeline_src.config.load import resolve
from pipeline_src.config.runs import Evaluation
from pipeline_src.data.manifest import Item, Manifest

REPOSITORY = Path(__file__).resolve().parents[3]
VOID = 255
TRAIN = [[[0, 1], [2, VOID]], [[0, 1], [1, VOID]], [[0, 0], [2, 1]]]
"""Most frequent classes: 0, 1 above 2, 1."""
JUDGED = [[[0, 1], [2, 2]], [[0, 0], [2, VOID]]]
BASELINE = (2 / 3 + 1 / 3 + 2 / 3) / 3
"""Class 0: 2 of 3 pixels found. Class 1: 1 found, 2 wrong answers. Class 2: 2 of 3 found."""


def write_set(prepared: Path, splits: dict[str, list[Any]]) -> None:
    items: dict[str, tuple[Item, ...]] = {}
    for split, labels in splits.items():
        found = []
        for number, label in enumerate(labels):
            name = f"{split}_{number}"
            prepared.mkdir(parents=True, exist_ok=True)
            Image.fromarray(np.array(label, dtype=np.uint8)).save(prepared / f"{name}.png")
            files = {"image": f"{name}.jpg", "label": f"{name}.png", "image_sha256": "", "label_sha256": ""}
            found.append(Item(name=name, width=2, height=2, **files))
        items[split] = tuple(found)
    Manifest(
        name=prepared.name,
        class_names=("road", "car", "sky", "absent"),
        palette=((0, 0, 0), (1, 1, 1), (2, 2, 2), (3, 3, 3)),
        splits=items,
        labelled=dict.fromkeys(splits, True),
        counts={split: len(labels) for split, labels in splits.items()},
        class_shares={},
        source_sha256="",
    ).save(prepared)


def write_miou(results: Path, one: Evaluation, miou: float) -> None:
    record = {
        "architecture": one.training.architecture.name,
        "training": one.training.name,
        "dataset": one.training.dataset,
        "split": one.split,
        "input_height_px": one.size[0],
        "input_width_px": one.size[1],
        "labelled": True,
        "last": {"miou": miou},
    }
    path = results / places.evaluation(one)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_json(path, record)


def test_the_baseline_is_that_of_hand(tmp_path: Path) -> None:
    write_set(tmp_path / "set", {"train": TRAIN[:2], "val": TRAIN[2:], "test": JUDGED})
    assert position_baseline(tmp_path / "set", ("train", "val"), "test") == pytest.approx(BASELINE)


@pytest.mark.parametrize(
    ("camvid", "status", "said"),
    [
        ((1.3, 1.2), 0, ""),
        ((1.3, 1.0 - 1e-6), 1, "camvid: network A has 1.15 times the baseline, less than 1.2"),
        ((), 1, "camvid: network A has no evaluation"),
    ],
)
def test_a_at_the_baseline_of_one_set_fails(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    camvid: tuple[float, ...],
    status: int,
    said: str,
) -> None:
    (tmp_path / "workflow").mkdir()
    (tmp_path / "workflow" / "scales").symlink_to(REPOSITORY / "workflow" / "scales")
    (tmp_path / "params.yaml").write_text("scale: tiny\n")
    grid = Grid(resolve({"scale": "tiny"}, REPOSITORY / "workflow" / "scales"))
    for dataset in ("cityscapes", "camvid"):
        write_set(tmp_path / "data/tiny" / dataset, {"train": TRAIN, "val": JUDGED, "test": JUDGED})
        ratios = {"cityscapes": (1.2, 1.25), "camvid": camvid}[dataset]
        usual = grid.judged(grid.network_a, dataset, "val")
        for one, ratio in zip(usual, ratios, strict=False):
            write_miou(tmp_path / "results/tiny", one, ratio * BASELINE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["position_baseline", "--least", "1.2"])
    with pytest.raises(SystemExit) as left:
        main()
    told = capsys.readouterr()
    assert left.value.code == status and said in told.err and bool(told.err) == bool(status)
    assert f"cityscapes val: position baseline {100 * BASELINE:.1f} % mIoU" in told.out
