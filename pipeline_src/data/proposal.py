"""A description proposed for a folder: its images and labels, what the labels hold, which splits."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from pipeline_src.data.folders import IMAGE_SUFFIXES, count_of
from pipeline_src.data.halves import sequence_of
from pipeline_src.data.images import INDEX_MODES, decode, read_bytes, to_values
from pipeline_src.data.raw_state import raw_files
from pipeline_src.errors import DataError

SPLIT_WORDS = {
    "train": ("train", "training"),
    "val": ("val", "valid", "validation"),
    "test": ("test", "testing"),
}
MOST_VALUES = 256
"""A picture with more colours than this is a photograph."""
LOOKED_AT = 40
"""Labels whose pixels are counted."""
MANY, VAL_SHARE = 10, 0.25
VOID = 255
_WORDS = {word: split for split, words in SPLIT_WORDS.items() for word in words}
_SPLIT = re.compile(rf"(?<![A-Za-z])({'|'.join(sorted(_WORDS, key=len, reverse=True))})(?=$|[^A-Za-z]|annot)")


@dataclass(frozen=True)
class Kind:
    """Files that are named alike: a folder with `{split}`, a suffix, and whether they hold labels."""

    folder: str
    suffix: str
    is_label: bool
    files: tuple[tuple[str, str, Path], ...]
    """Word of the split (empty: none), stem, path."""


@dataclass(frozen=True)
class Proposal:
    """What was found, and the description made of it.

    Attributes:
        values: the description. shares: of the pixels looked at, by value or colour. sizes: frames by (w, h).
        unmatched: images without label and labels without image. looked_at: label files that were read.
    """

    values: dict[str, Any]
    shares: dict[Any, float]
    sizes: Counter[tuple[int, int]]
    unmatched: tuple[str, ...]
    looked_at: int


def propose(root: Path, title: str) -> Proposal:
    """Look at a folder and propose its description.

    Raises:
        DataError: it has no images, no labels, or no label fits an image.
    """
    kinds = _kinds(root)
    images = [one for one in kinds if not one.is_label]
    labels = [one for one in kinds if one.is_label]
    for found, what in ((images, "photographs"), (labels, "label maps (PNG of few values or colours)")):
        if not found:
            raise DataError(root, f"has no {what}.", "Give the folder that holds both images and labels.")
    image, label, ending = _best_pair(root, images, labels)
    pairs, unmatched = _matched(image, label, ending)
    read = [
        pairs[place] for place in sorted({*np.linspace(0, len(pairs) - 1, LOOKED_AT).astype(int).tolist()})
    ]
    shares, sizes, coloured = _contents([path for _, path in read])
    layout, classes, raw = _values_of(shares, coloured)
    same_folder = image.folder == label.folder
    layout |= {
        "images": _joined(image.folder, "{name}" + (image.suffix if same_folder else "")),
        "labels": _joined(label.folder, "{name}" + ending + (label.suffix if same_folder else "")),
        **_splits(root, image, pairs),
    }
    (width, height), _ = sizes.most_common(1)[0]
    values = {
        "title": title,
        "path": str(root.resolve()),
        "classes": classes,
        **({"raw": raw} if raw else {}),
        "layouts": {"found": layout},
        "sizes": {"input_height_px": height, "input_width_px": width},
    }
    return Proposal(values, shares, sizes, tuple(unmatched), len(read))


def _joined(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def _kinds(root: Path) -> list[Kind]:
    grouped: dict[tuple[str, str, str], list[tuple[str, str, Path]]] = {}
    for file in raw_files(root):
        path = PurePosixPath(file.path)
        if path.suffix.lower() not in IMAGE_SUFFIXES:
            continue
        folder = "" if str(path.parent) == "." else str(path.parent)
        word = _SPLIT.search(folder)
        shape = folder if word is None else f"{folder[: word.start()]}{{split}}{folder[word.end() :]}"
        tail = re.search(r"_[A-Za-z]+$", path.stem)
        entry = ("" if word is None else word[1], path.stem, root / path)
        grouped.setdefault((shape, path.suffix, tail[0] if tail else ""), []).append(entry)
    found = []
    for (shape, suffix, _), files in sorted(grouped.items()):
        found.append(Kind(shape, suffix, suffix.lower() == ".png" and _is_label(files[0][2]), tuple(files)))
    return found


def _is_label(path: Path) -> bool:
    return len(_counted(path)[0]) <= MOST_VALUES


def _counted(path: Path) -> tuple[Counter[Any], tuple[int, int], bool]:
    """Pixels by value, or by colour, the size (width, height), and whether it was coloured."""
    image = decode(read_bytes(path), path)
    if image.mode in INDEX_MODES:
        values, counts = np.unique(to_values(image, path), return_counts=True)
        return Counter(dict(zip(values.tolist(), counts.tolist(), strict=True))), image.size, False
    rgb = np.asarray(image.convert("RGB")).reshape(-1, 3)
    colours, counts = np.unique(rgb, axis=0, return_counts=True)
    keys = map(tuple, colours.tolist())
    return Counter(dict(zip(keys, counts.tolist(), strict=True))), image.size, True


def _best_pair(root: Path, images: Sequence[Kind], labels: Sequence[Kind]) -> tuple[Kind, Kind, str]:
    best: tuple[int, Kind, Kind, str] | None = None
    for image in images:
        stems = {stem for _, stem, _ in image.files}
        for label in labels:
            first = label.files[0][1]
            fits = [stem for stem in stems if first.startswith(stem)]
            ending = first[len(max(fits, key=len)) :] if fits else ""
            names = (stem.removesuffix(ending) for _, stem, _ in label.files if stem.endswith(ending))
            matched = sum(name in stems for name in names)
            if matched and (best is None or matched > best[0]):
                best = (matched, image, label, ending)
    if best is None:
        raise DataError(
            root,
            f"has {count_of(images[0].files, 'image')} in {images[0].folder or '.'}, and no label of their "
            "names.",
            "Name a label as its image, with an ending if need be (NAME_L.png).",
        )
    return best[1:]


def _matched(image: Kind, label: Kind, ending: str) -> tuple[list[tuple[str, Path]], list[str]]:
    """(split's word, label) of every pair, and the files that have no partner."""
    labels = {(word, stem): path for word, stem, path in label.files}
    pairs, unmatched = [], []
    for word, stem, path in image.files:
        found = labels.pop((word, stem + ending), None)
        if found is None:
            unmatched.append(f"{path} has no label")
        else:
            pairs.append((word, found))
    unmatched += [f"{path} has no image" for path in labels.values()]
    return pairs, unmatched


def _contents(paths: Sequence[Path]) -> tuple[dict[Any, float], Counter[tuple[int, int]], bool]:
    total: Counter[Any] = Counter()
    sizes: Counter[tuple[int, int]] = Counter()
    coloured = False
    for path in paths:
        counts, size, coloured = _counted(path)
        total.update(counts)
        sizes[size] += 1
    pixels = sum(total.values())
    return {value: total[value] / pixels for value in sorted(total)}, sizes, coloured


def _values_of(
    shares: dict[Any, float], coloured: bool
) -> tuple[dict[str, Any], list[dict[str, Any]], list[dict[str, Any]]]:
    """What the labels hold, the classes and, where labels hold other numbers, their table."""
    void = (0, 0, 0) if coloured else VOID
    kept = [value for value in shares if value != void]
    ignored: list[Any] = [list(void) if isinstance(void, tuple) else void] if void in shares else []
    if coloured:
        classes = [{"name": "colour " + " ".join(map(str, one)), "colour": list(one)} for one in kept]
        return {"hold": "colours", "ignored": ignored}, classes, []
    if kept == list(range(len(kept))):
        return {"hold": "train_ids", "ignored": ignored}, [{"name": f"class {one}"} for one in kept], []
    classes = [{"name": f"class {one}"} for one in kept]
    raw = [{"name": f"class {one}", "becomes": f"class {one}", "id": one} for one in kept]
    return {"hold": "ids", "ignored": ignored}, classes, raw


def _splits(root: Path, image: Kind, pairs: Sequence[tuple[str, Path]]) -> dict[str, Any]:
    words = {_WORDS[word]: word for word, _ in pairs if word}
    if "{split}" in image.folder and "train" in words and len(words) > 1:
        words.setdefault("val", words.get("test", ""))
        if words.get("test") == words["val"]:
            del words["test"]
        stems = [stem for _, stem, _ in image.files]
        splits = {
            name: {} if words[name] == name else {"folder": words[name]}
            for name in SPLIT_WORDS
            if name in words
        }
        return {"splits": splits, **({"same_names": True} if len(set(stems)) < len(stems) else {})}
    lists = {name: {"list": f"{name}.txt"} for name in SPLIT_WORDS if (root / f"{name}.txt").is_file()}
    if "train" in lists and "val" in lists:
        return {"splits": lists}
    # Neighbouring frames of a video stay together where there are videos enough to share out.
    sequences = {sequence_of(stem) or stem for _, stem, _ in image.files}
    together = "sequence" if MANY <= len(sequences) < len(image.files) else "frame"
    return {"splits": {"train": {"rest": True}, "val": {"share": VAL_SHARE}}, "keep_together": together}
