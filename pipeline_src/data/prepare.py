"""One preparation for every segmentation set: its description says where frames and labels are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pipeline_src.config.dataset import Description, Layout, Split
from pipeline_src.config.datasets import described, name_of
from pipeline_src.data.checks import Frame, LabelReader, Labels, prepare_frames
from pipeline_src.data.folders import IMAGE_SUFFIXES, count_of
from pipeline_src.data.manifest import Manifest
from pipeline_src.data.official import Official
from pipeline_src.data.pairs import LABEL_SUFFIXES, Pair, paired, refuse_unpaired
from pipeline_src.data.parallel import Progress, silent
from pipeline_src.data.patterns import Pattern, files_of
from pipeline_src.data.sources import absent_parts, key_of, layout_of, require_source
from pipeline_src.data.split_lists import read_split_list
from pipeline_src.data.splitting import in_shares
from pipeline_src.data.values import NumberLabels, reader_of
from pipeline_src.errors import DataError

COARSE = "coarse"


def prepare_data(
    dataset: str,
    root: Path,
    output: Path,
    *,
    layout: str = "auto",
    splits: Sequence[str] | None = None,
    coarse: bool | None = None,
    processes: int = 1,
    progress: Progress = silent,
) -> Manifest:
    """Check a set and write its labels of train ids and the manifest.

    Args:
        dataset: name or path of its description. root: raw folder. output: prepared folder.
        layout: one of the description's; auto takes the first whose folders are there.
        splits: those that must be there; None: all but the coarse one.
        coarse: whether the coarse split is used, where the description has one; None: when it is there.

    Raises:
        ConfigError: the description cannot be used.
        DataError: a folder, list, file, size or label value is wrong; a split is empty; a frame is in two.
    """
    found = described(dataset)
    require_source(dataset, root)
    chosen = find_layout(dataset, root, layout)
    wanted = [name for name in chosen.splits.given() if name != COARSE] if splits is None else list(splits)
    for name in wanted:
        if name not in chosen.splits.given():
            known = ", ".join(chosen.splits.given())
            raise DataError(dataset, f"has no split {name!r}; it has {known}.", "Ask for one of these.")
    if chosen.splits.coarse is not None and coarse is not False and COARSE not in wanted:
        there = all((root / part).is_dir() for part in _bases(chosen, COARSE, chosen.splits.coarse))
        if coarse or there:
            require_source(dataset, root, coarse=True)
            wanted.append(COARSE)
    reader = reader_of(found, chosen, root)
    frames, lists = _frames(dataset, chosen, wanted, root, output, reader)
    if chosen.class_table is not None:
        lists.append(root / chosen.class_table)
    may_lack = tuple(name for name, split in chosen.splits.given().items() if split.may_lack_labels)
    train_of = reader.train_of if isinstance(reader, NumberLabels) and len(reader.train_of) == 256 else None
    labels = Labels(found.class_names, found.palette, train_of, may_lack)
    official = official_of(found)
    return prepare_frames(
        name_of(dataset), frames, root, output, labels, official, processes, progress, lists
    )


def official_of(found: Description) -> Official | None:
    """What the set's official release holds; None where there is none."""
    release = found.official
    if release is None:
        return None
    return Official(
        {str(name): count for name, count in release.counts.items()},
        len(found.classes),
        release.train_percent,
    )


def find_layout(dataset: str, root: Path, asked: str = "auto") -> Layout:
    """The layout that a folder has: the one asked for, or the first that fits.

    Raises:
        DataError: there is no such layout, or the folder has another.
    """
    found = described(dataset)
    layouts = found.layouts
    remedy = f"Set {key_of(dataset, 'layout')} to auto (--layout auto). {layout_of(dataset)}"
    if asked != "auto" and asked not in layouts:
        known = ", ".join(layouts)
        raise DataError(dataset, f"has no layout {asked!r}; it has {known}.", remedy)
    tried = layouts if asked == "auto" else {asked: layouts[asked]}
    for one in tried.values():
        if not absent_parts(one, root):
            return one
    named = f"the layout {asked!r}" if asked != "auto" else "any of the layouts"
    raise DataError(root, f"does not have {named} of {found.title}, which was asked for.", remedy)


def _patterns(layout: Layout, name: str, split: Split) -> tuple[Pattern, Pattern]:
    """Of the images and of the labels of a split."""
    folder = split.folder or name
    return Pattern.of(layout.images, folder), Pattern.of(split.labels or layout.labels, folder)


def _bases(layout: Layout, name: str, split: Split) -> tuple[str, str]:
    images, labels = _patterns(layout, name, split)
    return images.base, labels.base


def _frames(
    dataset: str, layout: Layout, wanted: Sequence[str], root: Path, output: Path, reader: LabelReader
) -> tuple[dict[str, list[Frame]], list[Path]]:
    """The frames of each split, and the lists that name them."""
    by_folder = "{split}" in layout.images
    lists: list[Path] = []
    if by_folder:
        pairs = {name: _of_folder(dataset, layout, name, root) for name in wanted}
    else:
        pairs, lists = _of_lists(dataset, layout, wanted, root)
    frames = {
        name: [
            Frame(
                f"{name}/{one.name}" if layout.same_names else one.name,
                name,
                one.image,
                one.label,
                output / "labels" / name / f"{one.name}.png",
                reader,
            )
            for one in members
        ]
        for name, members in pairs.items()
    }
    return frames, lists


def _of_folder(dataset: str, layout: Layout, name: str, root: Path) -> list[Pair]:
    """All images of a split's folder with their labels; without labels where these are absent and may be."""
    split = layout.splits.given()[name]
    images, labels = _patterns(layout, name, split)
    if not (root / images.base).is_dir():
        raise DataError(
            root / images.base, "is missing.", f"Unpack it, or leave the split out. {layout_of(dataset)}"
        )
    found = _found(root, images, labels)
    if not found:
        raise DataError(
            root,
            f"has no images in split {name!r}: no file fits {images.text}.",
            f"The layout must be {layout_of(dataset)}",
        )
    if split.may_lack_labels and not (root / labels.base).is_dir():
        return [Pair(one, path, None) for one, path in sorted(found.items())]
    places = (root / images.base, root / labels.base)
    return paired(found, _labels(root, images, labels), places, labels.after)


def _found(root: Path, images: Pattern, labels: Pattern) -> dict[str, Path]:
    return files_of(root, images, IMAGE_SUFFIXES, labels if images.folders == labels.folders else None)


def _labels(root: Path, images: Pattern, labels: Pattern) -> dict[str, Path]:
    return files_of(root, labels, LABEL_SUFFIXES, images if images.folders == labels.folders else None)


def _of_lists(
    dataset: str, layout: Layout, wanted: Sequence[str], root: Path
) -> tuple[dict[str, list[Pair]], list[Path]]:
    """The frames that lists, shares and the rest give each split; and the lists."""
    splits = layout.splits.given()
    images, labels = Pattern.of(layout.images), Pattern.of(layout.labels)
    found = _found(root, images, labels)
    if not found:
        raise DataError(
            root, f"has no images: no file fits {images.text}.", f"The layout must be {layout_of(dataset)}"
        )
    members, lists = _members(dataset, layout, wanted, found, root)
    pairs: dict[str, list[Pair]] = {}
    for name in wanted:
        own = _patterns(layout, name, splits[name])[1]
        if not members[name]:
            raise DataError(
                root,
                f"has no images in split {name!r}: {count_of(found, 'image')} in all.",
                "Give the split a larger share, or a longer list.",
            )
        if splits[name].may_lack_labels and not (root / own.base).is_dir():
            pairs[name] = [Pair(one, found[one], None) for one in members[name]]
            continue
        theirs = _labels(root, images, own)
        refuse_unpaired({one: found[one] for one in members[name]}, theirs, root / own.base, own.after)
        pairs[name] = [Pair(one, found[one], theirs[one]) for one in members[name]]
    return pairs, lists


def _members(
    dataset: str, layout: Layout, wanted: Sequence[str], found: dict[str, Path], root: Path
) -> tuple[dict[str, list[str]], list[Path]]:
    """Names of frames by split; every split counts, as what one has another has not."""
    splits = layout.splits.given()
    members: dict[str, list[str]] = {}
    lists: list[Path] = []
    others = any(split.share or split.rest for split in splits.values())
    for name, split in splits.items():
        if split.list is None or not (name in wanted or others):
            continue
        path = root / split.list
        if not path.is_file():
            raise DataError(
                path,
                f"is missing: split {name!r} needs a list of frame names.",
                f"Write it, one NAME a line. {layout_of(dataset)}",
            )
        members[name] = read_split_list(path, found)
        lists.append(path)
    listed = {one for names in members.values() for one in names}
    free = sorted(found.keys() - listed)
    members |= in_shares(free, {name: one.share for name, one in splits.items() if one.share}, layout)
    taken = listed | {one for name in members for one in members[name]}
    members |= {name: sorted(found.keys() - taken) for name, split in splits.items() if split.rest}
    return members, lists
