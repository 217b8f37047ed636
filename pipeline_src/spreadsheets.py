"""Text in CSV files as a spreadsheet shall show it: nothing that it would calculate. [no torch]"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What a spreadsheet takes for the start of a formula, or skips before one."""
ESCAPE = "'"


def guarded(text: str) -> str:
    """Text with an apostrophe before what a spreadsheet would calculate."""
    if text.startswith(ESCAPE) or (text.startswith(FORMULA_STARTS) and not _is_harmless(text)):
        return ESCAPE + text
    return text


def guarded_line(line: Mapping[str, Any]) -> dict[str, Any]:
    """A line whose texts are guarded; numbers and blanks are as they were."""
    return {key: guarded(value) if isinstance(value, str) else value for key, value in line.items()}


def unguarded(text: str) -> str:
    """The text that `guarded` was given."""
    return text.removeprefix(ESCAPE)


def joined(texts: Iterable[str]) -> str:
    """Several texts as one field, `;` between them; one inside of a text gets a backslash before it."""
    return ";".join(re.sub(r"([\\;])", r"\\\1", text) for text in texts)


def parted(field: str) -> tuple[str, ...]:
    """The texts, none of them empty, that `joined` was given."""
    found = re.findall(r"(?:\\.|[^\\;])+", field, re.DOTALL)
    return tuple(re.sub(r"\\(.)", r"\1", text, flags=re.DOTALL) for text in found)


def _is_harmless(text: str) -> bool:
    """A number, or a dash for "nothing"."""
    if text == "-":
        return True
    try:
        float(text)
    except ValueError:
        return False
    return text.strip() == text
