"""Where each data set is to be had, the layout it must have, and whether a folder has it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline_src.config.data_sets import PAPER_SETS
from pipeline_src.config.dataset import Description, Layout, Split
from pipeline_src.config.datasets import described
from pipeline_src.data.patterns import Pattern
from pipeline_src.errors import DataError

CLAIM_NAME = ".rendered-by-autortnet"
"""Marks a folder whose pictures were all rendered, so that none of a real set is ever overwritten."""
CLASS_FOLDERS = "imagenet"
COARSE = "coarse"


@dataclass(frozen=True)
class Source:
    """A public data set.

    Attributes:
        markers: alternatives; in one of them every folder or file must exist.
        coarse: further folders where the coarse set is used.
    """

    title: str
    available: str
    layout: str
    markers: tuple[tuple[str, ...], ...]
    coarse: tuple[str, ...] = ()


IMAGENET = Source(
    title="ImageNet (ILSVRC2012)",
    available=(
        "https://image-net.org/download-images.php (free registration): ILSVRC2012_img_train.tar and "
        "ILSVRC2012_img_val.tar, the latter sorted into class folders"
    ),
    layout="train/CLASS/*.JPEG and val/CLASS/*.JPEG, one folder a class",
    markers=(("train", "val"),),
)


def source_of(name: str) -> Source:
    """What is known of a set: `imagenet`, or one with a description."""
    if name == CLASS_FOLDERS:
        return IMAGENET
    found = described(name)
    coarse = [
        part
        for layout in found.layouts.values()
        if layout.splits.coarse is not None
        for part in _bases(layout, COARSE, layout.splits.coarse)
    ]
    markers = tuple(markers_of(layout) for layout in found.layouts.values())
    return Source(found.title, found.available, _in_words(found), markers, tuple(dict.fromkeys(coarse)))


def key_of(name: str, key: str) -> str:
    """The key of a set's block in params.yaml, such as `data.camvid.path`."""
    return f"data.{name if name in (*PAPER_SETS, CLASS_FOLDERS) else 'own'}.{key}"


def layout_of(name: str) -> str:
    """The layout that a set must have, in words."""
    return source_of(name).layout


def _in_words(found: Description) -> str:
    """What a description says of its layouts, or their patterns."""
    patterns = (
        ", ".join((one.images, one.labels, *([one.class_table] if one.class_table else [])))
        for one in found.layouts.values()
    )
    return found.layout or "; or ".join(patterns)


def markers_of(layout: Layout) -> tuple[str, ...]:
    """The folders, and the class table, by which a layout is known.

    A pattern's folders down to the first that is not named outright; where that is `{split}`, those of each
    split that must be there.
    """
    found = []
    for name, split in layout.splits.given().items():
        for pattern, may_lack in (
            (layout.images, False),
            (split.labels or layout.labels, split.may_lack_labels),
        ):
            whole = Pattern.of(pattern).base
            if whole or not (may_lack or name == COARSE):
                found.append(whole or Pattern.of(pattern, split.folder or name).base)
    coarse = layout.splits.coarse
    own = Pattern.of(coarse.labels).base if coarse is not None and coarse.labels else ""
    needed = [one for one in found if one and one != own]
    return tuple(dict.fromkeys([*needed, *([layout.class_table] if layout.class_table else [])]))


def _bases(layout: Layout, name: str, split: Split) -> tuple[str, str]:
    folder = split.folder or name
    return Pattern.of(layout.images, folder).base, Pattern.of(split.labels or layout.labels, folder).base


def absent_parts(layout: Layout, root: Path) -> list[str]:
    """The folders and files by which a layout is known that a folder lacks."""
    return [one for one in markers_of(layout) if not _is_there(root, one)]


def _is_there(root: Path, part: str) -> bool:
    return (root / part).is_file() if _is_file(part) else (root / part).is_dir()


def _is_file(part: str) -> bool:
    return part.lower().endswith((".txt", ".csv"))


def check_source(name: str, path: str | Path | None, coarse: bool = False) -> str | None:
    """Say what is wrong with the place of a data set, or None when its folders are there.

    Args:
        name: imagenet, or a set with a description. path: its raw folder; None when not configured.
        coarse: whether the set's coarse split is needed too.
    """
    source = source_of(name)
    if path is None:
        return _told(name, f"{source.title}: no folder is configured.")
    root = Path(path)
    try:
        if not root.is_dir():
            problem = "is no folder" if root.exists() else "does not exist"
            return _told(name, f"{source.title}: the folder {path} {problem}.")
        absent = [[one for one in group if not _is_there(root, one)] for group in source.markers]
        no_coarse = [one for one in source.coarse if coarse and not (root / one).is_dir()]
    except OSError as error:
        where = error.filename or path
        return _told(name, f"{source.title}: {where} cannot be read ({error.strerror or error}).")
    if all(absent):
        nearest = min(absent, key=len)
        # Of the layout that comes nearest only what it lacks; of all, where there is nothing of any.
        found_none = all(
            len(lacking) == len(group) for lacking, group in zip(absent, source.markers, strict=True)
        )
        wanted = " or ".join(", ".join(group) for group in (absent if found_none else [nearest]))
        kind = "file" if not found_none and all(map(_is_file, nearest)) else "sub-folders"
        return _told(name, f"{source.title}: the folder {path} lacks the {kind} {wanted}.")
    if no_coarse:
        problem = f"{source.title}: the folder {path} lacks the sub-folders {', '.join(no_coarse)}."
        return f"{_told(name, problem)}\n  or do without the coarse set: experiments.coarse: false"
    return None


def _told(name: str, problem: str) -> str:
    return f"{problem}\n{remedy_for(name)}"


def remedy_for(name: str) -> str:
    """Where a set is to be had, the layout it must have, and the config key to set."""
    source = source_of(name)
    return (
        (f"  to be had at: {source.available}\n" if source.available else "")
        + f"  layout: {source.layout}\n"
        + f"  then set: {key_of(name, 'path')} (in params.yaml)"
    )


def missing_sets_message(paths: Mapping[str, str | Path | None], coarse: bool = False) -> str | None:
    """One message over every data set that is missing, or None when all are there.

    Args:
        paths: raw folder by set name, None where nothing is configured.
        coarse: whether the coarse splits are needed too.
    """
    found = (check_source(name, path, coarse) for name, path in paths.items())
    problems = [problem for problem in found if problem is not None]
    if not problems:
        return None
    noun = "data set is" if len(problems) == 1 else "data sets are"
    return f"{len(problems)} {noun} missing:\n" + "\n".join(problems)


def require_source(name: str, path: Path, coarse: bool = False) -> None:
    """Raise DataError, with the whole remedy, when `check_source` finds something wrong."""
    problem = check_source(name, path, coarse)
    if problem is not None:
        first, _, remedy = problem.partition("\n")
        raise DataError(path, first, f"\n{remedy}")
