"""What code a command runs: one value for a rule (`code_of`), a list for a stage of DVC (workflow/stages.py).

A command runs its own module of `pipeline_src/cli` and all that this imports, also where the import stands in
a function; nothing is imported to find out. Each module counts by its syntax tree without comments,
docstrings, layout and what only type checkers read, so an edit of those changes no value. A module or data
that a string names (`files("pipeline_src.reporting").joinpath("paper")`) counts as well. `cli/main.py` does
not: it finds the command's module and turns errors into an exit status, and no result is made of that.
"""

from __future__ import annotations

import ast
import hashlib
import json
import os
import re
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Mapping
from functools import cache
from pathlib import Path
from typing import TypeGuard

ROOT = Path(__file__).resolve().parents[1]
PEER_PACKAGE = "pipeline_src.peers"
DOTTED = re.compile(r"pipeline_src(\.\w+)*")
VALUE = re.compile(r"code [0-9a-f]{16}")
SETTLED_S = 2.0
"""The coarsest resolution of a file system's clock."""
# Of a syntax tree: nothing that the interpreter acts on.
SILENT = frozenset({"ctx", "kind", "type_comment"})


class Module:
    """One module of the package, from its text: what it does, in a form that layout does not change.

    Attributes:
        digest: of what the interpreter acts on; the same under every version of Python.
        imports: full names of what is imported when it runs, `a.b` for `import a.b`, `a` and `a.b` for
            `from a import b`.
        asked: these, what is named, and the packages above.
        strings: every string of the code, docstrings left out.
        named: the modules and packages of the project that these name.
    """

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        reader = _Reader(name)
        reader.read(ast.parse(text))
        self.digest = hashlib.sha256(" ".join(reader.parts).encode()).hexdigest()
        self.imports, self.strings = frozenset(reader.imports), frozenset(reader.strings)
        self.named = frozenset(text for text in reader.strings if DOTTED.fullmatch(text))
        self.asked = frozenset(
            parent for one in (name, *self.imports, *self.named) for parent in _with_parents(one)
        )


def imported(node: ast.AST) -> set[str]:
    """Full names that one statement imports: `a.b` for `import a.b`, `a` and `a.b` for `from a import b`."""
    if isinstance(node, ast.Import):
        return {alias.name for alias in node.names}
    if isinstance(node, ast.ImportFrom):
        if node.level:
            raise ValueError("a relative import")
        return {f"{node.module}.{alias.name}" for alias in node.names} | {str(node.module)}
    return set()


def for_type_checkers(node: object) -> TypeGuard[ast.If]:
    """Whether this is `if TYPE_CHECKING:`."""
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def _is_text(node: object) -> bool:
    """A string that stands alone: the docstring of a module, function, class or setting."""
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


class _Reader:
    """Reads a syntax tree once."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.parts: list[str] = []
        self.imports: set[str] = set()
        self.strings: set[str] = set()

    def read(self, value: object) -> None:
        """Note a node, field or list: with its name, without what is empty in some version of Python."""
        if isinstance(value, ast.AST):
            self._node(value)
        elif isinstance(value, list):
            self.parts.append("[")
            for one in value:
                if for_type_checkers(one):
                    for rest in one.orelse:
                        self.read(rest)
                elif not _is_text(one):
                    self.read(one)
            self.parts.append("]")
        else:
            self.parts.append(repr(value))

    def _node(self, node: ast.AST) -> None:
        self.parts.append(f"({type(node).__name__}")
        for name in node._fields:
            field = getattr(node, name, None)
            if field is not None and field != [] and name not in SILENT:
                self.parts.append(name)
                self.read(field)
        self.parts.append(")")
        if isinstance(node, ast.Import | ast.ImportFrom):
            self.imports |= imported(node)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            self.strings.add(node.value)


class Package:
    """The modules and data files of `pipeline_src`.

    Args:
        root: the checkout.
        instead: texts that stand in for those of the files, by module; what if a module were changed.
    """

    def __init__(self, root: Path = ROOT, instead: Mapping[str, str] | None = None) -> None:
        self.root = root
        self.instead = dict(instead or {})
        self.paths: dict[str, Path] = {}
        for path in sorted((root / "pipeline_src").rglob("*.py")):
            parts = path.relative_to(root).with_suffix("").parts
            self.paths[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
        self._modules: dict[str, Module] = {}
        self._read: dict[str, dict[str, str]] = {}

    def module(self, name: str) -> Module:
        """A module by its full name, parsed once."""
        if name not in self._modules:
            text = self.instead.get(name) or self.paths[name].read_text(encoding="utf-8")
            self._modules[name] = Module(name, text)
        return self._modules[name]

    def reached(
        self, *starts: str, without: Collection[str] = (), cut: Collection[tuple[str, str]] = ()
    ) -> dict[str, str]:
        """Digest of every module and data file that the modules `starts` reach, by name.

        Args:
            starts: full names of modules.
            without: modules that are left out, with all below them and all that only they import.
            cut: imports that are not followed, as (who, whom).
        """
        found: dict[str, str] = {}
        waiting = list(starts)
        while waiting:
            name = waiting.pop()
            if name in found or any(name == one or name.startswith(f"{one}.") for one in without):
                continue
            module = self.module(name)
            found[name] = module.digest
            waiting += [one for one in module.asked & self.paths.keys() if (name, one) not in cut]
            if module.named:
                found |= self._data(module)
        return found

    def _data(self, module: Module) -> dict[str, str]:
        """Digests of the data files of the packages that a module names, and of named folders there."""
        if module.name in self._read:
            return self._read[module.name]
        found = {}
        for package in module.named:
            folder = self.root / package.replace(".", "/")
            for path in folder.iterdir() if folder.is_dir() else ():
                is_data = path.is_file() or (
                    path.name in module.strings and not (path / "__init__.py").exists()
                )
                for file in [path, *path.rglob("*")] if is_data else ():
                    if file.is_file() and file.suffix not in (".py", ".pyc") and file.name != "README.md":
                        # The line ends are git's affair.
                        content = file.read_bytes().replace(b"\r\n", b"\n")
                        found[str(file.relative_to(self.root))] = hashlib.sha256(content).hexdigest()
        self._read[module.name] = found
        return found

    def code_of(self, command: str, *also: str, peers: Collection[str] | None = None) -> dict[str, str]:
        """What `autortnet COMMAND` runs, as `reached` gives it.

        Args:
            command: name of the command's module, such as `measure_lut`.
            also: modules that the command picks by name.
            peers: the other systems that the job builds; None counts all.
        """
        start = f"pipeline_src.cli.{command}"
        if peers is None:
            return self.reached(start, *also)
        if not peers:
            return self.reached(start, *also, without={PEER_PACKAGE})
        builders = self.peer_modules()
        used = {builders.get(name, builders["**"]) for name in peers}
        return self.reached(start, *also, cut={(PEER_PACKAGE, one) for one in {*builders.values()} - used})

    def peer_modules(self) -> dict[str, str]:
        """The module that builds each system, as `BUILDERS` says; `**` is that of those not named there."""
        tree = ast.parse(
            self.instead.get(PEER_PACKAGE) or self.paths[PEER_PACKAGE].read_text(encoding="utf-8")
        )
        origin = {
            alias.asname or alias.name: str(node.module)
            for node in tree.body
            if isinstance(node, ast.ImportFrom)
            for alias in node.names
        }
        (table,) = (
            node.value
            for node in tree.body
            if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "BUILDERS"
        )
        assert isinstance(table, ast.Dict)
        return {
            ast.literal_eval(key) if key else "**": origin[ast.unparse(value)]
            for key, value in zip(table.keys, table.values, strict=True)
        }


def _with_parents(name: str) -> set[str]:
    return {name.rsplit(".", depth)[0] for depth in range(name.count(".") + 1)}


def digest_of(parts: Mapping[str, str]) -> str:
    """One value for all that `Package.reached` gave."""
    return hashlib.sha256("\n".join(f"{name} {parts[name]}" for name in sorted(parts)).encode()).hexdigest()


class Cache:
    """Values that an earlier start computed, valid as long as no file of `pipeline_src` changes.

    A file has changed if its name, size, inode, or time of modification or status has. Nothing is cached
    while a file is younger than `SETTLED_S`: a second edit within the clock's resolution would look the same.
    A cache file that is damaged, stale or of another version of Python is ignored and replaced. Where it
    cannot be written, every start computes.

    Args:
        root: the checkout.
    """

    def __init__(self, root: Path = ROOT) -> None:
        self.root, self.path = root, root / ".snakemake" / "autortnet-code.json"
        self.state = self._state()
        self.values = self._read()

    def value(self, key: str, compute: Callable[[], str]) -> str:
        """Return the value of a key, computed if it is not known."""
        if key not in self.values:
            self.values[key] = compute()
            if self.state is not None:
                self._write()
        return self.values[key]

    def _state(self) -> str | None:
        found, newest_ns = [sys.version], 0
        files = (self.root / "pipeline_src").rglob("*")
        for path in sorted((*files, self.root / "workflow" / "code.py")):
            if path.suffix != ".pyc" and path.is_file():
                now = path.stat()
                newest_ns = max(newest_ns, now.st_mtime_ns, now.st_ctime_ns)
                found.append(f"{path} {now.st_size} {now.st_ino} {now.st_mtime_ns} {now.st_ctime_ns}")
        if newest_ns > time.time_ns() - SETTLED_S * 1e9:
            return None
        return hashlib.sha256("\n".join(found).encode()).hexdigest()

    def _read(self) -> dict[str, str]:
        try:
            kept = json.loads(self.path.read_bytes())
            if kept["state"] == self.state and all(VALUE.fullmatch(one) for one in kept["values"].values()):
                return dict(kept["values"])
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            pass  # absent, or not what `_write` wrote
        return {}

    def _write(self) -> None:
        text = json.dumps({"state": self.state, "values": self.values}, indent=1)
        try:
            self.path.parent.mkdir(exist_ok=True)
            handle, name = tempfile.mkstemp(".half", ".autortnet-code.", self.path.parent)
            os.close(handle)
            Path(name).write_text(text, encoding="utf-8")
            Path(name).replace(self.path)
        except OSError:
            pass  # a read-only checkout or a full disk: the next start computes as this one did


_package = cache(Package)
_cache = cache(Cache)


@cache
def code_of(command: str, *also: str, peers: frozenset[str] | None = None) -> str:
    """The code that a job depends on, as one value for `params:`; see `Package.code_of`."""
    return _cache().value(
        json.dumps([command, *also, None if peers is None else sorted(peers)]),
        lambda: f"code {digest_of(_package().code_of(command, *also, peers=peers))[:16]}",
    )
