"""A described set as the main one: what is run follows from its description."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from yard import CLASSES, SIZE, describe_yard, description

from pipeline_src.config.grid import Grid
from pipeline_src.config.load import read_settings, resolve
from pipeline_src.errors import ConfigError, UserError

SCALES = Path(__file__).resolve().parents[3] / "workflow" / "scales"


def resolved(main: object, scale: str = "tiny", **own: Any) -> Grid:
    data = {"main": str(main), **({"own": own} if own else {})}
    return Grid(resolve({"scale": scale, "data": data}, SCALES))


@pytest.fixture
def yard(tmp_path: Path) -> Path:
    return describe_yard(tmp_path / "yard.yaml", tmp_path / "raw")


@pytest.mark.parametrize("scale", ["tiny", "camvid", "paper"])
def test_everything_is_of_the_users_set(yard: Path, scale: str) -> None:
    grid = resolved(yard, scale)
    assert grid.main == grid.second == "yard"
    runs = (*grid.searches, *grid.trainings, *grid.speeds)
    assert runs and {one.dataset for one in runs} == {"yard"}
    assert grid.input_size("yard") == SIZE and not grid.is_rendered("yard")
    # No test split: val judges all, and what is judged on it is not trained on it.
    assert {one.split for one in grid.evaluations} == {"val"}
    assert {one.split for one in grid.trainings} == {"train"} and not any(
        one.coarse for one in grid.trainings
    )


def test_a_test_split_and_coarse_labels_are_used(tmp_path: Path) -> None:
    values = description(tmp_path / "raw")
    values["layouts"]["walks"] |= {
        "images": "{split}/i/{name}", "labels": "{split}/l/{name}",
        "splits": {"train": {}, "val": {}, "test": {}, "coarse": {}},
    }  # fmt: skip
    path = tmp_path / "yard.yaml"
    path.write_text(yaml.safe_dump(values))
    grid = resolved(path)
    assert {one.split for one in grid.evaluations} == {"val", "test"}
    assert {(one.split, one.coarse) for one in grid.trainings} == {
        ("train", False), ("trainval", False), ("train", True), ("trainval", True)
    }  # fmt: skip


def test_a_name_in_workflow_datasets_is_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    describe_yard(tmp_path / "workflow/datasets/yard.yaml", tmp_path / "raw")
    monkeypatch.chdir(tmp_path)
    own = resolved("yard").config.data.own
    assert own is not None and own.description == "yard" and own.class_names == CLASSES
    assert own.path == str(tmp_path / "raw")


def test_keys_of_params_win(yard: Path) -> None:
    grid = resolved(yard, path="/elsewhere", input_width_px=64)
    assert grid.dataset_config("yard").path == "/elsewhere" and grid.input_size("yard") == (SIZE[0], 64)


def test_commands_get_all_of_it_with_their_settings(yard: Path) -> None:
    config = resolved(yard).config
    text = config.model_dump_json(include={"data", "experiments"})
    yard.unlink()
    again = read_settings(text, ("data", "experiments"))
    assert again.data == config.data


@pytest.mark.parametrize(
    ("main", "words"),
    [
        ("camvdi", "camvdi: is no data set: .* Did you mean 'camvid'"),
        ("imagenet", "imagenet: is no data set"),
        ("nowhere/yard.yaml", r"nowhere/yard\.yaml: cannot be read"),
        ("", "is no data set"),
    ],
)
def test_a_main_set_that_is_none_is_refused(main: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        resolved(main)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("camvid", "names the set 'camvid'; .* are taken"),
        ("my-yard", "names the set 'my-yard'; .* this is none"),
    ],
)
def test_a_name_that_cannot_be_a_folder_is_refused(tmp_path: Path, name: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        resolved(describe_yard(tmp_path / f"{name}.yaml", tmp_path / "raw"))


def test_a_main_set_needs_sizes(tmp_path: Path) -> None:
    values = description(tmp_path / "raw")
    del values["sizes"]
    path = tmp_path / "yard.yaml"
    path.write_text(yaml.safe_dump(values))
    with pytest.raises(ConfigError, match=r"yard\.yaml: has no `sizes`"):
        resolved(path)


def test_an_unknown_key_of_own_is_told(yard: Path) -> None:
    with pytest.raises(ConfigError, match=r"data\.own\.pth: is not a known key\. Did you mean 'path'"):
        resolved(yard, pth="/x")
    with pytest.raises(ConfigError, match=r"data\.own: search_crop_height_px must be 32 or more"):
        resolved(yard, search_crop_height_px=16)


def test_a_plan_counts_its_images_once_it_is_prepared(yard: Path, tmp_path: Path) -> None:
    from pipeline_src.planning.work import image_counts

    config = resolved(yard).config
    with pytest.raises(UserError, match=r"data\.own: is not prepared, .* stage_data"):
        image_counts(config, tmp_path)
    manifest = tmp_path / "data/tiny/yard/manifest.json"
    manifest.parent.mkdir(parents=True)
    manifest.write_text('{"counts": {"train": 12, "val": 4}}')
    assert image_counts(config, tmp_path)["yard"] == {"train": 12, "val": 4}
