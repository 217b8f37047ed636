"""From `params.yaml` to one validated `Config`: defaults, then the scale's file, then the user's keys."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

import yaml
from pydantic import BaseModel, ValidationError

from pipeline_src.config.models import Config
from pipeline_src.errors import ConfigError

SCALES: tuple[str, ...] = get_args(Config.model_fields["scale"].annotation)


def read_yaml(path: Path) -> dict[str, Any]:
    """Read a YAML mapping.

    Raises:
        ConfigError: the file is absent, not YAML, or not a mapping.
    """
    try:
        value = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ConfigError(path, "does not exist.", "Give the path of a params.yaml.") from error
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError(path, f"is not readable YAML ({error}).", "Mend the file.") from error
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ConfigError(path, f"holds a {type(value).__name__}, not keys.", "Write `key: value` lines.")
    return value


def merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Merge nested mappings; what `over` says wins, lists are replaced whole."""
    merged = dict(base)
    for key, value in over.items():
        old = merged.get(key)
        if isinstance(old, Mapping) and value is None and key in Config.model_fields:
            continue  # an empty block in params.yaml (`search:`) overrides nothing
        merged[key] = merge(old, value) if isinstance(old, Mapping) and isinstance(value, Mapping) else value
    return merged


def resolve(params: Mapping[str, Any], scales: Path, source: str = "params.yaml") -> Config:
    """The configuration that `params` asks for.

    Args:
        params: the parsed params.yaml, with any command-line overrides merged in.
        scales: folder of `tiny.yaml`, `camvid.yaml`, `paper.yaml`.
        source: the file that errors are blamed on.

    Raises:
        ConfigError: an unknown scale or key (the nearest is named), or a value out of range.
    """
    scale = params.get("scale", "tiny")
    if scale not in SCALES:
        raise ConfigError(f"{source}: scale", f"is {scale!r}.", f"Choose one of {', '.join(SCALES)}.")
    empty_blocks: dict[str, Any] = {
        key: {} for key in params if params[key] is None and key in Config.model_fields
    }
    return validate(merge(read_yaml(scales / f"{scale}.yaml"), {**params, **empty_blocks}), source)


def validate(values: Mapping[str, Any], source: str) -> Config:
    """Check values against the models and say of each fault where it is and what to do.

    Raises:
        ConfigError: with every fault, a line each.
    """
    try:
        return Config.model_validate(dict(values))
    except ValidationError as error:
        faults = [_explain(fault) for fault in error.errors()]
        where = f"{source}: {faults[0][0]}"
        lines = [
            f"{problem}" if i == 0 else f"\n  {key}: {problem}" for i, (key, problem) in enumerate(faults)
        ]
        raise ConfigError(where, "".join(lines), "Mend the key and run again.") from error


def _explain(fault: Any) -> tuple[str, str]:
    key = ".".join(str(part) for part in fault["loc"]) or "(the whole)"
    if fault["type"] == "extra_forbidden":
        near = difflib.get_close_matches(
            str(fault["loc"][-1]), _known_keys(fault["loc"][:-1]), n=1, cutoff=0.4
        )
        return key, "is not a known key." + (f" Did you mean {near[0]!r}?" if near else "")
    message = str(fault["msg"]).removeprefix("Value error, ")
    given = fault.get("input")
    shown = "" if isinstance(given, dict | BaseModel) else f" (it is {given!r})"
    return key, f"{message}{shown}."


def _known_keys(path: Sequence[int | str]) -> list[str]:
    model: Any = Config
    for part in path:
        fields = getattr(model, "model_fields", {})
        if part not in fields:
            return []
        annotation = fields[part].annotation
        options = [annotation, *get_args(annotation)]
        model = next((one for one in options if isinstance(one, type) and issubclass(one, BaseModel)), None)
    return list(getattr(model, "model_fields", {}))


def read_settings(text: str | None, need: Sequence[str]) -> Config:
    """The blocks a command was given by `--settings`: inline JSON, or the path of a YAML or JSON file.

    Args:
        text: what stood behind `--settings`.
        need: the blocks that the command depends on; each must be there.

    Raises:
        ConfigError: a block is missing, unknown, or invalid.
    """
    if text is None:
        raise ConfigError("--settings", "is missing.", "Give inline JSON, or a file from `autortnet config`.")
    if text.lstrip().startswith("{"):
        try:
            values = json.loads(text)
        except json.JSONDecodeError as error:
            raise ConfigError("--settings", f"is not JSON ({error}).", "Mend the JSON.") from error
        source = "--settings"
    else:
        values, source = read_yaml(Path(text)), text
    missing = [block for block in need if block not in values]
    if missing:
        raise ConfigError(
            source, f"lacks {', '.join(missing)}.", "Give each block; `{}` takes the paper's values."
        )
    return validate(values, source)
