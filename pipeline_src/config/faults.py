"""What pydantic found wrong, in words: the key, what is the matter, and the nearest key that there is."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, get_args, get_origin

from pydantic import BaseModel

from pipeline_src.errors import ConfigError

CONTAINERS = (dict, list, tuple, Mapping)


def refusal(source: object, faults: Sequence[tuple[str, str]], remedy: str) -> ConfigError:
    """One error over (key, problem) pairs, a line each; `source` is the file or option they are in."""
    lines = [f"{problem}" if i == 0 else f"\n  {key}: {problem}" for i, (key, problem) in enumerate(faults)]
    return ConfigError(f"{source}: {faults[0][0]}", "".join(lines), remedy)


def explained(fault: Any, model: type[BaseModel]) -> tuple[str, str]:
    """Key and problem of one entry of `ValidationError.errors()` of a model."""
    key = ".".join(str(part) for part in fault["loc"]) or "(the whole)"
    if fault["type"] == "extra_forbidden":
        return key, "is not a known key." + nearest(
            str(fault["loc"][-1]), known_keys(model, fault["loc"][:-1])
        )
    message = str(fault["msg"]).removeprefix("Value error, ")
    given = fault.get("input")
    shown = "" if isinstance(given, dict | BaseModel) else f" (it is {given!r})"
    hint = ""
    if fault["type"] == "literal_error" and isinstance(given, str):
        hint = nearest(given, re.findall("'([^']*)'", fault["ctx"]["expected"]))
    return key, f"{message}{shown}.{hint}"


def nearest(word: str, known: Iterable[str]) -> str:
    """` Did you mean 'x'?`, or nothing where no known word is near."""
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f" Did you mean {near[0]!r}?" if near else ""


def known_keys(model: type[BaseModel], path: Sequence[int | str]) -> list[str]:
    """The keys of the block that a path leads to; a number or name in a container is passed over."""
    current: Any = model
    passed = 0
    for part in path:
        if passed:
            passed -= 1
            continue
        fields = getattr(current, "model_fields", {})
        if part not in fields:
            return []
        current, passed = _block_in(fields[part].annotation)
    return list(getattr(current, "model_fields", {}))


def _block_in(annotation: Any) -> tuple[Any, int]:
    """The first model in an annotation, and how many containers it stands in; None where there is none."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation, 0
    deeper = int(get_origin(annotation) in CONTAINERS)
    for one in get_args(annotation):
        found, depth = _block_in(one)
        if found is not None:
            return found, depth + deeper
    return None, 0
