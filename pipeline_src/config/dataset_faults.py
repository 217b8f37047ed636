"""What makes a description of a data set useless although each of its keys is in range."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from pipeline_src.config.dataset import MOST_CLASSES, Description, Layout, RawEntry
from pipeline_src.config.faults import nearest

PLACEHOLDERS = ("name", "split", "folder")
RESERVED = "void"

Fault = tuple[str, str]


def faults_of(found: Description) -> Iterator[Fault]:
    """Each key that cannot work, and why."""
    yield from _of_classes(found)
    yield from _of_raw(found)
    for name, layout in found.layouts.items():
        place = f"layouts.{name}"
        yield from _of_patterns(layout, place)
        yield from _of_splits(layout, place)
        yield from _of_values(found, layout, place)
    if found.official and len(found.official.train_percent) not in (0, len(found.classes)):
        yield "official.train_percent", f"has not one share for each of the {len(found.classes)} classes."


def _twice(key: str, entries: Sequence[Any], field: str) -> Iterator[Fault]:
    """Entries of which two agree in a field."""
    first: dict[Any, int] = {}
    for index, one in enumerate(entries):
        value = getattr(one, field)
        if value is None:
            continue
        if value in first:
            other = entries[first[value]].name
            shown = value if field == "colour" else repr(value)
            yield (
                f"{key}.{index}.{field}",
                f"{shown} of {one.name!r} is that of {other!r} (entry {first[value]}), too.",
            )
        first.setdefault(value, index)


def _of_classes(found: Description) -> Iterator[Fault]:
    count = len(found.classes)
    if not 2 <= count <= MOST_CLASSES:
        least = (
            "a network needs two to tell apart" if count < 2 else f"{MOST_CLASSES} are the most: 255 is void"
        )
        yield "classes", f"has {count} class{'es' if count > 1 else ''}; {least}."
    yield from _twice("classes", found.classes, "name")
    yield from _twice("classes", found.classes, "colour")
    for index, one in enumerate(found.classes):
        if one.name.lower() == RESERVED:
            yield (
                f"classes.{index}.name",
                f"{one.name!r} is what ignored pixels are called: leave the class out, and list its values "
                "in `ignored`, or in `raw` with `becomes: null`.",
            )


def _of_raw(found: Description) -> Iterator[Fault]:
    yield from _twice("raw", found.raw, "name")
    yield from _twice("raw", found.raw, "id")
    known = found.class_names
    for index, one in enumerate(found.raw):
        if one.becomes is not None and one.becomes not in known:
            yield f"raw.{index}.becomes", f"{one.becomes!r} is no class.{nearest(one.becomes, known)}"
    made = {one.becomes for one in found.raw}
    for name in known if found.raw else ():
        if name not in made:
            yield "raw", f"has no label that becomes {name!r}: the class could never occur."


def _of_patterns(layout: Layout, place: str) -> Iterator[Fault]:
    patterns = {f"{place}.images": layout.images, f"{place}.labels": layout.labels}
    for name, split in layout.splits.given().items():
        if split.labels is not None:
            patterns[f"{place}.splits.{name}.labels"] = split.labels
    for key, pattern in patterns.items():
        yield from ((key, problem) for problem in pattern_faults(pattern))
    images = _used(layout.images)
    for key, pattern in patterns.items():
        if pattern == layout.images and not key.endswith(".images"):
            yield key, "is the pattern of the images: say how the labels' names differ."
        for one in ("folder",):
            if (one in _used(pattern)) != (one in images):
                yield key, f"has {{{one}}} where the other has none: images and labels are paired by it."


def pattern_faults(pattern: str) -> Iterator[str]:
    """What is wrong with a pattern."""
    used = re.findall(r"\{([^{}]*)\}", pattern)
    for one in used:
        if one not in PLACEHOLDERS:
            yield f"has the unknown placeholder {{{one}}}.{nearest(one, PLACEHOLDERS)}"
    if pattern.startswith(("/", "~")) or ".." in pattern.split("/"):
        yield "is not a path below the raw folder."
    *folders, last = pattern.split("/")
    if last.count("{name}") != 1 or used.count("name") != 1:
        yield "needs {name} once, in its last part: it stands for the frame's name."
    if re.search(r"[*?\[]", last):
        yield "has a wildcard in its last part: only folders may have one."
    if used.count("folder") > 1 or any("{folder}" in one and one != "{folder}" for one in (*folders, last)):
        yield "has {folder} twice, or beside other letters: it stands for one whole folder."


def _used(pattern: str) -> set[str]:
    return set(re.findall(r"\{([^{}]*)\}", pattern))


def _of_splits(layout: Layout, place: str) -> Iterator[Fault]:
    splits = layout.splits.given()
    by_folder = "split" in _used(layout.images)
    folders: dict[str, str] = {}
    lists: dict[str, str] = {}
    for name, split in splits.items():
        key = f"{place}.splits.{name}"
        ways = [way for way in ("list", "share", "rest") if getattr(split, way)]
        if by_folder and ways:
            yield key, f"has {ways[0]}, but the patterns have {{split}}: its frames are those of its folder."
        elif not by_folder and len(ways) != 1:
            said = " and ".join(ways) or "none of them"
            yield key, f"needs one of list, share and rest, as the patterns have no {{split}}; it has {said}."
        if not by_folder and split.folder is not None:
            yield f"{key}.folder", "stands for {split}, which no pattern has."
        yield from _of_suffix(split.list, f"{key}.list")
        for value, known, what in ((split.folder or name, folders, "folder"), (split.list, lists, "list")):
            if value is None or (what == "folder" and not by_folder):
                continue
            if value in known:
                yield (
                    f"{key}.{what}",
                    f"{value!r} is that of {known[value]!r}, too: a frame may be in one split.",
                )
            known.setdefault(value, name)
    yield from _of_shares([split.share for split in splits.values() if split.share], splits.values(), place)
    if layout.same_names and not by_folder:
        yield (
            f"{place}.same_names",
            "is for splits in folders of their own, and the patterns have no {split}.",
        )
    if layout.keep_together == "folder" and "folder" not in _used(layout.images):
        yield f"{place}.keep_together", "is folder, but the patterns have no {folder}."


def _of_suffix(file: str | None, key: str) -> Iterator[Fault]:
    """Changes of other files in a raw folder are not watched."""
    if file is not None and not file.lower().endswith((".txt", ".csv")):
        yield key, f"{file!r} must end in .txt or .csv."


def _of_shares(shares: list[float], splits: Iterable[Any], place: str) -> Iterator[Fault]:
    rests = sum(split.rest for split in splits)
    if rests > 1:
        yield f"{place}.splits", "gives the rest to two splits: a frame may be in one."
    total = sum(shares)
    if shares and (total > 1 + 1e-6 or (not rests and abs(total - 1) > 1e-6)):
        yield f"{place}.splits", f"has shares that add up to {total:g}; they must make 1, or leave a rest."


def _of_values(found: Description, layout: Layout, place: str) -> Iterator[Fault]:
    yield from _of_suffix(layout.class_table, f"{place}.class_table")
    numbers = {one for one in layout.ignored if isinstance(one, int)}
    if layout.hold == "colours" and numbers:
        yield f"{place}.ignored", f"has the number {min(numbers)}, but the labels hold colours."
    if layout.hold != "colours" and len(numbers) != len(layout.ignored):
        yield f"{place}.ignored", "has a colour, but the labels hold numbers."
    if layout.hold == "train_ids":
        if layout.class_table is not None:
            yield f"{place}.class_table", "names ids or colours, but the labels hold train ids."
        for value in sorted(numbers & set(range(len(found.classes)))):
            yield f"{place}.ignored", f"has {value}, which is the class {found.class_names[value]!r}."
        return
    if layout.class_table is None:
        field = "id" if layout.hold == "ids" else "colour"
        yield from _lacking(found.labels, field, layout, place, "raw" if found.raw else "classes")
    if layout.hold == "colours":
        yield from _contrary_colours(found)


def _lacking(
    labels: Sequence[RawEntry], field: str, layout: Layout, place: str, where: str
) -> Iterator[Fault]:
    without = [one.name for one in labels if getattr(one, field) is None]
    if without:
        cure = (
            "add a class_table" if where == "raw" or field == "colour" else "list `raw`, or add a class_table"
        )
        yield (
            f"{place}.hold",
            f"is {layout.hold}, but {len(without)} of {len(labels)} entries of {where} have no {field} "
            f"({', '.join(without[:3])}): give it, or {cure}.",
        )


def _contrary_colours(found: Description) -> Iterator[Fault]:
    """One colour for labels that become different classes."""
    first: dict[Any, RawEntry] = {}
    for index, one in enumerate(found.raw):
        if one.colour is None:
            continue
        other = first.setdefault(one.colour, one)
        if other.becomes != one.becomes:
            yield (
                f"raw.{index}.colour",
                f"{one.colour} of {one.name!r} is that of {other.name!r}, which becomes another class.",
            )
