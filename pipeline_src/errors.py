"""Errors a user can mend: each names the file or key, what was wrong, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import ValidationError


class UserError(Exception):
    """A mistake in the input, told in one message; the command line ends with exit status 2.

    Args:
        where: the file, folder or config key at fault.
        problem: what was wrong with it.
        remedy: what the user can do about it.
    """

    def __init__(self, where: object, problem: str, remedy: str) -> None:
        self.where, self.problem, self.remedy = str(where), problem, remedy
        super().__init__(f"{where}: {problem} {remedy}")

    def __reduce__(self) -> tuple[type[UserError], tuple[str, str, str]]:
        """Survive the way back from a worker process: pickle would pass the message alone."""
        return type(self), (self.where, self.problem, self.remedy)


def first_fault(error: ValidationError) -> str:
    """What a pydantic model found wrong first, as `key: what`; the whole has the key `(the whole)`."""
    fault = error.errors()[0]
    key = ".".join(str(part) for part in fault["loc"]) or "(the whole)"
    return f"{key}: {str(fault['msg']).removeprefix('Value error, ')}"


class ConfigError(UserError):
    """A config key that is unknown, out of range, or at odds with another."""


class DataError(UserError):
    """A data folder, image, label or manifest that cannot be used."""


class LookupTableError(UserError):
    """A latency table of another device, or one that lacks a key."""


class GenotypeError(UserError):
    """A genotype that is malformed or belongs to another search space."""


class CheckpointError(UserError):
    """A checkpoint or weights file that is truncated, altered, or does not fit."""
