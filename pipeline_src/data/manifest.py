"""The manifest of a prepared data set: what was checked, once, so that no later step checks again."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from pipeline_src.artifacts import read_json, sha256_of, write_atomically, write_json
from pipeline_src.data.classes import IGNORE, Colour
from pipeline_src.data.folders import MANIFEST_NAME as MANIFEST_NAME
from pipeline_src.errors import DataError, first_fault
from pipeline_src.ownership import require_replaceable
from pipeline_src.spreadsheets import guarded, unguarded

VOID = "void"
_ITEMS_NAME = "items.csv"
_ITEM_COLUMNS = ("split", "image", "class_index", "width", "height", "image_sha256")


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


_Kind = TypeVar("_Kind", bound=_Record)


class Item(_Record):
    """One labelled frame, and the checksums of its files.

    Attributes:
        image, source: the image and the label it came with, relative to the raw root; no source where the set
            has no label for the frame.
        label: the label of train ids, relative to the prepared folder.
    """

    name: str
    image: str
    label: str
    width: int
    height: int
    image_sha256: str
    label_sha256: str
    source: str | None = None
    source_sha256: str | None = None


class Manifest(_Record):
    """A prepared segmentation set.

    Attributes:
        labelled: per split, whether any pixel has a class (the official Cityscapes test labels have none).
        class_shares: per split, share of all pixels in 0..1 by class name, and of `void`.
        unknown_pixels: pixels of label colours outside the class table, counted as void.
        source_sha256: one checksum over the names and checksums of every source image and label.
        lists: checksums of the lists of frames that were read, by their names in the raw folder.
        doubts: what preparation warned of.
    """

    name: str
    class_names: tuple[str, ...]
    palette: tuple[Colour, ...]
    ignore: int = IGNORE
    splits: dict[str, tuple[Item, ...]]
    labelled: dict[str, bool]
    counts: dict[str, int]
    class_shares: dict[str, dict[str, float]]
    unknown_pixels: int = 0
    source_sha256: str
    lists: dict[str, str] = {}
    doubts: tuple[str, ...] = ()

    @classmethod
    def load(cls, path: Path) -> Manifest:
        """Read a manifest; `path` is the file or the prepared folder.

        Raises:
            DataError: the manifest is malformed. UserError: it is absent.
        """
        file = path / MANIFEST_NAME if path.is_dir() else path
        return _validated(cls, file)

    def save(self, path: Path) -> None:
        """Write the manifest atomically; `path` is the file or an existing folder."""
        write_json(path / MANIFEST_NAME if path.is_dir() else path, self.model_dump(mode="json"))

    def items(self, splits: Iterable[str]) -> tuple[Item, ...]:
        """The frames of the named splits, in manifest order.

        Raises:
            DataError: the set has no such split.
        """
        found: list[Item] = []
        for split in splits:
            if split not in self.splits:
                raise DataError(
                    self.name,
                    f"has no split {split!r}; it has {', '.join(self.splits)}.",
                    "Prepare the set with that split, or use another one.",
                )
            found.extend(self.splits[split])
        return tuple(found)

    def class_pixels(self, splits: Iterable[str]) -> tuple[int, ...]:
        """Count the labelled pixels of each class in the named splits, in the order of `class_names`.

        Raises:
            DataError: the set has no such split.
        """
        sizes = {one: sum(item.width * item.height for item in self.items([one])) for one in splits}
        return tuple(
            sum(round(self.class_shares[one][name] * pixels) for one, pixels in sizes.items())
            for name in self.class_names
        )


class ClassItem(NamedTuple):
    """One photograph of a class-folder set; `image` is relative to the raw root."""

    image: str
    class_index: int
    width: int
    height: int
    image_sha256: str


class ClassManifest(_Record):
    """A prepared class-folder set. The list of images lies in `items.csv` beside the manifest: for ImageNet
    it is 1.3 million lines.

    Attributes:
        duplicates_across_splits: validation images whose bytes or pixels are in the training split too.
        doubts: what preparation warned of.
    """

    name: str
    class_names: tuple[str, ...]
    counts: dict[str, int]
    class_shares: dict[str, dict[str, float]]
    converted_to_rgb: int
    duplicates_across_splits: int
    source_sha256: str
    items_sha256: str
    doubts: tuple[str, ...] = ()

    @classmethod
    def load(cls, path: Path) -> ClassManifest:
        """Read a manifest; `path` is the file or the prepared folder.

        Raises:
            DataError: the manifest is malformed. UserError: it is absent.
        """
        return _validated(cls, path / MANIFEST_NAME if path.is_dir() else path)

    def save(self, path: Path) -> None:
        """Write the manifest atomically; `path` is the file or an existing folder."""
        write_json(path / MANIFEST_NAME if path.is_dir() else path, self.model_dump(mode="json"))

    def items(self, prepared: Path, splits: Iterable[str]) -> tuple[ClassItem, ...]:
        """The photographs of the named splits, in file order.

        Raises:
            DataError: a split is unknown, or items.csv is absent or not the one that was checked.
        """
        wanted = tuple(splits)
        for split in wanted:
            if split not in self.counts:
                raise DataError(
                    self.name,
                    f"has no split {split!r}; it has {', '.join(self.counts)}.",
                    "Prepare the set with that split, or use another one.",
                )
        path = prepared / _ITEMS_NAME
        if not path.is_file() or sha256_of(path) != self.items_sha256:
            raise DataError(path, "is absent or was altered since it was written.", "Prepare the set again.")
        by_split: dict[str, list[ClassItem]] = {split: [] for split in wanted}
        with path.open(encoding="utf-8", newline="") as stream:
            for row in csv.DictReader(stream):
                split = row.pop("split")
                if split in by_split:
                    numbers = (int(row["class_index"]), int(row["width"]), int(row["height"]))
                    by_split[split].append(ClassItem(unguarded(row["image"]), *numbers, row["image_sha256"]))
        return tuple(item for split in wanted for item in by_split[split])


def write_class_items(prepared: Path, items: dict[str, list[ClassItem]]) -> str:
    """Write items.csv and return its SHA-256."""
    path = prepared / _ITEMS_NAME

    def fill(temporary: Path) -> None:
        with temporary.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(_ITEM_COLUMNS)
            for split, rows in items.items():
                for row in rows:
                    writer.writerow(
                        (split, guarded(row.image), row.class_index, row.width, row.height, row.image_sha256)
                    )

    write_atomically(path, fill)
    return sha256_of(path)


def raw_checksums(prepared: Path) -> dict[str, str]:
    """SHA-256 of every raw file that a prepared set was made from, by its path in the raw folder.

    Raises:
        DataError: the manifest is malformed. UserError: it is absent.
    """
    path = prepared / MANIFEST_NAME
    if "items_sha256" in read_json(path):
        photographs = ClassManifest.load(path)
        return {item.image: item.image_sha256 for item in photographs.items(prepared, photographs.counts)}
    manifest = Manifest.load(path)
    found = dict(manifest.lists)
    for item in manifest.items(manifest.splits):
        found[item.image] = item.image_sha256
        if item.source and item.source_sha256:
            found[item.source] = item.source_sha256
    return found


def drop_manifest(prepared: Path) -> None:
    """Remove the manifest of an earlier run: an interrupted one must not leave it beside new labels.

    Raises:
        DataError: the folder cannot be written. UserError: the manifest there is none of ours.
    """
    require_replaceable(prepared / MANIFEST_NAME)
    try:
        (prepared / MANIFEST_NAME).unlink(missing_ok=True)
    except OSError as error:
        problem = f"cannot be written ({error.strerror or error})."
        raise DataError(prepared, problem, "Give a folder that can, or mend its permissions.") from error


def digest_of(named_checksums: Iterable[tuple[str, str]]) -> str:
    """One SHA-256 over (name, checksum) pairs, independent of their order."""
    digest = hashlib.sha256()
    for name, checksum in sorted(named_checksums):
        digest.update(f"{name}\0{checksum}\n".encode())
    return digest.hexdigest()


def _validated(kind: type[_Kind], path: Path) -> _Kind:
    try:
        return kind.model_validate(read_json(path))
    except ValidationError as error:
        problem = f"is no manifest of this kind ({first_fault(error)})."
        raise DataError(path, problem, "Prepare the set again.") from error
