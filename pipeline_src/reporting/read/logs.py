"""The log of a run's epochs, read and checked: numbers where numbers must be, and nothing infinite.

Imports pandas only when a log is read: the workflow imports this module each time it starts.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline_src.errors import UserError

if TYPE_CHECKING:
    import pandas as pd

_TRUE, _FALSE = ("1", "1.0", "true"), ("0", "0.0", "false")


def read_log(
    path: Path,
    kind: str,
    numbers: Sequence[str],
    optional: Sequence[str] = (),
    flags: Sequence[str] = (),
) -> pd.DataFrame:
    """The columns of a log that a reader needs, one line for each epoch.

    Args:
        path: the CSV file.
        kind: what it is the log of, for the message: `search`, `pretraining` or `finetuning`.
        numbers: columns that hold a finite number in every line.
        optional: columns of finite numbers that may be blank; a blank is NaN.
        flags: columns of truth values.

    Raises:
        UserError: the file cannot be read, has no line, lacks a column, or a value is not what it must be.
    """
    import pandas as pd

    try:
        log = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8")
    except (OSError, ValueError) as error:  # pandas' parser errors are ValueErrors
        raise _bad_log(path, kind, str(error)) from error
    missing = [name for name in (*numbers, *optional, *flags) if name not in log.columns]
    if missing:
        raise _bad_log(path, kind, f"it lacks {', '.join(missing)}")
    if log.empty:
        raise _bad_log(path, kind, "it has no epoch")
    words = log[list(flags)].apply(lambda column: column.str.strip().str.lower())
    for name in flags:
        if not words[name].isin(_TRUE + _FALSE).all():
            raise _bad_log(path, kind, f"{name} is neither true nor false")
    blank = log[list(optional)].apply(lambda column: column.str.strip() == "")
    filled = log[list(optional)].mask(blank, "0")
    try:
        found = pd.concat([log[list(numbers)], filled], axis="columns").astype(float)
    except ValueError as error:
        raise _bad_log(path, kind, str(error)) from error
    if not found.abs().lt(float("inf")).all(axis=None):
        raise _bad_log(path, kind, "a number is not finite")
    found[list(optional)] = found[list(optional)].mask(blank)
    return found.assign(**{name: words[name].isin(_TRUE) for name in flags})


def _bad_log(path: Path, kind: str, problem: str) -> UserError:
    return UserError(path, f"is not a {kind} log: {problem}.", "Delete it and run the step again.")
