"""Read PNG files: pixels, sizes and metadata."""

import json
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from folders import Pictures
from PIL import Image
from strict_png import decode


def png_size(picture: bytes) -> tuple[int, int]:
    """Return width and height of a PNG, which must be complete: all rows, and nothing after the end."""
    height, width = decode(picture).shape
    return width, height


def pixels(path: Path) -> npt.NDArray[Any]:
    with Image.open(path) as picture:
        return np.asarray(picture)


def chunk(name: bytes, body: bytes) -> bytes:
    """Return a PNG chunk with its length and checksum."""
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def text_of(data: bytes) -> str:
    """Return the metadata of a PNG as text."""
    at = data.index(b"tEXtwav2spec\0")
    (size,) = struct.unpack(">I", data[at - 4 : at])
    return data[at + 13 : at + 4 + size].decode("ascii")


def recipe(path: Path) -> dict[str, Any]:
    """Return the metadata of a picture, read by Pillow."""
    with Image.open(path) as picture:
        picture.load()
        return dict(json.loads(str(picture.info["wav2spec"])))


def assert_whole(pictures: Pictures, names: list[str]) -> None:
    """Check that these pictures are there, no others, and that each is complete."""
    assert list(pictures) == names
    assert all(png_size(picture)[0] == 129 for picture in pictures.values())
