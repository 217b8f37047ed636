"""From params.yaml to a validated configuration: what is merged, and how every mistake is told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline_src.config.load import SCALES, given_params, merge, read_settings, read_yaml, resolve, validate
from pipeline_src.config.models import Config
from pipeline_src.errors import ConfigError

REPOSITORY = Path(__file__).resolve().parents[3]
SCALE_FILES = REPOSITORY / "workflow" / "scales"


def refusal(params: dict[str, Any], scales: Path = SCALE_FILES) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        resolve(params, scales)
    return caught.value


@pytest.mark.parametrize("scale", SCALES)
def test_the_file_of_every_scale_is_valid_and_names_itself(scale: str) -> None:
    config = resolve({"scale": scale}, SCALE_FILES)
    assert config.scale == scale
    assert read_yaml(SCALE_FILES / f"{scale}.yaml")["scale"] == scale


def test_no_other_file_lies_among_the_scales() -> None:
    assert {path.stem for path in SCALE_FILES.iterdir()} == set(SCALES)


def test_the_committed_params_are_tiny_and_override_nothing() -> None:
    params = read_yaml(REPOSITORY / "params.yaml")
    assert set(params) == set(Config.model_fields)
    assert resolve(params, SCALE_FILES) == resolve({"scale": "tiny"}, SCALE_FILES) == resolve({}, SCALE_FILES)


def test_paper_scale_is_the_papers_own_settings() -> None:
    """Sec. 4.1 and 4.3, as the defaults have them: only where jobs run and what else is timed differs."""
    config = resolve({"scale": "paper"}, SCALE_FILES)
    experiments = config.experiments.model_copy(update={"timed_peers": ()})
    same = {"runtime": Config().runtime, "scale": "tiny", "experiments": experiments}
    assert config.model_copy(update=same) == Config()
    assert (config.search.epochs, config.search.warmup_epochs, config.search.batch_size) == (150, 50, 16)
    assert (config.search.architecture_lr, config.search.architecture_betas) == (1e-3, (0.5, 0.999))
    assert (config.search.architecture_weight_decay, config.search.weight_decay) == (1e-4, 1e-3)
    assert (config.search.weight_lr, config.search.weight_lr_min) == (0.025, 0.001)
    assert (config.search.temperature_start, config.search.temperature_end) == (3.0, 0.03)
    assert (config.finetune.epochs, config.finetune.batch_size, config.finetune.lr) == (200, 16, 0.01)
    assert (config.finetune.poly_power, config.finetune.weight_decay) == (0.9, 5e-4)
    assert config.finetune.scale_range == (0.5, 2.0)
    assert config.latency.repeats == config.latency.lut_repeats == 500
    assert config.experiments.depths == (5, 10, 10)
    assert config.data.cityscapes is not None
    assert (config.data.cityscapes.input_height_px, config.data.cityscapes.input_width_px) == (768, 1536)
    assert (config.data.camvid.input_height_px, config.data.camvid.input_width_px) == (720, 960)
    assert (config.space.initial_channels, config.space.channel_multiplier) == (8, 3)


def test_the_users_keys_win_over_the_scale_and_leave_its_other_keys() -> None:
    tiny = resolve({}, SCALE_FILES)
    config = resolve({"search": {"epochs": 9}, "data": {"camvid": {"path": "/x"}}}, SCALE_FILES)
    assert config.search.epochs == 9
    assert config.search.model_copy(update={"epochs": tiny.search.epochs}) == tiny.search
    assert config.data.camvid.path == "/x"
    assert config.data.camvid.render == tiny.data.camvid.render
    assert config.data.cityscapes == tiny.data.cityscapes


def test_merge_goes_down_mappings_and_replaces_all_else() -> None:
    base = {"a": {"b": 1, "c": [1, 2]}, "d": 3}
    assert merge(base, {"a": {"c": [9]}, "e": 4}) == {"a": {"b": 1, "c": [9]}, "d": 3, "e": 4}
    assert base == {"a": {"b": 1, "c": [1, 2]}, "d": 3}
    assert merge({"a": 1}, {"a": {"b": 2}}) == {"a": {"b": 2}}
    assert merge({"a": {"b": 2}}, {"a": None}) == {"a": None}


def test_lists_are_replaced_whole() -> None:
    config = resolve({"experiments": {"robustness": [{"seed": 7, "depths": [2, 3, 3]}]}}, SCALE_FILES)
    assert [run.seed for run in config.experiments.robustness] == [7]


def test_empty_blocks_override_nothing() -> None:
    text = "scale: camvid\n" + "".join(
        f"{name}:\n" for name in Config.model_fields if name not in ("scale", "seed")
    )
    assert resolve(yaml.safe_load(text), SCALE_FILES) == resolve({"scale": "camvid"}, SCALE_FILES)


def test_null_within_a_block_is_a_value() -> None:
    assert resolve({"search": {"steps_per_epoch": None}}, SCALE_FILES).search.steps_per_epoch is None
    config = resolve({"data": {"main": "camvid", "cityscapes": None}}, SCALE_FILES)
    assert config.data.cityscapes is None


@pytest.mark.parametrize(
    ("params", "key", "near"),
    [
        ({"serach": {}}, "serach", "search"),
        ({"search": {"epoch": 3}}, "search.epoch", "epochs"),
        ({"data": {"camvid": {"pth": "/x"}}}, "data.camvid.pth", "path"),
        (
            {"data": {"cityscapes": {"render": {"hieght_px": 64}}}},
            "data.cityscapes.render.hieght_px",
            "height_px",
        ),
    ],
)
def test_an_unknown_key_names_the_nearest(params: dict[str, Any], key: str, near: str) -> None:
    error = refusal(params)
    assert error.where == f"params.yaml: {key}"
    assert error.problem == f"is not a known key. Did you mean {near!r}?"


def test_an_unknown_key_far_from_all_is_told_without_a_guess() -> None:
    assert refusal({"evaluate": {"zzz": 1}}).problem == "is not a known key."


@pytest.mark.parametrize(
    ("params", "key", "words"),
    [
        ({"search": {"epochs": 0}}, "search.epochs", "(it is 0)"),
        ({"finetune": {"bootstrap_threshold": 1.5}}, "finetune.bootstrap_threshold", "(it is 1.5)"),
        ({"finetune": {"lr": -0.1}}, "finetune.lr", "greater than 0"),
        ({"search": {"level": "double"}}, "search.level", "'single' or 'bilevel'"),
        ({"space": {"stem_strides": [2, 3]}}, "space.stem_strides.1", "(it is 3)"),
        ({"latency": {"check_networks": 5}}, "latency.check_networks", "greater than or equal to 20"),
        ({"seed": "x"}, "seed", "(it is 'x')"),
        ({"experiments": {"depths": [5, 10]}}, "experiments.depths", "required"),
    ],
)
def test_a_value_out_of_range_names_key_and_value(params: dict[str, Any], key: str, words: str) -> None:
    error = refusal(params)
    assert error.where.startswith(f"params.yaml: {key}")
    assert words in error.problem


@pytest.mark.parametrize(
    ("params", "key", "words"),
    [
        ({"search": {"epochs": 5, "warmup_epochs": 5}}, "search", "warmup_epochs must be less than epochs"),
        ({"search": {"temperature_end": 4.0}}, "search", "temperature_end must not exceed"),
        ({"search": {"scale_range": [2.0, 0.5]}}, "search", "scale_range must be (low, high)"),
        ({"finetune": {"scale_range": [2.0, 0.5]}}, "finetune", "scale_range must be (low, high)"),
        ({"data": {"cityscapes": None}}, "data", "cityscapes is null"),
        ({"data": {"camvid": {"crop_height_px": 16}}}, "data.camvid", "crop_height_px must be 32 or more"),
        ({"experiments": {"gamma_c": 0.2}}, "experiments", "must be one of camvid_gammas"),
        ({"experiments": {"camvid_gammas": [0.1, 0.1]}}, "experiments", "lists a gamma twice"),
        (
            {"experiments": {"downsampling_positions": [[1, 2, 4]] * 2}},
            "experiments",
            "a setting twice",
        ),
        ({"experiments": {"downsampling_positions": [[1, 5, 5]]}}, "experiments", "must increase"),
        (
            {"experiments": {"robustness": [{"seed": 2, "depths": [2, 3, 3]}] * 2}},
            "experiments",
            "lists a run twice",
        ),
    ],
)
def test_keys_at_odds_with_each_other(params: dict[str, Any], key: str, words: str) -> None:
    error = refusal(params)
    assert error.where == f"params.yaml: {key}"
    assert words in error.problem


def test_all_faults_are_told_at_once() -> None:
    error = refusal({"search": {"epochs": 0}, "finetune": {"lrr": 1}})
    assert error.where == "params.yaml: search.epochs"
    assert "\n  finetune.lrr: is not a known key. Did you mean 'lr'?" in error.problem


@pytest.mark.parametrize("scale", ["big", "Tiny", None, 3])
def test_an_unknown_scale(scale: object) -> None:
    error = refusal({"scale": scale})
    assert error.where == "params.yaml: scale"
    assert repr(scale) in error.problem
    assert error.remedy == "Choose one of tiny, camvid, paper."


def test_settings_are_frozen() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Config().search.epochs = 3  # type: ignore[misc]


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"a: [1", "is not readable YAML"), (b"- 1\n", "holds a list"), (b"\xff\xfe\xfa", "it may be UTF-16")],
)
def test_a_file_that_is_no_mapping(content: bytes, words: str, tmp_path: Path) -> None:
    path = tmp_path / "params.yaml"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=words) as caught:
        read_yaml(path)
    assert caught.value.where == str(path)


def test_an_absent_file_and_an_empty_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="does not exist"):
        read_yaml(tmp_path / "params.yaml")
    (tmp_path / "empty.yaml").write_text("# nothing\n")
    assert read_yaml(tmp_path / "empty.yaml") == {}


def test_a_missing_scale_file_is_named(tmp_path: Path) -> None:
    assert refusal({}, tmp_path).where == str(tmp_path / "tiny.yaml")


def test_settings_from_inline_json_and_from_a_file(tmp_path: Path) -> None:
    values = {"space": {"initial_channels": 4}, "latency": {}}
    path = tmp_path / "settings.yaml"
    path.write_text(yaml.safe_dump(values))
    for text in (json.dumps(values), f"  {json.dumps(values)}", str(path)):
        config = read_settings(text, ("space", "latency"))
        assert config.space.initial_channels == 4
        assert config.latency == Config().latency


def test_settings_of_a_configuration_come_back_the_same() -> None:
    config = resolve({"scale": "camvid"}, SCALE_FILES)
    blocks = [name for name in Config.model_fields if name not in ("scale", "seed")]
    text = json.dumps({name: getattr(config, name).model_dump(mode="json") for name in blocks})
    again = read_settings(text, blocks)
    assert {name: getattr(again, name) for name in blocks} == {name: getattr(config, name) for name in blocks}


@pytest.mark.parametrize(
    ("text", "where", "words"),
    [
        (None, "--settings", "is missing"),
        ("{", "--settings", "is not readable JSON"),
        ("{}", "--settings", "lacks space, latency"),
        ('{"space": {}}', "--settings", "lacks latency"),
        ('{"space": {"x": 1}, "latency": {}}', "--settings: space.x", "is not a known key"),
        ('{"space": {}, "latency": {"repeats": 1}}', "--settings: latency.repeats", "(it is 1)"),
        ("nowhere.yaml", "nowhere.yaml", "does not exist"),
    ],
)
def test_bad_settings(text: str | None, where: str, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_settings(text, ("space", "latency"))
    assert caught.value.where == where
    assert words in caught.value.problem


def test_a_file_with_a_fault_is_named(tmp_path: Path) -> None:
    path = tmp_path / "settings.yaml"
    path.write_text("space: {initial_chanels: 4}\n")
    with pytest.raises(ConfigError, match="Did you mean 'initial_channels'"):
        read_settings(str(path), ("space",))
    with pytest.raises(ConfigError) as caught:
        validate({"space": {"initial_channels": 0}}, "somewhere")
    assert caught.value.where == "somewhere: space.initial_channels"


@pytest.mark.parametrize(
    ("options", "key", "value"),
    [
        ({"search": {"gradient_clip": "null"}}, ("search", "gradient_clip"), None),
        ({"data": {"main": "camvid", "cityscapes": "null"}}, ("data", "cityscapes"), None),
        ({"space": {"stem_strides": ["2", "1"]}}, ("space", "stem_strides"), (2, 1)),
        ({"experiments": {"coarse": "false"}}, ("experiments", "coarse"), False),
        ({"search": {"architecture_lr": "0.5"}}, ("search", "architecture_lr"), 0.5),
        ({"data": {"camvid": {"path": "/a/b c"}}}, ("data", "camvid", "path"), "/a/b c"),
    ],
)
def test_what_config_nests_is_read_as_in_a_file(
    options: dict[str, Any], key: tuple[str, ...], value: object
) -> None:
    """As `snakemake --config 'search={gradient_clip: null}'` hands it on: every inner value as text."""
    found: Any = resolve(given_params([REPOSITORY / "params.yaml"], options), SCALE_FILES)
    for part in key:
        found = getattr(found, part)
    assert found == value


def test_options_win_over_files_and_later_files_over_earlier_ones(tmp_path: Path) -> None:
    for name, text in (("a", "search: {epochs: 7, batch_size: 6}"), ("b", "search: {epochs: 8}")):
        (tmp_path / name).write_text(text)
    given = given_params([tmp_path / "a", tmp_path / "b"], {"search": {"batch_size": "5"}, "seed": 3})
    assert given == {"search": {"epochs": 8, "batch_size": 5}, "seed": 3}


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_no_setting_is_infinite(value: float) -> None:
    for block, key in (
        ("search", "weight_lr_min"),
        ("experiments", "gamma_a"),
        ("runtime", "checkpoint_every_s"),
    ):
        assert "finite" in refusal({block: {key: value}}).problem


def test_a_command_is_not_refused_for_a_block_that_it_was_not_given() -> None:
    runtime = {"device": "cuda", "precision": "float16", "processes": {"finetune": {"per_node": 7}}}
    config = read_settings(json.dumps({"runtime": runtime, "latency": {}}), ("runtime", "latency"))
    assert config.runtime.precision == "float16"
    for block, key in (("search", "search.precision"), ("finetune", "finetune.batch_size")):
        with pytest.raises(ConfigError, match=rf"--settings: {key}"):
            read_settings(json.dumps({"runtime": runtime, block: {}}), ("runtime", block))


@pytest.mark.parametrize(
    ("finetune", "parts"),
    [
        ({"optimizer": "adamw"}, ("finetune.optimizer", "(it is 'adamw')", "Did you mean 'adam'?")),
        ({"loss": "crossentropy"}, ("finetune.loss", "Did you mean 'cross_entropy'?")),
        ({"class_weights": "balance"}, ("finetune.class_weights: must be null, enet,", "mean 'balanced'?")),
        ({"class_weights": [1.0, -1.0]}, ("numbers above 0", "(it is [1.0, -1.0])")),
        ({"class_weights": "enet"}, ("class_weights has no effect", "set loss: cross_entropy")),
        ({"loss": "cross_entropy", "bootstrap_threshold": 0.5}, ("set loss: bootstrapped",)),
        ({"optimizer": "adam", "momentum": 0.5}, ("momentum has no effect unless optimizer is sgd",)),
        (
            {"loss": "cross_entropy", "class_weights": [1, 2, 3]},
            ("finetune.class_weights: has 3 numbers, but camvid has 11 classes", "cityscapes has 19 classes"),
        ),
    ],
)
def test_a_recipe_that_cannot_work_is_refused(finetune: dict[str, Any], parts: tuple[str, ...]) -> None:
    error = str(refusal({"finetune": finetune}))
    assert all(part in error for part in parts), error


def test_given_class_weights_fit_the_sets_that_are_used() -> None:
    weighted = {"loss": "cross_entropy", "class_weights": [1.0] * 11}
    config = resolve({"scale": "camvid", "finetune": weighted}, SCALE_FILES)
    assert config.finetune.class_weights == (1.0,) * 11
