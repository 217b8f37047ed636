"""From `params.yaml` to one validated `Config`: defaults, then the scale's file, then the user's keys."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

from pydantic import ValidationError

from pipeline_src.config.faults import explained, refusal
from pipeline_src.config.feasible import at_odds, weights_at_odds
from pipeline_src.config.models import Config
from pipeline_src.config.own_set import with_own_set
from pipeline_src.config.settings import restricted
from pipeline_src.errors import ConfigError, UserError
from pipeline_src.parsing import Unreadable, parse_json, read_text
from pipeline_src.strict_yaml import parse_yaml

SCALES: tuple[str, ...] = get_args(Config.model_fields["scale"].annotation)
MEND = "Mend the key and run again."


def read_yaml(path: Path) -> dict[str, Any]:
    """Read a YAML mapping.

    Raises:
        ConfigError: the file is absent, not YAML, or not a mapping.
    """
    if not path.exists():
        raise ConfigError(path, "does not exist.", "Give the path of a params.yaml.")
    try:
        text = read_text(path)
    except UserError as error:
        raise ConfigError(path, error.problem, error.remedy) from error
    return mapping_of(text, path)


def mapping_of(text: str, path: object) -> dict[str, Any]:
    """The keys of a YAML text.

    Raises:
        ConfigError: it is not YAML, has a key twice, or is no mapping; `path` is where it is from.
    """
    try:
        value = parse_yaml(text)
    except Unreadable as error:
        raise ConfigError(path, f"{error}.", "Mend the file.") from error
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ConfigError(path, f"holds a {type(value).__name__}, not keys.", "Write `key: value` lines.")
    return value


def scale_named_by(params: Mapping[str, Any], path: object) -> str:
    """The scale that a params.yaml picks.

    Raises:
        ConfigError: what stands there is no name.
    """
    scale = params.get("scale", "tiny")
    if not isinstance(scale, str):
        raise ConfigError(path, "names no scale.", "Give --scale, or write `scale: tiny` in it.")
    return scale


def merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Merge nested mappings; what `over` says wins, lists are replaced whole."""
    merged = dict(base)
    for key, value in over.items():
        old = merged.get(key)
        if isinstance(old, Mapping) and value is None and key in Config.model_fields:
            continue  # an empty block in params.yaml (`search:`) overrides nothing
        merged[key] = merge(old, value) if isinstance(old, Mapping) and isinstance(value, Mapping) else value
    return merged


def given_params(files: Sequence[Path], options: Mapping[str, Any]) -> dict[str, Any]:
    """What files and options ask for; a later file wins over an earlier one, options win over all.

    Args:
        files: of YAML mappings.
        options: as Snakemake's `--config` gives them: what is nested below a name has only texts as values,
            which are read here as YAML reads them in a file.

    Raises:
        ConfigError: see `read_yaml`.
    """
    given: dict[str, Any] = {}
    for path in files:
        given = merge(given, read_yaml(path))
    return merge(given, {key: _typed(value) for key, value in options.items()})


def _typed(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _typed(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_typed(inner) for inner in value]
    if not isinstance(value, str):
        return value
    try:
        return parse_yaml(value)
    except Unreadable:
        return value


def resolve(params: Mapping[str, Any], scales: Path, source: str = "params.yaml") -> Config:
    """The configuration that `params` asks for.

    Args:
        params: the parsed params.yaml, with any command-line overrides merged in.
        scales: folder of `tiny.yaml`, `camvid.yaml`, `paper.yaml`.
        source: the file that errors are blamed on.

    Raises:
        ConfigError: an unknown scale, main set or key (the nearest is named), or a value out of range.
    """
    scale = params.get("scale", "tiny")
    if scale not in SCALES:
        raise ConfigError(f"{source}: scale", f"is {scale!r}.", f"Choose one of {', '.join(SCALES)}.")
    empty_blocks: dict[str, Any] = {
        key: {} for key in params if params[key] is None and key in Config.model_fields
    }
    merged = merge(read_yaml(scales / f"{scale}.yaml"), {**params, **empty_blocks})
    config = validate(with_own_set(merged), source)
    faults = list(weights_at_odds(config))
    if faults:
        raise refusal(source, faults, MEND)
    return config


def validate(values: Mapping[str, Any], source: str, *, blocks: Collection[str] | None = None) -> Config:
    """Check values against the models and say of each fault where it is and what to do.

    Args:
        blocks: in which keys are refused that are at odds with others; None stands for all. Where the values
            are not all that a run goes by, the defaults of absent blocks were nobody's choice.

    Raises:
        ConfigError: with every fault, a line each.
    """
    try:
        config = Config.model_validate(dict(values))
    except ValidationError as error:
        raise refusal(source, [explained(fault, Config) for fault in error.errors()], MEND) from error
    faults = [fault for fault in at_odds(config) if blocks is None or fault[0].split(".")[0] in blocks]
    if faults:
        raise refusal(source, faults, MEND)
    return config


def read_settings(text: str | None, need: Sequence[str], execution: str | None = None) -> Config:
    """The settings a command was given by `--settings`: inline JSON, or the path of a YAML or JSON file.

    Args:
        text: what stood behind `--settings`.
        need: the blocks, and keys of blocks, that the command depends on; each block must be there, and what
            is not named cannot be read from the answer.
        execution: what stood behind `--execution`: JSON whose keys win.

    Raises:
        ConfigError: a block is missing, unknown, or invalid.
    """
    if text is None:
        raise ConfigError("--settings", "is missing.", "Give inline JSON, or a file from `autortnet config`.")
    if text.lstrip().startswith("{"):
        values, source = _read_json("--settings", text), "--settings"
    else:
        values, source = read_yaml(Path(text)), text
    missing = [block for block in dict.fromkeys(key.split(".")[0] for key in need) if block not in values]
    if missing:
        raise ConfigError(
            source, f"lacks {', '.join(missing)}.", "Give each block; `{}` takes the paper's values."
        )
    if execution is not None:
        values = merge(values, _read_json("--execution", execution))
    return restricted(validate(values, source, blocks=values.keys()), need)


def _read_json(option: str, text: str) -> dict[str, Any]:
    try:
        values = parse_json(text)
    except Unreadable as error:
        raise ConfigError(option, f"{error}.", "Mend the JSON.") from error
    if not isinstance(values, dict):
        raise ConfigError(option, "is not a JSON object.", "Give an object of blocks.")
    return values
