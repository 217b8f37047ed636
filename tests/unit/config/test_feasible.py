"""What cannot work is refused by the configuration, before the first job."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipeline_src.config.load import resolve
from pipeline_src.errors import ConfigError

SCALE_FILES = Path(__file__).resolve().parents[3] / "workflow" / "scales"


def refusal(**params: Any) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        resolve(params, SCALE_FILES)
    return caught.value


@pytest.mark.parametrize("step", ["search", "pretrain", "finetune"])
def test_a_batch_that_processes_cannot_share(step: str) -> None:
    over = {step: {"batch_size": 6}, "runtime": {"processes": {step: {"nodes": 2, "per_node": 2}}}}
    error = refusal(**over)
    assert error.where == f"params.yaml: {step}.batch_size"
    assert "6 images cannot be shared out evenly over the 4 processes" in error.problem
    resolve({**over, step: {"batch_size": 8}}, SCALE_FILES)


def test_float16_on_a_processor() -> None:
    error = refusal(runtime={"device": "cpu", "precision": "float16"})
    assert error.where == "params.yaml: runtime.precision" and "needs a GPU" in error.problem


def test_a_search_in_float16() -> None:
    error = refusal(runtime={"device": "cuda", "precision": "float16"})
    assert error.where == "params.yaml: search.precision" and "set bfloat16 or float32" in error.problem
    half = {"device": "cuda", "precision": "float16"}
    config = resolve({"runtime": half, "search": {"precision": "float32"}}, SCALE_FILES)
    assert config.search.precision == "float32"


@pytest.mark.parametrize(
    ("step", "data"),
    [
        ("search", {"camvid": {"search_crop_height_px": 32, "search_crop_width_px": 32}}),
        ("finetune", {"cityscapes": {"crop_height_px": 32, "crop_width_px": 32}}),
        ("pretrain", {"imagenet": {"crop_px": 32}}),
    ],
)
def test_one_image_of_one_pixel_behind_the_network(step: str, data: dict[str, Any]) -> None:
    error = refusal(**{"data": data, step: {"batch_size": 1}})
    assert error.where == f"params.yaml: {step}.batch_size"
    assert "32x32 px" in error.problem and "32-fold" in error.problem
    resolve({"data": data, step: {"batch_size": 2}}, SCALE_FILES)
    resolve({"data": data, step: {"batch_size": 1}, "space": {"stem_strides": [1, 2]}}, SCALE_FILES)


def test_more_channels_than_can_be() -> None:
    error = refusal(space={"initial_channels": 512, "channel_multiplier": 4})
    assert error.where == "params.yaml: space.initial_channels" and "32768 channels" in error.problem


@pytest.mark.parametrize(
    ("block", "key", "value"),
    [
        ("search", "epochs", 10**9),
        ("search", "batch_size", 10**400),
        ("search", "gradient_clip", 1e300),
        ("experiments", "gamma_a", 1e300),
        ("experiments", "depths", [1000, 1, 1]),
        ("experiments", "random_networks", 10**6),
        ("experiments", "seed", 2**64),
        ("space", "initial_channels", 10**9),
        ("runtime", "workers", 10**4),
        ("runtime", "threads", 10**5),
    ],
)
def test_huge_values(block: str, key: str, value: object) -> None:
    error = refusal(**{block: {key: value}})
    assert error.where.startswith(f"params.yaml: {block}.{key}")
    assert "less than" in error.problem


def test_seeds_are_what_generators_take() -> None:
    assert resolve({"seed": 2**32 - 1}, SCALE_FILES).seed == 2**32 - 1
    assert refusal(seed=2**32).where == "params.yaml: seed"


def test_every_fault_is_told_at_once() -> None:
    error = refusal(
        search={"batch_size": 3},
        finetune={"batch_size": 5},
        runtime={"processes": {"search": {"per_node": 2}, "finetune": {"per_node": 2}}},
    )
    assert "search.batch_size" in error.where and "\n  finetune.batch_size: " in error.problem


@pytest.mark.parametrize(
    ("params", "near"),
    [
        ({"runtime": {"epochz": 1}}, None),
        ({"search": {"epochz": 1}}, "epochs"),
        ({"runtime": {"worker": 1}}, "workers"),
        ({"runtime": {"proceses": {}}}, "processes"),
        ({"finetune": {"batchsize": 1}}, "batch_size"),
        ({"experiments": {"gama_a": 1}}, "gamma_a"),
    ],
)
def test_only_a_name_that_is_near_is_suggested(params: dict[str, Any], near: str | None) -> None:
    problem = refusal(**params).problem
    assert problem == "is not a known key." + (f" Did you mean {near!r}?" if near else "")


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("input_height_px", 721, "721 px is above the frames' own height, 720 px, of the 720x960 frames"),
        ("full_width_px", 961, "961 px is above the frames' own width, 960 px"),
    ],
)
def test_frames_of_a_data_set_are_not_enlarged(key: str, value: int, words: str) -> None:
    camvid = {"path": "somewhere", "input_height_px": 720, "input_width_px": 960}
    resolve({"data": {"camvid": {**camvid, "full_height_px": 720, "full_width_px": 960}}}, SCALE_FILES)
    error = refusal(data={"camvid": {**camvid, key: value}})
    assert error.where == f"params.yaml: data.camvid.{key}" and words in error.problem


def test_frames_that_are_drawn_here_are_not_enlarged() -> None:
    drawn = {"render": {"height_px": 128, "width_px": 256}, "input_height_px": 96, "input_width_px": 192}
    resolve({"scale": "tiny", "data": {"cityscapes": {**drawn, "full_height_px": 128}}}, SCALE_FILES)
    error = refusal(scale="tiny", data={"cityscapes": {**drawn, "full_height_px": 192}})
    assert error.where == "params.yaml: data.cityscapes.full_height_px"
    assert "128x256 frames that data.cityscapes.render draws: frames are not enlarged" in error.problem
