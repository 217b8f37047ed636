"""How candidate operations are written and coloured in schematic pictures, from their names alone.

A name such as `dilconv3x3_d2_x2` says its kind, kernel, dilation and repeats; tests hold this reading
against what `space.operations` builds. An operation that is added to the catalogue is drawn under its own
name until it has a family here. [no torch, no matplotlib]
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_NAME = re.compile(r"(conv|sepconv|dilconv|maxpool)(\d+)x(\d+)(?:_d(\d+))?(?:_x(\d+))?")
_KINDS = {"conv": "conv", "sepconv": "sep", "dilconv": "dil", "maxpool": "max pool"}


@dataclass(frozen=True)
class Family:
    """Operations of one kind: what the legend calls them, and their place in the report's colours."""

    name: str
    title: str
    colour: int | str
    dashed: bool = False


FAMILIES: tuple[Family, ...] = (
    Family("conv", "convolution", 0),
    Family("sep", "separable", 2),
    Family("dil", "dilated separable", 3),
    Family("pointwise", "1×1 convolution", 4),
    Family("pool", "pooling", 9),
    Family("skip", "skip", "#444444"),
    Family("zero", "zero", "#a0a0a0", dashed=True),
    Family("other", "other", 5),
)
"""The index is one of `picture.COLOURS`; every edge has its operation's name as well."""


@dataclass(frozen=True)
class Operation:
    """An operation as it is written: `head` on the first line (`dil 3×3`), `rest` on the second (`d4 ×2`)."""

    name: str
    head: str
    rest: str
    family: Family

    @property
    def label(self) -> str:
        """On one line: `dil 3×3 d4 ×2`."""
        return f"{self.head} {self.rest}".strip()


def operation(name: str) -> Operation:
    """Read an operation's name.

    Args:
        name: one of `catalogue.CELL_OPERATIONS` or `AGGREGATION_OPERATIONS`.
    """
    match = _NAME.fullmatch(name)
    if match is None:
        return Operation(name, name, "", _family(name if name in ("skip", "zero") else "other"))
    kind, height, width, dilation, repeat = match.groups()
    extras = [f"d{dilation}" if dilation else "", f"×{repeat}" if repeat else ""]
    rest = " ".join(part for part in extras if part)
    kernel = f"{height}×{width}"
    if kind == "maxpool":
        return Operation(name, _KINDS[kind], f"{kernel} {rest}".strip(), _family("pool"))
    pointwise = kind == "conv" and height == width == "1"
    family = _family("pointwise" if pointwise else _KINDS[kind])
    return Operation(name, f"{_KINDS[kind]} {kernel}", rest, family)


def families_of(names: Iterable[str]) -> tuple[Family, ...]:
    """The families that occur, each once, in the legend's order."""
    used = {operation(name).family for name in names}
    return tuple(family for family in FAMILIES if family in used)


def _family(name: str) -> Family:
    return next(family for family in FAMILIES if family.name == name)
