"""Which numbers of two reports should be equal: same device, seeds, settings and lookup table. [no torch]"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pipeline_src.reporting.read.provenance import Line, read_provenance

_LOOKUP_TABLES = "/lut/"
Key = tuple[str, str, str]
Run = tuple[str, str, str]
"""Rule, name and seed."""


@dataclass(frozen=True)
class Origin:
    """How a cell came about.

    Attributes:
        devices: that its runs were on.
        runs: its runs and all behind them.
        commits: of the code of its own runs.
    """

    devices: frozenset[str]
    runs: frozenset[Run]
    commits: frozenset[str]


@dataclass(frozen=True)
class Origins:
    """The origins of a report's cells; `settings` by rule and run, `tables` the SHA-256 of lookup tables."""

    cells: Mapping[Key, Origin] = field(default_factory=dict)
    settings: Mapping[tuple[str, str], str] = field(default_factory=dict)
    tables: Mapping[str, str] = field(default_factory=dict)


def read_origins(path: Path) -> Origins:
    """The origins told by a report's `provenance.csv`; none where it has no such file.

    Raises:
        UserError: the file is malformed.
    """
    if not path.is_file():
        return Origins()
    lines = [line for line in read_provenance(path) if line.status == "measured"]
    cells: dict[Key, list[Line]] = {}
    tables: dict[str, str] = {}
    for line in lines:
        cells.setdefault((line.artefact, line.row_id, line.column_id), []).append(line)
        inputs = json.loads(line.inputs or "{}")
        tables |= {name: digest for name, digest in inputs.items() if _LOOKUP_TABLES in name}
    settings = {(line.rule, line.run): line.config for line in lines}
    return Origins({key: _origin(found) for key, found in cells.items()}, settings, tables)


def _origin(lines: Iterable[Line]) -> Origin:
    runs: set[Run] = set()
    devices, commits = set(), set()
    for line in lines:
        runs.add((line.rule, line.run, line.seed))
        devices.add(line.device)
        commits.add(line.commit)
        for one in json.loads(line.upstream or "[]"):
            runs.add((one["rule"], one["run"], "" if one["seed"] is None else str(one["seed"])))
    return Origin(frozenset(devices), frozenset(runs), frozenset(commits))


def equal_expected(a: Origins, b: Origins, key: Key) -> str:
    """Why a trained number should be the same on both sides; empty where it need not be, or is not known.

    Seeds, devices, known settings and lookup tables must agree. The code's commit need not: that a change of
    code moved a number is what is to be found, so it is told.
    """
    one, other = a.cells.get(key), b.cells.get(key)
    if one is None or other is None or one.devices != other.devices or one.runs != other.runs:
        return ""
    for rule, run, _ in one.runs:
        known = {settings[rule, run] for settings in (a.settings, b.settings) if (rule, run) in settings}
        if len(known) > 1:
            return ""
    if any(rule == "search_architecture" for rule, *_ in one.runs) and a.tables != b.tables:
        return ""
    same = one.commits == other.commits
    code = "the same commit" if same else f"commits {_short(one.commits)} and {_short(other.commits)}"
    return f"same device, seeds and settings, so equal is expected; {code}"


def _short(commits: Iterable[str]) -> str:
    return ", ".join(sorted(one[:12] or "unknown" for one in commits))
