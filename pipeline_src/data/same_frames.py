"""Frames that are in two splits, found by their pixels: a rewritten file or a changed byte hides none."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

_GRID = 4
_BYTES = 4
_FLAT = bytes(_BYTES)
MIN_SHARE = 0.75
"""Frames of which this share of the blocks have the same pixels are the same frame."""


class Seen(NamedTuple):
    """A frame: its file, its size (width, height), the checksum of its bytes, and its fingerprint."""

    path: str
    size: tuple[int, int]
    sha256: str
    blocks: bytes


def fingerprint(pixels: np.ndarray) -> bytes:
    """A checksum of 4 bytes for each of 4 x 4 blocks of uint8 (H, W, 3); zeros for a block of one colour."""
    found = []
    for band in np.array_split(pixels, _GRID, axis=0):
        for block in np.array_split(band, _GRID, axis=1):
            if block.size == 0 or _is_flat(block):
                found.append(_FLAT)
            else:
                content = np.ascontiguousarray(block).data
                found.append(hashlib.blake2b(content, digest_size=_BYTES).digest())
    return b"".join(found)


def _is_flat(block: np.ndarray) -> bool:
    colour = block[0, 0]
    return bool((block[0] == colour).all() and (block == colour).all())  # most end with their first row


def shared_frames(splits: Mapping[str, Sequence[Seen]]) -> Iterator[tuple[str, Seen, str, Seen]]:
    """Frames of one split that are in another too, each once.

    Two frames are the same if their bytes are, or if they have the same size and MIN_SHARE of the blocks that
    are not of one colour in either have the same pixels. Scaled or compressed copies are not found.

    Yields:
        (split, frame, other split, the same frame there); in each split but the largest, first come first.
    """
    # Only the smaller splits are indexed: of ImageNet the 50,000 of 1.3 million.
    order = sorted(splits, key=lambda split: len(splits[split]))
    by_bytes: dict[str, tuple[str, Seen]] = {}
    by_block: dict[tuple[object, ...], dict[str, Seen]] = {}
    for split in order:
        for frame in splits[split]:
            same = by_bytes.get(frame.sha256)
            if same is None or same[0] == split:
                same = _same_pixels(split, frame, by_block)
            if same is not None:
                yield same[0], same[1], split, frame
        if split != order[-1]:
            for frame in splits[split]:
                by_bytes.setdefault(frame.sha256, (split, frame))
                for key in _keys(frame):
                    by_block.setdefault(key, {}).setdefault(split, frame)


def _keys(frame: Seen) -> Iterator[tuple[object, ...]]:
    for place in range(0, len(frame.blocks), _BYTES):
        block = frame.blocks[place : place + _BYTES]
        if block != _FLAT:
            yield frame.size, place, block


def _same_pixels(
    split: str, frame: Seen, by_block: Mapping[tuple[object, ...], Mapping[str, Seen]]
) -> tuple[str, Seen] | None:
    votes: Counter[tuple[str, Seen]] = Counter()
    for key in _keys(frame):
        votes.update((other, seen) for other, seen in by_block.get(key, {}).items() if other != split)
    for (other, seen), count in votes.most_common(1):
        telling = max(sum(1 for _ in _keys(frame)), sum(1 for _ in _keys(seen)))
        if count >= MIN_SHARE * telling:
            return other, seen
    return None
