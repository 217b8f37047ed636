"""Text and JSON read strictly: what could be read in two ways is an error, no silent choice.

[no torch] Refused beyond bad syntax: a key that stands twice, NaN and infinity, numbers and nests beyond all
reason.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from pipeline_src.errors import UserError

DEEPEST = 100
"""Levels of a nest; the configuration has five."""
LONGEST_NUMBER = 400
"""Characters of a number; a float has 17 digits."""


class Unreadable(ValueError):
    """What is wrong with a text, as words that follow the name of where it stands."""


def read_text(path: Path) -> str:
    """A file's UTF-8 text; a byte order mark is dropped.

    Raises:
        UserError: it is absent, no file, may not be read, or is not UTF-8.
    """
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        kind = "UTF-16" if path.read_bytes()[:2] in (b"\xff\xfe", b"\xfe\xff") else "in another encoding"
        raise UserError(
            path, f"is not UTF-8 text: byte {error.start} is not, it may be {kind}.", "Save it as UTF-8."
        ) from error
    except FileNotFoundError as error:
        raise UserError(path, "does not exist.", "Run the step that makes it first.") from error
    except (OSError, ValueError) as error:
        said = getattr(error, "strerror", None) or error
        raise UserError(
            path, f"cannot be read ({said}).", "Give a file, and mend its permissions if need be."
        ) from error


def parse_json(text: str) -> Any:
    """The value of a JSON text.

    Raises:
        Unreadable: see the module.
    """
    try:
        return json.loads(
            text,
            object_pairs_hook=_pairs,
            parse_constant=_constant,
            parse_float=_float,
            parse_int=_int,
        )
    except json.JSONDecodeError as error:
        raise Unreadable(f"is not readable JSON ({error})") from error
    except RecursionError as error:
        raise Unreadable("is nested too deeply") from error


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise Unreadable(f"has the key {twice!r} twice")
    return found


def _constant(text: str) -> float:
    raise Unreadable(f"has the value {text}, which is no number")


def _float(text: str) -> float:
    number = float(text)
    if len(text) > LONGEST_NUMBER or not math.isfinite(number):
        raise Unreadable(f"has a number that is too large or too long ({text[:20]}...)")
    return number


def _int(text: str) -> int:
    if len(text) > LONGEST_NUMBER:
        raise Unreadable(f"has a number of {len(text)} digits")
    return int(text)
