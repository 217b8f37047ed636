"""Which label belongs to which image: all of them, or an error that says how many do not fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from pipeline_src.data.folders import IMAGE_SUFFIXES, count_of, images_in, names_of
from pipeline_src.errors import DataError

LABEL_SUFFIXES = frozenset({".png"})


class Pair(NamedTuple):
    """An image and the label it came with; None where the set has none for this split."""

    name: str
    image: Path
    label: Path | None


def by_name(
    folders: Sequence[Path], ending: str = "", suffixes: frozenset[str] = IMAGE_SUFFIXES
) -> dict[str, Path]:
    """The images of some folders by the name of their frame, which is the file's without `ending` and suffix.

    Raises:
        DataError: a folder cannot be read, has images of other formats, or two files are of one frame.
    """
    found: dict[str, Path] = {}
    for path in (path for folder in folders for path in images_in(folder, suffixes)):
        if not path.stem.endswith(ending):
            continue
        name = path.stem.removesuffix(ending)
        if name in found:
            raise DataError(
                path, f"and {found[name]} are both of frame {name}.", "A frame may be in one split, once."
            )
        found[name] = path
    return found


def paired(
    images: Mapping[str, Path], labels: Mapping[str, Path], folders: tuple[Path, Path], ending: str = ""
) -> list[Pair]:
    """Every image with its label, by name; none where there is no image at all.

    Args:
        folders: of the images and of the labels, and `ending`, that of a label's name: for messages.

    Raises:
        DataError: an image has no label, or a label no image.
    """
    image_folder, label_folder = folders
    refuse_unpaired(images, labels, label_folder, ending)
    widowed = [path for name, path in labels.items() if name not in images]
    if images and widowed:
        raise DataError(
            widowed[0],
            f"has no image in {image_folder}; {len(widowed)} of {count_of(labels, 'label')} have none: "
            f"{names_of(widowed)}.",
            "Unpack the images that are missing, or move these labels out of the folder.",
        )
    return [Pair(name, image, labels[name]) for name, image in sorted(images.items())]


def refuse_unpaired(
    images: Mapping[str, Path], labels: Mapping[str, Path], label_folder: Path, ending: str = ""
) -> None:
    """Raise DataError when images have no label; arguments as of `paired`."""
    alone = [name for name in images if name not in labels]
    if alone:
        paths = [images[name] for name in alone]
        raise DataError(
            paths[0],
            f"has no label {alone[0]}{ending}.png in {label_folder}; {len(alone)} of {len(images)} images "
            f"have none: {names_of(paths)}.",
            "Unpack the labels that are missing, or move these images out of the folder.",
        )
