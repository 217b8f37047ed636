"""Which settings a command is given: those that its result follows from, and those of its execution.

A command declares in `BLOCKS` what it reads: blocks (`"search"`), or single keys of one (`"runtime.device"`).
A key that the models mark with `EXECUTION` changes how a job runs and no result, so it goes another way and
a change redoes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any, TypeVar, cast

from pydantic import BaseModel

from pipeline_src.config.block import EXECUTION
from pipeline_src.config.models import Config

Tree = Mapping[str, Any]  # of names; None stands for all below
B = TypeVar("B", bound=BaseModel)


def result_settings(config: Config, blocks: Collection[str]) -> str:
    """What the result of a command follows from, as the JSON that `--settings` takes."""
    return _json(_chosen(config, _tree(blocks), execution=False))


def execution_settings(config: Config, blocks: Collection[str]) -> str:
    """How a command runs, as the JSON that `--execution` takes."""
    return _json(_chosen(config, _tree(blocks), execution=True))


def restricted(config: Config, blocks: Collection[str]) -> Config:
    """The configuration without what `blocks` does not name: to read another key is an AttributeError.

    So no command can depend on a setting that it does not declare.
    """
    return _restricted(config, _tree(blocks))


def setting_keys(model: type[BaseModel] = Config, prefix: str = "") -> Iterator[tuple[str, bool]]:
    """Every key of the configuration with its dotted path, and whether it is one of execution."""
    for name, field in model.model_fields.items():
        block = _block_in(field.annotation)
        if EXECUTION in field.metadata or block is None:
            yield f"{prefix}{name}", EXECUTION in field.metadata
        else:
            yield from setting_keys(block, f"{prefix}{name}.")


def _block_in(annotation: Any) -> type[BaseModel] | None:
    """The block that a field holds, be it optional."""
    options = [annotation, *getattr(annotation, "__args__", ())]
    if getattr(annotation, "__origin__", None) is tuple:
        return None
    return next((one for one in options if isinstance(one, type) and issubclass(one, BaseModel)), None)


def _tree(blocks: Collection[str]) -> Tree:
    tree: dict[str, Any] = {}
    for path in blocks:
        *above, last = path.split(".")
        place = tree
        for name in above:
            place = place.setdefault(name, {})
        place[last] = None
    return tree


def _chosen(block: BaseModel, tree: Tree | None, *, execution: bool) -> dict[str, Any]:
    found: dict[str, Any] = {}
    plain = block.model_dump(mode="json")
    for name, field in type(block).model_fields.items():
        if tree is not None and name not in tree:
            continue
        value = getattr(block, name)
        marked = EXECUTION in field.metadata
        if isinstance(value, BaseModel) and not marked:
            part = _chosen(value, None if tree is None else tree[name], execution=execution)
            found |= {name: part} if part or not execution else {}
        elif marked == execution:
            found[name] = plain[name]
    return found


def _restricted(block: B, tree: Tree) -> B:
    copy = block.model_copy()
    for name in type(block).model_fields:
        if name not in tree:
            del copy.__dict__[name]
        elif tree[name] is not None:
            copy.__dict__[name] = _restricted(cast(BaseModel, getattr(block, name)), tree[name])
    return copy


def _json(values: Mapping[str, Any]) -> str:
    return json.dumps(values, separators=(",", ":"))
