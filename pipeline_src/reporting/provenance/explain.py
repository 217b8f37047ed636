"""A cell's provenance as text for a terminal, and whether its files are still those. [no torch, no pandas]"""

from __future__ import annotations

import difflib
import json
import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline_src.artifacts import sha256_of
from pipeline_src.errors import ConfigError
from pipeline_src.reporting.read.provenance import Line

INDENT = "  "
LABEL_WIDTH = 10
NARROWEST = 40
BOLD, PLAIN = "\x1b[1m", "\x1b[0m"


@dataclass(frozen=True)
class Screen:
    """How text is laid out: at most `width` columns (None: lines are not broken), headings bold or not."""

    width: int | None = None
    bold: bool = False

    def heading(self, text: str) -> list[str]:
        """A line of its own."""
        lines = self.wrapped(printable(text), "", "")
        return [f"{BOLD}{line}{PLAIN}" for line in lines] if self.bold else lines

    def fact(self, label: str, text: str) -> list[str]:
        """A label and what there is to say, in a column of its own where there is room."""
        if not text:
            return []
        first = f"{INDENT}{label:<{LABEL_WIDTH}}"
        return self.wrapped(printable(text), first, " " * len(first))

    def wrapped(self, text: str, first: str, later: str) -> list[str]:
        """Printable text on as many lines as it needs, behind what stands before the first and the others."""
        if self.width is None:
            return [first + text]
        width = max(self.width, NARROWEST)
        return textwrap.wrap(
            text, width, initial_indent=first, subsequent_indent=later, break_on_hyphens=False
        ) or [first]


def printable(text: str) -> str:
    """Text without anything that a terminal would obey: line ends and control characters become escapes."""
    return "".join(
        letter if letter == " " or letter.isprintable() else letter.encode("unicode_escape").decode()
        for letter in text
    )


def choose(
    kind: str,
    wanted: str,
    known: Iterable[tuple[str, str]],
    heading: Callable[[], str] = str,
    numbers: bool = True,
) -> str:
    """The id that is meant: by id, title, title behind its heading, or number in the list.

    Case, blanks and underscores do not count.

    Args:
        kind: what is chosen, for the error: `table`, `row`, `column`.
        wanted: what was typed.
        known: (id, title) of each choice.
        heading: of the choices, such as `gamma`: `gamma 0.1` is then `0.1`. Asked where no id or title fits.
        numbers: whether a number chooses by its place in the list.

    Raises:
        ConfigError: nothing is called so (the nearest names are told), or several are.
    """
    choices = dict(known)
    ways: tuple[Callable[[], dict[str, str]], ...] = (
        lambda: {one: one for one in choices},
        lambda: choices,
        lambda: {one: f"{heading()} {title}" for one, title in choices.items()},
        lambda: {one: str(number) for number, one in enumerate(choices, start=1) if numbers},
    )
    for names in ways:
        found = [one for one, name in names().items() if _plain(name) == _plain(wanted)]
        if len(found) == 1:
            return found[0]
        if found:
            raise ConfigError(wanted, f"is the title of several {kind}s.", f"Choose one of {_named(found)}.")
    by_name = {_plain(name): one for one, title in choices.items() for name in (title, one)}
    near = [by_name[name] for name in difflib.get_close_matches(_plain(wanted), by_name, n=3, cutoff=0.4)]
    if near:
        raise ConfigError(wanted, f"is no {kind} here.", f"Did you mean {_named(dict.fromkeys(near))}?")
    raise ConfigError(wanted, f"is no {kind} here.", f"Choose one of {_named(choices)}.")


def _plain(name: str) -> str:
    return " ".join(name.replace("_", " ").split()).casefold()


def _named(names: Iterable[str]) -> str:
    return ", ".join(printable(name) or "(the whole)" for name in names)


def contents(lines: Sequence[Line], screen: Screen) -> list[str]:
    """The rows and the columns of one artefact, with their numbers and ids."""
    rows = {line.row_id: line.row for line in lines if line.row_id}
    columns = {line.column_id: line.column for line in lines if line.column_id}
    if not rows:
        return describe(lines, screen)
    said = screen.heading(f"{lines[0].artefact}, scale {lines[0].scale}")
    for name, found in (("rows", rows), ("columns", columns)):
        said += [*screen.heading(f"{name}:"), *listed(found, screen)]
    return said


def listed(titles: Mapping[str, str], screen: Screen, numbered: bool = True) -> list[str]:
    """Ids with their titles, and the numbers that choose them too."""
    width = max(len(printable(one)) for one in titles)
    said = []
    for number, (one, title) in enumerate(titles.items(), start=1):
        first = f"{INDENT}{f'{number:>2}  ' * numbered}{printable(one):<{width}}  "
        said += screen.wrapped(printable(title), first, " " * len(first))
    return said


def describe(lines: Sequence[Line], screen: Screen) -> list[str]:
    """All that is known of a cell (or of a picture without cells): its values, then the runs behind them."""
    one = lines[0]
    place = f", {one.row} ({one.row_id}), {one.column} ({one.column_id})" if one.row_id else ""
    said = screen.heading(f"{one.artefact}{place}, scale {one.scale}") + _values(lines, screen)
    runs = [line for line in lines if line.status == "measured"]
    for number, line in enumerate(runs, start=1):
        said += ["", *run_of(line, number, len(runs), screen)]
    return said


def row_values(lines: Sequence[Line], screen: Screen) -> list[str]:
    """The values of every column of a row, without the runs behind them."""
    said = screen.heading(f"{lines[0].artefact}, {lines[0].row} ({lines[0].row_id}), scale {lines[0].scale}")
    for column in dict.fromkeys(line.column_id for line in lines):
        cell = [line for line in lines if line.column_id == column]
        said += ["", *screen.heading(f"{cell[0].column} ({column})"), *_values(cell, screen)]
    return said


def _values(lines: Sequence[Line], screen: Screen) -> list[str]:
    said = []
    for line in (line for line in lines if line.status == "quoted"):
        said += screen.fact("paper", _with_unit(line.value, line.unit))
        said += screen.fact("", f"{line.data}, " * bool(line.data) + _where_printed(line))
    runs = [line for line in lines if line.status == "measured"]
    if runs:
        said += _summary(runs[0], len(runs), screen)
    for line in lines:
        if line.status in ("not_run", "drawn"):
            said += screen.fact("here", f"{line.status.replace('_', ' ')}: {line.reason}")
    return said


def _summary(line: Line, runs: int, screen: Screen) -> list[str]:
    value = _with_unit(line.value, line.unit) if line.value else f"{runs} files"
    said = screen.fact("here", f"{value}, measured" + f", n = {line.n}" * bool(line.n))
    spread = [
        f"{name} {getattr(line, name)}" for name in ("mean", "std", "min", "max") if getattr(line, name)
    ]
    said += screen.fact("", ", ".join(spread))
    said += screen.fact("on", line.data)
    return said + screen.fact("note", line.reason)


def _where_printed(line: Line) -> str:
    if not line.paper_file:
        return line.reason
    return (
        f"{line.paper_table}, row {line.paper_row}, column {line.paper_column};"
        f" {line.paper_file} sha256 {line.paper_sha256}"
    )


def run_of(line: Line, number: int, of: int, screen: Screen) -> list[str]:
    """All that is known of the run behind a line, the `number`th of so many."""
    own = f": {_with_unit(line.run_value, line.unit)}" if line.run_value else ""
    said = screen.heading(f"run {number} of {of}, {line.run}{own}")
    facts = (
        ("rule", line.rule),
        ("command", line.command),
        ("drawn", _draws(line)),
        ("seed", line.seed or "none of its own; see the runs behind it"),
        ("config", line.config),
        ("commit", _commit(line.commit, line.changed)),
        ("device", line.device),
        ("date", f"{line.date}, took {line.wall_s} s"),
        ("resumed", f"begun by {line.earlier}" if line.earlier else ""),
    )
    for label, text in facts:
        said += screen.fact(label, text)
    for label, path, digest in (
        *(("inputs", path, digest) for path, digest in json.loads(line.inputs or "{}").items()),
        ("artifact", line.artifact, line.artifact_sha256),
    ):
        said += screen.fact(label, f"{path} sha256 {digest}")
    said += screen.fact("log", line.log)
    for one in json.loads(line.upstream or "[]"):
        seed = "no seed" if one["seed"] is None else f"seed {one['seed']}"
        seed = seed if one.get("index") is None else f"sampling index {one['index']} of {seed}"
        known = f"{one['rule']}, {seed}, {_commit(one['commit'], str(one['changed']))}, {one['date']}"
        known += f"; resumed, begun by {one['earlier']}" if one.get("earlier") else ""
        said += screen.fact("behind it", f"{one['run']}: {known if one['rule'] else 'its record has gone'}")
    return said


def _draws(line: Line) -> str:
    """Which draw the random network behind a run is; empty where there is none.

    All of them have the seed of the configuration: the index tells them apart.
    """
    behind = (one for one in json.loads(line.upstream or "[]") if one.get("index") is not None)
    return "; ".join(f"sampling index {one['index']} ({one['rule']}, seed {one['seed']})" for one in behind)


def _commit(commit: str | None, changed: str) -> str:
    if not commit:
        return "no git checkout"
    return f"{commit}, {'with changes since' if changed.lower() == 'true' else 'unchanged'}"


def _with_unit(value: str, unit: str) -> str:
    return f"{value} {unit}" if unit and any(letter.isdigit() for letter in value) else value


@dataclass(frozen=True)
class Checked:
    """How many files are as recorded, and what is wrong with the others."""

    same: int
    faults: tuple[str, ...]


def check(lines: Sequence[Line], root: Path) -> Checked:
    """Compare files with their recorded SHA-256.

    Args:
        lines: of `provenance.csv`.
        root: the repository, which the recorded paths are relative to.
    """
    recorded: dict[str, str] = {}
    for line in lines:
        recorded |= {line.artifact: line.artifact_sha256} if line.artifact else {}
    faults = []
    for name, digest in recorded.items():
        path = root / name
        if not path.is_file():
            faults.append(f"{name} has gone")
        elif sha256_of(path) != digest:
            faults.append(f"{name} has changed since")
    return Checked(len(recorded) - len(faults), tuple(faults))
