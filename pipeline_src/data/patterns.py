"""The files that a pattern of a description names, by frame.

`leftImg8bit/{split}/*/{name}_leftImg8bit.png`: folders, of which `*` is any and `{folder}` one that is part
of the frame's name, then the file's name around `{name}`, with a suffix or without (any that is read).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from pipeline_src.data.folders import FORMATS, count_of, images_in, names_of, subfolders
from pipeline_src.errors import DataError

_WILD = frozenset("*?[")


@dataclass(frozen=True)
class Pattern:
    """A pattern for the files of one split.

    Attributes:
        folders: parts of the path, `{split}` replaced. before, after: of `{name}` in the file's name.
        suffix: in lower case, not part of `after`; empty where any will do.
    """

    text: str
    folders: tuple[str, ...]
    before: str
    after: str
    suffix: str

    @classmethod
    def of(cls, text: str, split: str = "{split}") -> Pattern:
        """Take a pattern apart; `split` is what stands for `{split}`."""
        *folders, last = text.replace("{split}", split).split("/")
        before, after = last.split("{name}")
        dot = after.rfind(".")
        has_suffix = dot >= 0 and after[dot:].lower() in FORMATS
        suffix = after[dot:].lower() if has_suffix else ""
        return cls(
            text.replace("{split}", split),
            tuple(folders),
            before,
            after[:dot] if has_suffix else after,
            suffix,
        )

    @property
    def base(self) -> str:
        """The folders above the first that is not named outright; empty where that is the raw folder."""
        named = []
        for part in self.folders:
            if _is_open(part):
                break
            named.append(part)
        return "/".join(named)

    def name_of(self, path: Path) -> str | None:
        """What stands for `{name}` in a file's name; None where it does not fit."""
        stem = path.stem
        fits = stem.startswith(self.before) and stem.endswith(self.after)
        if not fits or len(stem) <= len(self.before) + len(self.after):
            return None
        return stem[len(self.before) : len(stem) - len(self.after)]


def _is_open(part: str) -> bool:
    return "{" in part or bool(_WILD & set(part))


def _folders_of(root: Path, pattern: Pattern) -> Iterator[tuple[str, Path]]:
    """The folders that a pattern names, each with what it adds to a frame's name."""
    found = [("", root)]
    opened = False
    for part in pattern.folders:
        deeper: list[tuple[str, Path]] = []
        for prefix, folder in found:
            if not _is_open(part):
                if not opened or (folder / part).is_dir():
                    deeper.append((prefix, folder / part))
                continue
            _refuse_loose(folder, pattern)
            for one in subfolders(folder):
                if part == "{folder}":
                    deeper.append((f"{one.name}/", one))
                elif fnmatchcase(one.name, part):
                    deeper.append((prefix, one))
        found, opened = deeper, opened or _is_open(part)
    yield from found


def _refuse_loose(folder: Path, pattern: Pattern) -> None:
    loose = [path for path in images_in(folder, FORMATS) if pattern.name_of(path) is not None]
    if loose:
        raise DataError(
            folder,
            f"has {count_of(loose, 'image')} outside of its sub-folders: {names_of(loose)}.",
            f"The layout is {pattern.text}: keep the folders as they were.",
        )


def files_of(
    root: Path, pattern: Pattern, suffixes: frozenset[str], others: Pattern | None = None
) -> dict[str, Path]:
    """The files of a pattern by the name of their frame.

    Args:
        suffixes: that will do where the pattern has none.
        others: pattern of files that lie in the same folders and are not meant.

    Raises:
        DataError: a folder cannot be read, has images of other formats, or two files are of one frame.
    """
    wanted = frozenset({pattern.suffix}) if pattern.suffix else suffixes
    found: dict[str, Path] = {}
    for prefix, folder in _folders_of(root, pattern):
        # Where images and labels share a folder, the other kind is no mistake.
        listed = images_in(folder, FORMATS if others else wanted)
        for path in listed:
            name = pattern.name_of(path)
            if (
                name is None
                or path.suffix.lower() not in wanted
                or (others and _is_of(path, others, pattern))
            ):
                continue
            name = prefix + name
            if name in found:
                raise DataError(
                    path, f"and {found[name]} are both of frame {name}.", "A frame may be in one split, once."
                )
            found[name] = path
    return found


def _is_of(path: Path, others: Pattern, pattern: Pattern) -> bool:
    """Whether a file that fits both patterns is one of the others: the longer fit is meant."""
    if others.name_of(path) is None or (others.suffix and path.suffix.lower() != others.suffix):
        return False
    return len(others.before + others.after) > len(pattern.before + pattern.after)
