"""Where a benchmark's result goes: looked at before it measures; the next one may replace it."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline_src.artifacts import require_place_for, write_json
from pipeline_src.errors import UserError
from pipeline_src.ownership import MARK, require_replaceable


def require_places(*paths: Path) -> None:
    """End the program where a result could not be written, before the minutes are spent."""
    try:
        for path in paths:
            require_replaceable(path)
            require_place_for(path.absolute().parent)
    except UserError as error:
        sys.exit(f"error: {error}")


def write_result(path: Path, result: Mapping[str, Any]) -> None:
    """Write a result as JSON, with the mark of what may be replaced."""
    write_json(path, {"mark": MARK, **result})
