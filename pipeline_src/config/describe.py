"""The configuration described for people (Markdown) and for editors (JSON schema), from the models alone."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator, Mapping
from typing import Any, get_args

from pydantic import BaseModel

from pipeline_src.config.block import EXECUTION
from pipeline_src.config.models import Config

_INTRODUCTION = """\
# Configuration

<!-- Written by `autortnet config --markdown > docs/configuration.md`; a test fails when it is old. -->

`params.yaml` is the one file to edit: `scale` picks `workflow/scales/SCALE.yaml`, and every key in
`params.yaml` overrides it. A block left empty overrides nothing, and a list is replaced whole. Defaults are
the paper's own settings where it states them; `autortnet config --scale tiny` prints what a scale makes of
them. A key that is unknown, out of range or at odds with another stops the run before its first job. A
changed key redoes what follows from it and nothing else; keys marked (*) say how jobs run, change no result
and redo nothing.

A1, A2 and so on are the [assumptions](assumptions.md); tables and networks are those of
[the experiments](experiments.md).
"""

_SHARED_MEANINGS = {
    "batch_size": "Images of a step, over all processes.",
    "momentum": "SGD's momentum.",
    "scale_range": "Random scale (low, high), relative to the deployed input size (A17).",
    "validation_every": "Epochs from one validation to the next; the last epoch always has one.",
    "weight_decay": "SGD's weight decay.",
    "weight_momentum": "SGD's momentum.",
}
"""Of keys that mean the same in several blocks, where the field has no docstring of its own."""

_REDOES_NOTHING = "(*)"


def config_schema() -> dict[str, Any]:
    """JSON schema of the configuration; every key carries its meaning as `description`."""
    schema = Config.model_json_schema()
    for name, definition in _definitions(schema).items():
        model = _models()[name]
        for key, value in definition["properties"].items():
            meaning = _meaning(model, key)
            if meaning:
                value["description"] = meaning
    return schema


def schema_text() -> str:
    """The JSON schema as it stands in workflow/schemas/config.schema.json."""
    return json.dumps(config_schema(), indent=2) + "\n"


def config_markdown() -> str:
    """docs/configuration.md: a section for each block, with type, default and meaning of every key."""
    schema = config_schema()
    parts = [_INTRODUCTION]
    definitions = _definitions(schema)
    for name, paths in _places(definitions).items():
        parts.append(_section(name, paths, definitions))
    return "\n".join(parts)


def _definitions(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {Config.__name__: schema, **schema["$defs"]}


def _models() -> dict[str, type[BaseModel]]:
    """Every block's model by its name, found through the fields of `Config`."""
    found: dict[str, type[BaseModel]] = {}

    def visit(annotation: Any) -> None:
        is_block = isinstance(annotation, type) and issubclass(annotation, BaseModel)
        if is_block and annotation.__name__ not in found:
            found[annotation.__name__] = annotation
            for field in annotation.model_fields.values():
                visit(field.annotation)
        for part in get_args(annotation):
            visit(part)

    visit(Config)
    return found


def _meaning(model: type[BaseModel], key: str) -> str:
    """A field's docstring, inherited where a subclass gives another default, or what is shared."""
    meaning = _SHARED_MEANINGS.get(key, "")
    for ancestor in model.__mro__:
        field = getattr(ancestor, "model_fields", {}).get(key)
        if field is not None and field.description:
            meaning = " ".join(field.description.split())
            break
    is_execution = EXECUTION in model.model_fields[key].metadata
    return f"{meaning} {_REDOES_NOTHING}" if is_execution else meaning


def _places(definitions: Mapping[str, Any]) -> dict[str, list[str]]:
    """Dotted places of every block, in the order of the keys; the top has the place ''."""
    places: dict[str, list[str]] = {}

    def visit(name: str, path: str) -> None:
        places.setdefault(name, []).append(path)
        for key, value in definitions[name]["properties"].items():
            for target in _references(value):
                visit(target, f"{path}.{key}" if path else key)

    visit(Config.__name__, "")
    return places


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if "$ref" in value:
            yield value["$ref"].rsplit("/", 1)[1]
        for key, part in value.items():
            if key != "default":
                yield from _references(part)
    elif isinstance(value, list):
        for part in value:
            yield from _references(part)


def _section(name: str, paths: list[str], definitions: Mapping[str, Any]) -> str:
    title = ", ".join(f"`{path}`" for path in paths if path) or "The whole"
    lines = [f"## {title}", "", inspect.cleandoc(_models()[name].__doc__ or ""), ""]
    lines += ["| key | type | default | meaning |", "| --- | --- | --- | --- |"]
    for key, value in definitions[name]["properties"].items():
        default = _default_text(value, key in definitions[name].get("required", ()))
        meaning = value.get("description", "" if "$ref" not in value else f"See `{key}` below.")
        cells = (f"`{key}`", _type_text(value), default, meaning)
        lines.append(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |")
    return "\n".join([*lines, ""])


def _default_text(value: Mapping[str, Any], required: bool) -> str:
    if required:
        return "none: must be given"
    default = value.get("default")
    if isinstance(default, dict):
        return "its defaults"
    return f"`{json.dumps(default)}`"


_BOUNDS = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}


def _type_text(value: Mapping[str, Any]) -> str:
    """`integer ≥ 1`, ``"auto" or "cpu"``, `list of 2 numbers`: a JSON schema's type in words."""
    if "$ref" in value:
        return "block"
    if "anyOf" in value:
        return " or ".join(_type_text(part) for part in value["anyOf"])
    if "const" in value:
        return f"`{json.dumps(value['const'])}`"
    if "enum" in value:
        return " or ".join(f"`{json.dumps(one)}`" for one in value["enum"])
    kind = str(value.get("type", "any"))
    if kind == "array":
        return _list_text(value)
    bounds = [f"{sign} {_number(value[key])}" for key, sign in _BOUNDS.items() if key in value]
    return " ".join([kind, ", ".join(bounds)]).strip()


def _list_text(value: Mapping[str, Any]) -> str:
    if "prefixItems" in value:
        kinds = list(dict.fromkeys(_type_text(part) for part in value["prefixItems"]))
        return f"list of {len(value['prefixItems'])}, each {' or '.join(kinds)}"
    return f"list, each {_type_text(value['items'])}"


def _number(value: float) -> str:
    """Whole numbers with all their digits, 1000000 and not 1e+06."""
    return str(int(value)) if value == int(value) else f"{value:g}"
