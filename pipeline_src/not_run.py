"""The marker of a network that is not run, in the place of its genotype and of every result. [no torch]

A workflow's outputs are declared before anything is run, so a network that turns out not to exist, or to be
the same as another, still has to leave its files. Each holds the same few lines of JSON, which say why.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pipeline_src.artifacts import write_json
from pipeline_src.errors import UserError

FORMAT = "autortnet-not-run/1"
_LARGEST_BYTES = 1 << 16
"""A marker is small; weights and most results are not, and are not read to the end."""


@dataclass(frozen=True)
class NotRun:
    """Why a network is not run.

    Attributes:
        reason: for the reader of a table.
        equal_to: name of the network that it is the same as and whose results are its own; empty where it
            has none.
        genotype: of that network, as JSON.
    """

    reason: str
    equal_to: str = ""
    genotype: dict[str, Any] | None = None

    def save(self, path: Path) -> None:
        """Write the marker in a file's place."""
        write_json(path, {"format": FORMAT, **asdict(self)})


def read_marker(path: Path) -> NotRun | None:
    """The marker in a file's place; None where the file is absent or is something else.

    Raises:
        UserError: it is a marker, and not whole.
    """
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            return None
        value = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None  # whoever reads the file as what it should be says what is wrong with it
    return parse_marker(value, path)


def parse_marker(value: object, source: object) -> NotRun | None:
    """The marker that a JSON value is; None where it is something else.

    Raises:
        UserError: it is a marker, and not whole.
    """
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        return None
    reason, equal_to, genotype = (value.get(name) for name in ("reason", "equal_to", "genotype"))
    whole = isinstance(reason, str) and reason and isinstance(equal_to, str)
    if not whole or set(value) != {"format", "reason", "equal_to", "genotype"}:
        raise UserError(source, "says that a network is not run, but not why.", "Sample it again.")
    if not isinstance(genotype, dict if equal_to else type(None)):
        raise UserError(source, "names an equal network without its genotype.", "Sample it again.")
    return NotRun(str(reason), str(equal_to), genotype)
