"""Reading and writing single images and label maps; every way a file can be bad is a DataError."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import numpy as np
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from pipeline_src.artifacts import write_atomically
from pipeline_src.errors import DataError
from pipeline_src.ownership import MARK

INDEX_MODES = frozenset({"1", "L", "P", "I", "I;16"})
"""Pillow's modes of images that have one number a pixel."""
_LOSSY = frozenset({"JPEG", "MPO", "JPEG2000", "WEBP"})

# What Pillow raises for files that are no image, truncated, or damaged inside.
_DECODE_ERRORS = (OSError, SyntaxError, ValueError, EOFError, struct.error, Image.DecompressionBombError)


def decode(content: bytes, path: Path) -> Image.Image:
    """Decode an image completely.

    Raises:
        DataError: the bytes are no image, or are truncated or damaged.
    """
    try:
        image = Image.open(io.BytesIO(content))
        image.load()
    except _DECODE_ERRORS as error:
        # Pillow names the buffer it was given, by its address: that tells a user nothing.
        unknown = isinstance(error, UnidentifiedImageError)
        reason = "it is no image of a known format" if unknown else str(error) or type(error).__name__
        raise DataError(
            path,
            f"cannot be decoded ({reason}).",
            "Fetch or unpack this file again.",
        ) from error
    return image


def read_bytes(path: Path) -> bytes:
    """The bytes of a file.

    Raises:
        DataError: it is absent or may not be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        problem = f"cannot be read ({error.strerror or error})."
        raise DataError(path, problem, "Complete the data set or mend the permissions.") from error


def read_rgb(path: Path) -> np.ndarray:
    """Read an image as uint8 (H, W, 3), upright; grey, palette and CMYK images are converted to RGB.

    Raises:
        DataError: see `read_bytes` and `decode`.
    """
    return rgb_of(read_bytes(path), path)


def rgb_of(content: bytes, path: Path) -> np.ndarray:
    """Decode an image to uint8 (H, W, 3) as `read_rgb` does; `path` is for messages."""
    return to_rgb(upright(decode(content, path)))


def is_turned(image: Image.Image) -> bool:
    """Whether the image's EXIF says that it is to be shown turned or mirrored."""
    try:
        return int(image.getexif().get(ExifTags.Base.Orientation, 1)) in range(2, 9)
    except (*_DECODE_ERRORS, TypeError):  # viewers ignore EXIF that is damaged
        return False


def upright(image: Image.Image) -> Image.Image:
    """The image as every viewer shows it: turned and mirrored as its EXIF says."""
    return ImageOps.exif_transpose(image) if is_turned(image) else image


def is_deep(image: Image.Image) -> bool:
    """Whether a grey image has more than 8 bits a pixel."""
    return image.mode.startswith("I")


def to_rgb(image: Image.Image) -> np.ndarray:
    """Convert a decoded image to uint8 (H, W, 3); of 16 bits the upper 8 are kept, for grey as for colour."""
    if is_deep(image):
        grey = (np.asarray(image.convert("I")).clip(0, 0xFFFF) >> 8).astype(np.uint8)
        return np.repeat(grey[..., None], 3, axis=2)
    return np.asarray(image if image.mode == "RGB" else image.convert("RGB"))


def read_label(path: Path) -> np.ndarray:
    """Read a label map of one channel as uint8 (H, W).

    Raises:
        DataError: the file cannot be read or decoded, or has more than one channel.
    """
    return label_of(read_bytes(path), path)


def label_of(content: bytes, path: Path) -> np.ndarray:
    """Decode a label map to uint8 (H, W) as `read_label` does; `path` is for messages."""
    return to_indices(decode(content, path), path)


def decode_label(content: bytes, path: Path) -> Image.Image:
    """Decode a label map that a user gave, upright.

    Raises:
        DataError: see `decode`; or the compression is one that changes values.
    """
    image = decode(content, path)
    if image.format in _LOSSY:
        problem = f"is a {image.format} file whatever its name says: that changes label values."
        raise DataError(path, problem, "Use the label maps as they were made, as PNG.")
    return upright(image)


def to_indices(image: Image.Image, path: Path) -> np.ndarray:
    """The values of a decoded one-channel label map, uint8 (H, W); of a palette image, its indices.

    Raises:
        DataError: the image has more than one channel, or values above 255.
    """
    values = to_values(image, path)
    if values.dtype != np.uint8:
        if values.size and values.max() > 255:
            raise DataError(path, f"holds the unknown label value {values.max()}.", "Use 8-bit label maps.")
        values = values.astype(np.uint8)
    return values


def to_values(image: Image.Image, path: Path) -> np.ndarray:
    """The values of a decoded one-channel label map, uint8 or uint16 (H, W); of a palette image, its indices.

    Raises:
        DataError: the image has more than one channel, or values that 16 bits do not hold.
    """
    if image.mode not in INDEX_MODES:
        raise DataError(
            path,
            f"has pixels of mode {image.mode}, where a label map has one channel of class indices.",
            "Put the label-id PNG here, not a colour image.",
        )
    values = np.asarray(image)
    if values.dtype == bool:
        return values.astype(np.uint8)
    if values.dtype in (np.uint8, np.uint16):
        return values
    if values.size and (values.min() < 0 or values.max() > 0xFFFF):
        wrong = values.min() if values.min() < 0 else values.max()
        raise DataError(path, f"holds the unknown label value {wrong}.", "Use label maps of 8 or 16 bits.")
    return values.astype(np.uint16)


def write_png(path: Path, pixels: np.ndarray) -> None:
    """Write uint8 (H, W) or (H, W, 3) as PNG, atomically."""
    write_bytes(path, encode_png(pixels))


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file atomically."""

    def fill(temporary: Path) -> None:
        temporary.write_bytes(content)

    write_atomically(path, fill)


def encode_png(pixels: np.ndarray) -> bytes:
    """PNG bytes of uint8 (H, W) or (H, W, 3), five times as fast as Pillow's and no larger.

    Pillow tries every filter on every row; here photographs always get the `sub` filter and label maps none,
    and zlib looks for runs only.
    """
    height, width = pixels.shape[:2]
    channels = 1 if pixels.ndim == 2 else 3
    rows = pixels.reshape(height, width * channels)
    filtered = np.empty((height, 1 + rows.shape[1]), dtype=np.uint8)
    filtered[:, 1:] = rows
    filtered[:, 0] = int(channels == 3)
    if channels == 3:
        filtered[:, 1 + channels :] -= rows[:, :-channels]
    packer = zlib.compressobj(1, zlib.DEFLATED, zlib.MAX_WBITS, 9, zlib.Z_RLE)
    data = packer.compress(filtered.tobytes()) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, 8, 0 if channels == 1 else 2, 0, 0, 0)
    software = _chunk(b"tEXt", b"Software\0" + MARK.encode())
    start = b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + software
    return start + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
