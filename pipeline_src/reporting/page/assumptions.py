"""The list of assumptions, read from its documentation, which a test holds against the code. [no torch]"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from pipeline_src.errors import UserError

_PARTS = ("Choice", "Why", "Where", "Switch")


@dataclass(frozen=True)
class Assumption:
    """One choice that the paper leaves open: what was chosen, why, where in the code, how to change it."""

    id: str
    title: str
    choice: str
    why: str
    where: str
    switch: str


def read_assumptions(path: Path) -> tuple[Assumption, ...]:
    """The sections `## A1: title` of docs/assumptions.md in order.

    Raises:
        UserError: the file is missing, has no such section, or one lacks a part.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        remedy = "Run in the repository's folder, or give the file with --assumptions."
        raise UserError(path, f"cannot be read ({error}).", remedy) from error
    found = []
    for section in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        head = re.match(r"(A\d+): (.*)", section)
        if head is None:
            continue
        parts = re.split(r"^- (\w+): ", section, flags=re.MULTILINE)[1:]
        said = {name: " ".join(body.split()) for name, body in zip(parts[::2], parts[1::2], strict=True)}
        lacking = [name for name in _PARTS if name not in said]
        if lacking:
            raise UserError(path, f"{head[1]} lacks {', '.join(lacking)}.", "Write the missing lines.")
        found.append(Assumption(head[1], head[2].strip(), *(said[name] for name in _PARTS)))
    if not found:
        raise UserError(path, "has no section of the form `## A1: title`.", "Give docs/assumptions.md.")
    return tuple(found)
